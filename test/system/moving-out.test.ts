// The operator's export of a local Kith, taken into an empty one: the same people, ids, secrets, edges, files and figures.
import { appendFileSync, existsSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { edgeRecord, personRecord, readRecord } from '../../src/core/imports/person-record.ts'
import { Project, type Server } from './project.ts'

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

const operator = (...args: string[]) => project.run(process.execPath, ['scripts/operator.ts', ...args])
const lines = (file: string) =>
  readFileSync(join(project.folder, 'moved', file), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))

const truncate = (file: string, end: string) => {
  const path = join(project.folder, 'moved', file)
  truncateSync(path, statSync(path).size - end.length)
}

async function cookieOf(username: string): Promise<string> {
  const { password } = project.demo().users[username]
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ username, password }) }
  const reply = await fetch(`${server.origin}/user/login`, init)
  expect(reply.status).toBe(200)
  return reply.headers.getSetCookie()[0]?.split(';')[0] ?? ''
}

// biome-ignore lint/suspicious/noExplicitAny: a reply's shape is what tests find out
async function call(cookie: string, path: string, method = 'GET', body?: BodyInit, type = 'application/json'): Promise<any> {
  const reply = await fetch(server.origin + path, { method, headers: { cookie, 'content-type': type }, ...(body ? { body } : {}) })
  return reply.headers.get('content-type')?.includes('json') ? await reply.json() : await reply.text()
}

test('an export goes into an empty Kith: equal counts and digests, the same sign-in, id, edges and files', async () => {
  const before = await cookieOf('alice_demo')
  const { users } = project.demo()
  for (const name of ['bob_demo', 'carol_demo']) await call(before, '/user/follow', 'POST', JSON.stringify({ target: users[name].id }))
  const uploaded = await call(before, '/user/media/files?name=a.txt', 'POST', 'bytes of a file', 'application/octet-stream')
  const alice = (await call(before, '/user/me')).data.user
  await server.stop()
  // A line break to some, but not to JSON.
  project.query("UPDATE users SET about = 'one' || char(8232) || 'two' WHERE username = 'alice_demo'")

  const exported = await operator('export', 'moved')
  expect(exported.output).toMatch(/moved: \d+ rows of \d+ tables, \d+ people, \d+ edges/)
  expect(exported.code).toBe(0)
  expect([await operator('export', 'moved'), await operator('import', 'moved')]).toMatchObject([
    { code: 1, output: expect.stringContaining('has an export already') },
    { code: 1, output: expect.stringContaining('This Kith has users') },
  ])
  // What `import` would read of it elsewhere.
  const [people, edges] = [lines('people.ndjson'), lines('edges.ndjson')]
  expect(people.flatMap((one) => ('refusal' in readRecord(personRecord, one) ? [one, readRecord(personRecord, one)] : []))).toEqual([])
  expect(edges.flatMap((one) => ('refusal' in readRecord(edgeRecord, one) ? [one] : []))).toEqual([])
  expect(edges).toContainEqual(expect.objectContaining({ type: 'follow', from: alice._id, to: users.bob_demo.id }))
  expect(existsSync(join(project.folder, 'moved', 'rows', 'sessions.ndjson'))).toBe(false)

  for (const store of ['d1', 'r2']) rmSync(join(project.folder, '.wrangler', 'state', 'v3', store), { recursive: true })
  const migrated = ['node_modules/wrangler/bin/wrangler.js', 'd1', 'migrations', 'apply', 'DB', '--local']
  expect((await project.run(process.execPath, migrated)).code).toBe(0)
  const differs = await operator('export', 'moved', '--compare')
  expect([differs.code, differs.output]).toEqual([1, expect.stringContaining('DIFFERENT users')])
  // It ends half-way, for whatever reason: the doctor sees it, nobody else's export is mixed in, and the same command continues.
  appendFileSync(join(project.folder, 'moved', 'rows', 'credentials.ndjson'), '{"half":')
  expect(await operator('import', 'moved')).toMatchObject({
    code: 1,
    output: expect.stringMatching(/credentials\.ndjson, lines 1 to \d+:/),
  })
  const doctor = () => project.run(process.execPath, ['scripts/doctor.ts'])
  const half = await doctor()
  expect(half.output).toMatch(/^unfinished import of an export +run the same import again/m)
  expect(half.output).toMatch(/^missing triggers +follows_insert_approved +follows$/m)
  // What looks wrong is not repaired before all of it is there.
  const repair = await project.run(process.execPath, ['scripts/doctor.ts', '--repair'])
  expect([repair.code, repair.output]).toEqual([1, half.output.replace(/Repair[^\n]+$/m, 'These need your judgement.')])
  truncate(join('rows', 'credentials.ndjson'), '{"half":')
  const manifest = project.read('moved/manifest.json')
  project.write('moved/manifest.json', manifest.replace(/"madeAt": "\d+/, '"madeAt": "1999'))
  expect(await operator('import', 'moved')).toMatchObject({ code: 1, output: expect.stringContaining('The import of another export') })
  project.write('moved/manifest.json', manifest)
  const settings = project.read('.dev.vars')
  project.write('.dev.vars', settings.replace(/(PEPPER_KEYS='\{")[^"]+/, '$1another'))
  const taken = await operator('import', 'moved')
  project.write('.dev.vars', settings)
  expect(taken.output).toMatch(/^Passwords: \d+ need the key dev-\S+ in PEPPER_KEYS of \.dev\.vars, which lacks it$/m)
  expect(taken.output).not.toMatch(/ENCRYPTION_KEYS/)
  expect(taken.output).toMatch(/users: continues after row \d+/)
  expect(taken.output).toMatch(/All \d+ are equal/)
  expect(taken.code).toBe(0)
  expect(await doctor()).toMatchObject({ code: 0, output: expect.stringContaining('no differences') })

  server = await project.start()
  expect((await call(before, '/user/me')).error).toBe('Unauthorized')
  const after = await cookieOf('alice_demo')
  const again = (await call(after, '/user/me')).data.user
  expect(again).toMatchObject({ _id: alice._id, username: 'alice_demo', followingCount: alice.followingCount })
  expect(await call(after, `/user/media/files/${uploaded.data.file._id}/content`)).toBe('bytes of a file')
  // Triggers are back, and count once.
  await call(after, '/user/unfollow', 'POST', JSON.stringify({ target: users.bob_demo.id }))
  expect((await call(after, '/user/me')).data.user.followingCount).toBe(alice.followingCount - 1)
})

test('every table moves, or says why it stays', async () => {
  const { STAYS } = await import('../../scripts/operator/export/tables.ts')
  const { tables } = JSON.parse(readFileSync(join(project.folder, 'moved', 'manifest.json'), 'utf8'))
  const all = project.query(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_cf%' ESCAPE '\\' ORDER BY name",
  )
  expect([...Object.keys(tables), ...Object.keys(STAYS)].sort()).toEqual(all.map(({ name }: { name: string }) => name))
})
