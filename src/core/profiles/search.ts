/**
 * Search for users (design §1.15, wire §6.13), and the strings that they are found by: the user name, each word of the
 * names, and the full name in both orders, folded. The batch of the write itself maintains them. Addresses and phone
 * numbers are not searchable.
 */
import { fromHex, type UserId } from '../../ids.ts'
import type { Statement } from '../../store/db/database.ts'
import type { ProfileChanges } from '../../store/db/profile-changes.ts'
import { deleteOtherSearchStrings, insertSearchStrings, searchUsers, type UserNames } from '../../store/db/search-strings.ts'
import type { Ctx } from '../ctx.ts'
import type { Gate } from '../gate.ts'
import { SEARCH_STRING_LENGTH_MAX, SEARCH_STRINGS_LOOKED_AT, SEARCH_STRINGS_PER_USER } from '../limits.ts'
import { type MetUser, show } from '../social/visibility.ts'
import { fold, SEPARATORS } from './fold.ts'

export type { UserNames } from '../../store/db/search-strings.ts'

/** In code points, so that no surrogate pair is cut in half. */
function cut(folded: string): string {
  return [...folded].slice(0, SEARCH_STRING_LENGTH_MAX).join('').trimEnd()
}

/** O'Brien is searched as "obrien" and "o brien", Jean-Luc as "jean luc" and "jeanluc", a name with a joiner in it as two. */
const PARTED = /['\u2019\u200C]/g

/**
 * The search strings of a user with these names: the most specific first, the rest as far as there is room. A prefix of
 * another string is omitted, because searching for it finds that one.
 */
export function searchStringsOf(names: UserNames): readonly string[] {
  const spelled = (spell: (name: string) => string) =>
    [names.givenName, names.middleName, names.familyName].map((name) => fold(spell(name ?? ''))) as [string, string, string]
  const [usual, parted, joined] = [
    spelled((name) => name),
    spelled((name) => name.replace(PARTED, ' ')),
    spelled((name) => name.replace(SEPARATORS, '')),
  ]
  const full = ([given, , family]: typeof usual) => [`${given} ${family}`, `${family} ${given}`].map(fold)
  const words = [...usual, ...parted].flatMap((name) => name.split(' '))
  const strings = [names.username.toLowerCase(), ...full(usual), ...words, ...full(joined), ...full(parted)].map(cut)
  return strings.reduce<readonly string[]>(withString, [])
}

/** A longer string takes the place of its prefix, so that none is omitted for one that has no room itself. */
function withString(kept: readonly string[], string: string): readonly string[] {
  if (kept.some((other) => other.startsWith(string))) return kept
  const at = kept.findIndex((other) => string.startsWith(other))
  if (at >= 0) return kept.flatMap((other, i) => (i === at ? [string] : string.startsWith(other) ? [] : [other]))
  return kept.length < SEARCH_STRINGS_PER_USER ? [...kept, string] : kept
}

/**
 * Statements that replace the user's search strings by those of these names, while they are the user's names. They
 * follow the write of the names in its batch; if that did not take place they do nothing.
 */
function searchWrites(userId: UserId, names: UserNames): Statement<unknown>[] {
  const strings = searchStringsOf(names)
  return [deleteOtherSearchStrings(userId, names, strings), insertSearchStrings(userId, names, strings)]
}

/** The same for an account that the batch has just created: it has no search strings yet. */
export function firstSearchWrites(userId: UserId, names: UserNames): Statement<unknown>[] {
  return [insertSearchStrings(userId, names, searchStringsOf(names))]
}

const NAMES = ['username', 'givenName', 'middleName', 'familyName'] as const
const sameNames = (a: UserNames, b: UserNames) => NAMES.every((name) => a[name] === b[name])

function namesAfter(user: UserNames, { fields, username }: ProfileChanges): UserNames {
  const { givenName, middleName, familyName } = { ...user, ...fields }
  return { username: username?.username ?? user.username, givenName, middleName, familyName }
}

/** The statements that follow a write of `changes` to the row `user`, in its batch: none if no name changes. */
export function renameSearchWrites(user: UserNames & { readonly id: UserId }, changes: ProfileChanges): Statement<unknown>[] {
  const names = namesAfter(user, changes)
  return sameNames(user, names) ? [] : searchWrites(user.id, names)
}

/**
 * After the commit of `changes` to the row `user`: two parallel requests that change different names each knew the
 * other's old ones. If the stored row has other names, the strings are written again; usually it has not.
 */
export async function settleSearch(
  ctx: Ctx,
  user: UserNames,
  changes: ProfileChanges,
  stored: UserNames & { readonly id: UserId },
): Promise<void> {
  const names = namesAfter(user, changes)
  if (sameNames(user, names) || sameNames(stored, names)) return
  await ctx.db.batch(searchWrites(stored.id, stored))
}

/** What a query is compared by; empty if nothing in it is searchable. */
export const searchPrefix = (query: string) => cut(fold(query))

export interface SearchInput {
  readonly query: string
  readonly limit: number
}

/** Users whom the caller may find, an exact match first. A query with nothing searchable finds nobody. */
export async function searchForUsers(ctx: Ctx, gate: Gate, { query, limit }: SearchInput): Promise<MetUser[]> {
  const prefix = searchPrefix(query)
  const { principal, reads } = await gate(({ userId: viewerId }) =>
    prefix === ''
      ? []
      : [searchUsers({ prefix, userId: fromHex<UserId>(prefix), viewerId, strings: SEARCH_STRINGS_LOOKED_AT, limit, now: ctx.now() })],
  )
  return (reads[0] ?? []).map((row) => show(principal, row))
}
