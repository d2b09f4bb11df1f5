/** The table of `--distance`. */
import type { Column } from '../distance.ts'
import type { Route } from './sign-in-routes.ts'
import type { Sample } from './visitor.ts'

export interface Measured {
  readonly route: Route
  /** One for each column. */
  readonly samples: readonly Sample[]
}

export const tripsOf = ({ trips }: Sample) => trips.far + trips.near

/** Trips one after another, then milliseconds for each column, of which the far trips are in brackets. */
export function printRoutes(heading: string, measured: readonly Measured[], columns: readonly Column[]): void {
  const head = [heading, 'trips', ...columns.map(({ title }) => title)]
  const lines = measured.map(({ route, samples }) => [
    route.name,
    samples[0] ? String(tripsOf(samples[0])) : '-',
    ...samples.map(({ ms, trips }, at) => `${ms.toFixed(0)} (${columns[at]?.setting.isPlaced ? 1 : trips.far})`),
  ])
  const table = [head, ...lines]
  const widths = head.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0)))
  for (const line of table) {
    const cells = line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
    console.log(cells.join('  ').trimEnd())
  }
  console.log()
}
