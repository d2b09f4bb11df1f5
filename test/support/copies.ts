/**
 * People by the hundred, for tests that are not about signing in: copies of one who has signed up, verified and signed in over
 * HTTP; and a way to delete all of them, so that checking everything stays quick.
 */
import { env } from 'cloudflare:workers'
import type { Bindings } from '../../src/config.ts'
import { randomToken, sha256 } from '../../src/crypto.ts'
import { newId, type SessionId, toHex, type UserId } from '../../src/ids.ts'
import { idOf } from './actors.ts'
import { Client, db } from './kith.ts'
import type { Person } from './people.ts'

const { KV } = env as unknown as Bindings
const USER = ['id', 'username', 'username_key', 'email', 'email_key']

/** Those of each table; the migrations are the same for every file. */
const columnNames = new Map<string, Promise<string[]>>()

async function readColumns(table: string): Promise<string[]> {
  const { results } = await db.prepare('SELECT name FROM pragma_table_info(?)').bind(table).all<{ name: string }>()
  return results.map(({ name }) => name)
}

/** The columns of a table, with other values for some of them. */
async function copyRow(table: string, of: string, changes: Record<string, string | number>): Promise<D1PreparedStatement> {
  const known = columnNames.get(table) ?? readColumns(table)
  columnNames.set(table, known)
  const columns = await known
  const values = columns.map((name) => (name in changes ? '?' : name))
  const bound = columns.filter((name) => name in changes).map((name) => changes[name])
  return db.prepare(`INSERT INTO ${table} (${columns.join(', ')}) SELECT ${values.join(', ')} FROM ${table} WHERE ${of}`).bind(...bound)
}

/** Somebody with the password, role and browser session of the person, and nothing else; and `more` in the same batch. */
export async function copyOf(person: Person, username: string, more: (id: UserId) => D1PreparedStatement[] = () => []): Promise<Person> {
  const [userId, sessionId, secret] = [newId<UserId>(), newId<SessionId>(), randomToken()]
  const email = `${username}@example.com`
  const names = [userId, username, username.toLowerCase(), email, email]
  const from = idOf(person.id)
  const [session = '', , ,] = (person.client.cookies.get('__Host-kith_session') ?? '').split('.')
  await db.batch([
    await copyRow('users', `id = ${from}`, Object.fromEntries(USER.map((column, index) => [column, names[index] ?? '']))),
    await copyRow('credentials', `user_id = ${from}`, { user_id: userId }),
    await copyRow('sessions', `id = ${idOf(session)}`, { id: sessionId, user_id: userId, token_hash: sha256(secret) }),
    ...more(userId),
  ])
  const client = new Client()
  client.cookies.set('__Host-kith_session', `${toHex(sessionId)}.${toHex(userId)}.${secret}`)
  return { id: toHex(userId), username, email, password: person.password, client }
}

/** Nobody is left, and no mail. */
export async function forgetEverybody(): Promise<void> {
  await db.batch(['mail_outbox', 'audit_events', 'users'].map((table) => db.prepare(`DELETE FROM ${table}`)))
  for (let keys = ['']; keys.length > 0; ) {
    keys = (await KV.list({ prefix: 'captured-mail:' })).keys.map(({ name }) => name)
    await Promise.all(keys.map((key) => KV.delete(key)))
  }
}
