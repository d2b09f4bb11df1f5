/** More people for tests: with a second factor, banned, deleted; and their pending log-ins. */
import { Client, db, newestCode, type Options } from './kith.ts'
import { logIn, type Person, verifiedPerson } from './people.ts'

let names = 0

/** A user name unique within the file. */
export function newName(prefix: string): string {
  names += 1
  return `${prefix}_${String(names).padStart(7, '0')}`
}

export const idOf = (hex: string) => Number.parseInt(hex, 16)

export async function rows<T = Record<string, unknown>>(sql: string, ...params: unknown[]): Promise<T[]> {
  const { results } = await db
    .prepare(sql)
    .bind(...params)
    .all<T>()
  return results
}

export async function count(sql: string, ...params: unknown[]): Promise<number> {
  const [row] = await rows<{ n: number }>(`SELECT COUNT(*) AS n FROM ${sql}`, ...params)
  return row?.n ?? 0
}

/** The row of the account. */
export const rowOf = async ({ id }: Pick<Person, 'id'>) => (await rows('SELECT * FROM users WHERE id = ?', idOf(id)))[0] ?? null

export interface AuditEvent {
  readonly type: string
  readonly actor_id: number | null
  readonly detail: string | null
}

/** What the audit trail has about somebody, oldest first. */
export const trailOf = ({ id }: Pick<Person, 'id'>) =>
  rows<AuditEvent>('SELECT type, actor_id, detail FROM audit_events WHERE user_id = ? ORDER BY id', idOf(id))
export const eventsOf = async (person: Pick<Person, 'id'>) => (await trailOf(person)).map(({ type }) => type)

/** How many attempts a counter has; undefined if there is none. */
export async function attempts(key: string): Promise<number | undefined> {
  const [row] = await rows<{ count: number }>('SELECT count FROM attempt_counters WHERE key = ?', key)
  return row?.count
}

/** Verified, with codes by email on. */
export async function personWithSecondFactor(prefix: string): Promise<Person> {
  const person = await verifiedPerson(newName(prefix))
  await rows(`INSERT INTO second_factors (user_id, kind, created_at) VALUES (?, 'email', 0)`, idOf(person.id))
  return person
}

export interface PendingLogIn {
  readonly target: string
  readonly sessionHash: string
}

export async function pendingLogIn(person: Person, client = new Client()): Promise<PendingLogIn> {
  const reply = await logIn(person, client)
  if (reply.status !== 200 || !reply.json.data['2faEnabled']) throw new Error(`no pending log-in: ${reply.status} ${reply.text}`)
  return { target: person.id, sessionHash: reply.json.data.sessionHash }
}

export const answer = (pending: PendingLogIn, code: string, client = new Client(), options: Options = {}) =>
  client.post('/user/do-2fa', { ...pending, code }, options)

/** Requests a reset code and reads it. */
export async function resetCode(person: Person): Promise<string> {
  const reply = await new Client().post('/user/code', { email: person.email })
  if (reply.status !== 200) throw new Error(`no code: ${reply.status} ${reply.text}`)
  return newestCode(person.email)
}

/** Six digits that are not `code`. */
export function wrongCodes(code: string, n: number): string[] {
  return Array.from({ length: n }, (_, index) => String((Number(code) + 1 + index) % 1_000_000).padStart(6, '0'))
}

/** The flag of an admin's ban alone, so that the gate has to check it. */
export async function ban(person: Person): Promise<void> {
  await rows('UPDATE users SET banned_at = ? WHERE id = ?', Date.now(), idOf(person.id))
}

export async function markDeleted(person: Person): Promise<void> {
  await rows('UPDATE users SET deleted_at = ? WHERE id = ?', Date.now(), idOf(person.id))
}
