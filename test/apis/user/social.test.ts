// The social graph over HTTP.
import { describe, expect, test } from 'vitest'
import { signedInPerson } from '../../support/people.ts'

describe('following', () => {
  test('a follow of a public account counts on both sides, and a private one waits to be accepted', async () => {
    const [ann, bob] = [await signedInPerson('ann_follows'), await signedInPerson('bob_followed')]
    expect((await ann.client.post('/user/follow', { target: bob.id })).json).toEqual({ ok: 1, data: { status: 'following' } })
    expect((await ann.client.post('/user/follow', { target: bob.id })).json.data.status).toBe('duplicate')
    const seen = await ann.client.get(`/user/${bob.id}`)
    expect(seen.json.data.user).toMatchObject({ _id: bob.id, followerCount: 1, email: null })
    expect((await bob.client.get('/user/followers')).json.data.records).toMatchObject([{ approved: true, source: { _id: ann.id } }])
    expect((await ann.client.get('/user/following')).json.data.records).toMatchObject([{ approved: true, target: { _id: bob.id } }])
    expect((await bob.client.post('/user/block', { target: ann.id })).json.data.status).toBe('blocked')
    expect((await ann.client.get(`/user/${bob.id}`)).status).toBe(404)
    expect((await bob.client.get(`/user/${ann.id}`)).json.error).toBe('Blocked')
    expect((await bob.client.get('/user/me')).json.data.user.followerCount).toBe(0)
    await bob.client.post('/user/unblock', { target: ann.id })
    await bob.client.post('/user/private', { state: true })
    expect((await ann.client.post('/user/follow', { target: bob.id })).json.data.status).toBe('requested')
    expect((await ann.client.get(`/user/${bob.id}/followers`)).status).toBe(403)
    const [request] = (await bob.client.get('/user/follow-requests')).json.data.records
    expect((await bob.client.patch('/user/follow-request', { request: request._id })).status).toBe(200)
    expect((await ann.client.get(`/user/${bob.id}/followers`)).json.data.records).toHaveLength(1)
    expect((await ann.client.post('/user/relationships', { targets: [bob.id] })).json.data.records).toMatchObject([{ following: true }])
    expect((await ann.client.post('/user/lookup', { targets: [bob.id, ann.id] })).json.data.records).toHaveLength(2)
    expect((await ann.client.get('/user/suggestions')).json).toEqual({ ok: 1, data: { records: [] } })
    expect(
      (await ann.client.fetch('/user/status', { method: 'PUT', body: { statusMessage: 'hi', mood: 'happy' } })).json.data.status.mood,
    ).toBe('happy')
  })
})
