/**
 * A figure by day: today's number, how it was a week ago, bars over the days, and the same as a table. The bars are stretched to
 * the width of their card, so nothing in the drawing is text; time runs from left to right in every language, as in any chart.
 */
import { fill, number } from '../../../texts/texts.ts'
import { Table } from '../../table.tsx'
import { useTexts } from '../../texts.tsx'

const HEIGHT = 100
const STEP = 10
const WEEK = 7

export interface Point {
  /** The start of the step, UTC. */
  readonly at: number
  readonly value: number
}

interface ChartProps {
  readonly title: string
  /** Oldest first; the last one is today. */
  readonly points: readonly Point[]
  /** Something to worry about. */
  readonly isBad?: boolean
}

export function Chart({ title, points, isBad = false }: ChartProps) {
  const t = useTexts()
  const words = t.console.overview
  const dates = new Intl.DateTimeFormat(t.locale, { day: 'numeric', month: 'short', timeZone: 'UTC' })
  const [today, lastWeek] = [points.at(-1), points.at(-1 - WEEK)]
  const top = Math.max(...points.map(({ value }) => value), 1)
  return (
    <section class="card">
      <h3>{title}</h3>
      <p class="figure">{number(t, today?.value ?? 0)}</p>
      <p class="hint">{fill(words.weekAgo, { count: number(t, lastWeek?.value ?? 0) })}</p>
      <div class={isBad ? 'chart bad' : 'chart'} dir="ltr" aria-hidden="true">
        <span>{number(t, top)}</span>
        <Bars title={title} points={points} top={top} label={({ at, value }) => `${dates.format(at)}: ${number(t, value)}`} />
        <div class="ends">
          <span>{dates.format(points[0]?.at ?? 0)}</span>
          <span>{words.today}</span>
        </div>
      </div>
      <details>
        <summary>
          {words.asTable}
          <span class="unseen">: {title}</span>
        </summary>
        <Table
          caption={title}
          columns={[
            { title: words.day, cell: ({ at }: Point) => dates.format(at) },
            { title, cell: ({ value }: Point) => number(t, value), isNumber: true },
          ]}
          rows={points.toReversed()}
          empty=""
        />
      </details>
    </section>
  )
}

interface BarsProps {
  readonly title: string
  readonly points: readonly Point[]
  readonly top: number
  readonly label: (point: Point) => string
}

/** A step without any is a line on the ground. */
export function Bars({ title, points, top, label }: BarsProps) {
  return (
    <svg viewBox={`0 0 ${points.length * STEP} ${HEIGHT}`} preserveAspectRatio="none" focusable="false">
      <title>{title}</title>
      {[0, HEIGHT / 2].map((y) => (
        <line class="grid" x1="0" x2={points.length * STEP} y1={y} y2={y} vector-effect="non-scaling-stroke" />
      ))}
      {points.map((point, index) => {
        const height = point.value === 0 ? 1 : Math.max((point.value / top) * HEIGHT, 2)
        return (
          <rect
            class={point.value === 0 ? 'none' : index === points.length - 1 ? 'now' : undefined}
            x={index * STEP + 1.5}
            y={Number((HEIGHT - height).toFixed(1))}
            width={STEP - 3}
            height={Number(height.toFixed(1))}
          >
            <title>{label(point)}</title>
          </rect>
        )
      })}
    </svg>
  )
}
