// docs/deploy.md, followed to the letter: its settings and commands make a production that serves. Commands that need a
// Cloudflare account are checked against wrangler's help: whether the command and its options exist.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { Secret, TOTP } from 'otpauth'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { problemsAcross } from '../../src/config-problems.ts'
import { readVars, vars } from '../../src/config-vars.ts'
import { Project, type Server } from './project.ts'

const DOCS = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'deploy.md'), 'utf8')
const WRANGLER = 'node_modules/wrangler/bin/wrangler.js'

const blocksOf = (language: string) =>
  [...DOCS.matchAll(new RegExp(`^ *\`\`\`${language}\n(.*?)^ *\`\`\``, 'gms'))].map((match) => match[1] ?? '')

/** Every command of the page, a line each; strings and continued lines may span several. */
const COMMANDS = blocksOf('sh').flatMap((block) => {
  const commands: string[] = []
  let command = ''
  for (const line of block.replaceAll('\\\n', ' ').split('\n')) {
    command += command === '' ? line : ` ${line.trim()}`
    if ((command.split('"').length - 1) % 2 === 1) continue
    if (command.trim() !== '') commands.push(command.replace(/\s+/g, ' ').trim())
    command = ''
  }
  return commands
})

let project: Project
let server: Server

beforeAll(() => {
  project = new Project()
})
afterAll(async () => {
  await server?.stop()
  await project?.remove()
})

const bash = (command: string) => project.run('bash', ['-c', command])

describe('settings', () => {
  const rows = [...DOCS.matchAll(/^\| (`[A-Z].*?) \| (var|secret) \| (.*?) \|/gm)].map(([, names = '', kind = '', fallback = '']) => ({
    names: [...names.matchAll(/`(\w+)`/g)].map((match) => match[1] ?? ''),
    kind,
    fallback,
  }))
  const documented = rows.flatMap(({ names }) => names)

  test('the table has each var and secret that there is, once, and no other', () => {
    expect(documented.toSorted()).toEqual(Object.keys(vars.shape).toSorted())
  })

  test('what the table calls required is what is missing from an empty configuration', () => {
    const { read, problems } = readVars({})
    const missing = [...problems, ...problemsAcross(read)].map((problem) => problem.split(':')[0])
    const required = rows.filter(({ fallback }) => fallback === 'required' || fallback.includes('with `public`'))
    expect(missing.toSorted()).toEqual(required.flatMap(({ names }) => names).toSorted())
  })

  test('the defaults of the table are the defaults', () => {
    const named = rows.filter(({ fallback }) => /^(\d+|`(?!ORIGIN)[^`]+`)( \(.*\))?$/.test(fallback))
    expect(named.length).toBeGreaterThan(25)
    for (const { names, fallback } of named) {
      const field = vars.shape[names[0] as keyof typeof vars.shape]
      const value = fallback.replace(/ \(.*\)$/, '').replaceAll('`', '')
      expect(field.parse(value), names[0]).toEqual(field.parse(undefined))
    }
  })
})

/** What this test runs itself, in the order of the page, and what replaces it here. */
const HERE: readonly [command: RegExp, local: ((command: string) => string) | null][] = [
  // Done before the tests run.
  [/^npm install$/, null],
  // test/system/setup.test.ts runs it.
  [/^npm run setup/, null],
  [/^npm run db:migrate:remote$/, () => 'npm run db:migrate'],
  [/^umask 077 && npm run --silent keys > secrets\.env$/, (command) => command],
  [/^npm run deploy( |$)/, (command) => command.replace('deploy', 'build')],
  [/^curl https:\/\/id\.example\.com\/health$/, (command) => command.replace('https://id.example.com', server.origin)],
  [/^npm run (operator|doctor) /, (command) => command.replace(' --remote', '')],
  [/^npx wrangler d1 execute DB --remote --command /, (command) => command.replace('--remote', '--local')],
  [/^curl -[bc] cookies https:\/\/id\.example\.com\//, (command) => filled(command).replace('https://id.example.com', server.origin)],
  // test/system/backup.test.ts runs these.
  [/^npm run (backup|restore) /, null],
]
/** The values of the page's angle brackets, as far as the reader knows them by then. */
const known: Record<string, string> = { password: 'zx81-spectrum-ql' }
const filled = (command: string) => command.replace(/<(\w+)>/g, (_, name: string) => known[name] ?? '')

const isWranglers = (command: string) => command.startsWith('npx wrangler ') && !HERE.some(([pattern]) => pattern.test(command))

test('every command of the page is one that this test knows', () => {
  expect(COMMANDS.length).toBeGreaterThan(30)
  expect(COMMANDS.filter((command) => !isWranglers(command) && !HERE.some(([pattern]) => pattern.test(command)))).toEqual([])
})

test('wrangler has each command of the page, with its options', async () => {
  const used = new Map<string, Set<string>>()
  const inText = [...DOCS.matchAll(/`(npx wrangler [^`]+)`/g)].map((match) => match[1] ?? '')
  for (const command of [...COMMANDS, ...inText].filter((one) => isWranglers(one))) {
    const words = command.split(' ').slice(2)
    const flagAt = words.findIndex((word) => word.startsWith('-'))
    const names = (flagAt < 0 ? words : words.slice(0, flagAt)).filter(
      (word) => /^[a-z0-9-]+$/.test(word) && !/^kith|example|^restored$/.test(word),
    )
    const options = used.get(names.join(' ')) ?? new Set()
    used.set(names.join(' '), options)
    for (const word of words) if (word.startsWith('--')) options.add(word)
  }
  for (const [names, options] of used) {
    const { code, output } = await project.run(process.execPath, [WRANGLER, ...names.split(' '), '--help'])
    expect([names, code]).toEqual([names, 0])
    expect(output, names).toContain(`wrangler ${names}`)
    for (const option of options) expect(output, names).toContain(option)
  }
})

/** An authenticator app for the administrator; returns a recovery code. */
async function takeSecondFactorOn(): Promise<string> {
  const post = (path: string, body: unknown, cookie = '') =>
    fetch(server.origin + path, { method: 'POST', headers: { 'content-type': 'application/json', cookie }, body: JSON.stringify(body) })
  const signedIn = await post('/user/login', { username: 'first_admin', password: known.password })
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const { secret } = ((await (await post('/user/2fa/totp', {}, cookie)).json()) as { data: { secret: string } }).data
  const code = TOTP.generate({ secret: Secret.fromBase32(secret) })
  const confirmed = (await (await post('/user/2fa/totp/confirm', { code }, cookie)).json()) as { data: { recoveryCodes: string[] } }
  return confirmed.data.recoveryCodes[0] ?? ''
}

test('what is deployed has no preview at an address of its own', () => {
  expect(project.read('wrangler.toml')).toMatch(/^preview_urls = false$/m)
})

test('an unset configuration says on this machine what to do', async () => {
  server = await project.serve({})
  const reply = await fetch(`${server.origin}/`)
  expect([reply.status, (await reply.json()) as { hint: string }]).toEqual([
    503,
    expect.objectContaining({ hint: expect.stringContaining('`npm start`') }),
  ])
  await server.stop()
})

test('the page, from its settings to its last command, ends with a production that is UP', async () => {
  const [settings = '', routes = ''] = blocksOf('toml')
  let toml = project.read('wrangler.toml')
  for (const line of settings.split('\n').filter((one) => one.includes(' = '))) {
    const name = line.split(' = ')[0] ?? ''
    expect(toml, 'a var that is set by the page is empty in the file').toContain(`${name} = ""`)
    toml = toml.replace(`${name} = ""`, line)
  }
  const outputs = new Map<string, string>()
  const run = async (command: string) => {
    const [, local = null] = HERE.find(([pattern]) => pattern.test(command)) ?? []
    if (local === null) return
    const { code, output } = await bash(local(command))
    outputs.set(command, output)
    expect(`${command}: ${code} ${code === 0 ? '' : output}`).toBe(`${command}: 0 `)
    for (const [, name = '', value = ''] of output.matchAll(/"(_id|sessionHash)":"([^"]+)"/g)) known[name] = value
  }
  const walked = COMMANDS.filter((command) => !isWranglers(command))
  const upTo = walked.findIndex((command) => command.startsWith('curl '))
  const [first, rest] = [walked.slice(0, upTo), walked.slice(upTo)]

  // With its own domain and the secrets, as uploaded.
  project.write('wrangler.toml', `${toml.replace('workers_dev = true', 'workers_dev = false')}\n${routes}`)
  const isMigration = (command: string) => command.includes('db:migrate')
  for (const command of first.filter((one) => !isMigration(one))) await run(command)
  project.write('wrangler.toml', toml)

  // Everything but the database is right: it says what is missing.
  server = await project.serve(parseEnv(project.read('secrets.env')) as Record<string, string>)
  const before = await fetch(`${server.origin}/health`)
  expect([before.status, await before.json()]).toEqual([503, { status: 'DOWN', reason: expect.stringContaining('db:migrate:remote') }])
  for (const command of first.filter(isMigration)) await run(command)
  expect(await (await fetch(`${server.origin}/health`)).json()).toEqual({ status: 'UP' })

  // Somebody has signed up and read the mail, which goes nowhere here.
  const person = { username: 'first_admin', firstName: 'First', lastName: 'Admin', email: 'you@example.com', password: 'zx81-spectrum-ql' }
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(person) }
  expect((await fetch(`${server.origin}/user/create`, init)).status).toBe(201)
  await bash(`node ${WRANGLER} d1 execute DB --local --command "UPDATE users SET email_verified_at = 1"`)

  for (const command of rest) {
    if (command.startsWith('curl -c cookies') && command.includes('/user/login')) known.code = await takeSecondFactorOn()
    // These need the running service at its public address, or an id that nobody knows before.
    if (/user (send-reset|resend-verification)|machine revoke|doctor|^npm run deploy/.test(command)) continue
    await run(command)
  }
  expect(outputs.get(rest[0] ?? '')).toContain('{"status":"UP"}')
  expect([...outputs].find(([command]) => command.includes('promote'))?.[1]).toContain('is now super_admin')
  expect([...outputs].find(([command]) => command.includes('catalogue_reader'))?.[1]).toContain('kith_rb_')
  expect([...outputs].find(([command]) => command.includes('create my-service'))?.[1]).toContain('kith_cs_')
})
