/**
 * Whether everything that Kith needs works, for administrators: the stores are written and read, cron has run, nothing has waited
 * for too long. `npm run doctor` looks at every row as well; here each check has a bounded cost.
 */
import { findNewestMigration } from '../../store/db/migrations.ts'
import { countOverdue } from '../../store/db/overdue.ts'
import { countWaiting } from '../../store/db/statistics.ts'
import { findLastRun } from '../../store/db/sweep-cursors.ts'
import type { Ctx } from '../ctx.ts'
import type { Gate } from '../gate.ts'
import { ACCOUNT_RETURN_MS, MINUTE_MS, SECOND_MS } from '../limits.ts'
import { LAST_RUN } from '../sweep.ts'
import { WAITING_MAX } from './statistics.ts'

/** Cron runs every five minutes. */
const CRON_LATE_MS = 20 * MINUTE_MS
const CLOCKS_APART_MS = 5 * SECOND_MS
/** How long a store may take to answer. */
const PROBE_MS = 3 * SECOND_MS
const PROBE_KEY = 'health/probe'

export type HealthState = 'good' | 'warning' | 'bad'

export interface HealthCheck {
  readonly name:
    | 'migrations'
    | 'clock'
    | 'kv'
    | 'media'
    | 'avatars'
    | 'keys'
    | 'mail'
    | 'configuration'
    | 'cron'
    | 'mailsWaiting'
    | 'mailsFailed'
    | 'webhooks'
    | 'uploads'
    | 'objects'
  readonly state: HealthState
  /** How many, where it is about a number. */
  readonly count?: number
  /** When, where it is about a time; null: never. */
  readonly at?: number | null
  /** The operator's words for it: names of settings or of parts of the sweep. */
  readonly detail?: string
}

/** One round trip, and a write and a read of each other store. */
export async function readHealth(ctx: Ctx, gate: Gate): Promise<HealthCheck[]> {
  const now = ctx.now()
  const { reads } = await gate(() => [
    findNewestMigration(),
    findLastRun(LAST_RUN),
    countOverdue(WAITING_MAX + 1),
    countWaiting({ bound: WAITING_MAX + 1, now, deletedBefore: now - ACCOUNT_RETURN_MS }),
  ])
  const [migration, lastRun, overdue, waiting] = reads
  const stores = await probeStores(ctx)
  return [
    { name: 'migrations', state: migration ? 'good' : 'bad' },
    { name: 'clock', state: Math.abs((overdue?.now ?? 0) - ctx.now()) <= CLOCKS_APART_MS ? 'good' : 'warning' },
    ...stores,
    ...ofConfig(ctx),
    cronOf(lastRun, now),
    { name: 'mailsWaiting', ...counted(waiting?.mails ?? 0, WAITING_MAX, 'bad') },
    { name: 'mailsFailed', ...counted(waiting?.mailsFailed ?? 0, 0, 'warning') },
    { name: 'webhooks', ...counted(overdue?.webhooks ?? 0, 0, 'warning') },
    { name: 'uploads', ...counted(overdue?.uploads ?? 0, 0, 'warning') },
    { name: 'objects', ...counted(overdue?.tombstones ?? 0, 0, 'warning') },
  ]
}

const counted = (count: number, most: number, otherwise: HealthState) => ({ count, state: count > most ? otherwise : ('good' as const) })

function cronOf(run: { failed: string; at: number } | null, now: number): HealthCheck {
  if (run === null) return { name: 'cron', state: 'warning', at: null }
  const isGood = run.failed === '' && now - run.at <= CRON_LATE_MS
  return { name: 'cron', state: isGood ? 'good' : 'bad', at: run.at, ...(run.failed === '' ? {} : { detail: run.failed }) }
}

function ofConfig({ config }: Ctx): HealthCheck[] {
  const { warnings, mail, signingKeys } = config
  return [
    { name: 'keys', state: signingKeys.some(({ alg }) => alg === 'ES256') ? 'good' : 'bad', count: signingKeys.length },
    { name: 'mail', state: mail.kind === 'capture' ? 'warning' : 'good', detail: mail.kind },
    { name: 'configuration', state: warnings.length === 0 ? 'good' : 'warning', detail: warnings.join('; ') },
  ]
}

async function probeStores(ctx: Ctx): Promise<HealthCheck[]> {
  // A key of its own: KV and R2 take one write a second of each.
  const key = `${PROBE_KEY}/${ctx.requestId}`
  const probes = {
    // A value that was just written may not be readable yet: that it can be read at all is the check.
    kv: async () => {
      await ctx.kv.put(key, PROBE_KEY, { expirationTtl: 60 })
      await ctx.kv.get(key)
      return true
    },
    media: () => probeBucket(ctx.media, key),
    avatars: () => probeBucket(ctx.avatars, key),
  }
  return Promise.all(
    Object.entries(probes).map(async ([name, probe]) => {
      const outcome = await Promise.race([probe(), scheduler.wait(PROBE_MS).then(() => false)]).catch(() => false)
      return { name: name as keyof typeof probes, state: outcome ? ('good' as const) : ('bad' as const) }
    }),
  )
}

async function probeBucket(bucket: R2Bucket, key: string): Promise<boolean> {
  await bucket.put(key, PROBE_KEY)
  const found = await bucket.get(key)
  const isSame = (await found?.text()) === PROBE_KEY
  await bucket.delete(key)
  return isSame
}
