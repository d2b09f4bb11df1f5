/**
 * Linearizability: finds an order of concurrent acts in which, one after the other, each would have answered what it did, and the
 * end would match the database.
 */
import { type Act, copyGraph, type Graph, perform } from './graph-model.ts'
import type { Stored } from './six-people.ts'

/** The end of such an order; null if there is none. Edges made in between have no names yet. */
export function explain(
  before: Graph,
  acts: readonly Act[],
  replies: readonly string[],
  stored: Stored,
  edgeIds: ReadonlyMap<number, number>,
): Graph | null {
  const wanted = keyOfStored(stored, edgeIds)
  const dead = new Set<string>()
  const go = (graph: Graph, left: number): Graph | null => {
    if (left === 0) return keyOf(graph, before.births) === wanted ? graph : null
    const state = `${left} ${keyOf(graph, before.births)}`
    if (dead.has(state)) return null
    for (const [index, act] of acts.entries()) {
      if (!(left & (1 << index))) continue
      const next = copyGraph(graph)
      if (!agrees(graph, act, perform(next, act), replies[index] ?? '')) continue
      const end = go(next, left & ~(1 << index))
      if (end) return end
    }
    dead.add(state)
    return null
  }
  return go(before, (1 << acts.length) - 1)
}

/**
 * Where the answer may differ: going public counts who waited when it began, not when it took place. An act that a ban, block or
 * deletion overtakes may answer 404, whatever it would have answered later. Of two concurrent deletions, both have deleted the
 * account.
 */
function agrees(graph: Graph, act: Act, expected: string, reply: string): boolean {
  if (act.kind === 'private') return expected.slice(0, 3) === reply.slice(0, 3)
  if (act.kind === 'delete' && reply === '200') return expected === reply || graph.isDeleted[act.by] === true
  return reply === '404 NotFound' ? /^40[134]/.test(expected) : expected === reply
}

const flags = ({ isPrivate, isBanned, isDeleted }: Pick<Graph, 'isPrivate' | 'isBanned' | 'isDeleted'>) =>
  [isPrivate, isBanned, isDeleted].map((list) => list.map(Number).join('')).join(' ')

/** An earlier edge must be the same one; a later one must exist. */
function keyOf(graph: Graph, births: number): string {
  const edges = [...graph.edges].map(([pair, { born, approved }]) => `${pair} ${approved} ${born > births ? 'new' : born}`)
  return [...edges.sort(), ...[...graph.blocks].sort(), flags(graph)].join('\n')
}

function keyOfStored(stored: Stored, edgeIds: ReadonlyMap<number, number>): string {
  const bornOf = new Map([...edgeIds].map(([born, id]) => [id, born]))
  const edges = [...stored.edges].map(([pair, { id, approved }]) => `${pair} ${approved} ${bornOf.get(id) ?? 'new'}`)
  return [...edges.sort(), ...[...stored.blocks].sort(), flags(stored)].join('\n')
}
