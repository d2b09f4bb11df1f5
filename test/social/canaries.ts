/** A person whose row has a unique value in every column: where one turns up, it has been shown. */
import type { UserRow } from '../../src/store/db/users.ts'
import { setColumns } from '../support/graph.ts'
import { db, type Reply } from '../support/kith.ts'
import type { Person } from '../support/people.ts'

/** A unique time, as the database and as the API write it. */
const at = (day: number) => Date.UTC(2031, 5, day, 3, 7, 11, 100 + day)
export const iso = (day: number) => new Date(at(day)).toISOString()

export const ROLE = 'canary_role'
export const CUSTOM_DATA = { deep: { secret: 'canary custom data' } }

/** The id, the mark that would hide the person, and what the tests themselves set. */
type Unset = 'id' | 'username' | 'username_key' | 'is_private' | 'deleted_at' | 'epoch'

/** A column of `users` that is missing here does not compile: give it a value that occurs nowhere else. */
export const COLUMNS = {
  email: 'canary_email@example.net',
  email_key: 'canary_email@example.net',
  email_verified_at: at(1) - 10 * 365 * 86_400_000,
  given_name: 'Canarygiven',
  middle_name: 'Canarymiddle',
  family_name: 'Canaryfamily',
  display_name: 'Canary Display',
  nickname: 'canary nickname',
  title: 'canary title',
  about: 'canary about',
  gender: 'canary gender',
  birth_date: '1981-02-03',
  relationship_status: 'canary relationship',
  bio: 'canary bio',
  designation: 'canary designation',
  organization: 'canary organization',
  pronouns: 'canary pronouns',
  custom_link: 'https://canary-link.example.net/',
  phone_country_code: '+9797',
  phone: '979797123456',
  country_code: 'canary country',
  role: ROLE,
  verified_at: at(2),
  banned_at: at(3) - 10 * 365 * 86_400_000,
  // A ban that has ended.
  banned_until: at(4) - 10 * 365 * 86_400_000,
  banned_reason: 'canary ban reason',
  restricted_at: at(5) - 10 * 365 * 86_400_000,
  restricted_until: at(6),
  restricted_reason: 'canary restriction reason',
  deleted_reason: 'canary deletion reason',
  subscription_tier: 'canary tier',
  subscription_expires_at: at(7),
  follower_count: 717_171_001,
  following_count: 717_171_002,
  request_count: 717_171_003,
  status_message: 'canary status message',
  status_updated_at: at(8) - 10 * 365 * 86_400_000,
  status_expires_at: at(9),
  availability: 2,
  mood: 6,
  where_am_i: 'canary whereabouts',
  last_seen_at: at(10) - 10 * 365 * 86_400_000,
  locale: 'canary-locale',
  zoneinfo: 'Canary/Zone',
  currency: 'CNY-canary',
  avatar_key: 'canary-avatar-key',
  profile_url: 'https://canary-profile.example.net/',
  custom_data: JSON.stringify(CUSTOM_DATA),
  created_at: at(11) - 8 * 365 * 86_400_000,
  updated_at: at(12) - 8 * 365 * 86_400_000,
} as const satisfies Readonly<Record<Exclude<Snake<keyof UserRow>, Unset>, string | number>>

type Snake<Name extends string> = Name extends `${infer Head}${infer Tail}`
  ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${Snake<Tail>}`
  : ''

const isMoment = (value: string | number): value is number => typeof value === 'number' && value > 1e12

/** How each column would look in a reply. Small numbers and user names are too common to search for. */
export const TRACES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(COLUMNS)
    .filter(([, value]) => typeof value === 'string' || value > 1_000)
    .map(([column, value]) => {
      if (column === 'custom_data') return [column, ['canary custom data']]
      return [column, isMoment(value) ? [String(value), new Date(value).toISOString()] : [String(value)]]
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
