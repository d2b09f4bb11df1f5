// Deletion of accounts over HTTP (security row 13): hidden at once, undone by signing in, and purged after 14 days.
import { afterEach, describe, expect, test } from 'vitest'
import { PASSWORD_PROOFS_PER_DAY } from '../../../src/core/limits.ts'
import { clock } from '../../platform/clock.ts'
import { count, eventsOf, rowOf, rows } from '../../support/actors.ts'
import { runCron } from '../../support/cron.ts'
import { Client, db, mailsTo, newestCode, platform } from '../../support/kith.ts'
import { bytesOf, FILES, listObjects, newFile, newFolder, newLink, objectKeyOf, tombstones } from '../../support/media.ts'
import { logIn, PASSWORD, type Person, signedInPerson, signUp, verifiedPerson } from '../../support/people.ts'
import { idOf } from '../../support/tokens.ts'

const DAY_MS = 86_400_000
const COOKIE = '__Host-kith_session'

const deleteMe = (person: Person, body: Record<string, unknown> = {}) => person.client.delete('/user/me', { body })

const returnsMailed = (person: Person) => count("mail_outbox WHERE user_id = ? AND kind = 'account_restored'", idOf(person))

async function withSecondFactor(username: string): Promise<Person> {
  const person = await signedInPerson(username)
  expect((await person.client.post('/user/2fa', { state: true })).status).toBe(200)
  return person
}

afterEach(() => {
  clock.restore()
  platform.reset()
})

describe('DELETE /user/me', () => {
  test('an account that its owner deletes is signed out, hidden and told how to come back, at once', async () => {
    const [ann, bob] = [await signedInPerson('ann_leaves'), await signedInPerson('bob_stays_here')]
    await bob.client.post('/user/follow', { target: ann.id })
    const elsewhere = new Client()
    await logIn(ann, elsewhere)
    const reply = await deleteMe(ann)
    expect(reply.json).toEqual({ ok: 1 })
    expect(reply.headers.getSetCookie().join()).toMatch(new RegExp(`^${COOKIE}.*Max-Age=0`))
    expect(ann.client.cookies.has(COOKIE)).toBe(false)
    expect((await elsewhere.get('/user/me')).status).toBe(401)
    expect((await bob.client.get(`/user/${ann.id}`)).status).toBe(404)
    expect((await bob.client.get('/user/following')).json.data.records).toEqual([])
    expect(await eventsOf(ann)).toContain('account_deleted')
    const [notice] = await mailsTo(ann.email)
    expect(notice?.subject).toContain('deleted')
    expect(notice?.text).toContain('within 14 days')
  })

  test('without a body it needs a sign-in of the last ten minutes, with the password it does not', async () => {
    clock.freeze()
    const ann = await signedInPerson('ann_is_stale')
    clock.advance(11 * 60_000)
    const refused = await deleteMe(ann)
    expect([refused.status, refused.json.additionalInfo.reason]).toEqual([403, 'fresh_sign_in_required'])
    expect((await ann.client.delete('/user/me')).status).toBe(403)
    expect((await deleteMe(ann, { password: PASSWORD })).status).toBe(200)
    expect((await rowOf(ann))?.deleted_reason).toBe('self')
  })

  test('a wrong password deletes nothing, is named, and is counted', async () => {
    const ann = await signedInPerson('ann_mistypes')
    const wrong = await deleteMe(ann, { password: 'not-the-password' })
    expect([wrong.status, wrong.json.additionalInfo.errors[0].path]).toEqual([400, 'password'])
    expect(wrong.text).not.toContain('not-the-password')
    for (let tries = 1; tries < PASSWORD_PROOFS_PER_DAY; tries++) await deleteMe(ann, { password: 'not-the-password' })
    const limited = await deleteMe(ann, { password: PASSWORD })
    expect([limited.status, limited.headers.has('retry-after')]).toEqual([429, true])
    expect((await rowOf(ann))?.deleted_at).toBeNull()
  })

  test('64 deletions at once leave one notice and one event', async () => {
    const ann = await signedInPerson('ann_hurries')
    const cookies = new Map(ann.client.cookies)
    const clients = Array.from({ length: 64 }, () => Object.assign(new Client(), { network: ann.client.network }))
    for (const client of clients) for (const [name, value] of cookies) client.cookies.set(name, value)
    const replies = await Promise.all(clients.map((client) => client.delete('/user/me')))
    expect(replies.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(1)
    expect(replies.every(({ status }) => status === 200 || status === 401)).toBe(true)
    expect((await eventsOf(ann)).filter((type) => type === 'account_deleted')).toHaveLength(1)
    expect((await mailsTo(ann.email)).filter(({ subject }) => subject.includes('deleted'))).toHaveLength(1)
  })

  test('a deletion whose reply is lost on the way from the database is done once', async () => {
    const ann = await signedInPerson('ann_lost_reply')
    platform.faults.loseReply(2)
    expect((await deleteMe(ann)).status).toBe(200)
    expect((await eventsOf(ann)).filter((type) => type === 'account_deleted')).toHaveLength(1)
    expect((await rowOf(ann))?.epoch).toBe(1)
  })
})

describe('coming back', () => {
  test('the right password within 14 days brings the account back, with its edges and a mail, and none of its old sessions', async () => {
    clock.freeze()
    const [ann, bob] = [await signedInPerson('ann_returns'), await signedInPerson('bob_waits_for')]
    await bob.client.post('/user/follow', { target: ann.id })
    const old = new Client()
    await logIn(ann, old)
    await deleteMe(ann)
    clock.advance(14 * DAY_MS - 1_000)
    expect((await logIn(ann)).status).toBe(200)
    expect((await rowOf(ann))?.deleted_at).toBeNull()
    expect((await eventsOf(ann)).slice(-2)).toEqual(['account_restored', 'sign_in'])
    const told = (await mailsTo(ann.email)).filter(({ subject }) => subject === 'Your Kith account was restored')
    expect(told).toHaveLength(1)
    expect(told[0]?.text).toMatch(/Device: .*Time: .*If this was not you, set a new password/s)
    expect((await ann.client.get('/user/me')).json.data.user.followerCount).toBe(1)
    expect((await old.get('/user/me')).status).toBe(401)
    await logIn(bob)
    expect((await bob.client.get(`/user/${ann.id}`)).status).toBe(200)
    expect((await logIn(ann)).status).toBe(200)
    expect((await eventsOf(ann)).filter((type) => type === 'account_restored')).toHaveLength(1)
    expect(await returnsMailed(ann)).toBe(1)
  })

  test('a wrong password, an account that is final and one that an administrator deleted all answer like an unknown one', async () => {
    clock.freeze()
    const [ann, bob] = [await signedInPerson('ann_too_late'), await signedInPerson('bob_was_removed')]
    await deleteMe(ann)
    await rows("UPDATE users SET deleted_at = ?, deleted_reason = 'admin', epoch = epoch + 1 WHERE id = ?", Date.now(), idOf(bob))
    const unknown = await logIn({ ...ann, username: 'nobody_at_all' }, new Client())
    const answers = [await logIn({ ...ann, password: 'wrong-password' }, new Client()), await logIn(bob, new Client())]
    clock.advance(14 * DAY_MS)
    answers.push(await logIn(ann, new Client()))
    for (const { status, text } of answers) expect([status, text]).toEqual([401, unknown.text])
    expect((await rowOf(ann))?.deleted_at).not.toBeNull()
    expect((await rowOf(bob))?.deleted_reason).toBe('admin')
  })

  test('with a second factor, the password alone brings nothing back; the code does', async () => {
    clock.freeze()
    const ann = await withSecondFactor('ann_two_steps')
    await deleteMe(ann)
    clock.advance(60_000)
    const pending = await logIn(ann)
    expect(pending.json.data['2faEnabled']).toBe(true)
    expect((await rowOf(ann))?.deleted_at).not.toBeNull()
    const { sessionHash } = pending.json.data
    const wrong = await ann.client.post('/user/do-2fa', { target: ann.id, sessionHash, code: '000000' })
    expect([wrong.status, (await rowOf(ann))?.deleted_reason]).toEqual([400, 'self'])
    const done = await ann.client.post('/user/do-2fa', { target: ann.id, sessionHash, code: await newestCode(ann.email) })
    expect([done.status, (await rowOf(ann))?.deleted_at]).toEqual([200, null])
    expect((await ann.client.get('/user/me')).status).toBe(200)
  })

  test('a pending log-in from before the deletion is void', async () => {
    const ann = await withSecondFactor('ann_was_pending')
    const other = new Client()
    const { sessionHash } = (await logIn(ann, other)).json.data
    const code = await newestCode(ann.email)
    await deleteMe(ann)
    expect((await other.post('/user/do-2fa', { target: ann.id, sessionHash, code })).status).toBe(400)
    expect((await rowOf(ann))?.deleted_at).not.toBeNull()
  })

  test('64 sign-ins at once bring it back once, and tell so in one mail', async () => {
    const ann = await signedInPerson('ann_rushes_back')
    await deleteMe(ann)
    const replies = await Promise.all(Array.from({ length: 64 }, () => logIn(ann, new Client())))
    const signedIn = replies.filter(({ status }) => status === 200).length
    expect(signedIn).toBeGreaterThanOrEqual(1)
    expect(replies.every(({ status }) => [200, 503].includes(status))).toBe(true)
    expect((await eventsOf(ann)).filter((type) => type === 'account_restored')).toHaveLength(1)
    expect(await returnsMailed(ann)).toBe(1)
  })

  test('no code for a new password goes to who cannot come back: after 14 days, or deleted by an administrator', async () => {
    clock.freeze()
    const [ann, bob] = [await signedInPerson('ann_gets_no_code'), await signedInPerson('bob_gets_no_code')]
    await deleteMe(ann)
    await deleteMe(bob)
    await rows("UPDATE users SET deleted_reason = 'admin' WHERE id = ?", idOf(bob))
    clock.advance(60_000)
    expect((await new Client().get(`/user/code?email=${bob.email}`)).status).toBe(200)
    clock.advance(14 * DAY_MS)
    expect((await new Client().get(`/user/code?email=${ann.email}`)).status).toBe(200)
    const codes = "SELECT COUNT(*) AS n FROM challenges WHERE purpose = 'reset_password' AND user_id IN (?, ?)"
    expect(await db.prepare(codes).bind(idOf(ann), idOf(bob)).first('n')).toBe(0)
  })

  test('nobody can take the user name or the address in the meantime', async () => {
    clock.freeze()
    const ann = await signedInPerson('ann_holds_name')
    await deleteMe(ann)
    clock.advance(60_000)
    await expect(signUp('ANN_holds_name', 'other_ann@example.com')).rejects.toThrow('409')
    const squatter = await signUp('ann_squatter', ann.email)
    expect((await mailsTo(ann.email))[0]?.subject).toContain('already have an account')
    expect((await rowOf(squatter))?.email_verified_at).toBeNull()
  })
})

describe('the name of an erased account', () => {
  test('is one that nobody can sign up with, rename to, or sign in with', async () => {
    const ann = await verifiedPerson('ann_is_erased')
    const name = `deleted:${idOf(ann)}`
    await rows('UPDATE users SET username = ?, username_key = ? WHERE id = ?', name, name, idOf(ann))
    await expect(signUp(name, 'thief@example.com')).rejects.toThrow('400')
    const bob = await signedInPerson('bob_the_renamer')
    expect((await bob.client.patch('/user/me', { username: `deleted:${idOf(bob)}` })).status).toBe(400)
    await rows('DELETE FROM credentials WHERE user_id = ?', idOf(ann))
    expect((await logIn({ ...ann, username: name }, new Client())).status).toBe(401)
  })
})

test('with an account go its files and folders: out of sight at once, back with it, and for good after 14 days', async () => {
  clock.freeze()
  const person = await signedInPerson('files_leaver')
  const file = await newFile(person.client, 'a', bytesOf('a'), { folder: await newFolder(person.client, 'Mine') })
  const [key, link] = [await objectKeyOf(file), await newLink(person.client, file)]
  expect((await person.client.delete('/user/me', { body: { password: PASSWORD } })).status).toBe(200)
  expect((await person.client.get(link)).status).toBe(403)
  expect((await logIn(person)).status).toBe(200)
  expect((await person.client.get(`${FILES}/${file}/content`)).text).toBe('a')
  await person.client.delete('/user/me', { body: { password: PASSWORD } })
  clock.advance(13 * DAY_MS)
  await runCron()
  expect((await listObjects()).map((object) => object.key)).toContain(key)
  clock.advance(DAY_MS + 1)
  await runCron()
  await runCron()
  expect((await listObjects()).map((object) => object.key)).not.toContain(key)
  expect(await tombstones()).toEqual([])
  for (const table of ['files', 'folders', 'media_usage']) {
    expect(await count(`${table} WHERE user_id = ?`, idOf(person)), table).toBe(0)
  }
})
