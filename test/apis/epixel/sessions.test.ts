// Log-in and refresh under an API key (wire §4.1, §6.19; security rows 12, 14, 52-54; docs/decisions/009).
import { describe, expect, test } from 'vitest'
import { clock } from '../../platform/clock.ts'
import { ban, count, idOf, markDeleted, newName, pendingLogIn, personWithSecondFactor, rows } from '../../support/actors.ts'
import { freezeEachTest } from '../../support/frozen.ts'
import { Client, mailsTo, platform } from '../../support/kith.ts'
import { makeMachine } from '../../support/machines.ts'
import { logIn, PASSWORD, signedInPerson, signUp, verifiedPerson } from '../../support/people.ts'
import { atTheLine, whileAtTheLine } from '../../support/start-line.ts'
import { newGrant, newOAuthClient } from '../../support/tokens.ts'
import { Caller, expectErrors, form, INVALID, logInUnder, memberOf, newMember, sharedKey } from './harness.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const INACTIVE = 'No active account found with the given credentials'
const INVALID_TOKEN = { detail: 'Token is invalid or expired' }

freezeEachTest()

const sessionsOf = (id: string) => rows('SELECT * FROM sessions WHERE user_id = ? ORDER BY id', idOf(id))

describe('log-in', () => {
  test('takes the user name or the address, as JSON, urlencoded or multipart, and answers two tokens alone', async () => {
    const person = await verifiedPerson(newName('logs_in'))
    const key = await sharedKey()
    const caller = new Caller(key, null)
    for (const username of [person.username, person.username.toUpperCase(), person.email, person.email.toUpperCase()]) {
      const body = { username, password: PASSWORD }
      for (const sent of [body, new URLSearchParams(body), form(body), { ...body, remember_me: true }]) {
        const reply = await caller.post('/user/login/', sent)
        expect([reply.status, Object.keys(reply.json)], reply.text).toEqual([200, ['refresh', 'access']])
        expect(reply.headers.getSetCookie()).toEqual([])
        expect(reply.headers.get('cache-control')).toBe('no-store')
        const { UserProfile } = (await new Caller(key, reply.json.access).get('/user/get/profile')).json.data
        expect(UserProfile[0].username).toBe(person.username)
      }
    }
  })

  test('makes a session of the key, with its scopes, that the history and the list of sessions show', async () => {
    const { secret, machine } = await makeMachine('api_key', { scopes: ['delegated:profile:all', 'client:all'], name: 'An old program' })
    const person = await signedInPerson(newName('shown_as'))
    await memberOf(person, secret)
    const [, session] = await sessionsOf(person.id)
    expect(session).toMatchObject({ client_id: machine.clientId, scope: 'delegated:profile:all', amr: 'pwd', token_hash: null })
    const { records } = (await person.client.get('/user/login-history')).json.data
    expect(records[0]).toMatchObject({ success: true, clientId: machine.clientId })
    const listed = (await person.client.get('/user/sessions')).json.data.records
    expect(listed.map((one: { clientName: string }) => one.clientName)).toContain('An old program')
    await expect(count('machine_credentials WHERE id = ? AND last_used_at IS NOT NULL', machine.id)).resolves.toBe(1)
  })

  test('is noticed like a log-in in a browser: a mail about a new device, when the person was seen', async () => {
    const person = await verifiedPerson(newName('noticed'))
    await memberOf(person)
    clock.advance(MINUTE)
    const key = await sharedKey()
    const other = new Caller(key, null)
    other.client.userAgent = 'another-program/2'
    await other.post('/user/login', { username: person.username, password: PASSWORD })
    expect((await mailsTo(person.email)).map(({ subject }) => subject)).toContain('New sign-in to your Kith account')
    const [row] = await rows<{ last_seen_at: number }>('SELECT last_seen_at FROM users WHERE id = ?', idOf(person.id))
    expect(row?.last_seen_at).toBe(Date.now())
  })

  test('says nothing else of an unknown name, a wrong password, a banned and a deleted account', async () => {
    const key = await sharedKey()
    const [person, banned, deleted] = [
      await verifiedPerson(newName('known')),
      await verifiedPerson(newName('banned')),
      await verifiedPerson(newName('deleted')),
    ]
    await ban(banned)
    await markDeleted(deleted)
    const replies = [
      await logInUnder(key, person.username, 'wrong-password'),
      await logInUnder(key, person.email, 'wrong-password'),
      await logInUnder(key, 'nobody_at_all'),
      await logInUnder(key, 'nobody@example.com'),
      await logInUnder(key, banned.username),
      await logInUnder(key, deleted.username),
      await logInUnder(key, `${person.username}@`),
    ]
    for (const reply of replies) {
      expectErrors(reply, 401, { detail: INVALID })
      expect(reply.headers.get('www-authenticate')).toBe('Bearer')
    }
  })

  test('tells only somebody with the password that an account is not active', async () => {
    const key = await sharedKey()
    const person = await signUp(newName('inactive'))
    expectErrors(await logInUnder(key, person.username, 'wrong-password'), 401, { detail: INVALID })
    expectErrors(await logInUnder(key, person.username), 401, { detail: INACTIVE })
    expect(await sessionsOf(person.id)).toEqual([])
  })

  test('with a second factor on it is refused like a wrong password, and leaves nothing behind', async () => {
    const key = await sharedKey()
    const person = await personWithSecondFactor('two_steps')
    const mails = (await mailsTo(person.email)).length
    const wrong = await logInUnder(key, person.username, 'wrong-password')
    const right = await logInUnder(key, person.username)
    expect([right.status, right.text]).toEqual([wrong.status, wrong.text])
    expectErrors(right, 401, { detail: INVALID })
    expect(await count("challenges WHERE user_id = ? AND purpose = 'sign_in'", idOf(person.id))).toBe(0)
    expect(await sessionsOf(person.id)).toEqual([])
    expect(await mailsTo(person.email)).toHaveLength(mails)
    // The right password is no failure: an old program that keeps retrying does not lock its owner out.
    for (let tries = 0; tries < 15; tries++) expect((await logInUnder(key, person.username)).status).toBe(401)
    await pendingLogIn(person)
    const [event] = await rows("SELECT * FROM audit_events WHERE user_id = ? AND type = 'sign_in_failed' ORDER BY id DESC", idOf(person.id))
    expect(event).toMatchObject({ detail: 'second_factor' })
  })

  test('a factor that is switched on in between leaves no session', async () => {
    const key = await sharedKey()
    const person = await verifiedPerson(newName('just_now'))
    const start = () => logInUnder(key, person.username, PASSWORD, atTheLine)
    const switchOn = () => rows("INSERT INTO second_factors (user_id, kind, created_at) VALUES (?, 'email', 0)", idOf(person.id))
    expectErrors(await whileAtTheLine(start, /INSERT INTO sessions/, switchOn), 401, { detail: INVALID })
    expect(await sessionsOf(person.id)).toEqual([])
  })

  test('shares its attempts with the log-in of browsers, and says when to come back', async () => {
    const key = await sharedKey()
    const person = await verifiedPerson(newName('guessed'))
    const caller = new Caller(key, null)
    const guess = () => caller.post('/user/login', { username: person.username, password: 'wrong-password' })
    for (let tries = 0; tries < 5; tries++) expect((await guess()).status).toBe(401)
    for (let tries = 0; tries < 5; tries++) {
      expect((await caller.client.post('/user/login', { username: person.username, password: 'wrong' })).status).toBe(401)
    }
    const limited = await guess()
    expectErrors(limited, 429, { detail: 'Request was throttled. Expected available in 900 seconds.' })
    expect(limited.headers.get('retry-after')).toBe('900')
    expect((await logIn(person, caller.client)).status).toBe(429)
    clock.advance(15 * MINUTE)
    expect((await logInUnder(key, person.username)).status).toBe(200)
  })

  test('a deleted account comes back with it, as with any log-in', async () => {
    const key = await sharedKey()
    const person = await signedInPerson(newName('comes_back'))
    expect((await person.client.delete('/user/me', { body: { password: PASSWORD } })).status).toBe(200)
    expect((await logInUnder(key, person.username)).status).toBe(200)
    expect((await logIn(person, new Client())).status).toBe(200)
  })

  test.each([
    ['failStatement', 1],
    ['failStatement', 2],
    ['failStatement', 3],
    ['failStatement', 4],
    ['loseReply', 1],
    ['loseReply', 2],
    ['loseReply', 3],
    ['loseReply', 4],
  ] as const)('%s(%i): one session with its tokens, or none', async (fault, at) => {
    const key = await sharedKey()
    const person = await verifiedPerson(newName('faulty'))
    platform.faults[fault](at)
    const reply = await logInUnder(key, person.username)
    platform.faults.clear()
    const made = await rows('SELECT s.id FROM sessions s JOIN refresh_tokens t ON t.session_id = s.id WHERE s.user_id = ?', idOf(person.id))
    expect([reply.status, made.length, (await sessionsOf(person.id)).length]).toEqual(reply.status === 200 ? [200, 1, 1] : [503, 0, 0])
    if (at === 4) expect(reply.status).toBe(200)
  })

  test('is limited per network', async () => {
    const key = await sharedKey()
    const person = await verifiedPerson(newName('network'))
    const caller = new Caller(key, null)
    const send = () => caller.post('/user/login', { username: person.username, password: PASSWORD }, { env: { NETWORK_LIMITS: 'on' } })
    const statuses: number[] = []
    for (let tries = 0; tries < 11; tries++) statuses.push((await send()).status)
    expect(statuses).toEqual([...Array<number>(10).fill(200), 429])
    expectErrors(await send(), 429, { detail: 'Request was throttled. Expected available in 60 seconds.' })
  })
})

describe('refresh', () => {
  const ask = (key: string | null, refresh: unknown) => new Caller(key, null).post('/user/token/refresh/', { refresh } as never)

  test('gives new access tokens for the same refresh token, again and again, for as long as the session lasts', async () => {
    const member = await newMember(newName('refreshes'))
    const { key, refresh } = member
    for (let days = 0; days < 14; days++) {
      const reply = await ask(key, refresh)
      expect([reply.status, Object.keys(reply.json)]).toEqual([200, ['access']])
      expect((await new Caller(key, reply.json.access).get('/user/get/profile')).status).toBe(200)
      clock.advance(DAY - 1)
    }
    clock.advance(14)
    expectErrors(await ask(key, refresh), 401, INVALID_TOKEN)
    const [token] = await rows(
      'SELECT * FROM refresh_tokens WHERE session_id = (SELECT id FROM sessions WHERE user_id = ?)',
      idOf(member.person.id),
    )
    expect(token).toMatchObject({ rotated_at: null })
  })

  test('64 at once all get one, and the session is still one', async () => {
    const member = await newMember(newName('at_once'))
    const replies = await Promise.all(Array.from({ length: 64 }, () => ask(member.key, member.refresh)))
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]))
    expect(await sessionsOf(member.person.id)).toHaveLength(1)
  })

  test('a token from before families had one row (migration 0016) goes on', async () => {
    const member = await newMember(newName('before'))
    await rows('UPDATE refresh_tokens SET family_hash = NULL')
    for (let i = 0; i < 2; i += 1) expect((await ask(member.key, member.refresh)).status).toBe(200)
  })

  test('records that the session is in use', async () => {
    const member = await newMember(newName('in_use'))
    clock.advance(20 * MINUTE)
    await ask(member.key, member.refresh)
    expect(await sessionsOf(member.person.id)).toMatchObject([{ last_used_at: Date.now() }])
  })

  test('is refused once the session, its epoch or the account has ended', async () => {
    const ends: [string, string][] = [
      ['signed out', 'UPDATE sessions SET revoked_at = 1 WHERE user_id = ?'],
      ['signed out everywhere', 'UPDATE users SET epoch = epoch + 1 WHERE id = ?'],
      ['banned', 'UPDATE users SET banned_at = 1 WHERE id = ?'],
      ['deleted', 'UPDATE users SET deleted_at = 1 WHERE id = ?'],
      ['token over', 'UPDATE refresh_tokens SET expires_at = 1 WHERE session_id = (SELECT id FROM sessions WHERE user_id = ?)'],
      ['token rotated', 'UPDATE refresh_tokens SET rotated_at = 1 WHERE session_id = (SELECT id FROM sessions WHERE user_id = ?)'],
    ]
    for (const [what, sql] of ends) {
      const member = await newMember(newName('ended'))
      expect((await ask(member.key, member.refresh)).status).toBe(200)
      await rows(sql, idOf(member.person.id))
      const reply = await ask(member.key, member.refresh)
      expect([what, reply.status, reply.json.errors]).toEqual([what, 401, INVALID_TOKEN])
    }
    const restricted = await newMember(newName('restricted'))
    await rows('UPDATE users SET restricted_at = 1 WHERE id = ?', idOf(restricted.person.id))
    expect((await ask(restricted.key, restricted.refresh)).status).toBe(200)
  })

  test('belongs to the key: no other key and no OAuth endpoint accepts it', async () => {
    const member = await newMember(newName('belongs'))
    const other = await makeMachine('api_key')
    expectErrors(await ask(other.secret, member.refresh), 401, INVALID_TOKEN)
    for (const key of [null, 'kith_ak_unknown', (await makeMachine('license_key')).secret]) {
      expectErrors(await ask(key, member.refresh), 401, { detail: INVALID })
    }
    const [session] = await sessionsOf(member.person.id)
    const grant = { grant_type: 'refresh_token', refresh_token: member.refresh, client_id: String(session?.client_id) }
    expect((await new Client().post('/oauth/token', new URLSearchParams(grant))).json.error).toBe('invalid_client')
    expect((await ask(member.key, member.refresh)).status).toBe(200)
    const clientId = await newOAuthClient()
    const foreign = await newGrant(member.person, clientId)
    await rows("INSERT INTO refresh_tokens (token_hash, session_id, created_at, expires_at) VALUES ('x', ?, 0, 9e15)", foreign)
    expectErrors(await ask(member.key, 'x'), 401, INVALID_TOKEN)
  })

  test('ends with the key', async () => {
    const { secret, machine } = await makeMachine('api_key', { expiresAt: Date.now() + DAY })
    const member = await newMember(newName('key_ends'), secret)
    clock.advance(DAY)
    expectErrors(await ask(secret, member.refresh), 401, { detail: INVALID })
    await rows('UPDATE machine_credentials SET expires_at = NULL WHERE id = ?', machine.id)
    await rows('UPDATE oauth_clients SET disabled_at = 1 WHERE id = ?', machine.clientId)
    expectErrors(await ask(secret, member.refresh), 401, INVALID_TOKEN)
  })

  test('an access token is none', async () => {
    const member = await newMember(newName('wrong_kind'))
    expectErrors(await ask(member.key, member.access), 401, INVALID_TOKEN)
    expectErrors(await new Caller(member.key, member.refresh).get('/user/get/profile'), 401, { detail: INVALID })
  })
})
