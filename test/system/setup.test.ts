// `npm run setup`, from an empty account to a Kith with an administrator. Nobody has an account here, so a stand-in for wrangler has
// one in a folder; that the real wrangler knows every command, and takes the configuration, is checked with the real one.
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parseEnv } from 'node:util'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { answersIn, problemsOf, readOptions } from '../../scripts/setup/answers.ts'
import { edit, parse } from '../../scripts/setup/toml.ts'
import { type Finished, Project } from './project.ts'
import type { AccountState } from './setup/wrangler.ts'

const HERE = join(import.meta.dirname, 'setup')
const ACCOUNT = { id: 'a'.repeat(32), name: 'Mine' }
const OTHER = { id: 'b'.repeat(32), name: "My employer's" }
const EMPTY: AccountState = { accounts: [ACCOUNT], databases: [], namespaces: [], buckets: {}, workers: {}, sends: [] }
const ARGS = [
  '--yes',
  '--wait',
  '0',
  '--name',
  'Мой Kith & 東京',
  '--origin',
  'id.example.com',
  '--pictures',
  'r2.dev',
  '--from',
  'no-reply@example.com',
]

interface Call {
  readonly argv: string[]
  readonly input: string
  readonly account: string
}

const project = new Project()
const original = project.read('wrangler.toml')
const folders: string[] = []
/** The account of this test. */
let folder = ''
/** Every command that any test has called. */
const called = new Set<string>()

beforeEach(() => {
  project.write('wrangler.toml', original)
  rmSync(join(project.folder, 'secrets.env'), { force: true })
  folder = mkdtempSync(join(tmpdir(), 'kith-account-'))
  folders.push(folder)
  setAccount({})
})
afterAll(async () => {
  await project.remove()
  for (const one of folders) rmSync(one, { recursive: true })
})

const setAccount = (state: Partial<AccountState>) => writeFileSync(join(folder, 'account.json'), JSON.stringify({ ...EMPTY, ...state }))
const account = () => JSON.parse(readFileSync(join(folder, 'account.json'), 'utf8')) as AccountState

function calls(): Call[] {
  const file = join(folder, 'calls.jsonl')
  const list = existsSync(file)
    ? readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Call)
    : []
  for (const { argv } of list) called.add(argv.join(' '))
  return list
}
const commands = () => calls().map(({ argv }) => argv.join(' '))
const isChange = (command: string) => !/^whoami|\b(list|info|get)\b|^d1 execute/.test(command)

/** As typed, in a world where only the stand-in's account exists. */
async function setup(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Finished> {
  const done = await project.run(process.execPath, ['scripts/setup.ts', ...args], worldOf(env))
  calls()
  return done
}
const worldOf = (env: NodeJS.ProcessEnv) => ({
  KITH_WRANGLER: join(HERE, 'wrangler.ts'),
  STAND_IN: folder,
  NODE_OPTIONS: `--import ${join(HERE, 'network.ts')}`,
  CLOUDFLARE_ACCOUNT_ID: '',
  ...env,
})

/** Whoever signed up and entered the code from the mail. */
function signUp(address: string): void {
  const uuid = account().databases[0]?.uuid
  const database = new DatabaseSync(join(folder, 'd1', `${uuid}.sqlite`))
  database
    .prepare(
      "INSERT INTO users (id, username, username_key, email, email_key, email_verified_at, given_name, family_name, role, created_at, updated_at) VALUES (1, 'me', 'me', ?, ?, 1, 'M', 'E', 'user', 1, 1)",
    )
    .run(address, address)
  database.close()
}

describe('a fresh account', () => {
  test('becomes a Kith with settings, stores, secrets and an administrator; a second run changes nothing', async () => {
    const providers = [
      { id: 'google', preset: 'google', clientId: '1234.apps.googleusercontent.com' },
      { id: 'apple', preset: 'apple', clientId: 'com.example.id', teamId: 'ABCDE12345', keyId: 'FGHIJ67890' },
    ]
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().trim()
    const entered = { UPSTREAM_SECRET_GOOGLE: 'GOCSPX-it\'s "quoted" $HOME', UPSTREAM_SECRET_APPLE: key, MAIL_API_KEY: 're_123456789' }
    project.write('answers.json', JSON.stringify({ mail: 'resend', accent: '#aa0044', location: 'weur', providers }))
    const args = [...ARGS, '--answers', 'answers.json', '--admin', 'me@example.com']
    const first = await setup(args, entered)
    expect(`${first.code} ${first.code === 0 ? '' : first.output}`).toBe('0 ')

    expect(commands().filter(isChange)).toEqual([
      'd1 create kith --location weur',
      'kv namespace create kith',
      'r2 bucket create kith-avatars --location weur',
      'r2 bucket create kith-media --location weur',
      'r2 bucket dev-url enable kith-avatars --force',
      'd1 migrations apply DB --remote',
      'secret bulk --name kith',
      'deploy --minify',
    ])
    const acted = calls().filter(({ argv }) => argv[0] !== 'whoami')
    expect(new Set(acted.map((call) => call.account))).toEqual(new Set([ACCOUNT.id]))
    // No secret is in a command, in the output, or in a file that Git would take.
    const { secrets, vars, routes } = account().workers.kith ?? { secrets: {}, vars: null, routes: [] }
    expect(Object.keys(secrets).toSorted()).toEqual(
      ['SIGNING_KEYS', 'HMAC_KEYS', 'PEPPER_KEYS', 'ENCRYPTION_KEYS', 'PAIRWISE_KEY', ...Object.keys(entered)].toSorted(),
    )
    expect(secrets).toMatchObject(entered)
    const seen = [...commands(), first.output, project.read('wrangler.toml')].join('\n')
    for (const value of Object.values(secrets)) expect(seen).not.toContain(value)
    expect(parseEnv(project.read('secrets.env'))).toEqual(secrets)
    expect(project.read('secrets.env')).toMatch(/^# The secrets of the Worker kith:/)
    expect(statSync(join(project.folder, 'secrets.env')).mode & 0o777).toBe(0o600)

    expect(vars).toMatchObject({
      ORIGIN: 'https://id.example.com',
      MAIL: 'resend',
      MAIL_FROM: 'Мой Kith & 東京 <no-reply@example.com>',
      BRAND_NAME: 'Мой Kith & 東京',
      BRAND_ACCENT: '#aa0044',
      AVATARS_BASE_URL: 'https://pub-0123456789abcdef0123456789abcdef.r2.dev',
      UPSTREAM_PROVIDERS: JSON.stringify(providers),
    })
    expect(routes).toEqual(['id.example.com'])
    expect(project.read('wrangler.toml')).toMatch(/^workers_dev = false$/m)
    for (const comment of original.match(/^#.*$/gm) ?? []) expect(project.read('wrangler.toml')).toContain(comment)

    // Nobody has signed up yet.
    expect(first.output).toContain('No user has the address me@example.com')
    expect(first.output).toContain('Create your account at https://id.example.com/sign-up')
    signUp('me@example.com')
    const [before, had] = [project.read('wrangler.toml'), calls().length]
    // The secrets have been moved to a safe place by now.
    rmSync(join(project.folder, 'secrets.env'))
    const second = await setup(['--yes', '--wait', '0', '--admin', 'me@example.com'])
    expect(`${second.code} ${second.code === 0 ? '' : second.output}`).toBe('0 ')
    expect(second.output).toContain('is now super_admin in the deployed database')
    expect(commands().slice(had).filter(isChange)).toEqual(['d1 migrations apply DB --remote', 'deploy --minify'])
    expect(project.read('wrangler.toml')).toBe(before)
    expect(account().workers.kith?.secrets).toEqual(secrets)
    expect(existsSync(join(project.folder, 'secrets.env'))).toBe(false)

    // The real wrangler bundles it.
    const built = await project.run('npm', ['run', '-s', 'build'])
    expect(`${built.code} ${built.code === 0 ? '' : built.output}`).toBe('0 ')
    expect(built.output).toContain('env.DB (kith)')
    expect(built.output).toContain('env.ORIGIN ("https://id.example.com")')
  })

  test('a run that fails or is killed anywhere is continued by the next, with the same keys', async () => {
    let keys = ''
    const steps = ['d1 create', 'kv namespace create', 'r2 bucket create kith-avatars', 'r2 bucket create kith-media']
    for (const step of [...steps, 'r2 bucket dev-url enable', 'd1 migrations apply', 'secret bulk', 'deploy']) {
      if (!step.includes('create')) {
        const failed = await setup(ARGS, { STAND_IN_FAILS: step })
        expect([step, failed.code]).toEqual([step, 1])
        expect(failed.output).toContain('run npm run setup again to continue')
      }
      // It has acted, and its caller never learns.
      expect((await setup(ARGS, { STAND_IN_KILLS: step })).code).toBe(null)
      const kept = existsSync(join(project.folder, 'secrets.env')) ? project.read('secrets.env') : ''
      if (keys !== '') expect(kept).toBe(keys)
      keys = kept
    }
    const last = await setup(ARGS)
    expect(`${last.code} ${last.code === 0 ? '' : last.output}`).toBe('0 ')
    expect(account().workers.kith?.secrets).toEqual(parseEnv(keys))
    const created = commands().filter((command) => command.includes(' create '))
    expect(created.length).toBe(4)
    expect(account().databases.length).toBe(1)
  })

  test('mail that cannot be set up yet is left to do, and the rest goes on', async () => {
    const done = await setup(ARGS, { STAND_IN_FAILS: 'email sending' })
    expect(done.code).toBe(0)
    expect(done.output).toContain('npx wrangler email sending enable example.com')
    expect(account().workers.kith?.vars).not.toBeNull()
  })

  test('a law binds all stores, and another name names them all', async () => {
    const pictures = ['--pictures', 'https://avatars.example.com', '--zone-id', 'c'.repeat(32)]
    const done = await setup([
      ...ARGS,
      ...pictures,
      '--worker',
      'kith-staging',
      '--jurisdiction',
      'eu',
      '--origin',
      'https://kith-staging.me.workers.dev',
    ])
    expect(`${done.code} ${done.code === 0 ? '' : done.output}`).toBe('0 ')
    expect(commands().filter(isChange).slice(0, 6)).toEqual([
      'd1 create kith-staging --jurisdiction eu',
      'kv namespace create kith-staging --jurisdiction eu',
      'r2 bucket create kith-staging-avatars --jurisdiction eu',
      'r2 bucket create kith-staging-media --jurisdiction eu',
      `r2 bucket domain add kith-staging-avatars --domain avatars.example.com --zone-id ${'c'.repeat(32)} --force --jurisdiction eu`,
      'email sending enable example.com',
    ])
    const toml = project.read('wrangler.toml')
    expect(toml.match(/^jurisdiction = "eu"$/gm)).toHaveLength(2)
    expect(toml).toMatch(/^workers_dev = true$/m)
    expect(toml).not.toContain('[[routes]]')
    expect(toml).not.toMatch(/namespace_id = "700/)
  })
})

describe('what belongs to others', () => {
  test('stores and a Worker with contents that are not Kith are refused, and nothing is changed', async () => {
    setAccount({
      databases: [{ uuid: '11111111-1111-1111-1111-111111111111', name: 'kith', options: [] }],
      namespaces: [{ id: 'd'.repeat(32), title: 'kith', keys: ['cart:1', 'session:2'] }],
      buckets: { 'kith-avatars': { objects: 1_234, domains: [], devUrl: false, options: [] } },
      workers: { kith: { secrets: { STRIPE_KEY: 'x' }, vars: {}, routes: [] } },
    })
    const before = account()
    writeForeignTable()
    const refused = await setup(ARGS)
    expect(refused.code).toBe(1)
    for (const part of [
      'D1 database kith has tables',
      'KV namespace kith has keys',
      'bucket kith-avatars may hold',
      'Worker kith exists and is not Kith',
      '--worker',
    ])
      expect(refused.output).toContain(part)
    expect(commands().filter(isChange)).toEqual([])
    expect(account()).toEqual(before)
    expect(project.read('wrangler.toml')).toBe(original)
  })

  function writeForeignTable(): void {
    mkdirSync(join(folder, 'd1'))
    const database = new DatabaseSync(join(folder, 'd1', '11111111-1111-1111-1111-111111111111.sqlite'))
    database.exec('CREATE TABLE IF NOT EXISTS orders (id)')
    database.close()
  }

  test('an address where something else answers is not taken over without asking', async () => {
    const refused = await setup(ARGS, { STAND_IN_SITE: 'yes' })
    expect([refused.code, refused.output]).toEqual([1, expect.stringContaining('Something else answers at https://id.example.com')])
    expect(commands().filter(isChange)).toEqual([])
  })

  test('nor is one that something has, whether it answers or not', async () => {
    const refused = await setup(ARGS, { STAND_IN_SITE: 'silent' })
    expect([refused.code, refused.output]).toEqual([1, expect.stringContaining('id.example.com already has a DNS record')])
    expect(commands().filter(isChange)).toEqual([])
  })

  test('the secrets of one Kith are not given to another', async () => {
    project.write('secrets.env', "# The secrets of the Worker kith: keep a copy\nPAIRWISE_KEY='x'\n")
    const refused = await setup([...ARGS, '--worker', 'kith-staging'])
    expect([refused.code, refused.output]).toEqual([1, expect.stringContaining('has the secrets of the Worker kith,')])
    expect(commands().filter(isChange)).toEqual([])
  })

  test('a Kith that has accounts is not replaced from a wrangler.toml that is not its own, nor given new keys when its own are lost', async () => {
    expect((await setup(ARGS)).code).toBe(0)
    signUp('me@example.com')
    const [before, had, own] = [account(), calls().length, project.read('wrangler.toml')]
    project.write('wrangler.toml', original)
    const foreign = await setup([...ARGS, '--origin', 'staging.example.com'])
    expect([foreign.code, foreign.output]).toEqual([1, expect.stringContaining('this wrangler.toml is not its own')])
    expect(foreign.output).toContain(before.databases[0]?.uuid)
    expect(commands().slice(had).filter(isChange)).toEqual([])
    expect(account()).toEqual(before)
    project.write('wrangler.toml', own)
    const keys = project.read('secrets.env')
    rmSync(join(project.folder, 'secrets.env'))
    setAccount({ ...account(), workers: {} })
    const refused = await setup(ARGS)
    expect([refused.code, refused.output]).toEqual([
      1,
      expect.stringContaining('The database has accounts, but the Worker lacks PEPPER_KEYS'),
    ])
    project.write('secrets.env', keys)
    expect((await setup(ARGS)).code).toBe(0)
    expect(account().workers.kith?.secrets).toEqual(parseEnv(keys))
  })

  test('of several accounts one has to be chosen, every command acts on it, and wrangler.toml names it', async () => {
    setAccount({ accounts: [ACCOUNT, OTHER] })
    const unclear = await setup(ARGS)
    expect([unclear.code, unclear.output]).toEqual([1, expect.stringContaining(OTHER.id)])
    expect((await setup([...ARGS, '--account', 'c'.repeat(32)])).code).toBe(1)
    const had = calls().length
    expect((await setup([...ARGS, '--account', OTHER.id])).code).toBe(0)
    const acted = calls()
      .slice(had)
      .filter(({ argv }) => argv[0] !== 'whoami')
    expect(new Set(acted.map((call) => call.account))).toEqual(new Set([OTHER.id]))
    expect(project.read('wrangler.toml')).toContain(`account_id = "${OTHER.id}"`)
    // A database of one account, looked for in another.
    setAccount({ accounts: [ACCOUNT, OTHER] })
    expect((await setup([...ARGS, '--account', ACCOUNT.id])).output).toContain('Is it the right account?')
  })
})

test('an account that the environment names has to be one of the login', async () => {
  const refused = await setup(ARGS, { CLOUDFLARE_ACCOUNT_ID: OTHER.id })
  expect([refused.code, refused.output]).toEqual([1, expect.stringContaining(`This login has no account ${OTHER.id}`)])
  expect(commands()).toEqual(['whoami --json'])
})

describe('questions', () => {
  test('without a login it says how to log in; a dry run shows the plan and changes nothing', async () => {
    setAccount({ accounts: [] })
    const refused = await setup(ARGS)
    expect([refused.code, refused.output]).toEqual([1, expect.stringContaining('npx wrangler login')])
    const dry = await setup([...ARGS, '--dry-run', '--mail', 'postmark', '--admin', 'me@example.com'])
    expect(dry.code, dry.output).toBe(0)
    for (const part of [
      'assumes an empty account',
      '+ ORIGIN = "https://id.example.com"',
      'wrangler d1 create kith',
      'MAIL_API_KEY',
      'wrangler deploy',
      'promote me@example.com',
    ])
      expect(dry.output).toContain(part)
    expect(commands()).toEqual(['whoami --json', 'whoami --json'])
    expect(project.read('wrangler.toml')).toBe(original)
    expect(existsSync(join(project.folder, 'secrets.env'))).toBe(false)
  })

  test('a dry run without answers asks nothing, and says which values are examples', async () => {
    setAccount({ accounts: [] })
    const dry = await setup(['--dry-run', '--from', 'me@example.org'])
    expect(dry.code, dry.output).toBe(0)
    expect(dry.output).toContain(
      'the plan has examples:\n\n  --origin https://id.example.com\n  --pictures https://avatars.example.com\n\n',
    )
    expect(dry.output).toContain('wrangler d1 create kith')
    expect(dry.output).toContain('dry run: nothing was changed')
  })

  test('without a terminal it says which options answer the questions', async () => {
    const { code, output } = await setup([])
    expect([code, output]).toEqual([1, expect.stringContaining('npm run setup -- --yes --origin <https://...> --pictures')])
    expect(output).not.toMatch(/ERR_|\n {4}at /)
  })

  test.each([
    [['--origin', 'http://id.example.com'], '--origin must be https in production'],
    [['--origin', 'https://id.example.com/kith'], '--origin must be an origin'],
    [['--origin', 'https://localhost:8787'], '--origin must be a domain'],
    [['--origin', 'https://192.0.2.1'], '--origin must be a domain'],
    [['--origin', 'https://kith.workers.dev'], '--origin must be https://kith.<your subdomain>.workers.dev'],
    [['--pictures', 'https://id.example.com'], "--pictures must not be Kith's own address"],
    [['--pictures', 'http://avatars.example.com'], '--pictures must be https in production'],
    [['--from', 'no reply'], '--from must be an email address'],
    [['--mail', 'pigeon'], '--mail must be email-service, resend'],
    [['--mail', 'capture'], 'sends no mail'],
    [['--mail', 'ses'], '--ses-region is missing'],
    [['--accent', 'blue'], '--accent must be a colour'],
    [['--worker', 'My Kith'], '--worker must be 3 to 54'],
    [['--name', 'x'.repeat(61)], '--name must have at most 60 characters'],
    [['--location', 'europe'], '--location must be one of'],
  ])('%j is refused', (args, words) => {
    const options = readOptions([...ARGS, ...args])
    expect(problemsOf({ ...answersIn(parse(original)), ...options?.given })).toEqual(
      [expect.stringContaining(words)].concat(args[1] === 'ses' ? [expect.stringContaining('--ses-access-key-id')] : []),
    )
  })

  test('names of other scripts, and addresses as people type them, are taken', () => {
    const typed = ['--origin', 'ид.example.com/', '--pictures', 'HTTPS://avatars.example.com/', '--name', 'كيث']
    const given = { ...answersIn(parse(original)), ...readOptions([...ARGS, ...typed])?.given }
    expect(problemsOf(given)).toEqual([])
    expect([given.origin, given.pictures]).toEqual(['https://xn--d1ah.example.com', 'https://avatars.example.com'])
  })

  test.each([
    [['--mail', 'resend'], 'Missing: MAIL_API_KEY'],
    [['--origin', 'http://id.example.com', '--from', 'nobody'], '--from must be an email address'],
    [['--answers', 'package.json'], '--answers package.json: '],
    [['--key', 'x'], "Unknown option '--key'"],
  ])('%j ends before anything is done', async (args, words) => {
    const { code, output } = await setup([...ARGS, ...args])
    expect([code, output]).toEqual([1, expect.stringContaining(words)])
    expect(commands().filter(isChange)).toEqual([])
    expect(project.read('wrangler.toml')).toBe(original)
  })

  test('on a terminal, wrong answers are asked again, a secret is not shown, and Ctrl-C leaves what the next run goes on with', async () => {
    const answers = [
      'Acme',
      '',
      'http://id.acme.example',
      'id.acme.example',
      'r2.dev',
      'pigeon',
      'resend',
      'nobody',
      'hi@acme.example',
      '',
      '',
      '',
      '',
      'facebook',
      'google',
      'abc',
      '',
      'GOCSPX-secret',
      're_secret',
    ]
    const script = join(HERE, 'terminal.py')
    const env = worldOf({ NODE_NO_WARNINGS: '1' })
    const stopped = await project.run(
      'python3',
      [script, JSON.stringify(answers), process.execPath, 'scripts/setup.ts', '--wait', '0'],
      env,
    )
    for (const part of [
      'must be https',
      'mail must be email-service',
      'from must be an email address',
      'Choose from google',
      'https://id.acme.example/upstream/google/callback',
      'Go ahead? [y/N]',
      'Stopped. Run npm run setup again',
    ])
      expect(stopped.output).toContain(part)
    expect(stopped.output).not.toMatch(/GOCSPX-secret|re_secret/)
    expect(stopped.code).toBe(130)
    expect(commands().filter(isChange)).toEqual([])
  })
})

describe('wrangler.toml', () => {
  const text = `# Mine.\r\nname = "kith" # the name\r\n[vars]\r\nLIST = '''[\r\n  { "id": "[vars]" }\r\n]'''\r\n# next\r\n\r\n[[routes]]\r\npattern = "a.example"`

  test('edits keep comments, order and line ends, and know strings that span lines', () => {
    const edited = edit(text, [
      { table: '', key: 'name', value: 'a"b' },
      { table: 'vars', key: 'LIST', value: '[]' },
      { table: 'vars', key: 'NEW', value: "it's \u007f \\ 東京" },
      { table: 'routes', where: ['pattern', 'a.example'], key: 'custom_domain', value: true },
    ])
    expect(edited).toBe(
      `# Mine.\r\nname = 'a"b' # the name\r\n[vars]\r\nLIST = "[]"\r\nNEW = "it's \\u007f \\\\ 東京"\r\n# next\r\n\r\n[[routes]]\r\npattern = "a.example"\r\ncustom_domain = true`,
    )
  })

  test('what it cannot edit safely it refuses', () => {
    const inline = 'name = "kith"\nvars = { ORIGIN = "" }\n'
    expect(() => edit(inline, [{ table: 'vars', key: 'ORIGIN', value: 'https://id.example.com' }])).toThrow(/no table of its own/)
    expect(() => edit(text, [{ table: 'd1_databases', where: ['binding', 'DB'], key: 'database_id', value: 'x' }])).toThrow(/lacks a table/)
    expect(() => parse('name = ')).toThrow(/cannot be read/)
  })
})

test('the "Deploy to Cloudflare" button finds what it needs', () => {
  const root = join(import.meta.dirname, '..', '..')
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
    cloudflare: { bindings: Record<string, { description: string }> }
  }
  const config = parse(original) as Record<string, Record<string, string>[]> & { vars: Record<string, string> }
  const secrets = parseEnv(readFileSync(join(root, '.dev.vars.example'), 'utf8'))
  // Every entry is asked for and deployed as it is: an example value would be a known key.
  expect(secrets).toEqual({ SIGNING_KEYS: '', HMAC_KEYS: '', PEPPER_KEYS: '', ENCRYPTION_KEYS: '', PAIRWISE_KEY: '' })
  const stores = [...(config.d1_databases ?? []), ...(config.kv_namespaces ?? []), ...(config.r2_buckets ?? [])].map(
    ({ binding }) => binding,
  )
  expect(Object.keys(manifest.cloudflare.bindings).toSorted()).toEqual(
    [...Object.keys(config.vars), ...Object.keys(secrets), ...stores].toSorted(),
  )
  expect(config.d1_databases?.[0]).toMatchObject({ database_name: 'kith', database_id: expect.any(String) })
  expect(config.kv_namespaces?.[0]).toMatchObject({ id: expect.any(String) })
  expect(manifest.scripts.deploy).toContain(`wrangler d1 migrations apply ${config.d1_databases?.[0]?.binding} --remote && wrangler deploy`)
})

test('the real wrangler knows every command and option that was called', async () => {
  const used = new Map<string, Set<string>>()
  for (const command of called) {
    const words = command.split(' ')
    const depth = words.findIndex((word) => word.startsWith('-') || /kith|^DB$|example/.test(word))
    const name = words.slice(0, depth < 0 ? words.length : depth).join(' ')
    used.set(name, new Set([...(used.get(name) ?? []), ...words.filter((word) => word.startsWith('--'))]))
  }
  expect(used.size).toBeGreaterThan(15)
  for (const [name, options] of used) {
    const { code, output } = await project.run(process.execPath, ['node_modules/wrangler/bin/wrangler.js', ...name.split(' '), '--help'])
    expect([name, code]).toEqual([name, 0])
    expect(output, name).toMatch(new RegExp(`^wrangler ${name}( |$)`, 'm'))
    for (const option of options) expect(output, name).toContain(option)
  }
})
