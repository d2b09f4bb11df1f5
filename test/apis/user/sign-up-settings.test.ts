// What an operator may decide about signing up: lengths, and the terms.
import { describe, expect, test } from 'vitest'
import { rows } from '../../support/actors.ts'
import { signedInAdmin } from '../../support/admins.ts'
import { Client } from '../../support/kith.ts'
import { PASSWORD, signedInPerson, signUpBody } from '../../support/people.ts'

let people = 0
const create = (changes: object, env: Record<string, string> = {}) => {
  people += 1
  return new Client().post('/user/create', { ...signUpBody(`settings_${people}`), ...changes }, { env })
}
const fieldsOf = (reply: { json: { additionalInfo?: unknown; error?: unknown } }) => JSON.stringify(reply.json)

describe('the shortest user name', () => {
  test('is 8 characters, at sign-up and at a change', async () => {
    const reply = await create({ username: 'ada_l' })
    expect([reply.status, fieldsOf(reply)]).toEqual([400, expect.stringContaining('must have 8 to 30 letters, digits or underscores')])
    const { client } = await signedInPerson('settings_renamer')
    expect((await client.patch('/user/me', { username: 'ada_l' })).status).toBe(400)
  })

  test('may be 3', async () => {
    const env = { USERNAME_LENGTH_MIN: '3' }
    expect((await create({ username: 'ada' }, env)).status).toBe(201)
    expect((await create({ username: 'ad' }, env)).status).toBe(400)
    const { client } = await signedInPerson('settings_shortened')
    expect((await client.patch('/user/me', { username: 'bob' }, { env })).json.data.user.username).toBe('bob')
  })
})

test('what the core finds wrong is told at once', async () => {
  const reply = await create({ username: 'ada_l', password: 'ada_l-12', termsVersion: '1999-01' })
  expect([reply.status, reply.json.additionalInfo.errors.map(({ path }: { path: string }) => path)]).toEqual([
    400,
    ['username', 'termsVersion', 'password'],
  ])
})

describe('the shortest password', () => {
  const env = { PASSWORD_LENGTH_MIN: '12' }
  test('may be longer than 8, at sign-up and at a change; old ones still sign in', async () => {
    const reply = await create({ password: 'zebra-lamp9' }, env)
    expect([reply.status, fieldsOf(reply)]).toEqual([400, expect.stringContaining('must have at least 12 characters')])
    expect((await create({ password: 'zebra-lamp-93' }, env)).status).toBe(201)
    const { client, username } = await signedInPerson('settings_password')
    const change = await client.patch('/user/me', { password: 'zebra-lamp9', currentPassword: PASSWORD }, { env })
    expect(change.status).toBe(400)
    const long = { PASSWORD_LENGTH_MIN: '64' }
    expect((await new Client().post('/user/login', { username, password: PASSWORD }, { env: long })).status).toBe(200)
  })

  test.each(['7', '65', 'many'])('cannot be %s', async (value) => {
    const { status, text } = await new Client().get('/health', { env: { PASSWORD_LENGTH_MIN: value } })
    expect([status, text]).toEqual([503, expect.stringContaining('PASSWORD_LENGTH_MIN')])
  })
})

describe('the terms', () => {
  const env = { TERMS_URL: 'https://example.com/terms', TERMS_VERSION: '2026-11' }
  test('that an app says were accepted are kept with version and time', async () => {
    const reply = await create({ termsVersion: '2026-11' }, env)
    expect(reply.status).toBe(201)
    const id = Number.parseInt(reply.json.data.user._id, 16)
    const [row] = await rows<{ terms_version: string; terms_accepted_at: number; created_at: number }>(
      'SELECT terms_version, terms_accepted_at, created_at FROM users WHERE id = ?',
      id,
    )
    expect(row).toEqual({ terms_version: '2026-11', terms_accepted_at: row?.created_at, created_at: row?.created_at })
  })

  test.each([['2025-01'], [''], ['x'.repeat(41)]])('%j, which are not in force, are refused by name', async (termsVersion) => {
    const reply = await create({ termsVersion }, env)
    expect([reply.status, fieldsOf(reply)]).toEqual([400, expect.stringContaining('termsVersion')])
  })

  test('need an address', async () => {
    const { text } = await new Client().get('/health', { env: { TERMS_VERSION: '2026-11' } })
    expect(text).toContain('TERMS_URL')
  })
})

test('an administrator too is told at once what is wrong with a new account', async () => {
  const { client } = await signedInAdmin('settings_admin')
  const reply = await client.post('/user/admin-api/create', { ...signUpBody('settings_made'), username: 'ada_l', password: 'ada_l-12' })
  expect([reply.status, reply.json.additionalInfo.errors.map(({ path }: { path: string }) => path)]).toEqual([
    400,
    ['username', 'password'],
  ])
})
