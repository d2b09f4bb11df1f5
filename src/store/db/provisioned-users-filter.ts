/** What a client may look for among its users, as SQL about the aliases `p` (`provisioned_users`) and `u` (`users`). */
import { sql } from 'drizzle-orm'
import { isNotBanned } from './account-state.ts'
import type { Fragment } from './database.ts'

export type TextOperator = 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'pr'
export type TimeOperator = 'eq' | 'gt' | 'ge' | 'lt' | 'le'

export type TextAttribute = 'userName' | 'externalId' | 'email' | 'emailType' | 'givenName' | 'familyName' | 'displayName'

export type ConditionOnUsers =
  | { readonly all: readonly ConditionOnUsers[] }
  | { readonly any: readonly ConditionOnUsers[] }
  | { readonly not: ConditionOnUsers }
  | { readonly id: number | null }
  | { readonly active: boolean }
  | { readonly text: TextAttribute; readonly operator: TextOperator; readonly value: string }
  | { readonly time: 'createdAt' | 'updatedAt'; readonly operator: TimeOperator; readonly value: number }

/** Text as it is compared: all but the client's own id, without regard to case; of names only that of ASCII, as SQLite has it. */
const TEXTS: Readonly<Record<TextAttribute, Fragment>> = {
  userName: sql`p.user_name_key`,
  externalId: sql`COALESCE(p.external_id, '')`,
  email: sql`COALESCE(u.email_key, '')`,
  // What the client has not named is shown as work.
  emailType: sql`LOWER(COALESCE(p.email_type, 'work'))`,
  givenName: sql`LOWER(COALESCE(u.given_name, ''))`,
  familyName: sql`LOWER(COALESCE(u.family_name, ''))`,
  displayName: sql`LOWER(COALESCE(u.display_name, ''))`,
}
const TIMES = { createdAt: sql`u.created_at`, updatedAt: sql`u.updated_at` } as const
const COMPARISONS: Readonly<Record<TimeOperator, Fragment>> = { eq: sql`=`, gt: sql`>`, ge: sql`>=`, lt: sql`<`, le: sql`<=` }

export function toCondition(condition: ConditionOnUsers, now: number): Fragment {
  const each = (conditions: readonly ConditionOnUsers[]) => conditions.map((one) => toCondition(one, now))
  if ('all' in condition) return sql`(${sql.join(each(condition.all), sql` AND `)})`
  if ('any' in condition) return sql`(${sql.join(each(condition.any), sql` OR `)})`
  if ('not' in condition) return sql`NOT (${toCondition(condition.not, now)})`
  if ('id' in condition) return sql`p.user_id = ${condition.id}`
  if ('active' in condition) {
    const isActive = sql`(u.deleted_at IS NULL AND ${isNotBanned(sql`u`, now)})`
    return condition.active ? isActive : sql`NOT ${isActive}`
  }
  if ('time' in condition) return sql`${TIMES[condition.time]} ${COMPARISONS[condition.operator]} ${condition.value}`
  return toTextCondition(condition)
}

function toTextCondition({ text, operator, value }: Extract<ConditionOnUsers, { text: unknown }>): Fragment {
  const column = TEXTS[text]
  const sought = soughtAs(text, value)
  // Equality has an index to look in.
  if (operator === 'eq' && text === 'email') return sql`p.user_id IN (SELECT e.id FROM users e WHERE e.email_key = ${sought})`
  if (operator === 'eq' && text === 'externalId') return sql`p.external_id = ${sought}`
  // LIKE takes patterns of 50 bytes only.
  const tests: Readonly<Record<TextOperator, Fragment>> = {
    eq: sql`${column} = ${sought}`,
    ne: sql`${column} <> ${sought}`,
    co: sql`INSTR(${column}, ${sought}) > 0`,
    sw: sql`SUBSTR(${column}, 1, LENGTH(${sought})) = ${sought}`,
    ew: sql`(LENGTH(${column}) >= LENGTH(${sought}) AND SUBSTR(${column}, -LENGTH(${sought})) = ${sought})`,
    pr: sql`${column} <> ''`,
  }
  return tests[operator]
}

/** The value as the column has it. */
function soughtAs(text: TextAttribute, value: string): string {
  if (text === 'externalId') return value
  if (text === 'userName' || text === 'email') return value.toLowerCase()
  return value.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}
