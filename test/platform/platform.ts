// The strict platform, design §8 and security §5.3: the Worker's bindings with production's limits, which the local simulators
// lack, with counters (design §7) and with faults on demand (security §5.2). All integration tests run on it: `app.fetch(request,
// platform.env, ctx)`. Not covered: waitUntil's 30 s, the CPU limit, memory.
import type { Core } from './core.ts'
import { Counters, type ExecutedStatement } from './counters.ts'
import { wrapD1 } from './d1.ts'
import { type RecordedEmail, wrapEmail } from './email.ts'
import { Faults } from './faults.ts'
import { wrapImages } from './images.ts'
import { Invocation } from './invocation.ts'
import { wrapKv } from './kv.ts'
import { wrapLimiter } from './limiter.ts'
import { wrapR2 } from './r2.ts'

/** The bindings that are wrapped; the rest of an env is passed on. */
export interface Bindings {
  DB: D1Database
  KV: KVNamespace
  AVATARS: R2Bucket
  MEDIA: R2Bucket
  IMAGES: ImagesBinding
  EMAIL: SendEmail
  LIMIT_CREATE: RateLimit
  LIMIT_LOGIN: RateLimit
  LIMIT_CODE: RateLimit
  LIMIT_OTHER: RateLimit
}

export interface Platform<Env extends Bindings = Bindings> extends Core {
  /** One object until it is renewed, so that caches keyed by env keep working. */
  readonly env: Env
  /** Executed since the last `counts.reset()`. */
  readonly statements: ExecutedStatement[]
  /** Mail that the Worker sent, oldest first. */
  readonly emails: RecordedEmail[]
  /** A new request, or several side by side: the allowance of queries and operations of each is full again. */
  beginInvocation(sharers?: number): void
  /**
   * For the start of a test: no counts, no faults, no mail, no lag, location `home`. Stored data, KV's caches and the write rates
   * stay.
   */
  reset(): void
  /** For the start of a file: `reset`, and an env that nothing has been remembered for, with empty caches of KV. */
  renew(): void
}

const HOME = 'home'

export function createPlatform<Env extends Bindings>(env: Env): Platform<Env> {
  const core: Core = {
    counts: new Counters(),
    faults: new Faults(),
    invocation: new Invocation(),
    location: HOME,
    replicaLag: false,
  }
  const emails: RecordedEmail[] = []
  const wrap = (): Bindings => ({
    DB: wrapD1(env.DB, core),
    KV: wrapKv(env.KV, core),
    AVATARS: wrapR2(env.AVATARS, core),
    MEDIA: wrapR2(env.MEDIA, core),
    IMAGES: wrapImages(env.IMAGES, core),
    EMAIL: wrapEmail(core, emails),
    LIMIT_CREATE: wrapLimiter('LIMIT_CREATE', core),
    LIMIT_LOGIN: wrapLimiter('LIMIT_LOGIN', core),
    LIMIT_CODE: wrapLimiter('LIMIT_CODE', core),
    LIMIT_OTHER: wrapLimiter('LIMIT_OTHER', core),
  })
  const platform = Object.assign(core, {
    env: { ...env, ...wrap() },
    emails,
    statements: core.counts.statements,
    beginInvocation: (sharers?: number) => core.invocation.begin(sharers),
    reset() {
      core.counts.reset()
      core.faults.clear()
      core.invocation.begin()
      core.location = HOME
      core.replicaLag = false
      emails.length = 0
    },
    renew() {
      platform.reset()
      platform.env = { ...env, ...wrap() }
    },
  })
  return platform
}
