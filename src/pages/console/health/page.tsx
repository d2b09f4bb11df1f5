/** `/admin/health`: whether everything that Kith needs works, and what to do where it does not. */
import { Hono } from 'hono'
import { type HealthCheck, type HealthState, readHealth } from '../../../core/admin/health.ts'
import { WAITING_MAX } from '../../../core/admin/statistics.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { fill, number } from '../../../texts/texts.ts'
import { showPage } from '../../layout.tsx'
import { Table } from '../../table.tsx'
import { textsOf, useTexts } from '../../texts.tsx'
import { Time } from '../../time.tsx'
import { Tag, type TagKind } from '../tags.tsx'

const PATH = '/admin/health'
const KINDS: Readonly<Record<HealthState, TagKind>> = { good: 'good', warning: 'plain', bad: 'bad' }

export const healthPage = new Hono<AppEnv>().get(PATH, requires('admin:settings:read'), async (c) => {
  const checks = await readHealth(c.var.ctx, c.var.gate)
  const words = (await textsOf(c)).console.health
  const isWell = checks.every(({ state }) => state === 'good')
  return showPage(
    c,
    { title: words.title, lead: isWell ? words.allGood : words.notAllGood, section: PATH, isWide: true },
    <>
      <Checks checks={checks} />
      <p class="aside">{words.doctor}</p>
    </>,
  )
})

function Checks({ checks }: { checks: readonly HealthCheck[] }) {
  const words = useTexts().console.health
  return (
    <Table
      caption={words.title}
      columns={[
        { title: words.check, cell: ({ name }: HealthCheck) => words.checks[name].title },
        { title: words.state, cell: ({ state }) => <Tag kind={KINDS[state]}>{words.states[state]}</Tag> },
        { title: words.what, cell: (check) => (saysMore(check) ? <What check={check} /> : null) },
      ]}
      rows={checks}
      empty=""
    />
  )
}

const saysMore = ({ state, count, at, detail }: HealthCheck) =>
  state !== 'good' || count !== undefined || at !== undefined || Boolean(detail)

/** What was found and, where that is not good, what to do. */
function What({ check: { name, state, count, at, detail } }: { check: HealthCheck }) {
  const t = useTexts()
  const words = t.console.health
  const counted =
    count === undefined ? null : count > WAITING_MAX ? fill(words.moreThan, { count: number(t, WAITING_MAX) }) : number(t, count)
  return (
    <>
      {counted}
      {at === null ? words.never : at === undefined ? null : <Time at={at} />}
      {detail ? <bdi dir="ltr">{at === undefined ? detail : ` ${detail}`}</bdi> : null}
      {state === 'good' ? null : <span class="sub">{words.checks[name].mend}</span>}
    </>
  )
}
