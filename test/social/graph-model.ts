/**
 * The social graph as it should be (wire §3.2, §6.11, §6.15; design §2; docs/decisions/006), without a database: people are
 * numbers, each act answers what the API answers. `model.test.ts` compares the product with it.
 */

export const PEOPLE = 6

interface OfTwo {
  readonly by: number
  readonly whom: number
}

interface OfEntry {
  readonly by: number
  readonly pair: string
  /** Names one of all edges that a pair has had; null if there is none. */
  readonly born: number | null
}

interface Inputs {
  readonly follow: OfTwo
  readonly unfollow: OfTwo
  readonly block: OfTwo
  readonly unblock: OfTwo
  readonly accept: OfEntry
  readonly remove: OfEntry
  readonly private: { readonly by: number; readonly on: boolean }
  readonly ban: { readonly whom: number }
  readonly lift: { readonly whom: number }
  readonly delete: { readonly by: number }
  readonly return: { readonly by: number }
}

export type Act = { [Kind in keyof Inputs]: { readonly kind: Kind } & Inputs[Kind] }[keyof Inputs]

export interface Edge {
  readonly approved: boolean
  /** Counts up: a later edge is higher. */
  readonly born: number
}

export interface Graph {
  /** By `pairOf(follower, followed)`. */
  readonly edges: Map<string, Edge>
  readonly blocks: Set<string>
  readonly isPrivate: boolean[]
  readonly isBanned: boolean[]
  readonly isDeleted: boolean[]
  births: number
}

export const pairOf = (from: number, to: number) => `${from}>${to}`
export const endsOf = (pair: string) => pair.split('>').map(Number) as [number, number]
export const everybody = Array.from({ length: PEOPLE }, (_, index) => index)

export function emptyGraph(): Graph {
  const nobody = () => everybody.map(() => false)
  return { edges: new Map(), blocks: new Set(), isPrivate: nobody(), isBanned: nobody(), isDeleted: nobody(), births: 0 }
}

export function copyGraph(graph: Graph): Graph {
  const { isPrivate, isBanned, isDeleted, births } = graph
  return {
    edges: new Map(graph.edges),
    blocks: new Set(graph.blocks),
    isPrivate: [...isPrivate],
    isBanned: [...isBanned],
    isDeleted: [...isDeleted],
    births,
  }
}

export const isPresent = (graph: Graph, one: number) => !graph.isBanned[one] && !graph.isDeleted[one]
export const isVisible = (graph: Graph, one: number, viewer: number) => isPresent(graph, one) && !graph.blocks.has(pairOf(one, viewer))

/** What a list of the viewer, or of another, shows: nobody across a block, in either direction (security row 58). */
export function isListed(graph: Graph, one: number, viewer: number): boolean {
  return one === viewer || (isVisible(graph, one, viewer) && !graph.blocks.has(pairOf(viewer, one)))
}

/** The profile, as a status: what `viewer` gets for `one`. */
export function meet(graph: Graph, one: number, viewer: number): '200' | '403 Blocked' | '404 NotFound' {
  if (one !== viewer && !isVisible(graph, one, viewer)) return '404 NotFound'
  return graph.blocks.has(pairOf(viewer, one)) ? '403 Blocked' : '200'
}

/** Whether the lists of `one` are open to `viewer`. */
export function isOpen(graph: Graph, one: number, viewer: number): boolean {
  return one === viewer || !graph.isPrivate[one] || graph.edges.get(pairOf(viewer, one))?.approved === true
}

/** Followers, following, requests. */
export function countsOf(graph: Graph, one: number): [number, number, number] {
  const edges = [...graph.edges].map(([pair, { approved }]) => ({ ends: endsOf(pair), approved }))
  const count = (side: 0 | 1, approved: boolean) => edges.filter((edge) => edge.ends[side] === one && edge.approved === approved).length
  return [count(1, true), count(0, true), count(1, false)]
}

function removeEdgesOf(graph: Graph, one: number): void {
  for (const pair of graph.edges.keys()) if (endsOf(pair).includes(one)) graph.edges.delete(pair)
}

function follow(graph: Graph, by: number, whom: number): string {
  if (by === whom) return '400 ClientInputError'
  const met = meet(graph, whom, by)
  if (met !== '200') return met
  if (graph.edges.has(pairOf(by, whom))) return '200 duplicate'
  graph.births += 1
  graph.edges.set(pairOf(by, whom), { approved: !graph.isPrivate[whom], born: graph.births })
  return graph.isPrivate[whom] ? '200 requested' : '200 following'
}

function block(graph: Graph, by: number, whom: number): string {
  if (by === whom) return '400 ClientInputError'
  if (!isVisible(graph, whom, by)) return '404 NotFound'
  graph.blocks.add(pairOf(by, whom))
  graph.edges.delete(pairOf(by, whom))
  graph.edges.delete(pairOf(whom, by))
  return '200 blocked'
}

function setPrivacy(graph: Graph, by: number, on: boolean): string {
  graph.isPrivate[by] = on
  if (on) return '200 0'
  let accepted = 0
  for (const [pair, edge] of graph.edges) {
    if (endsOf(pair)[1] !== by || edge.approved) continue
    graph.edges.set(pair, { ...edge, approved: true })
    accepted += 1
  }
  return `200 ${accepted}`
}

/** Accepts or removes one edge, not a later one of the same pair. */
function answerEntry(graph: Graph, { kind, by, pair, born }: Extract<Act, OfEntry>): string {
  const edge = graph.edges.get(pair)
  const [from, to] = endsOf(pair)
  const isOwn = by === to || (kind === 'remove' && by === from)
  if (!edge || edge.born !== born || !isOwn) return '404 NotFound'
  if (kind === 'accept') graph.edges.set(pair, { ...edge, approved: true })
  else graph.edges.delete(pair)
  return '200'
}

/** Performs the act and returns its answer. */
export function perform(graph: Graph, act: Act): string {
  if (act.kind === 'ban' || act.kind === 'lift') {
    graph.isBanned[act.whom] = act.kind === 'ban'
    if (act.kind === 'ban') removeEdgesOf(graph, act.whom)
    return '200'
  }
  if (act.kind === 'return') {
    graph.isDeleted[act.by] = false
    return '200'
  }
  if (!isPresent(graph, act.by)) return '401 Unauthorized'
  switch (act.kind) {
    case 'follow':
      return follow(graph, act.by, act.whom)
    case 'unfollow':
      graph.edges.delete(pairOf(act.by, act.whom))
      return '200'
    case 'block':
      return block(graph, act.by, act.whom)
    case 'unblock':
      graph.blocks.delete(pairOf(act.by, act.whom))
      return '200'
    case 'accept':
    case 'remove':
      return answerEntry(graph, act)
    case 'private':
      return setPrivacy(graph, act.by, act.on)
    case 'delete':
      graph.isDeleted[act.by] = true
      return '200'
  }
}
