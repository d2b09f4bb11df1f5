// No secret is stored in the clear (security rows 1, 9, 15, 23 and §5.4, invariant 9): canaries go through every flow; then all
// of D1, KV and the log are searched for them, in every likely encoding.
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ha1Of } from '../../src/core/machines/machines.ts'
import { answer, newName, pendingLogIn, personWithSecondFactor, resetCode } from '../support/actors.ts'
import { signedInAdmin } from '../support/admins.ts'
import { dumpKv, dumpTables } from '../support/invariants.ts'
import { Client, newestCode, platform } from '../support/kith.ts'
import { logIn, signUp } from '../support/people.ts'

const LEVELS = ['log', 'info', 'warn', 'error', 'debug'] as const
const CANARY = 'Canary'
const NEW_PASSWORD = `${CANARY}-new-password-55`
const TYPED_PASSWORD = `${CANARY}-mistyped-password-77`
const USER_AGENT = `${CANARY}Agent/1.0`

const logged: string[] = []

beforeEach(() => {
  platform.reset()
  logged.length = 0
  for (const level of LEVELS) vi.spyOn(console, level).mockImplementation((...args) => void logged.push(args.map(String).join(' ')))
})
afterEach(() => vi.restoreAllMocks())

/** A secret as it is, as bytes in base64 and hex, and with substituted characters. */
function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8')
  const all = [secret, secret.toLowerCase(), encodeURIComponent(secret), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('hex')]
  if (secret.includes('-')) all.push(secret.replaceAll('-', ''))
  return all
}

/** Six digits occur inside many numbers, so they count only as a whole value. */
function holds(text: string, secret: string): boolean {
  if (/^\d{6}$/.test(secret)) return new RegExp(`(^|[^\\w.])${secret}([^\\w.]|$)`).test(text)
  return spellings(secret).some((spelling) => text.includes(spelling))
}

/** Goes through every flow with a mail or a secret, right and wrong; returns the secrets. */
async function goThroughEverything() {
  const secrets: string[] = []
  const person = await signUp(newName('secretive'), `canary.${newName('address')}@example.com`)
  person.client.userAgent = USER_AGENT
  const verification = await newestCode(person.email)
  await person.client.get(`/user/resend-verification?target=${person.id}`)
  await person.client.post('/user/verify-email', { code: verification })
  await person.client.get(`/user/verify-email?target=${person.id}&code=${verification}`)
  await logIn({ ...person, password: TYPED_PASSWORD })
  await logIn(person)
  secrets.push(person.password, verification, TYPED_PASSWORD, secretOf(person.client))

  await person.client.patch('/user/me', { password: NEW_PASSWORD, currentPassword: TYPED_PASSWORD })
  const code = await resetCode(person)
  await new Client().get(`/user/code?email=${encodeURIComponent(person.email)}`)
  await new Client().post('/user/reset-password', { code: code.replace(/^.../, 'aaa'), password: NEW_PASSWORD })
  await new Client().post('/user/reset-password', { code, password: NEW_PASSWORD })
  await logIn({ ...person, password: NEW_PASSWORD })
  secrets.push(code, NEW_PASSWORD, secretOf(person.client))

  const careful = await personWithSecondFactor('careful')
  const pending = await pendingLogIn(careful)
  const sixDigits = await newestCode(careful.email)
  await answer(pending, '000000')
  await answer(pending, sixDigits, careful.client)
  secrets.push(pending.sessionHash, sixDigits, secretOf(careful.client))

  for (const fault of ['failStatement', 'loseReply'] as const) {
    for (let n = 1; n <= 3; n++) {
      platform.faults[fault](n)
      await logIn({ ...person, password: NEW_PASSWORD })
      platform.faults.clear()
    }
  }
  await new Client().post('/user/login', `{"username":"${person.username}","password":"${TYPED_PASSWORD}"`)
  await new Client().post('/user/login', { username: person.username, password: TYPED_PASSWORD, [`${CANARY}_field`]: TYPED_PASSWORD })
  await new Client().get('/user/me', { headers: { authorization: `Bearer ${TYPED_PASSWORD}` } })
  return { secrets, addresses: [person.email, careful.email] }
}

/** The secret part of the session cookie. */
function secretOf(client: Client): string {
  const secret = client.cookies.get('__Host-kith_session')?.split('.')[2]
  if (!secret) throw new Error('not signed in')
  return secret
}

function whereItLies(
  secrets: readonly string[],
  tables: Awaited<ReturnType<typeof dumpTables>>,
  kv: Awaited<ReturnType<typeof dumpKv>>,
): string[] {
  const found: string[] = []
  for (const secret of secrets) {
    for (const { table, row } of tables) {
      for (const [column, value] of Object.entries(row)) if (holds(String(value), secret)) found.push(`${secret} in ${table}.${column}`)
    }
    for (const { key, value, metadata } of kv) {
      if (holds(`${key} ${value} ${JSON.stringify(metadata)}`, secret)) found.push(`${secret} in KV ${key}`)
    }
    for (const line of logged) if (holds(line, secret)) found.push(`${secret} in the log: ${line}`)
  }
  return found
}

test('passwords, codes, tokens and cookies are nowhere in D1, KV or the log', async () => {
  const { secrets, addresses } = await goThroughEverything()
  expect(new Set(secrets).size).toBe(secrets.length)
  const tables = (await dumpTables()).filter(({ table }) => !table.startsWith('oauth'))
  const kv = await dumpKv()
  expect([tables.length > 20, kv.length > 1, logged.length > 20]).toEqual([true, true, true])

  expect(whereItLies(secrets, tables, kv)).toEqual([])

  const inLog = logged.filter((line) => addresses.some((address) => holds(line, address)) || line.includes(CANARY))
  expect(inLog, 'addresses and what callers wrote').toEqual([])
})

test('credentials of machines are nowhere in clear: secrets, passwords, HA1; a revoked machine leaves none', async () => {
  const root = (await signedInAdmin(newName('keymaker'), 'super_admin')).client
  const secrets: string[] = []
  for (const kind of ['robot', 'api_key', 'license_key']) {
    for (const end of ['kept', 'revoked']) {
      const name = `${kind}_${end}`
      const { data } = (await root.post('/machine/admin-api/create', { kind, name })).json
      secrets.push(data.secret, ...(data.account ? [data.account.password] : []))
      if (kind === 'robot') secrets.push(ha1Of(name, 'Production Movida', data.secret), createHash('md5').update(data.secret).digest('hex'))
      if (end === 'revoked') await root.post('/machine/admin-api/revoke', { id: data.machine._id })
      await root.post('/machine/admin-api/create', { kind, name: data.secret, scope: 'openid' })
    }
  }
  await root.get('/machine/admin-api/list?limit=100')
  expect([secrets.length, new Set(secrets).size]).toEqual([12, 12])
  expect(whereItLies(secrets, await dumpTables(), await dumpKv())).toEqual([])
  const sealed = (await dumpTables()).filter(({ table, row }) => table === 'machine_credentials' && row.ha1 !== null)
  expect(sealed.map(({ row }) => [row.name, /^[\w-]+\.[\w-]{80}$/.test(String(row.ha1))])).toEqual([['robot_kept', true]])
})

test('an address is in the account, and in the outbox until its mail is sent; nowhere else', async () => {
  const { addresses } = await goThroughEverything()
  await new Client().post('/user/code', { email: 'unknown.address@example.com' })
  await new Client().post('/user/login', { email: 'unknown.address@example.com', password: 'not a password' })
  const where = new Set<string>()
  for (const { table, row } of await dumpTables()) {
    for (const [column, value] of Object.entries(row)) {
      if ([...addresses, 'unknown.address@example.com'].some((address) => holds(String(value), address))) where.add(`${table}.${column}`)
    }
  }
  for (const { key, value } of await dumpKv()) if (addresses.some((address) => holds(value, address))) where.add(`KV ${key}`)
  expect([...where].sort()).toEqual(['users.email', 'users.email_key'])
})

test('every log line is JSON with its request, and says the route, not the path', async () => {
  await goThroughEverything()
  for (const line of logged) {
    const entry = JSON.parse(line) as Record<string, unknown>
    expect(entry).toMatchObject({ at: expect.any(String), level: expect.any(String), event: expect.any(String) })
    expect(entry.requestId, line).toMatch(/^[0-9a-f]{32}$/)
    if (entry.event === 'request') expect(String(entry.route)).toMatch(/^[\w/:.*-]+$/)
  }
})
