// Races of createUser (design §1.4): 64 equal requests create one user, whatever else they carry; nothing of a loser remains.
import { beforeEach, expect, test } from 'vitest'
import { bucketKeys, expectAvatarsInOrder } from '../../support/avatars.ts'
import { png } from '../../support/images.ts'
import { Client, db, platform } from '../../support/kith.ts'
import { ROUNDS, ROUNDS_TIMEOUT_MS } from '../../support/runs.ts'
import { atTheLine, holdAtTheLine, race, whileAtTheLine } from '../../support/start-line.ts'
import { BASE, basic, call, type Deployment, type Fields, formOf, getUser, logIn, newDeployment, picture } from './harness.ts'

const RACERS = 64
const MAKES = /INSERT INTO external_identities/
const CHANGES = /INSERT INTO push_devices/

beforeEach(() => platform.reset())

const starters = (deployment: Deployment, name: string, fields: (n: number) => Fields, count = RACERS) =>
  Array.from({ length: count }, (_, n) => () => {
    const body = formOf({ ...basic(deployment, name), ...fields(n) })
    return call(deployment.token, '/users/createUser', { method: 'POST', body, ...atTheLine }, new Client())
  })

const count = (sql: string, ...params: unknown[]) =>
  db
    .prepare(`SELECT COUNT(*) AS n FROM ${sql}`)
    .bind(...params)
    .first('n')

test('64 equal requests make one user: all answer 200 with it, one tells the password', { timeout: ROUNDS_TIMEOUT_MS }, async () => {
  const ours = await newDeployment()
  for (let round = 0; round < ROUNDS; round++) {
    const name = `raced ${round}`
    const users = await count('users')
    const fields = () => ({ nickname: 'Raced', metadataKey1: 'k', metadataValue1: 'v' })
    const { replies, waited } = await race(starters(ours, name, fields), MAKES)
    expect(waited).toBe(RACERS)
    expect(replies.map(({ status }) => status)).toEqual(Array(RACERS).fill(200))
    const data = replies.map(({ json }) => json.data)
    expect(new Set(data.map(({ userId, username }) => `${userId} ${username}`)).size).toBe(1)
    const [first, ...others] = data.map(({ password }) => password).filter((password) => password !== '')
    expect(others).toEqual([])
    expect((await logIn({ username: data[0].username, password: first })).status).toBe(200)
    for (const { token } of data) expect((await getUser(token, name)).json.data.nickName).toBe('Raced')
    // Only the one is left.
    expect(await count('users')).toBe(Number(users) + 1)
    expect(await count('external_identities WHERE external_id = ?', name)).toBe(1)
    expect(
      await count("audit_events a JOIN users u ON u.id = a.user_id WHERE a.type = 'account_created' AND u.username = ?", data[0].username),
    ).toBe(1)
  }
})

test("with pictures: one of them is the user's, all others are marked", { timeout: ROUNDS_TIMEOUT_MS }, async () => {
  const ours = await newDeployment()
  const { replies } = await race(
    starters(ours, 'pictures', () => ({ profileFile: picture(png()) }), 8),
    MAKES,
  )
  expect(replies.map(({ status }) => status)).toEqual(Array(8).fill(200))
  await expectAvatarsInOrder()
  const { profileUrl } = (await getUser(ours.token, 'pictures')).json.data
  expect((await call(ours.token, new URL(profileUrl).pathname.slice(BASE.length))).status).toBe(200)
  expect((await bucketKeys()).length).toBeGreaterThanOrEqual(2)
})

test('over the limit of pictures: as many as it allows, the rest 429 and without effect', { timeout: ROUNDS_TIMEOUT_MS }, async () => {
  const ours = await newDeployment()
  const env = { ...atTheLine.env, AVATAR_CHANGES_PER_DAY: '3' }
  await call(ours.token, '/users/createUser', { method: 'POST', body: formOf(basic(ours, 'limited')) })
  const starts = Array.from({ length: 8 }, () => () => {
    const body = formOf({ ...basic(ours, 'limited'), profileFile: picture(png()) })
    return call(ours.token, '/users/createUser', { method: 'POST', body, env }, new Client())
  })
  const { replies } = await race(starts, CHANGES)
  expect(replies.map(({ status }) => status).sort()).toEqual([200, 200, 200, 429, 429, 429, 429, 429])
  await expectAvatarsInOrder()
})

test('a user who is banned while 16 requests are in flight gets no token that works', async () => {
  const ours = await newDeployment()
  const made = await call(ours.token, '/users/createUser', { method: 'POST', body: formOf(basic(ours, 'banned meanwhile')) })
  const { username } = made.json.data
  const ban = db.prepare('UPDATE users SET banned_at = 1, epoch = epoch + 1 WHERE username = ?').bind(username)
  const starts = starters(ours, 'banned meanwhile', (n) => ({ nickname: `N${n}` }), 16)
  const held = await holdAtTheLine(starts, CHANGES)
  await ban.run()
  held.release()
  for (const reply of await Promise.all(held.replies)) expect(reply.json).toEqual({ status: 403, message: 'The user is banned' })
  expect(await count('users WHERE username = ? AND nickname IS NULL', username)).toBe(1)
})

test('a key that is revoked while 16 requests are in flight creates nobody', async () => {
  const ours = await newDeployment()
  const held = await holdAtTheLine(
    starters(ours, 'revoked meanwhile', () => ({}), 16),
    MAKES,
  )
  await db.prepare('UPDATE oauth_clients SET disabled_at = 1, epoch = epoch + 1 WHERE id = ?').bind(ours.account.username).run()
  held.release()
  for (const reply of await Promise.all(held.replies)) expect(reply.status).toBe(503)
  expect(await count("external_identities WHERE external_id = 'revoked meanwhile'")).toBe(0)
})

test.each([
  ['is banned', 'UPDATE users SET banned_at = 1, epoch = epoch + 1 WHERE username = ?1'],
  ['logs out everywhere', 'UPDATE users SET epoch = epoch + 1 WHERE username = ?1'],
  ['has a key that is revoked', 'UPDATE oauth_clients SET disabled_at = 1, epoch = epoch + 1 WHERE id = ?2 AND ?1 IS NOT NULL'],
])('whoever %s while the log-in is in flight gets no session', async (_what, sql) => {
  const ours = await newDeployment()
  const { json } = await call(ours.token, '/users/createUser', { method: 'POST', body: formOf(basic(ours, 'on the way')) })
  const { username, password } = json.data
  const sessions = () => count('sessions s JOIN users u ON u.id = s.user_id WHERE u.username = ?', username)
  const before = await sessions()
  const start = () => call(null, '/login', { method: 'POST', body: { username, password }, ...atTheLine })
  const binds = sql.includes('?2') ? [username, ours.account.username] : [username]
  const change = db.prepare(sql).bind(...binds)
  expect((await whileAtTheLine(start, /INSERT INTO sessions/, () => change.run())).status).toBe(400)
  expect(await sessions()).toBe(before)
})
