/**
 * Follows and blocks from another system, a batch at a time. A batch is one D1 batch, and can be repeated. The rules are those
 * of the social graph: a block removes the follows between the two, and a private account is asked.
 */
import type { AnyId, UserId } from '../../ids.ts'
import { isPrimaryKeyConflict } from '../../store/db/database.ts'
import {
  type EdgeState,
  type EndRow,
  findCreatedEdges,
  findEdgeStates,
  findEnds,
  type ImportedEdge,
  insertImportedEdges,
} from '../../store/db/imported-edges.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import type { Principal } from '../principal.ts'
import { type ImportCtx, type Importer, importerOf, OPERATOR_IMPORTER } from './importer.ts'
import { type ImportInput, recordImport } from './people.ts'
import { edgeRecord, type ReadEdge, type RecordRefusal, readRecord } from './person-record.ts'

export type EdgeResult = { readonly status: 'created' | 'exists' } | ({ readonly status: 'refused' } & RecordRefusal)

export interface EdgesReport {
  /** In the order of the records. */
  readonly results: readonly EdgeResult[]
  readonly counts: { readonly created: number; readonly exists: number; readonly refused: number }
}

/** By an administrator or a client. Two round trips. */
export async function importEdges(ctx: Ctx, gate: Gate<Principal>, input: ImportInput): Promise<EdgesReport> {
  const { lines, ends } = readEdges(input.records)
  const { principal, reads } = await gate(() => [findEnds(ends)])
  return importLines(ctx, importerOf(ctx, principal, { factors: [], roles: [] }), {
    lines,
    isDryRun: input.isDryRun,
    ends,
    found: reads[0],
  })
}

/** The same by the operator's command. */
export async function importEdgesAsOperator(ctx: ImportCtx, input: ImportInput): Promise<EdgesReport> {
  const { lines, ends } = readEdges(input.records)
  const found = await ctx.db.one(findEnds(ends))
  return importLines(ctx, OPERATOR_IMPORTER, { lines, isDryRun: input.isDryRun, ends, found })
}

type Line = { readonly read: ReadEdge } | { readonly refusal: RecordRefusal }

/** An external id, or `@` and a user name, which counts in any case. */
const toEnd = (text: string) => (text.startsWith('@') ? text.trim().toLowerCase() : text)

function readEdges(records: readonly unknown[]): { lines: Line[]; ends: string[] } {
  const lines = records.map((record) => readRecord(edgeRecord, record))
  const ends = lines.flatMap((line) => ('read' in line ? [toEnd(line.read.from), toEnd(line.read.to)] : []))
  return { lines, ends: [...new Set(ends)] }
}

interface Lines {
  readonly lines: readonly Line[]
  readonly isDryRun: boolean
  readonly ends: readonly string[]
  readonly found: readonly EndRow[]
}

interface Numbered {
  readonly at: number
  readonly edge: ImportedEdge
}

async function importLines(ctx: ImportCtx, importer: Importer, { lines, isDryRun, ends, found }: Lines): Promise<EdgesReport> {
  const results: EdgeResult[] = []
  const numbered: Numbered[] = []
  const people = new Map(found.map((row) => [ends[row.at], row]))
  const firsts = new Map<string, number>()
  const repeated: { at: number; first: number }[] = []
  for (const [at, line] of lines.entries()) {
    const judged = 'read' in line ? judge(ctx, line.read, people) : ({ status: 'refused', ...line.refusal } as const)
    if ('status' in judged) {
      results[at] = judged
      continue
    }
    const first = firsts.get(pairOf(judged))
    if (first !== undefined) repeated.push({ at, first })
    else {
      firsts.set(pairOf(judged), at)
      numbered.push({ at, edge: judged })
    }
  }
  const edges = numbered.map(({ edge }) => edge)
  const states = edges.length === 0 ? [] : isDryRun ? await ctx.db.one(findEdgeStates(edges)) : await store(ctx, importer, edges)
  for (const { at, id, isBlocked } of states) {
    const one = numbered[at]
    if (one) results[one.at] = isDryRun ? expected(one.edge, { id, isBlocked }, firsts) : resultOf(one.edge, { id, isBlocked })
  }
  for (const { at, first } of repeated) results[at] = repetitionOf(results[first] as EdgeResult)
  return { results, counts: countsOf(results) }
}

/** The verdicts, which a dry run of the operator's command gives, too. */
export const NOBODY = 'is nobody here'
export const GONE = 'is deleted or banned for good'
export const SAME = 'is the same person as from'
export const BLOCKED = 'one of the two blocks the other'

const pairOf = ({ type, from, to }: Pick<ImportedEdge, 'type' | 'from' | 'to'>) => `${type} ${from} ${to}`

/** The edge between the two people; or why there can be none. */
function judge(ctx: ImportCtx, edge: ReadEdge, people: ReadonlyMap<string | undefined, EndRow>): ImportedEdge | EdgeResult {
  const [from, to] = [people.get(toEnd(edge.from)), people.get(toEnd(edge.to))]
  if (!from || !to) return refuse(from ? 'to' : 'from', NOBODY)
  if (from.isGone || to.isGone) return refuse(from.isGone ? 'from' : 'to', GONE)
  if (from.id === to.id) return refuse('to', SAME)
  const { type, approved, createdAt } = edge
  return {
    type,
    id: ctx.newId<Extract<AnyId, ImportedEdge['id']>>(),
    ...pair(from.id, to.id),
    isApproved: approved,
    createdAt: createdAt ?? ctx.now(),
  }
}

const pair = (from: UserId, to: UserId) => ({ from, to })
const refuse = (field: string, message: string): EdgeResult => ({ status: 'refused', field, message })

async function store(ctx: ImportCtx, importer: Importer, edges: readonly ImportedEdge[]): Promise<EdgeState[]> {
  const writes = [...insertImportedEdges(edges), recordImport(ctx, importer, `${edges.length} edges`)]
  const states = await ctx.db.commit(writes, findCreatedEdges(edges)).catch((error: unknown) => {
    if (isPrimaryKeyConflict(error)) throw AppError.tryAgain()
    throw error
  })
  // None is new: how they stand is all there is to say.
  return states ?? ctx.db.one(findEdgeStates(edges))
}

type State = Omit<EdgeState, 'at'>

function resultOf({ type, id: mine }: ImportedEdge, { id, isBlocked }: State): EdgeResult {
  if (id !== null) return { status: id === mine ? 'created' : 'exists' }
  return refuse('', type === 'follow' && isBlocked ? BLOCKED : 'one of the two has just been deleted or banned')
}

/** What `resultOf` would say: the blocks of the batch come first, and remove the follows between the two. */
function expected({ type, from, to }: ImportedEdge, { id, isBlocked }: State, inBatch: ReadonlyMap<string, number>): EdgeResult {
  const willBlock = inBatch.has(pairOf({ type: 'block', from, to })) || inBatch.has(pairOf({ type: 'block', from: to, to: from }))
  if (type === 'follow' && (isBlocked || willBlock)) return refuse('', BLOCKED)
  return { status: id === null ? 'created' : 'exists' }
}

/** An edge that is there since an earlier record of the batch; or is not, for the same reason. */
const repetitionOf = (first: EdgeResult): EdgeResult => (first.status === 'refused' ? first : { status: 'exists' })

function countsOf(results: readonly EdgeResult[]): EdgesReport['counts'] {
  const numberOf = (status: EdgeResult['status']) => results.filter((result) => result.status === status).length
  return { created: numberOf('created'), exists: numberOf('exists'), refused: numberOf('refused') }
}
