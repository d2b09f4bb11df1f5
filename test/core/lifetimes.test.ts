// Sessions, tokens and codes have the lifetimes that the operator sets.
import { beforeAll, describe, expect, test } from 'vitest'
import { CHALLENGE, newClient, VERIFIER } from '../apis/oauth/harness.ts'
import { signedInAdmin } from '../support/admins.ts'
import { Client, db } from '../support/kith.ts'
import { PASSWORD, signUpBody, verifiedPerson } from '../support/people.ts'

const env = {
  SESSION_SECONDS: '7200',
  SESSION_IDLE_SECONDS: '3600',
  ACCESS_TOKEN_SECONDS: '300',
  REFRESH_TOKEN_SECONDS: '14400',
  REFRESH_TOKEN_IDLE_SECONDS: '10800',
  AUTHORIZATION_CODE_SECONDS: '30',
  VERIFY_CODE_SECONDS: '600',
  RESET_CODE_SECONDS: '400',
  SIGN_IN_CODE_SECONDS: '200',
}

/** Seconds from creation until the time in this column, for the newest matching row. */
async function lifeOf(column: string, rows: string, ...values: unknown[]): Promise<number> {
  const row = await db
    .prepare(`SELECT (${column} - created_at) / 1000.0 AS life FROM ${rows} ORDER BY created_at DESC LIMIT 1`)
    .bind(...values)
    .first<{ life: number }>()
  return Math.round(row?.life ?? -1)
}

let userId: number
const client = new Client()

beforeAll(async () => {
  const person = await verifiedPerson('lasting_lou')
  userId = Number.parseInt(person.id, 16)
  const reply = await client.post('/user/login', { username: person.username, password: PASSWORD }, { env })
  expect(reply.status).toBe(200)
})

describe('lifetimes', () => {
  test('of a browser session, at most and left alone', async () => {
    const own = 'sessions WHERE user_id = ? AND client_id IS NULL'
    expect(await lifeOf('expires_at', own, userId)).toBe(7_200)
    expect(await lifeOf('idle_expires_at', own, userId)).toBe(3_600)
  })

  test('of an authorization code, a grant and its refresh tokens', async () => {
    const app = await newClient()
    const form = { client_id: app.id, redirect_uri: app.redirectUri }
    const query = new URLSearchParams({
      ...form,
      response_type: 'code',
      state: 'x',
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
    })
    const location = (await client.get(`/oauth/authorize?${query}`, { env })).headers.get('location') ?? ''
    const code = new URL(location).searchParams.get('code') ?? ''
    expect(await lifeOf('expires_at', 'authorization_codes WHERE user_id = ?', userId)).toBe(30)
    const exchange = new URLSearchParams({ ...form, grant_type: 'authorization_code', code, code_verifier: VERIFIER })
    const first = await new Client().post('/oauth/token', exchange, { env })
    const grant = 'sessions WHERE client_id = ?'
    expect(await lifeOf('expires_at', grant, app.id)).toBe(14_400)
    expect(await lifeOf('idle_expires_at', grant, app.id)).toBe(10_800)
    const again = new URLSearchParams({ client_id: app.id, grant_type: 'refresh_token', refresh_token: first.json.refresh_token })
    expect((await new Client().post('/oauth/token', again, { env })).status).toBe(200)
    const tokens = 'refresh_tokens WHERE session_id = (SELECT id FROM sessions WHERE client_id = ?)'
    expect(await lifeOf('expires_at', tokens, app.id)).toBe(10_800)
  })

  test('of an access token, where its client is registered without one', async () => {
    const admin = await signedInAdmin('lasting_admin', 'super_admin')
    const body = { redirect_uris: ['https://lasting.example/cb'], scope: 'delegated:all', client_name: 'Lasting' }
    const made = (more: object) => admin.client.post('/client/admin-api/create', { ...body, ...more }, { env })
    expect((await made({})).json.data.client.access_token_seconds).toBe(300)
    expect((await made({ access_token_seconds: 900 })).json.data.client.access_token_seconds).toBe(900)
  })

  test('of mailed codes: for an address, a password, a sign-in', async () => {
    const guest = new Client()
    const reply = await guest.post('/user/create', signUpBody('lasting_lee'), { env })
    const leeId = Number.parseInt(reply.json.data.user._id, 16)
    const of = (purpose: string, id: number) => lifeOf('expires_at', 'challenges WHERE user_id = ? AND purpose = ?', id, purpose)
    expect(await of('verify_email', leeId)).toBe(600)
    await guest.post('/user/code', { email: 'lasting_lou@example.com' }, { env })
    expect(await of('reset_password', userId)).toBe(400)
    const change = { email: 'lasting_new@example.com', currentPassword: PASSWORD }
    expect((await client.patch('/user/me', change, { env })).status).toBe(200)
    expect(await of('change_email', userId)).toBe(600)
    expect((await client.post('/user/2fa', { state: true }, { env })).status).toBe(200)
    await new Client().post('/user/login', { username: 'lasting_lou', password: PASSWORD }, { env })
    expect(await of('sign_in', userId)).toBe(200)
  })
})
