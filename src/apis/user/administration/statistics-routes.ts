/** Figures about the service, by day and as they are now. */
import { Hono } from 'hono'
import * as z from 'zod'
import { DAILY_FIGURES, type DailyFigure, readStatistics, type Statistics, WAITING_MAX } from '../../../core/admin/statistics.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { ok } from '../replies.ts'

const figures = Object.fromEntries(DAILY_FIGURES.map((figure) => [figure, z.int()])) as Record<DailyFigure, z.ZodInt>
const Figures = z
  .strictObject({
    people: z.int().meta({ description: 'Verified, and neither banned nor deleted' }),
    activeIn30Days: z.int(),
    days: z.array(z.strictObject({ day: z.iso.date(), ...figures })).meta({ description: '30 days of UTC; the last one is today' }),
    waiting: z
      .strictObject({ mails: z.int(), mailsFailed: z.int(), edgeWork: z.int(), objects: z.int(), purges: z.int() })
      .meta({ description: `Each counted up to ${WAITING_MAX + 1}` }),
    storage: z.strictObject({ files: z.int(), bytes: z.int() }),
  })
  .meta({ id: 'Statistics' })

function toFigures({ days, ...rest }: Statistics): z.output<typeof Figures> {
  return { ...rest, days: days.map(({ at, ...counts }) => ({ day: new Date(at).toISOString().slice(0, 10), ...counts })) }
}

const EXAMPLE = {
  people: 4021,
  activeIn30Days: 1630,
  days: [{ day: '2026-11-29', active: 411, signUps: 12, signIns: 305, signInFailures: 9, mailsSent: 48, mailsFailed: 0 }],
  waiting: { mails: 2, mailsFailed: 0, edgeWork: 0, objects: 0, purges: 0 },
  storage: { files: 1200, bytes: 730_000_000 },
}

export const adminStatistics = new Hono<AppEnv>().get(
  '/user/admin-api/statistics',
  requires('admin:statistics:read'),
  describe('adminGetStatistics', {
    summary: 'Figures of the last 30 days, and what waits',
    response: { status: 200, schema: ok(Figures), example: { ok: 1, data: EXAMPLE } },
  }),
  async (c) => c.json({ ok: 1, data: toFigures(await readStatistics(c.var.ctx, c.var.gate)) }),
)
