// A backup of a local Kith with people, edges, files and all kinds of text, restored into an empty database.
import { rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { Project, type Server } from './project.ts'

/** What an export gets wrong: line breaks beside backslashes, quotes, semicolons. */
const BIO = 'First; it\'s "mine"\nliteral \\n, \\r\n— 😀 INSERT INTO "users" VALUES(1);'

let project: Project
let server: Server

beforeAll(async () => {
  project = new Project()
  project.begin(inject('demo'))
  server = await project.start()
})
afterAll(async () => {
  await server?.stop()
  await project?.remove()
})

const script = (name: string, ...args: string[]) => project.run(process.execPath, [`scripts/${name}.ts`, ...args])

/** What triggers and sweeps count, and notes with every kind of text. */
const countsOf = () => ({
  days: project.query('SELECT day, name, value FROM daily_counts ORDER BY day, name'),
  totals: project.query('SELECT name, value FROM totals ORDER BY name'),
  active: project.query('SELECT id, active_day FROM users ORDER BY id'),
  notes: project.query('SELECT * FROM admin_notes ORDER BY id'),
})

async function cookieOf(username: string): Promise<string> {
  const { password } = project.demo().users[username]
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ username, password }) }
  const reply = await fetch(`${server.origin}/user/login`, init)
  expect(reply.status).toBe(200)
  return reply.headers.getSetCookie()[0]?.split(';')[0] ?? ''
}

// biome-ignore lint/suspicious/noExplicitAny: a reply's shape is what tests find out
async function call(cookie: string, path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST'): Promise<any> {
  const headers = { cookie, 'content-type': 'application/json' }
  const reply = await fetch(server.origin + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  return await reply.json()
}

test('a backup restores: the same people, texts, edges and counters, newer objects are explained, and everybody signs in again', async () => {
  const before = await cookieOf('alice_demo')
  const { users } = project.demo()
  const changed = await call(before, '/user/me', { bio: BIO }, 'PATCH')
  expect(changed.ok, JSON.stringify(changed)).toBe(1)
  for (const name of ['bob_demo', 'carol_demo', 'dan_demo']) await call(before, '/user/follow', { target: users[name].id })
  await call(before, '/user/media/folders', { name: "Folder; with 'quotes'" })
  const alice = (await call(before, '/user/me')).data
  const bio: string = alice.user.bio
  expect(bio).toContain('literal \\n')
  const noted = await call(await cookieOf('root_admin'), '/user/admin-api/notes', { target: users.alice_demo.id, text: BIO })
  expect(noted.data?.note.text, JSON.stringify(noted)).toBe(bio)
  await server.stop()
  const counts = countsOf()
  expect(counts.days).toContainEqual(expect.objectContaining({ name: 'last_active' }))

  writeFileSync(join(project.folder, 'saved.sql'), 'an earlier one', { mode: 0o644 })
  const backup = await script('backup', 'saved.sql')
  expect(backup.output).not.toContain('Warning')
  expect(backup.output).toMatch(/saved\.sql: \d\d tables, \d+ rows/)
  expect(backup.code).toBe(0)
  expect(statSync(join(project.folder, 'saved.sql')).mode & 0o777).toBe(0o600)
  const full = await script('restore', 'saved.sql')
  expect([full.code, full.output]).toEqual([1, expect.stringContaining('is not empty')])

  const put = ['node_modules/wrangler/bin/wrangler.js', 'r2', 'object', 'put', 'kith-media/newer', '--local', '--file', 'saved.sql']
  expect((await project.run(process.execPath, put)).code).toBe(0)
  rmSync(join(project.folder, '.wrangler', 'state', 'v3', 'd1'), { recursive: true })
  const restored = await script('restore', 'saved.sql')
  expect(restored.output).toMatch(/objects without a row in media: 1\. They were probably uploaded after the backup/)
  expect(restored.output).toContain('no differences')
  expect(restored.code).toBe(0)
  expect(countsOf()).toEqual(counts)

  server = await project.start()
  expect(project.demo().users).toEqual(users)
  expect((await call(before, '/user/me')).error).toBe('Unauthorized')
  const after = await cookieOf('alice_demo')
  const again = (await call(after, '/user/me')).data
  expect(again.user.bio).toBe(bio)
  expect(again.user).toMatchObject({ username: 'alice_demo', followingCount: alice.user.followingCount })
  expect((await call(after, '/user/following')).data.records).toHaveLength(2)
  // Triggers exist and count once.
  await call(after, '/user/unfollow', { target: users.bob_demo.id })
  expect((await call(after, '/user/following')).data.records).toHaveLength(1)
  const doctor = await script('doctor')
  // The object that is newer than the backup, and nothing else: the doctor by itself stays strict.
  expect(doctor).toMatchObject({
    code: 1,
    output: expect.stringContaining('differences in objects without a row in media. These need your judgement.'),
  })
})

test('a file that is not a backup, or is missing, is refused in words', async () => {
  for (const args of [[], ['nowhere.sql'], ['a', 'b']])
    expect((await script('restore', ...args)).output).toContain('Usage: npm run restore')
  for (const name of ['backup', 'restore']) {
    expect(await script(name, '--help')).toMatchObject({ code: 0, output: expect.stringMatching(`^Usage: npm run ${name}`) })
  }
  expect((await script('backup', 'a', 'b')).output).toContain('Usage: npm run backup')
})
