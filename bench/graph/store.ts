/**
 * Fills a local D1 offline: the Worker's own runtime applies the migrations and stops, the graph is written into its
 * SQLite file (a row at a time through D1 would take an hour), and the runtime starts on it again. Indexes and triggers
 * are in force throughout, so counters and pages are as if people had come one by one.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { writeBlocks, writeEdges } from './edges.ts'
import { writePeople } from './people.ts'
import type { Shape } from './shape.ts'

export interface Bytes {
  /** Bytes per edge of the table `follows` with its indexes: whole pages as stored in the file. */
  readonly perEdge: number
  /** The same without the free space in those pages: about what a restored dump takes. */
  readonly usedPerEdge: number
}

export function fillStore(stores: string, shape: Shape): Bytes {
  const store = new DatabaseSync(findDatabaseFile(stores))
  try {
    // A power failure would cost no more than this run.
    store.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; PRAGMA foreign_keys = OFF')
    inTransaction(store, () => writePeople(store, shape))
    inTransaction(store, () => writeEdges(store, shape))
    inTransaction(store, () => writeBlocks(store, shape))
    const bytes = measureBytes(store)
    store.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    return bytes
  } finally {
    store.close()
  }
}

/** The one database in the stores that has our tables. Its file name is a hash of D1's. */
export function findDatabaseFile(stores: string): string {
  const files = readdirSync(stores, { recursive: true, withFileTypes: true }).filter((entry) => entry.name.endsWith('.sqlite'))
  for (const entry of files) {
    const file = join(entry.parentPath, entry.name)
    const store = new DatabaseSync(file)
    const [table] = store.prepare("SELECT name FROM sqlite_master WHERE name = 'follows'").all()
    store.close()
    if (table !== undefined) return file
  }
  throw new Error(`no D1 with a table follows under ${stores}`)
}

function inTransaction(store: DatabaseSync, work: () => void): void {
  store.exec('BEGIN')
  work()
  store.exec('COMMIT')
}

function measureBytes(store: DatabaseSync): Bytes {
  const { pages, unused, edges } = store
    .prepare(`
      SELECT SUM(pgsize) AS pages, SUM(unused) AS unused, (SELECT COUNT(*) FROM follows) AS edges FROM dbstat
      WHERE aggregate = TRUE AND name IN (SELECT name FROM sqlite_master WHERE tbl_name = 'follows' AND type IN ('table', 'index'))`)
    .get() as { pages: number; unused: number; edges: number }
  return { perEdge: pages / edges, usedPerEdge: (pages - unused) / edges }
}
