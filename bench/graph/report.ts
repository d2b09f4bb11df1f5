/** The table of `--graph`: each step at both sizes, and the budgets it misses. */
import type { Result } from './scene.ts'

export interface Compared {
  readonly small: Result
  readonly large: Result
}

/** An operation on very many edges also reads a few rows of its own, which weigh more where there are few edges. */
const PER_EDGE_GROWTH_MAX = 1.1

const HEAD = ['step', 'trips', 'rows read', 'rows read', 'ratio', 'budget', 'ms', 'ms', '']

export function pair(small: readonly Result[], large: readonly Result[]): Compared[] {
  return large.map((result, at) => {
    const other = small[at]
    if (other?.what !== result.what) throw new Error(`the two sizes differ in their steps: ${other?.what}, ${result.what}`)
    return { small: other, large: result }
  })
}

export function printSteps(compared: readonly Compared[], sizes: readonly [string, string]): void {
  const above = ['', '', ...sizes.map((size) => `at ${size}`), '', '', ...sizes.map((size) => `at ${size}`), '']
  const lines = compared.map(({ small, large }) => [
    large.what,
    String(large.totals.trips),
    describeRows(small),
    describeRows(large),
    describeRatio({ small, large }),
    describeBudget(large),
    small.ms.toFixed(0),
    large.ms.toFixed(0),
    missesOf({ small, large }).length === 0 ? '' : 'MISSED',
  ])
  const table = [above, HEAD, ...lines]
  const widths = HEAD.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0)))
  for (const line of table) {
    const cells = line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
    console.log(cells.join('  ').trimEnd())
  }
}

/** One line for each step that misses its budget or costs more in the large graph. */
export function missesOf({ small, large }: Compared): string[] {
  const lines: string[] = []
  const name = large.what.trim()
  for (const { totals, budget, edges } of [small, large]) {
    const { rows, rowsPerEdge, trips } = budget
    if (rows !== undefined && totals.rows > rows) lines.push(`${name}: ${totals.rows} rows, wanted ${rows}`)
    if (trips !== undefined && totals.trips > trips) lines.push(`${name}: ${totals.trips} round trips, wanted ${trips}`)
    if (rowsPerEdge !== undefined && edges && totals.rows > rowsPerEdge * edges + FIXED_ROWS)
      lines.push(`${name}: ${totals.rows} rows for ${edges} edges, wanted ${rowsPerEdge} each`)
  }
  if (grows({ small, large })) lines.push(`${name}: ${small.totals.rows} rows in the small graph, ${large.totals.rows} in the large one`)
  return lines.length === 0 ? [] : [...new Set(lines), ...large.dearest.map((statement) => `  ${statement}`)]
}

/** What a bulk operation may read apart from its edges: the budget of a single act (design §7), and a sweep's. */
const FIXED_ROWS = 60

function grows({ small, large }: Compared): boolean {
  const [before, after] = [perEdge(small), perEdge(large)]
  if (large.edges === undefined) return small.totals.rows !== large.totals.rows
  return before !== null && after !== null && after > before * PER_EDGE_GROWTH_MAX
}

/** Null if there is nothing to compare. */
function perEdge({ totals, edges }: Result): number | null {
  return edges ? totals.rows / edges : null
}

function describeRows(result: Result): string {
  const rows = result.totals.rows.toLocaleString('en')
  const each = perEdge(result)
  const runs = result.runs === undefined ? '' : `, ${result.runs} ${result.runs === 1 ? 'run' : 'runs'}`
  return each === null ? rows : `${rows} (${each.toFixed(1)}/edge${runs})`
}

function describeRatio({ small, large }: Compared): string {
  if (large.edges === undefined) return small.totals.rows === 0 ? '-' : (large.totals.rows / small.totals.rows).toFixed(2)
  const [before, after] = [perEdge(small), perEdge(large)]
  return before === null || after === null ? '-' : (after / before).toFixed(2)
}

function describeBudget({ budget }: Result): string {
  if (budget.rows !== undefined) return `<= ${budget.rows}`
  return budget.rowsPerEdge === undefined ? 'same' : `<= ${budget.rowsPerEdge}/edge`
}
