/**
 * Search for people (design §1.15, wire §6.13), and the strings that they are found by: the user name, each word of the
 * names, and the full name in both orders, folded. They are kept by the batch of the write itself. Addresses and phone
 * numbers are not searchable.
 */
import { fromHex, type UserId } from '../../ids.ts'
import type { Statement } from '../../store/db/database.ts'
import type { ProfileChanges } from '../../store/db/profile-changes.ts'
import { deleteOtherSearchStrings, insertSearchStrings, searchUsers, type UserNames } from '../../store/db/search-strings.ts'
import type { Ctx } from '../ctx.ts'
import { SEARCH_STRING_LENGTH_MAX, SEARCH_STRINGS_LOOKED_AT, SEARCH_STRINGS_PER_USER } from '../limits.ts'
import type { Gate } from '../sessions/gate.ts'
import { type SeenUser, show } from '../social/visibility.ts'
import { fold, SEPARATORS } from './fold.ts'

export type { UserNames } from '../../store/db/search-strings.ts'

/** In code points, so that no pair is cut in half. */
function cut(folded: string): string {
  return [...folded].slice(0, SEARCH_STRING_LENGTH_MAX).join('').trimEnd()
}

/** O'Brien is looked for as "obrien" and "o brien", Jean-Luc as "jean luc" and "jeanluc", a name with a joiner in it as two. */
const PARTED = /['\u2019\u200C]/g

/**
 * What a person of these names is found by: the most telling first, the rest as far as there is room. What another one
 * begins with is left out, for who looks for it finds that.
 */
export function searchStringsOf(names: UserNames): string[] {
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
  return strings
    .filter((string, at) => !strings.some((other, i) => other.startsWith(string) && (other !== string || i < at)))
    .slice(0, SEARCH_STRINGS_PER_USER)
}

/**
 * Statements that make the user found by these names, and by nothing else, as long as they are the user's names. They go
 * behind the write of the names, in its batch; where that did not take place they do nothing.
 */
export function searchWrites(userId: UserId, names: UserNames): Statement<unknown>[] {
  const strings = searchStringsOf(names)
  return [deleteOtherSearchStrings(userId, names, strings), insertSearchStrings(userId, names, strings)]
}

/** The same for an account that the batch has just made: nothing else leads to it yet. */
export function firstSearchWrites(userId: UserId, names: UserNames): Statement<unknown>[] {
  return [insertSearchStrings(userId, names, searchStringsOf(names))]
}

const NAMES = ['username', 'givenName', 'middleName', 'familyName'] as const
const sameNames = (a: UserNames, b: UserNames) => NAMES.every((name) => a[name] === b[name])

function namesAfter(user: UserNames, { fields, username }: ProfileChanges): UserNames {
  const { givenName, middleName, familyName } = { ...user, ...fields }
  return { username: username?.username ?? user.username, givenName, middleName, familyName }
}

/** The statements that go behind a write of `changes` to the row `user`, in its batch: none where no name changes. */
export function renameSearchWrites(user: UserNames & { readonly id: UserId }, changes: ProfileChanges): Statement<unknown>[] {
  const names = namesAfter(user, changes)
  return sameNames(user, names) ? [] : searchWrites(user.id, names)
}

/**
 * After the commit of `changes` to the row `user`: two requests that change different names at once each knew the
 * other's old ones. Whoever finds other names in the row as it is stored writes the strings again; mostly nobody does.
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

/** What a query is compared by; empty where nothing of it counts. */
export const searchPrefix = (query: string) => cut(fold(query))

export interface SearchInput {
  readonly query: string
  readonly limit: number
}

/** People whom the caller may find, the one who is named exactly first. A query of nothing that counts finds nobody. */
export async function searchForUsers(ctx: Ctx, gate: Gate, { query, limit }: SearchInput): Promise<SeenUser[]> {
  const prefix = searchPrefix(query)
  const { principal, reads } = await gate(({ userId: viewerId }) =>
    prefix === ''
      ? []
      : [searchUsers({ prefix, userId: fromHex<UserId>(prefix), viewerId, strings: SEARCH_STRINGS_LOOKED_AT, limit, now: ctx.now() })],
  )
  return (reads[0] ?? []).map((row) => show(principal, row))
}
