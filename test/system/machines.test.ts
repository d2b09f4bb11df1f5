// Machine clients as an operator meets them: the demo data of `npm start`, restored whatever is lost or changed; the commands
// `operator -- machine`; and the doctor's findings about them.
import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Project, type Server } from './project.ts'

let project: Project
let server: Server
let started: string

beforeAll(async () => {
  project = new Project()
  server = await project.start()
  started = server.output()
  await server.stop()
})
afterAll(() => project?.remove())

const node = (...args: string[]) => project.run(process.execPath, args)
const doctor = () => node('scripts/doctor.ts')
const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url')

/** What `npm start` does with the demo data, without the server. */
async function seed(): Promise<void> {
  project.write('scripts/reseed.ts', "import { seed } from './demo/seed.ts'\nawait seed('http://localhost:1')\n")
  const { code, output } = await node('scripts/reseed.ts')
  if (code !== 0) throw new Error(output)
}

const query = (sql: string) => project.query(sql)

async function machine(...args: string[]) {
  const { code, output } = await node('scripts/operator.ts', 'machine', ...args)
  const field = (name: string) => new RegExp(`^${name} +(.+)$`, 'm').exec(output)?.[1] ?? ''
  return { code, output, field }
}

const living = () =>
  query('SELECT kind, name, secret_hash, client_id, scopes FROM machine_credentials WHERE revoked_at IS NULL ORDER BY kind')
const machinesOf = ({ robot, apikey, mirrorfly }: { robot: unknown; apikey: unknown; mirrorfly: unknown }) => ({ robot, apikey, mirrorfly })

/** The database has exactly these, and the robot can authenticate. */
async function expectGood(): Promise<void> {
  const { robot, apikey, mirrorfly } = project.demo()
  expect(await living()).toEqual([
    expect.objectContaining({ kind: 'api_key', secret_hash: sha256(apikey), scopes: 'delegated:all' }),
    expect.objectContaining({ kind: 'license_key', secret_hash: sha256(mirrorfly.licenseKey), client_id: mirrorfly.username }),
    expect.objectContaining({ kind: 'robot', name: robot.username, secret_hash: null }),
  ])
  const [client] = await query(`SELECT secret_hash, disabled_at FROM oauth_clients WHERE id = '${mirrorfly.username}'`)
  expect(client).toEqual({ secret_hash: sha256(mirrorfly.password), disabled_at: null })
  expect(await doctor()).toMatchObject({ code: 0, output: expect.stringContaining('no differences') })
}

test('npm start makes a robot, an API key and a license key, says so, and writes them as programs read them', async () => {
  const demo = project.demo()
  expect(Object.keys(demo)).toEqual(['origin', 'users', 'clients', 'apis', 'robot', 'apikey', 'mirrorfly'])
  expect(demo.robot).toEqual({ username: 'robot_user', password: expect.stringMatching(/^kith_rb_/) })
  expect(demo.apikey).toMatch(/^kith_ak_/)
  expect(demo.mirrorfly).toEqual({
    licenseKey: expect.stringMatching(/^kith_lk_/),
    username: expect.stringMatching(/^machine-\d+$/),
    password: expect.stringMatching(/^kith_lp_/),
  })
  for (const text of [`robot_user ${demo.robot.password}`, demo.apikey, demo.mirrorfly.licenseKey]) expect(started).toContain(text)
  await expectGood()
})

test('correct data stays as it is', async () => {
  const before = project.demo()
  await seed()
  expect(machinesOf(project.demo())).toEqual(machinesOf(before))
  await expectGood()
})

test('a lost database is filled with the secrets of the file', async () => {
  const before = project.demo()
  rmSync(join(project.folder, '.wrangler', 'state'), { recursive: true })
  await seed()
  const { robot, apikey, mirrorfly } = project.demo()
  expect([robot, apikey, mirrorfly.licenseKey, mirrorfly.password]).toEqual([
    before.robot,
    before.apikey,
    before.mirrorfly.licenseKey,
    before.mirrorfly.password,
  ])
  await expectGood()
})

test('without the file all are made anew, and those that nobody knows are revoked', async () => {
  const before = project.demo()
  rmSync(join(project.folder, '.wrangler', 'demo.json'))
  await seed()
  const after = project.demo()
  expect(after.robot.password).not.toBe(before.robot.password)
  expect(after.apikey).not.toBe(before.apikey)
  expect(after.mirrorfly.licenseKey).not.toBe(before.mirrorfly.licenseKey)
  await expectGood()
})

test.each([
  [
    'encryption key',
    'robots whose HA1 cannot be read',
    (vars: string) => vars.replace(/^ENCRYPTION_KEYS=.*$/m, `ENCRYPTION_KEYS='{"dev-other":"${'A'.repeat(43)}"}'`),
  ],
  ['realm', 'robots of another realm', (vars: string) => `${vars}DIGEST_REALM='Elsewhere'\n`],
] as const)('another %s: the doctor says so, and the robot is made anew with the password it had', async (_what, finding, change) => {
  const before = project.demo()
  project.write('.dev.vars', change(project.read('.dev.vars')))
  expect(await doctor()).toMatchObject({ code: 1, output: expect.stringContaining(finding) })
  await seed()
  expect(machinesOf(project.demo())).toEqual(machinesOf(before))
  await expectGood()
})

test('one that was revoked by hand is made anew: a key with another secret, for what is revoked is revoked for good', async () => {
  const before = project.demo()
  const ids = (await query("SELECT printf('%024x', id) AS id FROM machine_credentials WHERE revoked_at IS NULL")).map(({ id }) => id)
  for (const id of ids) expect(await machine('revoke', id)).toMatchObject({ code: 0, output: expect.stringContaining('revoked for good') })
  expect(await machine('revoke', ids[0])).toMatchObject({ code: 0, output: expect.stringContaining('nothing was changed') })
  await seed()
  const after = project.demo()
  expect([after.apikey === before.apikey, after.mirrorfly.licenseKey === before.mirrorfly.licenseKey]).toEqual([false, false])
  await expectGood()
})

test('operator machine: refuses what the API refuses, and names the option', async () => {
  const wrong: readonly [args: string[], told: string][] = [
    [['create', 'robot'], 'needs a kind and --name'],
    [['create', 'person', '--name', 'Someone'], 'kind: "person" must be one of'],
    [['create', 'robot', '--name', 'robot_user'], 'A robot has the name robot_user'],
    [['create', 'robot', '--name', 'op_robot', '--scope', 'delegated:all'], 'scope: of this kind must be within client:profile:read'],
    [['create', 'api_key', '--name', 'Op', '--scope', 'delegated:everything'], 'names unknown scopes: delegated:everything'],
    [['create', 'api_key', '--name', 'Op', '--expires-at', '2020-01-01T00:00:00Z'], 'expiresAt: must be in the future'],
    [['create', 'api_key', '--name', 'Op', '--expires-at', 'tomorrow'], '--expires-at: "tomorrow" must be a time'],
    [['create', 'api_key', '--name', 'Op', '--days', '9999'], 'expiresAt: must be within ten years'],
    [['create', 'api_key', '--name', 'Op', '--days', '1.5'], '--days: "1.5" must be a whole number'],
    [['create', 'api_key', '--name', 'Op', '--days', '1', '--expires-at', '2030-01-01T00:00:00Z'], 'exclude each other'],
    [['create', 'api_key', '--name', 'Op', '--secret', 'mine'], "Unknown option '--secret'"],
    [['revoke', "' OR 1=1 --"], 'is not the id of a machine'],
    [['revoke', 'f'.repeat(24)], 'No machine has the id'],
    [['frobnicate'], 'Unknown command: machine frobnicate'],
    // Refused before anything is sent to the deployment.
    [['create', 'robot', '--name', 'op_robot', '--remote'], 'POST /machine/admin-api/create'],
  ]
  const before = await living()
  for (const [args, told] of wrong) expect(await machine(...args)).toMatchObject({ code: 1, output: expect.stringContaining(told) })
  expect(await living()).toEqual(before)
})

test("operator client create: a new client's tokens live as long as ACCESS_TOKEN_SECONDS says", async () => {
  const settings = project.read('.dev.vars')
  project.write('.dev.vars', `${settings}ACCESS_TOKEN_SECONDS=300\n`)
  const secret = ['--grant-type', 'client_credentials', '--auth-method', 'client_secret_basic']
  const fields = ['--name', 'Service', '--scope', 'client:profile:read', ...secret]
  const made = await node('scripts/operator.ts', 'client', 'create', 'op-of-settings', ...fields)
  project.write('.dev.vars', settings)
  expect(made).toMatchObject({ code: 0, output: expect.stringMatching(/access_token_seconds +300\n/) })
})

test('operator machine: makes, lists and revokes by the rules of the API, tells secrets once, and leaves a trail', async () => {
  const robot = await machine('create', 'robot', '--name', 'op_robot', '--days', '30')
  expect(robot).toMatchObject({ code: 0, output: expect.stringContaining('shown only once') })
  expect([robot.field('user name'), robot.field('password').slice(0, 8)]).toEqual(['op_robot', 'kith_rb_'])
  const key = await machine('create', 'api_key', '--name', 'It\'s a  "key"; --?', '--scope', 'delegated:profile:read,delegated:media:read')
  const license = await machine('create', 'license_key', '--name', 'Chat')
  expect([license.field('account'), license.field('account password').slice(0, 8)]).toEqual([
    expect.stringMatching(/^machine-\d+$/),
    'kith_lp_',
  ])
  const rows = await query('SELECT kind, name, secret_hash, scopes, created_by FROM machine_credentials ORDER BY id DESC LIMIT 2')
  expect(rows).toEqual([
    {
      kind: 'license_key',
      name: 'Chat',
      secret_hash: sha256(license.field('key')),
      scopes: 'client:profile:all delegated:all',
      created_by: null,
    },
    {
      kind: 'api_key',
      name: 'It\'s a  "key"; --?',
      secret_hash: sha256(key.field('key')),
      scopes: 'delegated:profile:read delegated:media:read',
      created_by: null,
    },
  ])
  expect(await doctor()).toMatchObject({ code: 0 })

  for (const { field } of [robot, license]) expect(await machine('revoke', field('id'))).toMatchObject({ code: 0 })
  const { output } = await machine('list')
  expect(output).toMatch(/license_key +Chat .*\(revoked [\s\S]*api_key +It's a .*\(never used\)[\s\S]*robot +op_robot .*\(revoked /)
  for (const { field } of [robot, key, license]) {
    for (const secret of ['password', 'key', 'account password'].map(field)) if (secret !== '') expect(output).not.toContain(secret)
  }
  const events = await query(
    "SELECT type, user_id, user_agent, detail FROM audit_events WHERE type LIKE 'machine%' ORDER BY id DESC LIMIT 5",
  )
  expect(events.reverse()).toEqual(
    [
      ['created', 'robot', robot],
      ['created', 'api_key', key],
      ['created', 'license_key', license],
      ['revoked', 'robot', robot],
      ['revoked', 'license_key', license],
    ].map(([what, kind, made]) => ({
      type: `machine_${what}`,
      user_id: null,
      user_agent: 'operator',
      detail: `${kind} ${(made as typeof robot).field('id')}`,
    })),
  )
  expect(await machine('create', 'robot', '--name', 'op_robot')).toMatchObject({ code: 0 })
})
