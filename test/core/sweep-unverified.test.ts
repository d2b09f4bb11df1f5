// The sweep of accounts that never verified their address, through the Worker's cron entry: it continues where it stopped, leaves
// the users of license keys, and reads each of them once. The holder of a key keeps nothing of a purged user.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createUser, logIn, madeUser, newDeployment, picture } from '../apis/mirrorfly/harness.ts'
import { clock } from '../platform/clock.ts'
import { bucketKeys } from '../support/avatars.ts'
import { runCron } from '../support/cron.ts'
import { png } from '../support/images.ts'
import { db, platform } from '../support/kith.ts'
import { signUp, verifiedPerson } from '../support/people.ts'

const DAY_MS = 86_400_000

const isThere = async (username: string) => (await db.prepare('SELECT 1 FROM users WHERE username = ?').bind(username).first()) !== null

// Ids are made of the time and never go back, so the clock does not go back between tests either.
let start = Date.now()
beforeEach(() => clock.freeze(start))
afterEach(() => {
  start = Date.now() + DAY_MS
  clock.restore()
  platform.reset()
})

test('unverified accounts go after a day; verified people and users of a license key stay', async () => {
  const ours = await newDeployment()
  const user = await madeUser(ours, 'stays', { email: 'stays@example.com' })
  const bare = await madeUser(ours, 'stays too')
  await verifiedPerson('stays_verified')
  await signUp('goes_after_a_day')
  clock.advance(DAY_MS / 2)
  await signUp('younger_than_a_day')
  await runCron()
  expect(await isThere('goes_after_a_day')).toBe(true)
  clock.advance(DAY_MS / 2 + 60_000)
  await runCron()
  expect(await isThere('goes_after_a_day')).toBe(false)
  for (const username of [user.username, bare.username, 'stays_verified', 'younger_than_a_day']) expect(await isThere(username)).toBe(true)
  clock.advance(DAY_MS)
  await runCron()
  expect(await isThere('younger_than_a_day')).toBe(false)
  expect(await isThere(user.username)).toBe(true)
})

test('a run reads none of those whom it has left before', async () => {
  const cost = async () => {
    const { statements } = await platform.counts.measure(() => runCron())
    return statements.filter(({ sql }) => sql.includes('MAX(p.id)')).reduce((rows, { rowsRead }) => rows + rowsRead, 0)
  }
  const ours = await newDeployment()
  for (let n = 0; n < 30; n++) await madeUser(ours, `many ${n}`)
  clock.advance(DAY_MS + 60_000)
  expect(await cost()).toBeGreaterThanOrEqual(30)
  expect(await cost()).toBeLessThanOrEqual(2)
  await signUp('the_next_of_them')
  clock.advance(DAY_MS + 60_000)
  expect(await cost()).toBeLessThanOrEqual(2)
  expect(await isThere('the_next_of_them')).toBe(false)
})

test('a purged user leaves nothing to the key: the identifier is free for somebody new', async () => {
  const ours = await newDeployment()
  const fields = {
    nickname: 'Purged',
    email: 'purged@example.com',
    metadataKey1: 'purged-key',
    metadataValue1: 'purged-value',
    deviceToken: 'purged-token',
  }
  const before = await madeUser(ours, 'purged-identifier', { ...fields, profileFile: picture(png()) })
  await db.prepare("UPDATE users SET deleted_at = ?, deleted_reason = 'admin' WHERE username = ?").bind(Date.now(), before.username).run()
  expect((await createUser(ours, 'purged-identifier')).status).toBe(403)
  clock.advance(14 * DAY_MS + 60_000)
  await runCron()
  const { results } = await db.prepare("SELECT * FROM external_identities WHERE external_id = 'purged-identifier'").all()
  expect(results).toEqual([])
  expect((await db.prepare("SELECT * FROM push_devices WHERE device_token = 'purged-token'").all()).results).toEqual([])
  expect(await isThere(before.username)).toBe(false)
  const { token } = (await logIn(ours.account)).json.data
  const after = await createUser(ours, 'purged-identifier', {}, { token })
  expect(after.json.data).toMatchObject({ userId: 'purged-identifier', nickname: '', email: '', isProfileUpdated: false })
  expect(after.json.data.username).not.toBe(before.username)
  await runCron()
  expect(await bucketKeys()).toEqual([])
})
