/**
 * Metrics as administrators see them: read back from Workers Analytics Engine by its SQL API. A page waits for two queries at most
 * a few seconds; that they failed, and why in our own words, is an answer like another.
 */
import * as z from 'zod'
import type { MetricsConfig } from '../../config-metrics.ts'
import type { Ctx } from '../ctx.ts'
import type { Gate } from '../gate.ts'
import { METRICS_BYTES_MAX, METRICS_MS } from '../limits.ts'
import { fetchWhole, Unacceptable, Unanswered } from '../outside.ts'

/** How far back, in steps of so many seconds. */
export const METRICS_RANGES = {
  day: { seconds: 3_600, steps: 24 },
  week: { seconds: 6 * 3_600, steps: 28 },
  month: { seconds: 24 * 3_600, steps: 30 },
} as const
export type MetricsRange = keyof typeof METRICS_RANGES

export const METRICS_FIGURES = [
  ...(['requests', 'errors', 'p50', 'p95', 'p99', 'rowsRead', 'rowsWritten'] as const),
  ...(['hashes', 'mails', 'mailsFailed', 'deliveries', 'deliveriesFailed'] as const),
] as const
export type MetricsFigure = (typeof METRICS_FIGURES)[number]

/** `at`: its beginning. */
export type MetricsStep = Readonly<Record<MetricsFigure, number>> & { readonly at: number }

export type MetricsRead =
  | { readonly state: 'unset' }
  | { readonly state: 'failed'; readonly reason: string }
  /** Oldest first; the last one is not over. */
  | { readonly state: 'read'; readonly steps: readonly MetricsStep[] }

export async function readMetrics(ctx: Ctx, gate: Gate, range: MetricsRange): Promise<MetricsRead> {
  await gate()
  const { metrics } = ctx.config
  if (metrics === null) return { state: 'unset' }
  const { seconds, steps } = METRICS_RANGES[range]
  const last = Math.floor(ctx.now() / 1000 / seconds) * seconds
  const first = last - (steps - 1) * seconds
  try {
    const signal = AbortSignal.timeout(METRICS_MS)
    const [requests, others] = await Promise.all([
      query(metrics, requestsBy(metrics.dataset, seconds, first), RequestRows, signal),
      query(metrics, outcomesBy(metrics.dataset, seconds, first), OutcomeRows, signal),
    ])
    return { state: 'read', steps: Array.from({ length: steps }, (_, index) => toStep(first + index * seconds, requests, others)) }
  } catch (error) {
    if (!(error instanceof Unanswered || error instanceof Unacceptable)) throw error
    ctx.log('warn', 'metrics_unavailable', { reason: error.message })
    return { state: 'failed', reason: error.message }
  }
}

const stepOf = (seconds: number) => `intDiv(toUInt32(timestamp), ${seconds}) * ${seconds}`

const requestsBy = (dataset: string, seconds: number, first: number) => `
  SELECT ${stepOf(seconds)} AS at, SUM(_sample_interval) AS requests, SUM(IF(blob3 = '5xx', _sample_interval, 0)) AS errors,
    quantileExactWeighted(0.5)(double1, _sample_interval) AS p50, quantileExactWeighted(0.95)(double1, _sample_interval) AS p95,
    quantileExactWeighted(0.99)(double1, _sample_interval) AS p99,
    SUM(double3 * _sample_interval) AS rowsRead, SUM(double4 * _sample_interval) AS rowsWritten
  FROM ${dataset} WHERE blob1 = 'request' AND timestamp >= toDateTime(${first}) GROUP BY at ORDER BY at FORMAT JSON`

const outcomesBy = (dataset: string, seconds: number, first: number) => `
  SELECT ${stepOf(seconds)} AS at, blob1 AS kind, blob3 AS outcome, SUM(_sample_interval) AS number
  FROM ${dataset} WHERE blob1 IN ('hash', 'mail', 'delivery') AND timestamp >= toDateTime(${first})
  GROUP BY at, kind, outcome ORDER BY at FORMAT JSON`

/** Large numbers come as text. */
const number = z.coerce.number()
const RequestRows = z.object({
  data: z.array(
    z.object({
      at: number,
      requests: number,
      errors: number,
      p50: number,
      p95: number,
      p99: number,
      rowsRead: number,
      rowsWritten: number,
    }),
  ),
})
const OutcomeRows = z.object({ data: z.array(z.object({ at: number, kind: z.string(), outcome: z.string(), number })) })
type RequestRow = z.output<typeof RequestRows>['data'][number]
type OutcomeRow = z.output<typeof OutcomeRows>['data'][number]

async function query<Row>(
  { url, token }: MetricsConfig,
  body: string,
  schema: z.ZodType<{ data: Row[] }>,
  signal: AbortSignal,
): Promise<Row[]> {
  const init = { method: 'POST', headers: { authorization: `Bearer ${token}` }, body }
  const { response, body: bytes } = await fetchWhole(url, init, { signal, bytesMax: METRICS_BYTES_MAX })
  if (response.status !== 200) throw new Unacceptable(`status ${response.status}`)
  const read = schema.safeParse(parse(new TextDecoder().decode(bytes ?? undefined)))
  if (!read.success) throw new Unacceptable('not rows of metrics')
  return read.data.data
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const NO_REQUESTS = { requests: 0, errors: 0, p50: 0, p95: 0, p99: 0, rowsRead: 0, rowsWritten: 0 }

function toStep(at: number, requests: readonly RequestRow[], others: readonly OutcomeRow[]): MetricsStep {
  const sum = (kind: string, outcome?: string) =>
    others
      .filter((row) => row.at === at && row.kind === kind && (outcome === undefined || row.outcome === outcome))
      .reduce((total, row) => total + row.number, 0)
  return {
    ...(requests.find((row) => row.at === at) ?? NO_REQUESTS),
    at: at * 1000,
    hashes: sum('hash'),
    mails: sum('mail', 'sent'),
    mailsFailed: sum('mail', 'failed'),
    deliveries: sum('delivery', 'delivered'),
    deliveriesFailed: sum('delivery', 'failed'),
  }
}
