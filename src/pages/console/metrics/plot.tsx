/** A figure over time: its sum or its latest value, bars, and the same as a table. */
import { number } from '../../../texts/texts.ts'
import { Table } from '../../table.tsx'
import { useTexts } from '../../texts.tsx'
import { Bars, type Point } from '../overview/chart.tsx'

interface PlotProps {
  readonly title: string
  /** Oldest first. */
  readonly points: readonly Point[]
  /** The steps are shorter than a day. */
  readonly hasTimes: boolean
  readonly isSummed: boolean
  /** Something to worry about. */
  readonly isBad: boolean
}

export function Plot({ title, points, hasTimes, isSummed, isBad }: PlotProps) {
  const t = useTexts()
  const words = t.console.metrics
  const clock = hasTimes ? ({ hour: '2-digit', minute: '2-digit' } as const) : {}
  const dates = new Intl.DateTimeFormat(t.locale, { day: 'numeric', month: 'short', timeZone: 'UTC', ...clock })
  const sum = points.reduce((total, { value }) => total + value, 0)
  const top = Math.max(...points.map(({ value }) => value), 1)
  return (
    <section class="card">
      <h3>{title}</h3>
      <p class="figure">{number(t, Math.round(isSummed ? sum : (points.at(-1)?.value ?? 0)))}</p>
      <p class="hint">{isSummed ? words.sum : words.latest}</p>
      <div class={isBad ? 'chart bad' : 'chart'} dir="ltr" aria-hidden="true">
        <span>{number(t, Math.round(top))}</span>
        <Bars title={title} points={points} top={top} label={({ at, value }) => `${dates.format(at)}: ${number(t, Math.round(value))}`} />
        <div class="ends">
          <span>{dates.format(points[0]?.at ?? 0)}</span>
          <span>{dates.format(points.at(-1)?.at ?? 0)}</span>
        </div>
      </div>
      <details>
        <summary>
          {t.console.overview.asTable}
          <span class="unseen">: {title}</span>
        </summary>
        <Table
          caption={title}
          columns={[
            { title: words.from, cell: ({ at }: Point) => dates.format(at) },
            { title, cell: ({ value }: Point) => number(t, Math.round(value)), isNumber: true },
          ]}
          rows={points.toReversed()}
          empty=""
        />
      </details>
    </section>
  )
}
