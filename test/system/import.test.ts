// The operator's import: a file of people and one of edges into the local database, killed on the way, against a deployment, and
// files that are none.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { importWithKills, storedDigests, writeFiles } from '../../bench/import/trial.ts'
import { expectedDigests } from '../../bench/import/world.ts'
import { toHex } from '../../src/ids.ts'
import { Project, type Server } from './project.ts'

const SHAPE = { people: 1_200, edges: 12_000, seed: 1 }

let project: Project
beforeAll(async () => {
  project = new Project()
  project.begin(inject('empty'))
  await writeFiles(project.folder, SHAPE)
  const broken = [
    { externalId: 'old|0', username: 'again' },
    { externalId: 'old|wrong', email: 'nobody' },
  ]
  project.write('people.ndjson', project.read('people.ndjson') + toLines(broken))
  project.write('edges.ndjson', `${project.read('edges.ndjson')}{"type":"follow"\n${'x'.repeat(3_000_000)}\n`)
})
afterAll(() => project?.remove())

const toLines = (records: readonly unknown[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('')
const operator = (...args: string[]) => project.run(process.execPath, ['scripts/operator.ts', 'import', ...args])
const numbers = (output: string) =>
  [...output.matchAll(/^\s+([\d,]+) {2}(would be created|created|there already|again in this file|refused)/gm)].map(([, n]) => n)
const refusedOf = (file: string) =>
  readFileSync(join(project.folder, `${file}.refused.ndjson`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

/** Starts an import and kills it once the state of `file` says that something is done. */
async function killedAfter(file: string, args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, ['scripts/operator.ts', 'import', ...args], { cwd: project.folder, stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  const watch = setInterval(() => existsSync(join(project.folder, `${file}.import.json`)) && child.kill('SIGKILL'), 5)
  await ended
  clearInterval(watch)
}

test('a dry run says what an import then does, which continues after kills in little memory, and does nothing twice', async () => {
  const dry = await operator('people.ndjson', '--edges', 'edges.ndjson', '--dry-run')
  expect(dry.output).toContain('nothing is written')
  expect(dry.output).toContain('24  with another user name')
  expect(numbers(dry.output).slice(0, 4)).toEqual(['1,200', '0', '1', '1'])
  expect(project.query('SELECT COUNT(*) AS n FROM users')).toEqual([{ n: 0 }])

  const { report } = await importWithKills(project.folder, SHAPE)
  expect(numbers(report).slice(0, 4), report).toEqual(numbers(dry.output).slice(0, 4))
  expect(report).toMatch(/people\.ndjson: continues after line 1202\n/)
  expect(refusedOf('people.ndjson')).toEqual([
    { line: 1_202, field: 'email', message: 'must be an email address', record: { externalId: 'old|wrong', email: 'nobody' } },
  ])
  const notes = readFileSync(join(project.folder, 'people.ndjson.notes.ndjson'), 'utf8').trim().split('\n')
  expect(JSON.parse(notes[0] ?? '')).toMatchObject({ externalId: 'old|0', usernameBefore: 'per.son 0', unverified: true })
  expect(notes.filter((line) => line.includes('usernameBefore'))).toHaveLength(24)
  expect(notes.filter((line) => line.includes('unverified'))).toHaveLength(60)
  expect(JSON.parse(notes.at(-1) ?? '')).toEqual({ line: 1_201, externalId: 'old|0', email: null, sameAsLine: 1 })
  const broken = refusedOf('edges.ndjson').filter(({ record }) => record === undefined)
  expect(broken.map(({ line }) => line)).toEqual([12_001, 12_002])
  expect(statSync(join(project.folder, 'people.ndjson.refused.ndjson')).mode & 0o777).toBe(0o600)
  expect(project.withDatabase(storedDigests)).toEqual(expectedDigests(SHAPE))
  const doctor = await project.run(process.execPath, ['scripts/doctor.ts'])
  expect(doctor.output).toContain('no differences')

  const shown = await project.run(process.execPath, ['scripts/operator.ts', 'user', 'show', 'old|0'])
  expect([shown.code, shown.output]).toEqual([0, expect.stringMatching(/^[0-9a-f]{24} per_son_0 /)])

  const again = await operator('people.ndjson', '--edges', 'edges.ndjson')
  expect(numbers(again.output).slice(0, 5)).toEqual(['0', '1,200', '1', '1', '0'])
  expect(again.output).not.toContain('by their verified address')

  const [here] = project.query('SELECT id, email FROM users WHERE email_verified_at IS NOT NULL LIMIT 1')
  project.write('other.ndjson', toLines([{ email: here?.email }]))
  expect((await operator('other.ndjson')).output).toMatch(
    / 1 {2}there already\n.* 1 {2}of those there, found by their verified address alone\n/s,
  )
  expect(JSON.parse(readFileSync(join(project.folder, 'other.ndjson.notes.ndjson'), 'utf8'))).toEqual({
    ...{ line: 1, externalId: null, email: here?.email },
    accountWithThisAddress: toHex(here?.id),
  })
})

test.each([
  [['picture'], /^picture: The file is not text$/m],
  [['hashes'], /^hashes: This looks like .* hashes alone: give the export of its users, and this file with --with$/m],
  [['auth0', '--with', 'picture'], /^picture: The file is not text$/m],
  [['people.ndjson', '--edges', 'picture'], /^picture: The file is not text$/m],
])('import %s: the file that cannot be read is named, and nobody is imported', async (args, told) => {
  project.write('picture', '\x89PNG\r\n\x1a\n\0\0')
  project.write('hashes', toLines([{ _id: '1', email: 'only@example.com', email_verified: true, passwordHash: '$2b$04$x' }]))
  project.write('auth0', toLines([{ user_id: 'auth0|1', email: 'only@example.com' }]))
  const { code, output } = await operator(...args)
  expect([code, output]).toEqual([1, expect.stringMatching(told)])
  expect(output).not.toContain('created')
})

describe('into a deployment', () => {
  let server: Server
  let front: Front
  let credentials: NodeJS.ProcessEnv
  beforeAll(async () => {
    server = await project.start()
    front = await openFront(server.origin)
    const fields = ['--name', 'Mover', '--scope', 'client:import:write', '--grant-type', 'client_credentials']
    const made = await project.run(process.execPath, [
      ...['scripts/operator.ts', 'client', 'create', 'mover', ...fields, '--auth-method', 'client_secret_basic'],
    ])
    const [secret = ''] = /(?<=client_secret +)\S+/.exec(made.output) ?? []
    credentials = { KITH_CLIENT_ID: 'mover', KITH_CLIENT_SECRET: secret }
    expect(secret, made.output).not.toBe('')
    project.write('remote.ndjson', toLines([...numbered('remote', 1_100), { externalId: 'wrong', email: 'nobody' }]))
    project.write('remote-edges.ndjson', toLines([{ type: 'follow', from: 'remote|1', to: 'remote|2' }]))
  })
  afterAll(async () => {
    await front?.close()
    await server?.stop()
  })

  const into = (origin: string, env: NodeJS.ProcessEnv, ...args: string[]) =>
    project.run(process.execPath, ['scripts/operator.ts', 'import', 'remote.ndjson', '--url', origin, ...args], env)

  test('a busy one is waited for, a lost reply is asked for again, and a token that has expired is replaced', async () => {
    const dry = await into(server.origin, credentials, '--dry-run')
    expect(numbers(dry.output), dry.output).toEqual(['1,100', '0', '1'])
    front.disturb('busy', 'limited', 'lost', 'expired')
    const done = await into(front.origin, credentials, '--edges', 'remote-edges.ndjson')
    // The batch whose reply was lost is there already.
    expect(numbers(done.output), done.output).toEqual(['600', '500', '1', '1', '0', '0'])
    expect(front.left()).toEqual([])
    expect(done.output).toContain('does not answer (503')
    expect(refusedOf('remote.ndjson')).toEqual([expect.objectContaining({ line: 1_101, field: 'email' })])
  })

  test.each([
    ['a wrong secret', () => ({ ...credentials, KITH_CLIENT_SECRET: 'kith_cs_wrong' }), [], /gives mover no token .* 401/],
    ['no credentials', () => ({}), [], /needs KITH_CLIENT_ID and KITH_CLIENT_SECRET/],
    ['a wrong token', () => ({}), ['--token-file', 'token'], /The token in token is wrong or has expired/],
    ['more than a token', () => ({}), ['--token-file', 'people.ndjson'], /must have a token, and nothing else/],
  ])('%s: it says so, and nothing is imported', async (_, env, args, told) => {
    project.write('token', 'kith_at_wrong\n')
    const { code, output } = await into(server.origin, env(), ...args)
    expect(code).toBe(1)
    expect(output).toMatch(told)
    expect(output).not.toMatch(/\n\s+at /)
  })

  test('after a kill it continues, with a file of a token that may be replaced meanwhile', async () => {
    const reply = await fetch(`${server.origin}/oauth/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`mover:${credentials.KITH_CLIENT_SECRET}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    project.write('token', ((await reply.json()) as { access_token: string }).access_token)
    project.write('killed.ndjson', toLines(numbered('killed', 1_600)))
    const args = ['killed.ndjson', '--url', server.origin, '--token-file', 'token']
    await killedAfter('killed.ndjson', args)
    const done = await operator(...args)
    expect(done.output).toMatch(/killed\.ndjson: continues after line \d+/)
    const [created, exists] = numbers(done.output)
    expect(toNumber(created) + toNumber(exists), done.output).toBe(1_600)
  })
})

const toNumber = (text = '') => Number(text.replace(',', ''))

function numbered(of: string, count: number) {
  return Array.from({ length: count }, (_, n) => ({ externalId: `${of}|${n}`, username: `${of}_${n}`, email: `${of}${n}@example.com` }))
}

/** What may go wrong with a request to a deployment. */
type Trouble = 'busy' | 'limited' | 'lost' | 'expired'
interface Front {
  readonly origin: string
  /** The next requests of an import, one after another. */
  disturb(...troubles: Trouble[]): void
  left(): readonly Trouble[]
  close(): Promise<void>
}

/** Stands between the command and Kith. */
async function openFront(origin: string): Promise<Front> {
  const troubles: Trouble[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const trouble = request.url?.includes('/import/') ? troubles.shift() : undefined
    if (trouble === 'busy' || trouble === 'limited') {
      response.writeHead(trouble === 'busy' ? 503 : 429, { 'retry-after': '0' }).end('later')
      return
    }
    const authorization = trouble === 'expired' ? 'Bearer kith_at_expired' : (request.headers.authorization ?? '')
    const headers = { authorization, 'content-type': request.headers['content-type'] ?? '' }
    const reply = await fetch(`${origin}${request.url}`, { method: 'POST', headers, body: Buffer.concat(chunks) })
    const text = await reply.text()
    if (trouble === 'lost') request.socket.destroy()
    else response.writeHead(reply.status, { 'content-type': 'application/json' }).end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    disturb: (...more) => troubles.push(...more),
    left: () => troubles,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
