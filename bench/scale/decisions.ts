/** What a batch does: the side that decides counts the version up, and the other side takes whatever is newer than what it has. */
import type { Database, Row, Table } from './database.ts'
import type { World } from './world.ts'

export const isLive = (row: Row | undefined) => row?.state === 'approved' || row?.state === 'pending'
export const isBlocked = (row: Row | undefined) => row?.state === 'blocked'

export function decide(world: World, database: Database, at: { owner: number; table: Table; other: number }, state: string, cut = 0): Row {
  const version = (database.read(at.owner, at.table, at.other)?.version ?? 0) + 1
  const row = { state, version, at: world.simulator.now, cut }
  database.write(at.owner, at.table, at.other, row)
  const outbox = at.table === 'block' ? 'block_outbox' : 'edge_outbox'
  if (world.without !== 'outbox') database.write(at.owner, outbox, at.other, row)
  return row
}

/** Takes somebody's word on whether they block the owner: the copy, and the end of the edge if they have blocked since. */
export function takeWord(world: World, database: Database, owner: number, other: number, word: Row | undefined): void {
  const known = database.read(owner, 'blocked_by', other)
  if (word === undefined || (known !== undefined && known.version >= word.version && world.without !== 'versions')) return
  database.write(owner, 'blocked_by', other, word)
  const edge = database.read(owner, 'follower', other)
  // An edge that was made in the knowledge of a block, by somebody who had lifted it, stays.
  if (word.cut <= (known?.cut ?? 0) || !isLive(edge) || word.cut <= (edge?.cut ?? 0)) return
  if (word.cut <= (world.knew.get(`${owner}/${other}`) ?? 0)) world.violated(`an old block ended the edge from ${other} to ${owner}`)
  decide(world, database, { owner, table: 'follower', other }, 'none')
}

export function takeEdge(world: World, database: Database, follower: number, followed: number, row: Row): void {
  const known = database.read(follower, 'following', followed)
  if (known !== undefined && known.version >= row.version && world.without !== 'versions') return
  database.write(follower, 'following', followed, row)
  world.lags.push(world.simulator.now - row.at)
}

/** Only if nothing newer waits. */
export function confirm(database: Database, owner: number, outbox: 'edge_outbox' | 'block_outbox', other: number, { version }: Row): void {
  if (database.read(owner, outbox, other)?.version === version) database.write(owner, outbox, other, null)
}
