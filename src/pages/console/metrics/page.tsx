/** `/admin/metrics`: requests, errors, latency, rows, hashes, mails and deliveries over a day, a week or a month. */
import { Hono } from 'hono'
import * as z from 'zod'
import {
  METRICS_FIGURES,
  METRICS_RANGES,
  type MetricsFigure,
  type MetricsRange,
  type MetricsRead,
  type MetricsStep,
  readMetrics,
} from '../../../core/admin/metrics.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { fill } from '../../../texts/texts.ts'
import { showPage } from '../../layout.tsx'
import { textsOf, useTexts } from '../../texts.tsx'
import { Plot } from './plot.tsx'

const PATH = '/admin/metrics'
const RANGES = Object.keys(METRICS_RANGES) as MetricsRange[]
/** The binding, and the settings. */
const NEEDED = ['METRICS', 'METRICS_ACCOUNT_ID', 'METRICS_API_TOKEN']
const Range = z.enum(RANGES).catch('day')
const BAD: ReadonlySet<MetricsFigure> = new Set(['errors', 'mailsFailed', 'deliveriesFailed'])
/** Milliseconds: no sum of them means anything. */
const OF_TIME: ReadonlySet<MetricsFigure> = new Set(['p50', 'p95', 'p99'])

export const metricsPage = new Hono<AppEnv>().get(PATH, requires('admin:statistics:read'), async (c) => {
  const range = Range.parse(c.req.query('range'))
  const metrics = await readMetrics(c.var.ctx, c.var.gate, range)
  const words = (await textsOf(c)).console.metrics
  return showPage(
    c,
    { title: words.title, lead: words.lead, section: PATH, isWide: true },
    <>
      <Ranges current={range} />
      <Shown metrics={metrics} range={range} />
    </>,
  )
})

function Ranges({ current }: { current: MetricsRange }) {
  const words = useTexts().console.metrics
  return (
    <nav class="aside" aria-label={words.title}>
      {RANGES.map((range) => (
        <>
          <a href={`${PATH}?range=${range}`} aria-current={range === current ? 'page' : undefined}>
            {words.ranges[range]}
          </a>{' '}
        </>
      ))}
    </nav>
  )
}

function Shown({ metrics, range }: { metrics: MetricsRead; range: MetricsRange }) {
  const words = useTexts().console.metrics
  if (metrics.state === 'unset') {
    return (
      <div class="panel">
        <p>{words.unset}</p>
        <p>
          <bdi dir="ltr">{NEEDED.join(', ')}</bdi>
        </p>
      </div>
    )
  }
  if (metrics.state === 'failed') return <p class="panel">{fill(words.failed, { reason: metrics.reason })}</p>
  const points = (figure: MetricsFigure) => metrics.steps.map((step: MetricsStep) => ({ at: step.at, value: step[figure] }))
  return (
    <div class="cards">
      {METRICS_FIGURES.map((figure) => (
        <Plot
          title={words.figures[figure]}
          points={points(figure)}
          hasTimes={range !== 'month'}
          isSummed={!OF_TIME.has(figure)}
          isBad={BAD.has(figure)}
        />
      ))}
    </div>
  )
}
