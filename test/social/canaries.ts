/** A person whose row has a unique value in every column: where one turns up, it has been shown. */
import { getTableColumns } from 'drizzle-orm'
import { toSnakeCase } from 'drizzle-orm/casing'
import { users } from '../../src/store/db/schema/users.ts'
import type { UserRow } from '../../src/store/db/users.ts'
import { setColumns } from '../support/graph.ts'
import { db, type Reply } from '../support/kith.ts'
import type { Person } from '../support/people.ts'

const inTheFuture = (day: number) => Date.UTC(2031, 5, day, 3, 7, 11, 100 + day)

export const ROLE = 'canary_role'
export const CUSTOM_DATA = { deep: { secret: 'canary custom data' } }

type Snake<Name extends string> = Name extends `${infer Head}${infer Tail}`
  ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${Snake<Tail>}`
  : ''
type Columns = Readonly<Record<Snake<keyof UserRow>, string | number>>

/** The id, the mark that would hide the person, and what the tests themselves set. */
const UNSET = ['id', 'username', 'username_key', 'is_private', 'deleted_at', 'epoch']

/** What rules or replies need in a form of its own. Times are in the past unless they are here. */
const FORMED: Partial<Columns> = {
  email: 'canary_email@example.net',
  email_key: 'canary_email@example.net',
  birth_date: '1981-02-03',
  role: ROLE,
  restricted_until: inTheFuture(6),
  subscription_expires_at: inTheFuture(7),
  status_expires_at: inTheFuture(9),
  availability: 2,
  mood: 6,
  custom_data: JSON.stringify(CUSTOM_DATA),
}

/** A value that occurs nowhere else. */
const canaryOf = (column: string, type: string, index: number) => (type === 'text' ? `canary-${column}.` : 717_171_000 + index)

export const COLUMNS = Object.fromEntries(
  Object.values(getTableColumns(users))
    .map((column, index): [string, string | number] => {
      const name = toSnakeCase(column.name)
      return [name, FORMED[name as keyof Columns] ?? canaryOf(name, column.getSQLType(), index)]
    })
    .filter(([name]) => !UNSET.includes(name)),
) as Columns

/** A time as the API writes it. */
export const iso = (column: keyof Columns) => new Date(COLUMNS[column]).toISOString()

/** How each column would look in a reply: numbers as times too. Small numbers and user names are too common to search for. */
export const TRACES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(COLUMNS)
    .filter(([, value]) => typeof value === 'string' || value > 1_000)
    .map(([column, value]) => {
      if (column === 'custom_data') return [column, ['canary custom data']]
      return [column, typeof value === 'number' ? [String(value), iso(column as keyof Columns)] : [value]]
    }),
)

/** The columns that a reply shows, in its headers too. JSON may escape a slash. */
export function columnsIn({ headers, text }: Pick<Reply, 'headers' | 'text'>): string[] {
  const all = `${[...headers].flat().join('\n')}\n${text.replaceAll('\\/', '/')}`
  return [...TRACES].filter(([, traces]) => traces.some((trace) => all.includes(trace))).map(([column]) => column)
}

export async function makeRole(): Promise<void> {
  await db
    .prepare(
      `INSERT INTO roles (id, display_name, ranking, description, scopes, system, created_at, updated_at)
       VALUES (?, 'Canary', 100, 'For a test.', 'delegated:all', 0, 0, 0)`,
    )
    .bind(ROLE)
    .run()
}

/** Counters too: earlier edges do not show in them. */
export async function fill(person: Person, columns: Readonly<Record<string, string | number | null>> = {}): Promise<void> {
  await setColumns(person, { ...COLUMNS, ...columns })
}
