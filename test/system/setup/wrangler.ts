/**
 * A stand-in for wrangler 4.155 with an account in a folder: the commands that `npm run setup` calls, with the real one's
 * output and exit codes. D1 databases are real SQLite files. Each call is recorded with its input. A call can be made
 * to fail, or to end its caller with SIGKILL once it has acted.
 */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parseArgs } from 'node:util'
import { parse } from 'smol-toml'
import type { WranglerToml } from '../../../scripts/wrangler-toml.ts'

export interface AccountState {
  accounts: { id: string; name: string }[]
  databases: { uuid: string; name: string; options: string[] }[]
  namespaces: { id: string; title: string; keys: string[] }[]
  buckets: Record<string, { objects: number; domains: string[]; devUrl: boolean; options: string[] }>
  workers: Record<string, { secrets: Record<string, string>; vars: Record<string, string> | null; routes: string[] }>
  sends: string[]
}

const folder = process.env.STAND_IN ?? ''
const stateFile = join(folder, 'account.json')
const state = JSON.parse(readFileSync(stateFile, 'utf8')) as AccountState
const argv = process.argv.slice(2)
const { values, positionals } = parseArgs({ args: argv, strict: false, allowPositionals: true, options: optionsOf() })
const line = argv.join(' ')

function optionsOf() {
  const texts = ['location', 'jurisdiction', 'namespace-id', 'domain', 'zone-id', 'name', 'format', 'command']
  return Object.fromEntries(texts.map((name) => [name, { type: 'string' as const }]))
}

function fail(message: string): never {
  process.stderr.write(`\n✘ [ERROR] ${message}\n\n`)
  process.exit(1)
}
const refused = (path: string, message: string, code: number) =>
  fail(`A request to the Cloudflare API (${path}) failed.\n\n  ${message} [code: ${code}]`)
const print = (value: unknown) => console.log(typeof value === 'string' ? value : JSON.stringify(value, null, 2))
const input = () => (argv[0] === 'secret' && argv[1] === 'bulk' ? readFileSync(0, 'utf8') : '')

const read = input()
appendFileSync(join(folder, 'calls.jsonl'), `${JSON.stringify({ argv, input: read, account: process.env.CLOUDFLARE_ACCOUNT_ID ?? '' })}\n`)
if (process.env.STAND_IN_FAILS && line.startsWith(process.env.STAND_IN_FAILS)) refused('/accounts', 'Internal error', 10013)
if (argv[0] !== 'whoami') requireAccount()

function requireAccount(): void {
  if (state.accounts.length === 0)
    fail("In a non-interactive environment, it's necessary to set a CLOUDFLARE_API_TOKEN environment variable.")
  const wanted = process.env.CLOUDFLARE_ACCOUNT_ID ?? ''
  if (state.accounts.length > 1 && !state.accounts.some(({ id }) => id === wanted))
    fail('More than one account available but unable to select one in non-interactive mode.')
}

/** What is deployed. */
type Deployed = WranglerToml & { readonly routes?: readonly (string | { readonly pattern: string })[] }
const readConfig = () => parse(readFileSync(join(process.cwd(), 'wrangler.toml'), 'utf8')) as unknown as Deployed

/** At semicolons outside of quotes. */
const split = (sql: string) => (sql.match(/(?:'[^']*'|"[^"]*"|[^;'"])+/g) ?? []).filter((statement) => statement.trim() !== '')

function databaseFor(name: string): DatabaseSync {
  // A binding, or a name, as `wrangler.toml` has it; a name of the account otherwise.
  const table = existsSync('wrangler.toml') ? /\[\[d1_databases\]\]([^[]*)/.exec(readFileSync('wrangler.toml', 'utf8'))?.[1] : undefined
  const bound = table?.includes(`= "${name}"`) ? /database_id = "([^"]*)"/.exec(table)?.[1] : undefined
  const found = state.databases.find((one) => (bound === undefined ? one.name === name : one.uuid === bound))
  if (!found) refused('/d1/database', 'The database was not found', 7404)
  mkdirSync(join(folder, 'd1'), { recursive: true })
  return new DatabaseSync(join(folder, 'd1', `${found?.uuid}.sqlite`))
}

function run(database: DatabaseSync, sql: string) {
  const statement = database.prepare(sql)
  // Of a statement that returns nothing it is empty.
  return { results: statement.all(), success: true, meta: {} }
}

function workerOf(name: string) {
  state.workers[name] ??= { secrets: {}, vars: null, routes: [] }
  return state.workers[name]
}
const bucketOf = (name = '') => state.buckets[name] ?? refused(`/r2/buckets/${name}`, 'The specified bucket does not exist.', 10006)
const hex = (length: number) =>
  Array.from({ length }, (_, index) => ((state.databases.length * 7 + state.namespaces.length * 3 + index) % 16).toString(16)).join('')
const chosen = () =>
  argv.filter(
    (_, index) => /^--(location|jurisdiction)$/.test(argv[index] ?? '') || /^--(location|jurisdiction)$/.test(argv[index - 1] ?? ''),
  )
const [, , third = '', fourth = ''] = positionals.map(String)

const COMMANDS: Readonly<Record<string, () => void | Promise<void>>> = {
  whoami: () => {
    print(
      state.accounts.length === 0
        ? { loggedIn: false }
        : { loggedIn: true, authType: 'OAuth Token', email: 'me@example.com', accounts: state.accounts },
    )
    if (state.accounts.length === 0) process.exitCode = 1
  },
  'd1 list': () => print(state.databases.map(({ uuid, name }) => ({ uuid, name, version: 'production' }))),
  'd1 create': () => {
    if (state.databases.some(({ name }) => name === third)) refused('/d1/database', 'A database with that name already exists', 7502)
    const digits = hex(32)
    const uuid = [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join('-')
    state.databases.push({ uuid, name: third, options: chosen() })
    print(`✅ Successfully created DB '${third}' in region WEUR\nCreated your new D1 database.\n`)
  },
  'd1 execute': () => print(split(String(values.command)).map((sql) => run(databaseFor(third), sql))),
  'd1 migrations': () => {
    const database = databaseFor(fourth)
    database.exec(
      'CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)',
    )
    const applied = database
      .prepare('SELECT name FROM d1_migrations')
      .all()
      .map(({ name }) => name)
    const missing = readdirSync('migrations')
      .filter((name) => name.endsWith('.sql') && !applied.includes(name))
      .sort()
    for (const name of missing) {
      database.exec(`BEGIN; ${readFileSync(join('migrations', name), 'utf8')}; INSERT INTO d1_migrations (name) VALUES ('${name}'); COMMIT`)
    }
    print(missing.length === 0 ? '✅ No migrations to apply!' : `Applied ${missing.length} migrations`)
  },
  'kv namespace create': () => {
    if (state.namespaces.some(({ title }) => title === fourth)) fail(`A KV namespace with the title "${fourth}" already exists.`)
    state.namespaces.push({ id: hex(32), title: fourth, keys: [] })
    print(`🌀 Creating namespace with title "${fourth}"\n✨ Success!`)
  },
  'kv namespace list': () => print(state.namespaces.map(({ id, title }) => ({ id, title, supports_url_encoding: true }))),
  'kv key list': () => print(state.namespaces.find(({ id }) => id === values['namespace-id'])?.keys.map((name) => ({ name })) ?? []),
  'r2 bucket create': () => {
    if (state.buckets[fourth]) refused('/r2/buckets', 'The bucket you tried to create already exists, and you own it.', 10004)
    state.buckets[fourth] = { objects: 0, domains: [], devUrl: false, options: chosen() }
    print(`Creating bucket '${fourth}'...\n✅ Created bucket '${fourth}' with default storage class of Standard.`)
  },
  'r2 bucket info': () =>
    print({
      name: fourth,
      created: '2026-11-29',
      location: 'WEUR',
      object_count: bucketOf(fourth).objects.toLocaleString(),
      bucket_size: '0 B',
    }),
  'r2 bucket domain': () => {
    const [bucket, domain] = [bucketOf(String(positionals[4])), String(values.domain)]
    if (fourth === 'list')
      return print(
        bucket.domains.map((one) => `domain:            ${one}\nenabled:           Yes`).join('\n\n') ||
          'There are no custom domains connected to this bucket.',
      )
    bucket.domains.push(domain)
    print(`✨ Custom domain '${domain}' connected successfully.`)
  },
  'r2 bucket dev-url': () => {
    const bucket = bucketOf(String(positionals[4]))
    if (fourth === 'enable') bucket.devUrl = true
    print(
      bucket.devUrl
        ? "Public access is enabled at 'https://pub-0123456789abcdef0123456789abcdef.r2.dev'."
        : 'Public access via the r2.dev URL is disabled.',
    )
  },
  'secret list': () => {
    const worker = state.workers[String(values.name)]
    if (!worker) fail(`Worker "${values.name}" not found.\n\nIf this is a new Worker, run \`wrangler deploy\` first to create it.`)
    print(Object.keys(worker?.secrets ?? {}).map((name) => ({ name, type: 'secret_text' })))
  },
  'secret bulk': () => {
    const worker = workerOf(String(values.name))
    Object.assign(worker.secrets, JSON.parse(read))
    print('Finished processing secrets file:')
  },
  deploy: async () => {
    const { name = '', vars = {}, routes = [], d1_databases = [], kv_namespaces = [] } = readConfig()
    if (!state.databases.some(({ uuid }) => uuid === d1_databases[0]?.database_id))
      refused('/workers/scripts', 'D1 binding DB references a database which was not found', 10181)
    if (!state.namespaces.some(({ id }) => id === kv_namespaces[0]?.id)) refused('/workers/scripts', 'KV namespace was not found', 10041)
    const worker = workerOf(name)
    worker.vars = vars as Record<string, string>
    worker.routes = routes.map((route: string | { pattern: string }) => (typeof route === 'string' ? route : route.pattern))
    print(`Uploaded ${name}\nDeployed ${name} triggers`)
  },
  'email sending': () => {
    if (third === 'list')
      return print(state.sends.includes(fourth) ? `│ ${fourth} │ yes │ tag │` : 'No sending subdomains found for this domain.')
    state.sends.push(fourth)
    print(`Email Sending enabled for ${fourth} (enabled: true)`)
  },
}

const words = positionals.slice(0, 3).map(String)
const name = [words.join(' '), words.slice(0, 2).join(' '), words[0] ?? ''].find((one) => Object.hasOwn(COMMANDS, one))
if (name === undefined) fail(`Unknown arguments: ${line}`)
const before = JSON.stringify(state)
await COMMANDS[name ?? '']?.()
if (JSON.stringify(state) !== before) writeFileSync(stateFile, JSON.stringify(state))
if (process.env.STAND_IN_KILLS && line.startsWith(process.env.STAND_IN_KILLS)) process.kill(process.ppid, 'SIGKILL')
