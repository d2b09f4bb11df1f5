// Every operation of createUser and of the log-in fails in turn (security §5.2 F1, F2, F6, F11): whatever the caller was told,
// nothing is written in part, no object is orphaned, and a retry finds or creates the one user.
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { expectAvatarsInOrder } from '../../support/avatars.ts'
import { JPEG, png } from '../../support/images.ts'
import { db, platform, type Reply } from '../../support/kith.ts'
import { INTERNAL } from '../../support/replies.ts'
import { STRIKES, type Strike, underStrike } from '../../support/strikes.ts'
import { createUser, type Deployment, type Fields, getUser, logIn, madeUser, newDeployment, picture } from './harness.ts'

let ours: Deployment
beforeAll(async () => {
  platform.reset()
  ours = await newDeployment()
})
beforeEach(() => platform.reset())
afterEach(() => platform.faults.clear())

function expectTold(reply: Reply): void {
  expect([200, 503], reply.text).toContain(reply.status)
  expect(reply.json.status).toBe(reply.status)
  // A token is random text, and may spell anything.
  if (reply.status !== 200) expect(reply.text).not.toMatch(INTERNAL)
  if (reply.status === 503) expect(Number(reply.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
}

/** Ids of what is broken; all must be empty. */
const RULES: Readonly<Record<string, string>> = {
  'a user of nobody':
    "SELECT id FROM users WHERE username LIKE 'user!_%' ESCAPE '!' AND id NOT IN (SELECT user_id FROM external_identities)",
  'an identity of nobody': 'SELECT id FROM external_identities WHERE user_id NOT IN (SELECT id FROM users)',
  'two users of one name': 'SELECT MIN(id) AS id FROM external_identities GROUP BY credential_id, external_id HAVING COUNT(*) > 1',
  'a user whom nothing finds': 'SELECT user_id AS id FROM external_identities WHERE user_id NOT IN (SELECT user_id FROM search_strings)',
  'a user without an event of its making': `
    SELECT user_id AS id FROM external_identities e
    WHERE (SELECT COUNT(*) FROM audit_events a WHERE a.user_id = e.user_id AND a.type = 'account_created') <> 1`,
  'a user without a device': 'SELECT user_id AS id FROM external_identities WHERE user_id NOT IN (SELECT user_id FROM push_devices)',
  'a sign-in without its session': "SELECT id FROM audit_events WHERE type = 'sign_in' AND session_id NOT IN (SELECT id FROM sessions)",
}

async function expectWhole(): Promise<void> {
  for (const [rule, sql] of Object.entries(RULES)) expect((await db.prepare(sql).all()).results, rule).toEqual([])
  await expectAvatarsInOrder()
}

const BARE: Fields = { nickname: 'Faulty', metadataKey1: 'k', metadataValue1: 'v' }
const PICTURED: Fields = { ...BARE, profileFile: picture(png()) }
const MANY_CHANGES = { AVATAR_CHANGES_PER_DAY: '1000' }

let names = 0
/** Strikes each operation in turn until there is none left; returns how many there were. */
async function strikeEach(strike: Strike, prepare: (name: string) => Promise<unknown>, fields: Fields): Promise<number> {
  for (let n = 1; ; n++) {
    names += 1
    const name = `faulty ${names}`
    await prepare(name)
    const { reply, fired } = await underStrike(strike, n, () => createUser(ours, name, fields, { env: MANY_CHANGES }))
    expectTold(reply)
    await expectWhole()
    if (reply.status === 200) expect((await getUser(reply.json.data.token, name)).json.data.nickName).toBe('Faulty')
    const retry = await createUser(ours, name, fields, { env: MANY_CHANGES })
    expect(retry.status, retry.text).toBe(200)
    if (reply.status === 200) expect(retry.json.data.username).toBe(reply.json.data.username)
    expect((await getUser(ours.token, name)).json.metaData).toEqual({ k: 'v' })
    await expectWhole()
    if (fired === 0) return n - 1
  }
}

describe.each(Object.entries(STRIKES))('D1 %s, at each operation', (_what, strike) => {
  test('of making a user', async () => {
    expect(await strikeEach(strike, async () => undefined, BARE)).toBeGreaterThanOrEqual(3)
  })

  test('of making a user with a picture', async () => {
    expect(await strikeEach(strike, async () => undefined, PICTURED)).toBeGreaterThanOrEqual(4)
  })

  test('of changing a user with a picture', async () => {
    const prepare = (name: string) => madeUser(ours, name, { nickname: 'Before', profileFile: picture(JPEG, 'image/jpeg') })
    expect(await strikeEach(strike, prepare, PICTURED)).toBeGreaterThanOrEqual(5)
  })

  test('of a log-in', async () => {
    names += 1
    const name = `signs in ${names}`
    const user = await madeUser(ours, name)
    for (let n = 1; n <= 3; n++) {
      const { reply } = await underStrike(strike, n, () => logIn(user))
      expectTold(reply)
      await expectWhole()
      if (reply.status === 200) expect((await getUser(reply.json.data.token, name)).status).toBe(200)
      expect((await logIn(user)).status).toBe(200)
    }
  })
})

describe('R2', () => {
  test.each(['throw', 'lose-reply', 'refuse', 'null', 'break'] as const)(
    'put: %s: 503, nobody is made, no object is left unmarked',
    async (fault) => {
      platform.faults.r2('put', fault)
      const name = `bucket ${fault}`
      const reply = await createUser(ours, name, PICTURED)
      platform.faults.clear()
      expect([reply.status, reply.json.status]).toEqual([503, 503])
      await expectWhole()
      expect((await getUser(ours.token, name)).status).toBe(404)
      const retry = await createUser(ours, name, PICTURED)
      expect([retry.status, retry.json.data.isProfileUpdated]).toEqual([200, false])
      await expectWhole()
    },
  )
})
