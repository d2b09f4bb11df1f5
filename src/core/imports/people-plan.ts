/** What an import would do with each person of a batch, given what the store has: pure but for looking up user names. */
import type { UpstreamIdentityId, UserId } from '../../ids.ts'
import { findTakenNames, type ImportKeys, type ImportMatch } from '../../store/db/import-matches.ts'
import type { AddedPassword, ExternalIdOf, ImportedPerson } from '../../store/db/imports.ts'
import type { RoleRow } from '../../store/db/roles.ts'
import { emailKey } from '../fields.ts'
import { searchStringsOf } from '../profiles/search.ts'
import { addedPassword } from './added-passwords.ts'
import type { ImportCtx, Importer } from './importer.ts'
import { type ImportedPassword, readPassword } from './passwords.ts'
import type { CreatedPerson, PersonResult } from './people-report.ts'
import type { ReadPerson, RecordRefusal } from './person-record.ts'
import { toUser } from './person-row.ts'
import { isUsable, type NameKeys, proposalsFor, toNameKeys } from './usernames.ts'

/** A person to be created. */
export interface Planned {
  readonly at: number
  readonly row: ImportedPerson
  readonly result: CreatedPerson
}

export interface Plan {
  readonly settled: {
    readonly results: ReadonlyMap<number, PersonResult>
    /** Of people who are there already, without an id from elsewhere. */
    readonly links: readonly ExternalIdOf[]
    /** By the position of the record. */
    readonly passwords: ReadonlyMap<number, AddedPassword>
  }
  readonly planned: readonly Planned[]
}

interface Batch {
  readonly people: readonly { readonly at: number; readonly person: ReadPerson }[]
  /** For each of them. */
  readonly matches: readonly ImportMatch[]
  readonly roles: readonly RoleRow[]
}

const DEFAULT_ROLE = 'user'

const verifiedKey = ({ email, emailVerified }: ReadPerson) => (email === null || emailVerified === false ? null : emailKey(email))

/**
 * Who the person was elsewhere: an id, or `@` and a user name, which no id begins with. Null for whom only an address
 * identifies, or nothing.
 */
function externalIdOf({ externalId, username }: ReadPerson): string | null {
  if (externalId !== null) return externalId
  const name = username?.trim().toLowerCase()
  return name ? `@${name}` : null
}

/** What the store is asked about a person. */
export function keysOf(person: ReadPerson): ImportKeys {
  const name = person.username === null ? null : toNameKeys(person.username)
  return {
    id: person.id,
    externalId: externalIdOf(person),
    emailKey: verifiedKey(person),
    usernameKey: name?.key ?? null,
    usernameHash: name?.hash ?? null,
  }
}

/** A person who is neither there already nor refused, and who only lacks a user name. */
interface Newcomer {
  readonly at: number
  readonly person: ReadPerson
  readonly role: RoleRow
  readonly password: ImportedPassword
  readonly externalId: string | null
  readonly emailKey: string | null
  /** The one that they ask for, if it can be had. */
  readonly own: NameKeys | null
}

export async function planPeople(ctx: ImportCtx, importer: Importer, batch: Batch): Promise<Plan> {
  const results = new Map<number, PersonResult>()
  const links: ExternalIdOf[] = []
  const passwords = new Map<number, AddedPassword>()
  const newcomers: Newcomer[] = []
  const seen: Seen = new Map()
  const judge = judgeOf(ctx, importer, batch.roles, seen)
  for (const [index, { at, person }] of batch.people.entries()) {
    const match = batch.matches[index]
    if (!match) throw new Error('a record without its match')
    const judged = judge(person, match)
    if (!('status' in judged)) {
      newcomers.push({ ...judged, at, person })
      continue
    }
    const added = judged.status === 'exists' ? addedPassword(ctx, importer, batch.roles, { person, match }) : null
    if (added === null) results.set(at, judged)
    else if ('userId' in added) passwords.set(at, added)
    else results.set(at, refuse(added.field, added.message))
    const externalId = externalIdOf(person)
    if (judged.status === 'exists' && judged.id !== null && externalId !== null && match.byExternalId === null)
      links.push({ userId: judged.id, externalId })
  }
  const names = await chooseNames(ctx, newcomers)
  const planned: Planned[] = []
  for (const [index, newcomer] of newcomers.entries()) {
    const name = names[index]
    if (name) planned.push(planOf(ctx, newcomer, name))
    else results.set(newcomer.at, refuse('username', 'is taken, and so are all proposals'))
  }
  return { settled: { results, links, passwords }, planned }
}

/** Verdicts that a dry run of the operator's command gives, too. */
export const NAMESAKE = 'is also the name of somebody with another address: give both an externalId'
export const ADDRESS_TWICE = 'is the verified address of somebody else in the file'

const refuse = (field: string, message: string): PersonResult & RecordRefusal => ({ status: 'refused', field, message })

const exists = (id: UserId | null, isByAddress = false): PersonResult => ({ status: 'exists', id, isByAddress, isPasswordAdded: false })

type Judged = PersonResult | Omit<Newcomer, 'at' | 'person'>

/** Ids and addresses of earlier people of the batch, each with the person's verified address; and whose accounts here are, by their ids. */
type Seen = Map<string, string | null>

/** Judges people in their order: the second line about somebody finds the first. */
function judgeOf(ctx: ImportCtx, importer: Importer, roles: readonly RoleRow[], seen: Seen) {
  const { usernameLengthMin } = ctx.config.signUp
  return (person: ReadPerson, match: ImportMatch): Judged => {
    const externalId = externalIdOf(person)
    const key = verifiedKey(person)
    if (person.id !== null && !importer.mayGiveIds) return refuse('id', 'may be given by the operator only')
    if (externalId === null && key === null) return refuse('', 'needs an externalId, a username or a verified address')
    const there = findThere(person, match, { externalId, emailKey: key }, seen)
    if (there) return there
    const role = roles.find(({ id }) => id === (person.role ?? DEFAULT_ROLE))
    if (!role) return refuse('role', 'is not a role')
    const refusal = importer.refusalOf(role)
    if (refusal !== null) return refuse('role', `is not yours to give: ${refusal}`)
    const password = readPassword(ctx, person.passwordHash)
    if ('refusal' in password) return refuse('passwordHash', password.refusal)
    if (externalId !== null) seen.set(`x${externalId}`, key)
    if (key !== null) seen.set(`e${key}`, key)
    const { username } = person
    const own = username !== null && match.isTaken === 0 && isUsable(username, usernameLengthMin) ? toNameKeys(username) : null
    return { role, password, externalId, emailKey: key, own }
  }
}

/** Whether the person is there already, in the store or earlier in the batch; or why they cannot be. */
function findThere(
  { externalId: given }: ReadPerson,
  match: ImportMatch,
  { externalId, emailKey }: { externalId: string | null; emailKey: string | null },
  seen: Seen,
): PersonResult | null {
  // A user name from elsewhere is unique there only: an earlier import may have been from another system.
  const isOther = (address: string | null) => given === null && emailKey !== null && address !== null && address !== emailKey
  if (match.byExternalId !== null) return isOther(match.externalAddress) ? refuse('username', NAMESAKE) : exists(match.byExternalId)
  const earlier = externalId === null ? undefined : seen.get(`x${externalId}`)
  if (earlier !== undefined) return isOther(earlier) ? refuse('username', NAMESAKE) : exists(null)
  if (match.byAddress !== null) {
    const owner = match.ownerExternalId ?? seen.get(`o${match.byAddress}`) ?? null
    if (given !== null && owner !== null && owner !== given) return refuse('email', `is the verified address of ${owner}`)
    if (owner === null && externalId !== null) seen.set(`o${match.byAddress}`, externalId).set(`x${externalId}`, emailKey)
    return exists(match.byAddress, true)
  }
  if (emailKey !== null && seen.has(`e${emailKey}`)) {
    return given === null ? exists(null, true) : refuse('email', ADDRESS_TWICE)
  }
  return match.byId === null ? null : refuse('id', 'is that of somebody else')
}

/** A name for each, in their order: their own, or the first proposal that nobody has. One round trip if any is proposed. */
async function chooseNames(ctx: ImportCtx, newcomers: readonly Newcomer[]): Promise<(NameKeys | null)[]> {
  const given = new Set<string>()
  const take = (name: NameKeys | null) => {
    if (name === null || given.has(name.key)) return null
    given.add(name.key)
    return name
  }
  // Who has a name keeps it, whoever else would get it as a proposal.
  const own = newcomers.map((newcomer) => take(newcomer.own))
  const proposals = newcomers.map((newcomer, index) =>
    own[index] ? [] : proposalsFor(newcomer.person, seedOf(newcomer), ctx.config.signUp.usernameLengthMin),
  )
  const asked = proposals.flat()
  const taken = new Set(
    asked.length === 0
      ? []
      : (
          await ctx.db.one(
            findTakenNames(
              asked.map(({ key, hash }) => [key, hash] as const),
              ctx.now(),
            ),
          )
        ).map(({ at }) => asked[at]?.key),
  )
  return newcomers.map((_, index) => {
    const mine = own[index]
    if (mine) return mine
    const free = proposals[index]?.find(({ key }) => !taken.has(key) && !given.has(key)) ?? null
    return take(free)
  })
}

const seedOf = ({ externalId, emailKey }: Newcomer) => externalId ?? emailKey ?? ''

function planOf(ctx: ImportCtx, newcomer: Newcomer, name: NameKeys): Planned {
  const { at, person, role, password, externalId } = newcomer
  const user = toUser(person, { id: person.id ?? ctx.newId<UserId>(), name, role: role.id, now: ctx.now() })
  return {
    at,
    row: {
      user,
      roleVersion: role.updatedAt,
      usernameHash: name.hash,
      externalId,
      passwordHash: password.stored,
      searchStrings: searchStringsOf(user),
      picture: person.picture,
      identities: person.identities.map((one) => ({ ...one, id: ctx.newId<UpstreamIdentityId>() })),
    },
    result: {
      status: 'created',
      id: user.id,
      username: user.username,
      isProposed: user.username !== person.username,
      needsReset: password.needsReset,
      isUnverified: user.emailVerifiedAt === null,
    },
  }
}
