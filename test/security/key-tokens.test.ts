// Tokens under a machine's key are on loan from a partner: none of them gives a lasting hold on an account (docs/decisions/009,
// 010, 011).
import { beforeAll, describe, expect, test } from 'vitest'
import { newName, rows } from '../support/actors.ts'
import { type Body, Client, mailsTo, type Reply } from '../support/kith.ts'
import { makeMachine } from '../support/machines.ts'
import { PASSWORD, signedInPerson } from '../support/people.ts'
import { bearerOf, userToken } from '../support/tokens.ts'

const THIEF = 'thief.of.keys@example.com'

async function tokenOfApiKey(): Promise<string> {
  const person = await signedInPerson(newName('keyed'))
  const headers = { apikey: (await makeMachine('api_key')).secret }
  return (await new Client().post('/epixel/v1/user/login', { username: person.username, password: PASSWORD }, { headers })).json.access
}

async function tokenOfLicenseKey(): Promise<string> {
  const { secret, account } = await makeMachine('license_key')
  const headers = { authorization: (await new Client().post('/api/v1/login', account ?? {})).json.data.token }
  const form = new URLSearchParams({ deviceType: 'web', licenseKey: secret, userIdentifier: newName('made'), email: 'made@example.com' })
  return (await new Client().post('/api/v1/users/createUser', form, { headers })).json.data.token
}

/** Acts that would give a token's holder the account for good. */
const ACTS: readonly [string, string, Body][] = [
  ['PUT', '/mxit/user/profile', { Email: THIEF }],
  ['PATCH', '/user/me', { email: THIEF }],
  ['PATCH', '/user/me', { password: 'a password of the thief' }],
  ['POST', '/user/2fa/totp', {}],
  ['POST', '/user/2fa/recovery-codes', {}],
  ['DELETE', '/user/me', {}],
]

describe.each([
  ['an API key', tokenOfApiKey],
  ['a license key', tokenOfLicenseKey],
] as const)('a token under %s', (_what, tokenOf) => {
  let caller: Client
  beforeAll(async () => {
    caller = bearerOf(await tokenOf())
  })

  test('is a good one', async () => {
    expect((await caller.get('/user/me')).status).toBe(200)
    expect((await caller.get('/mxit/user/profile')).status).toBe(200)
  })

  test.each(ACTS)('%s %s %j is refused, just after the sign-in too', async (method, path, body) => {
    const before = (await caller.get('/user/me')).json.data.user
    const reply: Reply = await caller.fetch(path, { method, body })
    expect([400, 401, 403], `${reply.status} ${reply.text}`).toContain(reply.status)
    expect((await caller.get('/user/me')).json.data.user).toEqual(before)
    expect(await mailsTo(THIEF)).toEqual([])
    expect(await rows("SELECT 1 FROM challenges WHERE purpose LIKE 'change_email%'")).toEqual([])
  })
})

test('no app that is not marked for it starts a change of address through mxit, though it is first-party', async () => {
  const person = await signedInPerson(newName('owner'))
  const reply = await bearerOf(await userToken(person)).fetch('/mxit/user/profile', {
    method: 'PUT',
    body: { Email: 'new.owner@example.com' },
  })
  expect([reply.status, reply.json.error]).toEqual([403, 'login_required'])
  expect(await mailsTo('new.owner@example.com')).toEqual([])
})
