/**
 * People from another system, a batch at a time. A batch is one D1 batch, and can be repeated: whoever is there already, by
 * the id that they had elsewhere or by their verified address, stays as they are; only a password may still come (`added-passwords.ts`).
 */
import type { AuditEventId, UserId } from '../../ids.ts'
import { always, isPrimaryKeyConflict, type Statement } from '../../store/db/database.ts'
import { findImported, type ImportMatch } from '../../store/db/import-matches.ts'
import { findCreated, insertImported } from '../../store/db/imports.ts'
import { listRoles, type RoleRow } from '../../store/db/roles.ts'
import { listFactors } from '../../store/db/second-factors.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import type { Principal } from '../principal.ts'
import { type ImportCtx, type Importer, importerOf, OPERATOR_IMPORTER } from './importer.ts'
import { keysOf, type Plan, type Planned, planPeople } from './people-plan.ts'
import { type PeopleReport, type PersonResult, reportOf } from './people-report.ts'
import { personRecord, type ReadPerson, type RecordRefusal, readRecord } from './person-record.ts'

export interface ImportInput {
  /** As they were sent; each is judged for itself. */
  readonly records: readonly unknown[]
  /** Says what would be done, and does nothing. */
  readonly isDryRun: boolean
}

/** Tries of a batch that others get in the way of. */
const TRIES = 3

/** By an administrator or a client. Two round trips; one more where user names have to be proposed. */
export async function importPeople(ctx: Ctx, gate: Gate<Principal>, input: ImportInput): Promise<PeopleReport> {
  const lines = input.records.map((record) => readRecord(personRecord, record))
  const { principal, reads } = await gate(({ userId }) => [listRoles(), findMatches(ctx, readable(lines)), listFactors(userId)])
  const [roles, matches, factors] = reads
  return importLines(ctx, importerOf(ctx, principal, { factors, roles }), { lines, isDryRun: input.isDryRun, roles, matches })
}

/** The same by the operator's command. */
export async function importPeopleAsOperator(ctx: ImportCtx, input: ImportInput): Promise<PeopleReport> {
  const lines = input.records.map((record) => readRecord(personRecord, record))
  const [roles, matches] = await ctx.db.batch([listRoles(), findMatches(ctx, readable(lines))])
  return importLines(ctx, OPERATOR_IMPORTER, { lines, isDryRun: input.isDryRun, roles, matches })
}

type Line = { readonly read: ReadPerson } | { readonly refusal: RecordRefusal }

/** A person and the position of their line. */
interface Numbered {
  readonly at: number
  readonly person: ReadPerson
}

const readable = (lines: readonly Line[]): Numbered[] => lines.flatMap((line, at) => ('read' in line ? [{ at, person: line.read }] : []))

const findMatches = (ctx: ImportCtx, people: readonly Numbered[]) =>
  findImported(
    people.map(({ person }) => keysOf(person)),
    ctx.now(),
  )

interface Lines {
  readonly lines: readonly Line[]
  readonly isDryRun: boolean
  readonly roles: readonly RoleRow[]
  /** Of the lines that are readable, in their order. */
  readonly matches: readonly ImportMatch[]
}

async function importLines(ctx: ImportCtx, importer: Importer, { lines, isDryRun, roles, matches }: Lines): Promise<PeopleReport> {
  const results: (PersonResult | null)[] = lines.map((line) => ('refusal' in line ? { status: 'refused', ...line.refusal } : null))
  let left = readable(lines)
  let found = matches
  for (let tries = 0; tries < TRIES && left.length > 0; tries++) {
    if (tries > 0) found = await ctx.db.one(findMatches(ctx, left))
    const { settled, planned } = await planPeople(ctx, importer, { people: left, matches: found, roles })
    for (const [at, result] of settled.results) results[at] = result
    const ids = [...planned.map(({ row }) => row.user.id), ...[...settled.passwords.values()].map(({ userId }) => userId)]
    const made = isDryRun ? new Set(ids) : await store(ctx, importer, planned, settled)
    for (const [at, { userId }] of settled.passwords)
      results[at] = { status: 'exists', id: userId, isByAddress: false, isPasswordAdded: made.has(userId) }
    for (const { at, row, result } of planned) if (made.has(row.user.id)) results[at] = isDryRun ? { ...result, id: null } : result
    left = left.filter(({ at }) => results[at] === null)
  }
  // Others took the names of the same people again and again. What is done is done: a repetition finds it.
  if (left.length > 0) throw AppError.tryAgain()
  return reportOf(results as PersonResult[])
}

/** One batch; the ids of those who were made, or have got a password. Others may have taken a name or an address meanwhile. */
async function store(
  ctx: ImportCtx,
  importer: Importer,
  planned: readonly Planned[],
  { links, passwords: added }: Plan['settled'],
): Promise<ReadonlySet<UserId>> {
  const passwords = [...added.values()]
  if (planned.length + links.length + passwords.length === 0) return new Set()
  const rows = planned.map(({ row }) => row)
  const detail = passwords.length === 0 ? `${planned.length} people` : `${planned.length} people, ${passwords.length} passwords`
  const writes = [...insertImported(rows, links, passwords, ctx.now()), recordImport(ctx, importer, detail)]
  const witness = findCreated(
    rows.map(({ user }) => user.id),
    passwords,
  )
  const made = await ctx.db.commit(writes, witness).catch((error: unknown) => {
    // Another isolate drew one of the ids: the next try draws new ones.
    if (isPrimaryKeyConflict(error)) return null
    throw error
  })
  return new Set(made?.map(({ id }) => id))
}

/** The event of a batch, in the administrator's own trail. */
export function recordImport(ctx: ImportCtx, { actor }: Importer, detail: string): Statement<void> {
  const id = ctx.newId<AuditEventId>()
  return audit(ctx, { id, type: 'people_imported', actorId: actor.userId, ...actor, detail, condition: always })
}
