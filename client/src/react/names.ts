/** Names and initials of people, as on Kith's own pages. */
import type { components } from '../generated/user.ts'

/** What an `Avatar` needs of a user. */
export type Person = Pick<components['schemas']['PublicUser'], '_id' | 'username' | 'firstName' | 'lastName' | 'profilePictureUrl'>

export function nameOf({ firstName, lastName, username }: Pick<Person, 'firstName' | 'lastName' | 'username'>): string {
  return [firstName, lastName].filter(Boolean).join(' ') || username
}

/** One or two letters or digits, with the marks that a script adds to them. */
export function initialsOf({ firstName, lastName, username }: Person): string {
  const initials = [firstName, lastName].map(initialOf).join('')
  return initials || initialOf(username)
}

function initialOf(name: string | null): string {
  return /[\p{L}\p{N}]\p{M}{0,3}/u.exec(name ?? '')?.[0].toUpperCase() ?? ''
}

/** Background and text, with a contrast of 4.5 : 1 or more. */
const COLORS = [
  ['#f6c945', '#1f2328'],
  ['#f59e42', '#1f2328'],
  ['#c62828', '#ffffff'],
  ['#f48fb1', '#1f2328'],
  ['#6a3fb5', '#ffffff'],
  ['#4dd0c8', '#1f2328'],
  ['#1e5fbf', '#ffffff'],
  ['#2e7d32', '#ffffff'],
] as const

/** Always the same for an account. */
export function colorsOf({ _id }: Person): (typeof COLORS)[number] {
  return COLORS[Number.parseInt(_id.slice(-1), 16) % COLORS.length] ?? COLORS[6]
}
