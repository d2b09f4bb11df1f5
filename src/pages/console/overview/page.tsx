/** `/admin/overview`: how the service is doing today, over 30 days, and what waits. */
import { Hono } from 'hono'
import { DAILY_FIGURES, type DailyFigure, readStatistics, type Statistics, WAITING_MAX } from '../../../core/admin/statistics.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { bytes, fill, number } from '../../../texts/texts.ts'
import { showPage } from '../../layout.tsx'
import { Facts } from '../../table.tsx'
import { textsOf, useTexts } from '../../texts.tsx'
import { Chart } from './chart.tsx'

const PATH = '/admin/overview'
const BAD: ReadonlySet<DailyFigure> = new Set(['signInFailures', 'mailsFailed'])

export const overviewPage = new Hono<AppEnv>().get(PATH, requires('admin:statistics:read'), async (c) => {
  const statistics = await readStatistics(c.var.ctx, c.var.gate)
  const words = (await textsOf(c)).console.overview
  return showPage(c, { title: words.title, lead: words.lead, section: PATH, isWide: true }, <Overview statistics={statistics} />)
})

function Overview({ statistics }: { statistics: Statistics }) {
  const { console: words } = useTexts()
  const { days } = statistics
  return (
    <>
      <Now statistics={statistics} />
      <h2 class="apart">{words.overview.byDay}</h2>
      <div class="cards">
        {DAILY_FIGURES.map((figure) => (
          <Chart
            title={words.overview.figures[figure]}
            points={days.map((day) => ({ at: day.at, value: day[figure] }))}
            isBad={BAD.has(figure)}
          />
        ))}
      </div>
      <h2 class="apart">{words.overview.waiting}</h2>
      <Waiting statistics={statistics} />
    </>
  )
}

function Now({ statistics: { people, activeIn30Days, storage } }: { statistics: Statistics }) {
  const t = useTexts()
  const words = t.console.overview
  return (
    <div class="panel figures">
      <Facts
        facts={[
          [words.people, <strong>{number(t, people)}</strong>],
          [words.activeIn30Days, <strong>{number(t, activeIn30Days)}</strong>],
          [words.files, <strong>{number(t, storage.files)}</strong>],
          [words.storage, <strong>{bytes(t, storage.bytes)}</strong>],
        ]}
      />
    </div>
  )
}

function Waiting({ statistics: { waiting } }: { statistics: Statistics }) {
  const t = useTexts()
  const words = t.console.overview
  const count = (value: number) => (value > WAITING_MAX ? fill(words.moreThan, { count: number(t, WAITING_MAX) }) : number(t, value))
  return (
    <div class="panel">
      <Facts
        facts={[
          [words.mailsWaiting, count(waiting.mails)],
          [words.mailsGivenUp, count(waiting.mailsFailed)],
          [words.purges, count(waiting.purges)],
          [words.edgeWork, count(waiting.edgeWork)],
          [words.objects, count(waiting.objects)],
        ]}
      />
    </div>
  )
}
