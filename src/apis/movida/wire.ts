/** Movida's users (wire §2.2). XML is derived from JSON, so both say the same. */
import * as z from 'zod'
import { ACTIVE_USERS_PAGE_DEFAULT, ACTIVE_USERS_PAGE_MAX } from '../../core/limits.ts'
import { AVATAR_COLORS, type AvatarColor } from '../../core/media/default-avatars.ts'
import type { ActiveUser, ActiveUsersPage, PagePosition } from '../../core/profiles/active-users.ts'
import { NO_ID, type UserId } from '../../ids.ts'
import type { Representations } from './representation.ts'
import { type Element, withoutForbidden } from './xml.ts'

/** Twelve digits: more pages than there can be ids, and exact in arithmetic. */
const whole = z
  .string()
  .regex(/^0*[1-9]\d{0,11}$/, 'must be a whole number of at least 1')
  .transform(Number)

/** An id, as in a page's links. One beyond the last id is still a valid position. */
const position = z
  .string()
  .regex(/^\d{1,20}$/, 'is not a valid position')
  .transform((digits) => Math.min(Number(digits), Number.MAX_SAFE_INTEGER - 1))
  .optional()

export const PageQuery = z
  .object({
    page: whole
      .default(1)
      .meta({ description: 'From a link to a page', example: '2', documented: { type: 'integer', minimum: 1, default: 1, example: 2 } }),
    per_page: whole
      .refine((size) => size <= ACTIVE_USERS_PAGE_MAX, `maximum value is ${ACTIVE_USERS_PAGE_MAX}`)
      .default(ACTIVE_USERS_PAGE_DEFAULT)
      .meta({
        example: '50',
        documented: { type: 'integer', minimum: 1, maximum: ACTIVE_USERS_PAGE_MAX, default: ACTIVE_USERS_PAGE_DEFAULT, example: 50 },
      }),
    after: position.meta({ description: 'From the link to the next page', documented: { type: 'integer', minimum: 0 } }),
    before: position.meta({ description: 'From the link to the previous page', documented: { type: 'integer', minimum: 0 } }),
  })
  .refine(({ after, before }) => after === undefined || before === undefined, {
    path: ['before'],
    message: 'cannot be combined with after',
  })

/** A well-formed id that Kith never issues is unknown, not invalid. */
export const UserParams = z.object({
  id: z
    .string()
    .transform((digits) => (Number.isSafeInteger(Number(digits)) ? Number(digits) : NO_ID) as UserId)
    .meta({ example: '140', documented: { type: 'integer', minimum: 0, example: 140 } }),
})

export const Root = z.object({ users_link: z.url().optional() })

export const User = z
  .object({
    resource_type: z.literal('user'),
    id: z.int(),
    short_name: z.string(),
    full_name: z.string(),
    user_type: z.string(),
    avatar_color: z.enum(Object.keys(AVATAR_COLORS) as AvatarColor[]).nullable(),
    avatar_initials: z.string(),
    avatar_url: z.url().nullable(),
    self_link: z.url(),
  })
  .meta({ id: 'User' })
type User = z.output<typeof User>

export const Users = z
  .object({
    total_entries: z.int(),
    prev_link: z.url().nullable(),
    next_link: z.url().nullable(),
    entries: z.array(User),
  })
  .meta({ id: 'UserPage' })

/** `base`: the public URL of this API. */
export function toRoot(base: string, hasUsers: boolean): Representations {
  const json: Record<string, string> = hasUsers ? { users_link: `${base}/users` } : {}
  return { json, xml: { name: 'movida', content: Object.entries(json).map(toElement) } }
}

export function toUser(base: string, user: ActiveUser): Representations {
  const json = userOf(base, user)
  return { json, xml: userElement(json) }
}

export function toUsers(base: string, page: ActiveUsersPage, size: number): Representations {
  const links = { next_link: page.next && linkTo(base, page.next, size), prev_link: page.previous && linkTo(base, page.previous, size) }
  const entries = page.users.map((user) => userOf(base, user))
  const json: z.output<typeof Users> = { total_entries: page.total, prev_link: links.prev_link, next_link: links.next_link, entries }
  const shown = Object.entries(links).filter(([, href]) => href !== null)
  const total = { name: 'total-entries', content: String(page.total) }
  const content = [total, ...shown.map(toElement), ...entries.map(userElement)]
  return { json, xml: { name: 'users', attributes: { type: 'array' }, content } }
}

function linkTo(base: string, { number, after, before }: PagePosition, size: number): string {
  const cursor = after !== undefined ? `&after=${after}` : before !== undefined ? `&before=${before}` : ''
  return `${base}/users?page=${number}&per_page=${size}${cursor}`
}

/** Characters that XML cannot contain are removed from JSON too. */
function userOf(base: string, user: ActiveUser): User {
  return {
    resource_type: 'user',
    id: user.id,
    short_name: withoutForbidden(user.shortName),
    full_name: withoutForbidden(user.fullName),
    user_type: withoutForbidden(user.role),
    avatar_color: user.avatarColor,
    avatar_initials: withoutForbidden(user.avatarInitials),
    avatar_url: user.avatarUrl,
    self_link: `${base}/users/${user.id}`,
  }
}

function userElement({ resource_type: name, ...attributes }: User): Element {
  return { name, content: Object.entries(attributes).map(toElement) }
}

/** Movida's types: numbers carry a type attribute, null is `nil`, text has none; a name ending in `_link` becomes a link. */
function toElement([name, value]: [string, string | number | null]): Element {
  const rel = /^(\w+)_link$/.exec(name)?.[1]
  if (rel !== undefined) return { name: 'link', attributes: { rel, href: String(value) } }
  const element = { name: name.replaceAll('_', '-') }
  if (value === null) return { ...element, attributes: { nil: 'true' } }
  return { ...element, ...(typeof value === 'number' ? { attributes: { type: 'integer' } } : {}), content: String(value) }
}
