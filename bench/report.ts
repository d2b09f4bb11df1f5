// Prints the table and says which targets were missed.
import type { Bundle } from './bundle.ts'
import { BUNDLE_GZIP_BYTES_MAX, LOADING_CPU_MS_MAX, TEXTS_GZIP_BYTES_MAX } from './bundle.ts'
import type { Comparison, Side } from './load.ts'

/**
 * `ratio` is relative to the floor's rate, the only figure that carries over between machines; `perSecond` is for one
 * core.
 */
export interface Target {
  ratio?: number
  perSecond?: number
  p99Ms?: number
}

export interface Row {
  comparison: Comparison
  target: Target
}

const HEAD = ['subject', 'requests/s', 'p50 ms', 'p99 ms', 'beside', 'requests/s', 'ratio', 'rounds', 'target', '']

export function printRows(rows: Row[]) {
  const cells = rows.map(({ comparison: { subject, floor, ratio, spread }, target }) => [
    subject.name,
    rate(subject.perSecond),
    subject.p50.toFixed(1),
    subject.p99.toFixed(1),
    floor.name,
    rate(floor.perSecond),
    ratio.toFixed(2),
    `${spread[0].toFixed(2)}-${spread[1].toFixed(2)}`,
    describeTarget(target),
    misses({ comparison: { subject, floor, ratio, spread }, target }).length === 0 ? '' : 'MISSED',
  ])
  printTable([HEAD, ...cells])
  for (const { comparison } of rows) for (const side of [comparison.subject, comparison.floor]) printFailures(side)
}

/** One line per missed target. Any refused request is a miss, because its speed means nothing. */
export function misses({ comparison: { subject, floor, ratio }, target }: Row): string[] {
  const lines: string[] = []
  if (target.ratio !== undefined && !(ratio >= target.ratio))
    lines.push(`${subject.name}: ${ratio.toFixed(2)} of ${floor.name}, wanted ${target.ratio}`)
  if (target.perSecond !== undefined && !(subject.perSecond >= target.perSecond))
    lines.push(`${subject.name}: ${rate(subject.perSecond)}/s, wanted ${target.perSecond}/s`)
  if (target.p99Ms !== undefined && !(subject.p99 < target.p99Ms))
    lines.push(`${subject.name}: p99 ${subject.p99.toFixed(0)} ms, wanted under ${target.p99Ms} ms`)
  if (subject.failed > 0) lines.push(`${subject.name}: ${subject.failed} replies were not 2xx`)
  return lines
}

/** A floor beside itself is 1.00, except for the machine's noise. */
const NOISE_MAX = 0.1

/** Says when the machine is too noisy for the ratios: then a missed ratio proves nothing. */
export function printNoise(rows: Row[], sameFloor: string): void {
  const ratio = rows.find(({ comparison }) => comparison.subject.name === sameFloor)?.comparison.ratio
  if (ratio === undefined) return
  const isNoisy = !(Math.abs(ratio - 1) <= NOISE_MAX)
  console.log(
    `\nthe same floor beside itself: ${ratio.toFixed(2)}${isNoisy ? '. THIS MACHINE IS TOO NOISY: the ratios above say little' : ''}`,
  )
}

export function printBundle(bundle: Bundle, loadingMs: number): string[] {
  const fits = bundle.gzipBytes < BUNDLE_GZIP_BYTES_MAX
  const isBrief = bundle.textsGzipBytes < TEXTS_GZIP_BYTES_MAX
  const loads = loadingMs < LOADING_CPU_MS_MAX
  const sizes = `${kib(bundle.bytes)} raw, ${kib(bundle.gzipBytes)} gzip`
  console.log(`\nbundle: ${sizes} (target < ${kib(BUNDLE_GZIP_BYTES_MAX)})${fits ? '' : ' MISSED'}`)
  console.log(
    `the largest catalogue: ${kib(bundle.textsGzipBytes)} gzip (target < ${kib(TEXTS_GZIP_BYTES_MAX)})${isBrief ? '' : ' MISSED'}`,
  )
  console.log(`loading it: ${loadingMs.toFixed(0)} ms of CPU (target < ${LOADING_CPU_MS_MAX})${loads ? '' : ' MISSED'}`)
  return [
    ...(fits ? [] : [`bundle: ${kib(bundle.gzipBytes)} gzip`]),
    ...(isBrief ? [] : [`catalogue: ${kib(bundle.textsGzipBytes)} gzip`]),
    ...(loads ? [] : [`bundle: ${loadingMs.toFixed(0)} ms of CPU to load`]),
  ]
}

function printFailures(side: Side) {
  if (side.failed > 0) console.log(`  ${side.name}: ${side.failed} not 2xx, first: ${side.firstFailure}`)
}

function describeTarget(target: Target): string {
  const parts: string[] = []
  if (target.ratio !== undefined) parts.push(`>= ${target.ratio}`)
  if (target.perSecond !== undefined) parts.push(`>= ${target.perSecond}/s`)
  if (target.p99Ms !== undefined) parts.push(`p99 < ${target.p99Ms} ms`)
  return parts.join(', ') || '-'
}

function printTable(lines: string[][]) {
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const isNumber = (column: number) => [1, 2, 3, 5, 6].includes(column)
  for (const line of lines) {
    const cells = line.map((cell, column) => (isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
    console.log(cells.join('  ').trimEnd())
  }
}

const rate = (perSecond: number) => (perSecond < 100 ? perSecond.toFixed(1) : perSecond.toFixed(0))

const kib = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`
