// The caller's own sessions and log-in history, page by page (wire §3.2, §6.14).
import { describe, expect, test } from 'vitest'
import { LoginHistoryReply, SessionStateReply, SessionsReply } from '../../../src/apis/user/sessions/presenters.ts'
import { Client } from '../../support/kith.ts'
import { logIn, signedInPerson } from '../../support/people.ts'
import { bearerOf, userToken } from '../../support/tokens.ts'

const MINUTE_MS = 60_000
const UNKNOWN_ID = 'ffffffffffffffffffffffff'

describe('the sessions of the caller', () => {
  test('are listed newest first, with where they were begun', async () => {
    const person = await signedInPerson('list_person')
    const other = new Client()
    other.userAgent = 'phone/1.0'
    await logIn(person, other)
    const token = bearerOf(await userToken(person))
    const { records } = SessionsReply.parse((await person.client.get('/user/sessions')).json).data
    expect(records.map(({ current, clientId, userAgent }) => [current, clientId !== null, userAgent])).toEqual([
      [false, true, null],
      [false, false, 'phone/1.0'],
      [true, false, 'kith-test/1.0'],
    ])
    expect(SessionsReply.parse((await token.get('/user/sessions')).json).data.records[0]?.current).toBe(true)
  })

  test('end one by one; a foreign, a missing and an ended one are one 404', async () => {
    const person = await signedInPerson('end_person')
    const stranger = await signedInPerson('end_stranger')
    const other = new Client()
    await logIn(person, other)
    const own = (await other.get('/user/session-state')).json.data.session._id
    const foreign = (await stranger.client.get('/user/session-state')).json.data.session._id
    expect((await person.client.delete(`/user/sessions/${own}`)).json).toEqual({ ok: 1 })
    expect((await other.get('/user/me')).status).toBe(401)
    for (const id of [own, foreign, UNKNOWN_ID]) {
      const reply = await person.client.delete(`/user/sessions/${id}`)
      expect([reply.status, reply.json]).toEqual([
        404,
        { ok: 0, error: 'NotFound', additionalInfo: { method: 'DELETE', path: `/user/sessions/${id}` } },
      ])
    }
    expect((await stranger.client.get('/user/me')).status).toBe(200)
    expect((await person.client.delete('/user/sessions/nonsense')).status).toBe(400)
  })

  test('session-state tells who is signed in, and since when', async () => {
    const person = await signedInPerson('state_person')
    const { userInfo, session } = SessionStateReply.parse((await person.client.get('/user/session-state')).json).data
    expect(userInfo._id).toBe(person.id)
    expect(Math.abs(Date.parse(session.authenticatedAt) - Date.now())).toBeLessThan(MINUTE_MS)
  })
})

describe('login-history', () => {
  test('is newest first, failures included, and begins at any time', async () => {
    const person = await signedInPerson('history_person')
    for (let n = 0; n < 4; n += 1) await logIn({ ...person, password: n % 2 ? 'wrong' : person.password }, new Client())
    const read = async (query: string) =>
      LoginHistoryReply.parse((await person.client.get(`/user/login-history${query}`)).json).data.records
    const all = await read('')
    expect(all.map(({ success }) => success)).toEqual([false, true, false, true, true])
    expect(await read('?offset=2025-06-01T00:00:00Z')).toEqual([])
    expect(await read(`?offset=${new Date(Date.now() + MINUTE_MS).toISOString()}`)).toEqual(all)
  })
})
