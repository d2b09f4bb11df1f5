/** Figures about the service, for administrators. Triggers keep them; nothing is counted here but what waits, up to a bound. */
import { countWaiting, type DailyCountRow, listDailyCounts, listTotals, type WaitingRow } from '../../store/db/statistics.ts'
import type { Ctx } from '../ctx.ts'
import type { Gate } from '../gate.ts'
import { ACCOUNT_RETURN_MS, DAY_MS } from '../limits.ts'

export const STATISTICS_DAYS = 30
/** More than this is shown as "more than". */
export const WAITING_MAX = 1_000

/** What is counted by day, under the names of `daily_counts`. */
const DAILY = {
  active: 'active',
  signUps: 'sign_ups',
  signIns: 'sign_ins',
  signInFailures: 'sign_in_failures',
  mailsSent: 'mails_sent',
  mailsFailed: 'mails_failed',
} as const
export type DailyFigure = keyof typeof DAILY
export const DAILY_FIGURES = Object.keys(DAILY) as DailyFigure[]

/** A day of UTC, by its start. */
export type Day = Readonly<Record<DailyFigure, number>> & { readonly at: number }

export interface Statistics {
  /** Verified, and neither banned nor deleted. */
  readonly people: number
  readonly activeIn30Days: number
  /** Today is the last one. */
  readonly days: readonly Day[]
  /** Counted up to `WAITING_MAX + 1`. */
  readonly waiting: WaitingRow
  readonly storage: { readonly files: number; readonly bytes: number }
}

const NOTHING_WAITS: WaitingRow = { mails: 0, mailsFailed: 0, edgeWork: 0, objects: 0, purges: 0 }

export const dayOf = (at: number) => Math.floor(at / DAY_MS)

/** In the gate's round trip. */
export async function readStatistics(ctx: Ctx, gate: Gate): Promise<Statistics> {
  const now = ctx.now()
  const from = dayOf(now) - STATISTICS_DAYS + 1
  const { reads } = await gate(() => [
    listDailyCounts(from),
    listTotals(),
    countWaiting({ bound: WAITING_MAX + 1, now, deletedBefore: now - ACCOUNT_RETURN_MS }),
  ])
  const [counts, totals, waiting] = reads
  const total = (name: string) => totals.find((row) => row.name === name)?.value ?? 0
  return {
    people: total('active_users'),
    // Everybody has one last active day.
    activeIn30Days: counts.filter(({ name }) => name === 'last_active').reduce((sum, { value }) => sum + value, 0),
    days: Array.from({ length: STATISTICS_DAYS }, (_, index) => toDay(from + index, counts)),
    waiting: waiting ?? NOTHING_WAITS,
    storage: { files: total('media_files'), bytes: total('media_bytes') },
  }
}

function toDay(day: number, counts: readonly DailyCountRow[]): Day {
  const ofDay = new Map(counts.filter((row) => row.day === day).map(({ name, value }) => [name, value]))
  const figures = Object.fromEntries(DAILY_FIGURES.map((figure) => [figure, ofDay.get(DAILY[figure]) ?? 0]))
  return { at: day * DAY_MS, ...(figures as Record<DailyFigure, number>) }
}
