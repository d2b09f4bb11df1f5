/** What a client looks for (RFC 7644 §3.4.2): filters in the core's words, pages, and the attributes that it wants. */

import { AppError } from '../../core/errors.ts'
import type { GroupQuery } from '../../core/provisioning/groups.ts'
import type { ConditionOnUsers, TextAttribute, TextOperator, TimeOperator } from '../../core/provisioning/users.ts'
import { fromHex, type UserId } from '../../ids.ts'
import { GROUP_SCHEMA, USER_SCHEMA } from './attributes.ts'
import { compares, type Filter, parseFilter } from './filter.ts'
import { RESULTS_MAX } from './schemas.ts'
import type { Query } from './wire.ts'

const COUNT_DEFAULT = 100

/** RFC 7644 §3.4.2.4: a start below 1 is 1, a count below 0 is 0, and the service may return fewer. */
export function pageOf({ startIndex = 1, count = COUNT_DEFAULT }: Pick<Query, 'startIndex' | 'count'>) {
  const start = Math.max(1, startIndex)
  return { startIndex: start, skip: start - 1, limit: Math.min(RESULTS_MAX, Math.max(0, count)) }
}

const namesIn = (text: string | readonly string[] | undefined, schema: string) => {
  const names = typeof text === 'string' ? text.split(',') : (text ?? [])
  return names.map((name) => withoutSchema(name.trim(), schema)).filter(Boolean)
}

function withoutSchema(name: string, schema: string): string {
  const [lower, prefix] = [name.toLowerCase(), `${schema.toLowerCase()}:`]
  return lower.startsWith(prefix) ? lower.slice(prefix.length) : lower
}

export function selectionOf({ attributes, excludedAttributes }: Pick<Query, 'attributes' | 'excludedAttributes'>, schema: string) {
  const names = namesIn(attributes, schema)
  return { attributes: names.length > 0 ? names : null, excluded: namesIn(excludedAttributes, schema) }
}

const TEXTS: ReadonlyMap<string, TextAttribute> = new Map([
  ['username', 'userName'],
  ['externalid', 'externalId'],
  ['displayname', 'displayName'],
  ['name.givenname', 'givenName'],
  ['name.familyname', 'familyName'],
  ['emails', 'email'],
  ['emails.value', 'email'],
  ['emails.type', 'emailType'],
])
const TIMES: ReadonlyMap<string, 'createdAt' | 'updatedAt'> = new Map([
  ['meta.created', 'createdAt'],
  ['meta.lastmodified', 'updatedAt'],
])
const TEXT_OPERATORS: readonly string[] = ['eq', 'ne', 'co', 'sw', 'ew', 'pr'] satisfies TextOperator[]
const TIME_OPERATORS: readonly string[] = ['eq', 'gt', 'ge', 'lt', 'le'] satisfies TimeOperator[]
const TERMS_MAX = 20

/** Null for none. Throws `invalid_request` with the reason `invalidFilter` for what is not built. */
export function conditionOnUsers(filter: string | undefined): ConditionOnUsers | null {
  if (filter === undefined) return null
  const tree = parseFilter(filter)
  if (countTerms(tree) > TERMS_MAX) throw notBuilt(`A filter can compare ${TERMS_MAX} times`)
  return toCondition(tree, '')
}

function countTerms(filter: Filter): number {
  if ('and' in filter) return filter.and.reduce((sum, one) => sum + countTerms(one), 0)
  if ('or' in filter) return filter.or.reduce((sum, one) => sum + countTerms(one), 0)
  if ('not' in filter) return countTerms(filter.not)
  return 'list' in filter ? countTerms(filter.where) : 1
}

function toCondition(filter: Filter, list: string): ConditionOnUsers {
  if ('and' in filter) return { all: filter.and.map((one) => toCondition(one, list)) }
  if ('or' in filter) return { any: filter.or.map((one) => toCondition(one, list)) }
  if ('not' in filter) return { not: toCondition(filter.not, list) }
  // There is one address, so what is said of an address is said of the user.
  if ('list' in filter && list === '') return toCondition(filter.where, `${withoutSchema(filter.list, USER_SCHEMA)}.`)
  if ('list' in filter) throw notBuilt('Brackets within brackets cannot be filtered by')
  return toComparison({ ...filter, path: `${list}${withoutSchema(filter.path, USER_SCHEMA)}` })
}

function toComparison({ path, operator, value }: Extract<Filter, { path: string }>): ConditionOnUsers {
  const [text, time] = [TEXTS.get(path), TIMES.get(path)]
  if (text && TEXT_OPERATORS.includes(operator) && (typeof value === 'string' || operator === 'pr'))
    return { text, operator: operator as TextOperator, value: String(value ?? '') }
  if (time && TIME_OPERATORS.includes(operator) && typeof value === 'string' && !Number.isNaN(Date.parse(value)))
    return { time, operator: operator as TimeOperator, value: Date.parse(value) }
  if (path === 'id' && operator === 'eq' && typeof value === 'string') return { id: idOf(value) }
  if (path === 'active' && (operator === 'eq' || operator === 'ne')) {
    const isTrue = compares(value, { operator: 'eq', value: true })
    if (isTrue || compares(value, { operator: 'eq', value: false })) return { active: isTrue === (operator === 'eq') }
  }
  // The one address is the primary one.
  if (path === 'emails.primary' && operator === 'eq' && compares(value, { operator: 'eq', value: true }))
    return { text: 'email', operator: 'pr', value: '' }
  throw notBuilt(`Users cannot be filtered by ${path.slice(0, 64)} ${operator} with such a value`)
}

/** No user has it if it is none. */
const NOBODY = -1
const idOf = (text: string): number => fromHex<UserId>(text.toLowerCase()) ?? NOBODY

type GroupFilter = Pick<GroupQuery, 'isMeant' | 'people'>

/** Of groups: their name, their id, and who is a member. */
export function filterOnGroups(filter: string | undefined): GroupFilter {
  if (filter === undefined) return { isMeant: () => true, people: [] }
  const tree = parseFilter(filter)
  if (countTerms(tree) > TERMS_MAX) throw notBuilt(`A filter can compare ${TERMS_MAX} times`)
  const people: UserId[] = []
  const isMeant = toGroupTest(tree, '', people)
  return { isMeant, people }
}

function toGroupTest(filter: Filter, list: string, people: UserId[]): GroupFilter['isMeant'] {
  const tests = (filters: readonly Filter[]) => filters.map((one) => toGroupTest(one, list, people))
  if ('and' in filter) {
    const all = tests(filter.and)
    return (...on) => all.every((test) => test(...on))
  }
  if ('or' in filter) {
    const any = tests(filter.or)
    return (...on) => any.some((test) => test(...on))
  }
  if ('not' in filter) {
    const test = toGroupTest(filter.not, list, people)
    return (...on) => !test(...on)
  }
  if ('list' in filter) {
    if (list !== '') throw notBuilt('Brackets within brackets cannot be filtered by')
    return toGroupTest(filter.where, `${withoutSchema(filter.list, GROUP_SCHEMA)}.`, people)
  }
  const path = `${list}${withoutSchema(filter.path, GROUP_SCHEMA)}`
  const isOfMembers = path === 'members' || path === 'members.value'
  if (isOfMembers && filter.operator === 'eq' && typeof filter.value === 'string') {
    const id = idOf(filter.value) as UserId
    people.push(id)
    return (role, roles) => roles.get(id) === role.id
  }
  const hasText = typeof filter.value === 'string' || filter.operator === 'pr'
  if ((path === 'displayname' || path === 'id') && hasText && TEXT_OPERATORS.includes(filter.operator))
    return (role) => compares(path === 'id' ? role.id : role.displayName, filter)
  throw notBuilt(`Groups cannot be filtered by ${path.slice(0, 64)} ${filter.operator} with such a value`)
}

function notBuilt(message: string): AppError {
  return new AppError('invalid_request', message, { reason: 'invalidFilter' })
}
