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

describe('pages', () => {
  test('login-history is newest first, page by page, failures included', async () => {
    const person = await signedInPerson('history_person')
    for (let n = 0; n < 4; n += 1) await logIn({ ...person, password: n % 2 ? 'wrong' : person.password }, new Client())
    const read = async (query: string) =>
      LoginHistoryReply.parse((await person.client.get(`/user/login-history${query}`)).json).data.records
    const all = await read('')
    expect(all.map(({ success }) => success)).toEqual([false, true, false, true, true])
    expect(all.map(({ _id }) => _id)).toEqual([...all.map(({ _id }) => _id)].sort().reverse())
    const first = await read('?limit=2')
    const second = await read(`?limit=2&offset=${first[1]?._id}`)
    expect([...first, ...second]).toEqual(all.slice(0, 4))
    expect(await read(`?offset=${all.at(-1)?._id}`)).toEqual([])
    expect(await read('?offset=2025-06-01T00:00:00Z')).toEqual([])
    expect(await read(`?offset=${new Date(Date.now() + MINUTE_MS).toISOString()}`)).toEqual(all)
  })

  test.each(['/user/login-history', '/user/sessions'])('%s takes 1 to 100 records, and says what is wrong otherwise', async (path) => {
    const { client } = await signedInPerson(`pages_${path.slice(6, 14).replace('-', '_')}`)
    for (const limit of ['1', '10', '100']) expect((await client.get(`${path}?limit=${limit}`)).status).toBe(200)
    for (const limit of ['0', '-1', '101', '1e9', 'abc', '', '1.5', ' 1', '1000', 'NaN', '٣', '0x10']) {
      const reply = await client.get(`${path}?limit=${encodeURIComponent(limit)}`)
      expect([limit, reply.status, reply.json.additionalInfo?.errors?.[0]?.path]).toEqual([limit, 400, 'limit'])
    }
    for (const offset of ['x', '', '-1', '507f1f77', `${UNKNOWN_ID}0`, 'yesterday', '2026-13-45', '12']) {
      const reply = await client.get(`${path}?offset=${encodeURIComponent(offset)}`)
      expect([offset, reply.status, reply.json.additionalInfo?.errors?.[0]?.path]).toEqual([offset, 400, 'offset'])
    }
    for (const offset of [UNKNOWN_ID, '000000000000000000000000', '507f1f77bcf86cd799439011', '2026-01-01', '9999-12-31']) {
      expect((await client.get(`${path}?offset=${offset}`)).status).toBe(200)
    }
    expect((await client.get(`${path}?utm_source=mail`)).status).toBe(200)
  })
})
