/** What each request of the tour costs, for docs/costs-of-routes.md. Of several requests to a route, the dearest in each column. */
import { kvOperations, type Spent } from '../support/budget.ts'
import type { Budget } from './tour.ts'

interface Cost {
  readonly trips: number
  readonly rowsRead: number
  readonly rowsWritten: number
  readonly rowsWrittenLater: number
  readonly kv: number
  readonly r2: number
}

const seen = new Map<string, Cost>()

/** How many rows these read depends on which ids fell together: the table has their budget. */
const VARYING: ReadonlySet<string> = new Set(['GET /admin/audit', 'GET /user/admin-api/audit-log'])

/** Mails are captured in KV here, which they are not in production: each is one list and one write. */
export function noteCost(name: string, { counts, later }: Pick<Spent, 'counts' | 'later'>, budget?: Budget): void {
  const cost: Cost = {
    trips: counts.d1RoundTrips,
    rowsRead: VARYING.has(name) && budget ? budget.rowsRead : counts.rowsRead + later.rowsRead,
    rowsWritten: counts.rowsWritten,
    rowsWrittenLater: later.rowsWritten,
    kv: kvOperations(counts) + kvOperations(later) - 2 * later.kvLists,
    r2: counts.r2Operations + later.r2Operations,
  }
  const before = seen.get(name) ?? cost
  const dearest = (column: keyof Cost) => Math.max(before[column], cost[column])
  seen.set(name, {
    trips: dearest('trips'),
    rowsRead: dearest('rowsRead'),
    rowsWritten: dearest('rowsWritten'),
    rowsWrittenLater: dearest('rowsWrittenLater'),
    kv: dearest('kv'),
    r2: dearest('r2'),
  })
}

const HEAD = `# What each route costs

Measured by the tour of the tests (\`test/tour\`), which sends every request and fails where this table is out of date;
\`npm run costs\` writes it anew. \`trips\` are round trips to D1 before the reply; rows read, and operations of KV and R2, include what follows after
it. Most requests that only read write nothing: \`written later\` is then the note that the session is in use, once in 15 minutes. Lists and files are
small here: how many rows a page may read is in the tour's budgets. [costs.md](costs.md) computes a month from this.

| route | trips | rows read | rows written | written later | KV | R2 |
|---|---|---|---|---|---|---|
`

export function costsTable(): string {
  const lines = [...seen]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([name, { trips, rowsRead, rowsWritten, rowsWrittenLater, kv, r2 }]) =>
        `| \`${name}\` | ${[trips, rowsRead, rowsWritten, rowsWrittenLater, kv, r2].join(' | ')} |\n`,
    )
  return HEAD + lines.join('')
}
