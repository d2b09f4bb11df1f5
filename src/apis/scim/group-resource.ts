/** Groups as clients send them: their name, who joins and who leaves. */
import * as z from 'zod'
import { AppError } from '../../core/errors.ts'
import type { GroupChange } from '../../core/provisioning/groups.ts'
import { judge } from '../../http/validate.ts'
import { fromHex, type UserId } from '../../ids.ts'
import { GROUP, isObject, type Json, spelled } from './attributes.ts'
import type { Filter } from './filter.ts'
import { type Operation, refusal, resolve } from './patch.ts'
import { requireSchemas } from './schemas.ts'
import { groupName } from './wire.ts'

/** As many as a body has room for. */
const MEMBERS_MAX = 2_000
const Members = z.preprocess(
  (value) => (value === null || value === undefined ? [] : Array.isArray(value) ? value : [value]),
  z.array(z.object({ value: z.string() })).max(MEMBERS_MAX, `must have at most ${MEMBERS_MAX} values`),
)
const Sent = z.object({ displayName: groupName, members: Members })

/** Throws `invalid_request`, naming the attribute. */
export async function readGroup(sent: Json): Promise<{ displayName: string; add: UserId[]; hasMembers: boolean }> {
  requireSchemas(GROUP, sent)
  const known = spelled(GROUP, sent)
  const { displayName, members } = await judge('json', Sent, known)
  return { displayName, add: idsOf(members), hasMembers: Object.hasOwn(known, 'members') }
}

/** What joins a group is a user: other groups do not. */
function idsOf(members: readonly { readonly value: string }[]): UserId[] {
  const ids = members.map(({ value }) => fromHex<UserId>(value.toLowerCase()))
  if (ids.includes(null)) throw AppError.ofFields([{ path: 'members.value', message: 'must be the id of a user' }])
  return [...new Set(ids as UserId[])]
}

/** What the operations come to, in their order. */
export async function readGroupPatch(operations: readonly Operation[]): Promise<Omit<GroupChange, 'id'>> {
  const change = { displayName: null as string | null, add: new Set<UserId>(), remove: new Set<UserId>(), isReplaced: false }
  for (const { op, path, value } of operations) {
    if (path !== undefined) await apply(change, { op, path, value })
    else if (!isObject(value) || op === 'remove') throw refusal('invalidValue', 'An operation without a path adds or replaces an object')
    else
      for (const [key, item] of Object.entries(value))
        if (!resolve(GROUP, key).target.readOnly) await apply(change, { op, path: key, value: item })
  }
  const { displayName, add, remove, isReplaced } = change
  return { displayName, add: [...add], remove: isReplaced ? 'all' : [...remove] }
}

interface Changing {
  displayName: string | null
  readonly add: Set<UserId>
  readonly remove: Set<UserId>
  isReplaced: boolean
}

async function apply(change: Changing, { op, path: text, value }: Operation & { path: string }): Promise<void> {
  const { target, path } = resolve(GROUP, text)
  if (target.readOnly) throw refusal('mutability', `${target.name} cannot be written`)
  if (target.name === 'displayName') {
    if (op === 'remove') throw refusal('invalidValue', 'displayName is required')
    change.displayName = (await judge('json', z.object({ displayName: groupName }), { displayName: value })).displayName
  }
  if (target.name !== 'members') return
  if (path.part !== null) throw refusal('mutability', 'Parts of a member cannot be written')
  if (path.where !== null && op !== 'remove') throw refusal('invalidPath', 'A filter names members to remove')
  const ids =
    path.where === null ? idsOf((await judge('json', z.object({ members: Members }), { members: value })).members) : named(path.where)
  // Without a value, everybody leaves.
  const isForAll = op === 'replace' || (op === 'remove' && path.where === null && (value === undefined || value === null))
  if (isForAll) replaceAll(change)
  for (const id of ids) {
    const [to, from] = op === 'remove' ? [change.remove, change.add] : [change.add, change.remove]
    from.delete(id)
    to.add(id)
  }
}

function replaceAll(change: Changing): void {
  change.isReplaced = true
  change.add.clear()
  change.remove.clear()
}

/** `members[value eq "..."]`, or several joined by `or`. */
function named(where: Filter): UserId[] {
  const terms = 'or' in where ? where.or : [where]
  const values = terms.map((term) => {
    const isOfValue = 'path' in term && term.path.toLowerCase() === 'value' && term.operator === 'eq' && typeof term.value === 'string'
    if (!isOfValue) throw refusal('invalidFilter', 'Members are named by value eq')
    return { value: String(term.value) }
  })
  return idsOf(values)
}
