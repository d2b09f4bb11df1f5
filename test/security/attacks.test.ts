// Attacks that once worked, each as a test: with a narrow token, a squatted address, a log-in in flight, an old session, and a
// mistake with curl.
import { describe, expect, test } from 'vitest'
import { FRESH_SIGN_IN_MS } from '../../src/core/limits.ts'
import { answer, count, idOf, newName, pendingLogIn, personWithSecondFactor, rows } from '../support/actors.ts'
import { Client, mailsTo, newestCode } from '../support/kith.ts'
import { logIn, PASSWORD, signedInPerson, signUp, signUpBody, verifiedPerson } from '../support/people.ts'
import { atTheLine, whileAtTheLine } from '../support/start-line.ts'
import { bearerOf, userToken } from '../support/tokens.ts'

const NEW_PASSWORD = 'a new and longer password'

describe('a token for the profile alone', () => {
  test('does not set a password, however fresh the sign-in behind it is', async () => {
    const person = await verifiedPerson(newName('narrow'))
    const client = bearerOf(await userToken(person, ['delegated:profile:write']))
    const reply = await client.patch('/user/me', { password: NEW_PASSWORD })
    expect([reply.status, reply.json.additionalInfo.reason]).toEqual([403, 'fresh_sign_in_required'])
    expect((await logIn(person, new Client())).status).toBe(200)
  })

  test('neither changes the address nor deletes the account without the password', async () => {
    const person = await verifiedPerson(newName('narrow'))
    const client = bearerOf(await userToken(person, ['delegated:profile:write']))
    expect((await client.patch('/user/me', { email: `${newName('thief')}@example.com` })).status).toBe(403)
    expect((await client.delete('/user/me', { body: {} })).status).toBe(403)
    expect((await client.delete('/user/me', { body: { password: PASSWORD } })).status).toBe(200)
  })
})

describe('somebody who signs up with the address of another', () => {
  test('does not keep the code of that other back', async () => {
    const address = `${newName('victim')}@example.com`
    const thief = await signUp(newName('squatter'), address)
    const victim = await signUp(newName('owner_of_it'), address)
    const mails = await mailsTo(address)
    expect(mails.filter(({ text }) => text.includes(victim.username))).toHaveLength(1)
    expect((await new Client().post('/user/verify-email', { code: await newestCode(address) })).status).toBe(200)
    expect((await logIn(victim, new Client())).status).toBe(200)
    expect((await logIn(thief, new Client())).json.error).toBe('ResourceNotActive')
  })
})

describe('a log-in in flight', () => {
  test('makes no session once a second factor was switched on', async () => {
    const person = await verifiedPerson(newName('in_flight'))
    const client = new Client()
    const start = () => client.post('/user/login', { username: person.username, password: person.password }, atTheLine)
    const switchOn = () => rows(`INSERT INTO second_factors (user_id, kind, created_at) VALUES (?, 'email', 0)`, idOf(person.id))
    expect((await whileAtTheLine(start, /INSERT INTO sessions/, switchOn)).status).toBe(401)
    expect(await count('sessions WHERE user_id = ?', idOf(person.id))).toBe(0)
  })
})

describe('an old session', () => {
  test('with a second factor in its past does not become a fresh one by the password alone', async () => {
    const person = await personWithSecondFactor('long_ago')
    const client = new Client()
    expect((await answer(await pendingLogIn(person), await newestCode(person.email), client)).status).toBe(200)
    const old = Date.now() - 2 * FRESH_SIGN_IN_MS
    await rows('UPDATE sessions SET authenticated_at = ? WHERE user_id = ?', old, idOf(person.id))
    expect((await client.patch('/user/me', { password: NEW_PASSWORD, currentPassword: PASSWORD })).status).toBe(200)
    const reply = await client.post('/user/2fa', { state: false })
    expect([reply.status, reply.json.additionalInfo.reason]).toEqual([403, 'fresh_sign_in_required'])
  })

  test('ends when its browser signs in anew, and nobody else can end it that way', async () => {
    const person = await signedInPerson(newName('again'))
    const before = new Map(person.client.cookies)
    const other = await verifiedPerson(newName('other'))
    const forged = new Client()
    for (const [name, value] of before) forged.cookies.set(name, value.replace(/[^.]+$/, 'x'.repeat(43)))
    expect((await logIn(other, forged)).status).toBe(200)
    expect((await person.client.get('/user/me')).status).toBe(200)
    expect((await logIn(person)).status).toBe(200)
    const left = new Client()
    for (const [name, value] of before) left.cookies.set(name, value)
    expect((await left.get('/user/me')).status).toBe(401)
    expect((await person.client.get('/user/me')).status).toBe(200)
  })
})

describe('a request that is not what it says', () => {
  test('JSON that is sent as a form does not come back in the refusal', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const reply = await new Client().post('/user/login', '{"username":"somebody_1","password":"canary-password"}', { headers })
    expect([reply.status, reply.json.error]).toEqual([415, 'UnsupportedMediaType'])
    expect(reply.text).not.toContain('canary')
  })

  test('one character that NFKC makes long is not a password of eight', async () => {
    const reply = await new Client().post('/user/create', { ...signUpBody(newName('one_sign')), password: '\ufdfa' })
    expect([reply.status, reply.json.additionalInfo.errors[0].path]).toEqual([400, 'password'])
  })
})

describe('two requests whose clocks are out of order', () => {
  test('do not make a right password wrong', async () => {
    const person = await verifiedPerson(newName('skewed'))
    const later = Date.now() + 5_000
    expect((await logIn(person, person.client)).status).toBe(200)
    await rows('UPDATE attempt_counters SET last_at = ?', later)
    expect((await logIn(person, person.client)).status).toBe(200)
  })
})
