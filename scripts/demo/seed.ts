/**
 * The demo data of a local Kith: five people, the OAuth clients and APIs of the examples, and three machine clients,
 * created by the product's own code. Passwords and secrets are random, made once per machine, and kept in `.wrangler/demo.json`. If the database
 * or the file is lost, this module restores it from the other, or creates both.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { scheduler } from 'node:timers/promises'
import { getPlatformProxy } from 'wrangler'
import { type Bindings, getConfig } from '../../src/config.ts'
import { buildCronContext } from '../../src/context.ts'
import { hashPassword, isOutdated } from '../../src/core/accounts/password-hash.ts'
import { createAccount, type SignUp } from '../../src/core/accounts/sign-up.ts'
import type { Ctx } from '../../src/core/ctx.ts'
import { randomToken } from '../../src/crypto.ts'
import { toHex } from '../../src/ids.ts'
import { DEMO, ROOT, STATE } from '../local.ts'
import { migrate } from '../migrations.ts'
import { APIS, type DemoApi, saveApis } from './apis.ts'
import { clientsOfDemo, type DemoClient, saveClient } from './clients.ts'
import { type DemoMachines, settleMachines } from './machines.ts'

interface DemoUser {
  readonly id: string
  readonly email: string
  readonly password: string
}

export interface Demo extends DemoMachines {
  readonly origin: string
  readonly users: Record<string, DemoUser>
  readonly clients: Record<string, DemoClient>
  readonly apis: Readonly<Record<string, DemoApi>>
}

export const ADMINISTRATOR = 'root_admin'
const PEOPLE = [
  { username: 'alice_demo', givenName: 'Alice', email: 'alice@example.com' },
  { username: 'bob_demo', givenName: 'Bob', email: 'bob@example.com' },
  { username: 'carol_demo', givenName: 'Carol', email: 'carol@example.com', isPrivate: true },
  { username: 'dan_demo', givenName: 'Dan', email: 'dan@example.com' },
  { username: ADMINISTRATOR, givenName: 'Root', email: 'root@example.com', role: 'super_admin' },
]
type Person = (typeof PEOPLE)[number]

interface UserRow {
  readonly id: number
  readonly usernameKey: string
  readonly email: string
  readonly createdAt: number
  readonly passwordHash: string | null
  readonly passwordAt: number | null
}

/**
 * Migrates the database, creates what is missing, and writes and returns what is there now. Nothing else may use the
 * local stores meanwhile.
 */
export async function seed(origin: string): Promise<Demo> {
  const before = readDemo()
  const platform = await getPlatformProxy<Bindings>({
    configPath: join(ROOT, 'wrangler.toml'),
    persist: { path: STATE },
    remoteBindings: false,
  })
  try {
    await migrate(platform.env.DB)
    // The core takes its turns with the runtime's scheduler; Node has the same one in a module.
    Object.assign(globalThis, { scheduler })
    // Verified at once, without a mail to a person who does not exist.
    const env: Bindings = { ...platform.env, REQUIRE_EMAIL_VERIFICATION: 'off' }
    const ctx = buildCronContext(env, { waitUntil: () => undefined })
    const users: Record<string, DemoUser> = {}
    for (const person of PEOPLE) users[person.username] = await settle(env, ctx, person, before?.users?.[person.username]?.password)
    const clients = clientsOfDemo(before?.clients)
    for (const client of Object.values(clients)) await saveClient(ctx, client)
    await saveApis(ctx)
    const machines = await settleMachines(ctx, before)
    // An account that somebody else has created stays as it is.
    const demo = { ...before, origin, users, clients, apis: APIS, ...machines }
    mkdirSync(dirname(DEMO), { recursive: true })
    writeFileSync(DEMO, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 })
    return demo
  } finally {
    await platform.dispose()
  }
}

function readDemo(): Partial<Demo> | null {
  try {
    return JSON.parse(readFileSync(DEMO, 'utf8')) as Partial<Demo>
  } catch {
    return null
  }
}

/** The person as they are now: found, created, or given a password that we know. */
async function settle(env: Bindings, ctx: Ctx, person: Person, known: string | undefined): Promise<DemoUser> {
  const password = known ?? newPassword()
  const row = await findPerson(env.DB, person)
  if (!row) return { id: toHex(await makePerson(env.DB, ctx, person, password)), email: person.email, password }
  if (row.usernameKey !== person.username) await giveNameBack(env.DB, row, person.username)
  // The password is no longer ours: changed since (the times differ), hashed under a lost pepper, or missing from the
  // file.
  const isStale = row.passwordHash === null || row.passwordAt !== row.createdAt || isOutdated(getConfig(env), row.passwordHash)
  if (known === undefined || isStale) await replacePassword(env.DB, row, await hashPassword(ctx, password))
  return { id: toHex(row.id), email: row.email, password }
}

/** By name or, if that was changed, by the verified address. */
function findPerson(db: D1Database, person: Person): Promise<UserRow | null> {
  return db
    .prepare(
      `SELECT u.id, u.username_key AS usernameKey, u.email, u.created_at AS createdAt, c.password_hash AS passwordHash, c.updated_at AS passwordAt
       FROM users u LEFT JOIN credentials c ON c.user_id = u.id
       WHERE u.username_key = ?1 OR (u.email_key = ?2 AND u.email_verified_at IS NOT NULL) ORDER BY u.username_key = ?1 DESC LIMIT 1`,
    )
    .bind(person.username, person.email)
    .first<UserRow>()
}

async function makePerson(db: D1Database, ctx: Ctx, person: Person, password: string): Promise<number> {
  const signUp = { ...person, familyName: 'Demo', password, phoneCountryCode: null, phone: null } as SignUp
  const { id } = await createAccount(ctx, signUp)
  await db
    .prepare('UPDATE users SET role = ?, is_private = ? WHERE id = ?')
    .bind(person.role ?? 'user', person.isPrivate ? 1 : 0, id)
    .run()
  return id
}

async function giveNameBack(db: D1Database, user: UserRow, username: string): Promise<void> {
  await db.prepare('UPDATE users SET username = ?1, username_key = ?1 WHERE id = ?2').bind(username, user.id).run()
}

/**
 * `updated_at` of a seeded password equals the account's creation time, so the next start can tell that nobody changed
 * it.
 */
async function replacePassword(db: D1Database, user: UserRow, passwordHash: string): Promise<void> {
  await db.batch([
    db.prepare('DELETE FROM credentials WHERE user_id = ?').bind(user.id),
    db.prepare('INSERT INTO credentials (user_id, password_hash, updated_at) VALUES (?, ?, ?)').bind(user.id, passwordHash, user.createdAt),
    db.prepare('UPDATE users SET epoch = epoch + 1 WHERE id = ?').bind(user.id),
  ])
}

/** More than 100 random bits in groups of four, easy to read and to paste. */
function newPassword(): string {
  const groups =
    randomToken(18)
      .toLowerCase()
      .replace(/[^a-z0-9]/g, 'x')
      .match(/.{4}/g) ?? []
  return groups.join('-')
}
