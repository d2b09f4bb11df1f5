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
  const seen = new Set<string>()
  for (const [at, line] of lines.entries()) {
    const judged = 'read' in line ? judge(ctx, line.read, people) : ({ status: 'refused', ...line.refusal } as const)
    if ('status' in judged) results[at] = judged
    else if (seen.has(pairOf(judged))) results[at] = { status: 'exists' }
    else {
      seen.add(pairOf(judged))
      numbered.push({ at, edge: judged })
    }
  }
  const edges = numbered.map(({ edge }) => edge)
  const states = edges.length === 0 ? [] : isDryRun ? await ctx.db.one(findEdgeStates(edges)) : await store(ctx, importer, edges)
  for (const { at, id, isBlocked } of states) {
    const one = numbered[at]
    if (one) results[one.at] = resultOf(one.edge, { id, isBlocked }, isDryRun)
  }
  return { results, counts: countsOf(results) }
}

const pairOf = ({ type, from, to }: ImportedEdge) => `${type} ${from} ${to}`

/** The edge between the two people; or why there can be none. */
function judge(ctx: ImportCtx, edge: ReadEdge, people: ReadonlyMap<string | undefined, EndRow>): ImportedEdge | EdgeResult {
  const [from, to] = [people.get(toEnd(edge.from)), people.get(toEnd(edge.to))]
  if (!from || !to) return refuse(from ? 'to' : 'from', 'is nobody here')
  if (from.isGone || to.isGone) return refuse(from.isGone ? 'from' : 'to', 'is deleted or banned for good')
  if (from.id === to.id) return refuse('to', 'is the same person as from')
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
    if (isPrimaryKeyConflict(error)) throw new AppError('temporarily_unavailable', 'Try again in a moment', { retryAfter: 1 })
    throw error
  })
  // None is new: how they stand is all there is to say.
  return states ?? ctx.db.one(findEdgeStates(edges))
}

function resultOf({ id: mine }: ImportedEdge, { id, isBlocked }: Omit<EdgeState, 'at'>, isDryRun: boolean): EdgeResult {
  if (id !== null) return { status: id === mine ? 'created' : 'exists' }
  if (isBlocked) return refuse('', 'one of the two blocks the other')
  return isDryRun ? { status: 'created' } : refuse('', 'one of the two has just been deleted or banned')
}

function countsOf(results: readonly EdgeResult[]): EdgesReport['counts'] {
  const numberOf = (status: EdgeResult['status']) => results.filter((result) => result.status === status).length
  return { created: numberOf('created'), exists: numberOf('exists'), refused: numberOf('refused') }
}
