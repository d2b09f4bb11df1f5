/** Builds `Ctx` from the bindings, once per request and per cron run. */
import type { Bindings } from './config.ts'
import { getConfig } from './config.ts'
import type { Caller, Ctx } from './core/ctx.ts'
import { USER_AGENT_LENGTH_MAX } from './core/limits.ts'
import { toDataPoint } from './core/metrics.ts'
import { readDevice } from './core/sessions/device-cookie.ts'
import { currentMac, newRequestId } from './crypto.ts'
import { newId } from './ids.ts'
import { mailerOf } from './mail/transports/chosen.ts'
import { Database } from './store/db/database.ts'
import { newUsage } from './store/db/rows.ts'
import { languagesOf, matchLocale } from './texts/locales.ts'

/** D1 refuses a query at something that is no bookmark. */
const BOOKMARK = /^[0-9a-f]{8}(?:-[0-9a-f]{8}){2}-[0-9a-f]{32}$/

type Waiting = Pick<ExecutionContext, 'waitUntil'>

export function buildRequestContext(env: Bindings, waiting: Waiting, request: Request): Ctx {
  return buildContext(env, waiting, toCaller(env, request), () => readBookmark(request))
}

const NOBODY = { kind: 'anonymous', clientId: null } as const

export function buildCronContext(env: Bindings, waiting: Waiting): Ctx {
  return buildContext(
    env,
    waiting,
    { ...NOBODY, networkHash: '', device: null, isBeyondNetworkLimit: false, userAgent: '', place: '', timeZone: '', locale: null },
    () => null,
  )
}

function buildContext(env: Bindings, waiting: Waiting, caller: Caller, bookmark: () => string | null): Ctx {
  const config = getConfig(env)
  const requestId = newRequestId()
  const log: Ctx['log'] = (level, event, detail = {}) => {
    console[level](JSON.stringify({ at: new Date().toISOString(), level, event, requestId, ...detail }))
  }
  const usage = newUsage()
  const db = new Database(env.DB.withSession('first-primary'), usage)
  return {
    config,
    db,
    gateDb: config.gate === 'primary' ? db : new Database(env.DB.withSession(bookmark() ?? 'first-unconstrained'), usage),
    usage,
    kv: env.KV,
    avatars: env.AVATARS,
    media: env.MEDIA,
    images: env.IMAGES,
    eventQueue: env.EVENTS ?? null,
    mailer: mailerOf(config.mail, env),
    requestId,
    caller,
    now: () => Date.now(),
    newId: () => newId(Date.now()),
    defer(work) {
      // Starts after the reply is sent, so that response times do not reveal whether there is a mail.
      const later = scheduler.wait(0).then(work)
      waiting.waitUntil(later.catch((error: unknown) => log('error', 'deferred_work_failed', { cause: String(error) })))
    },
    finish(work) {
      const done = work()
      waiting.waitUntil(
        done.then(
          () => undefined,
          () => undefined,
        ),
      )
      return done
    },
    log,
    measure: measureTo(env.METRICS),
  }
}

/** What an invocation may write to Analytics Engine. */
const POINTS_MAX = 250

/** Nothing that is measured fails because there are too many points. The last one is for the run of cron itself. */
function measureTo(dataset: AnalyticsEngineDataset | undefined): Ctx['measure'] {
  let left = POINTS_MAX - 1
  return (point) => {
    if (point.kind !== 'cron' && left === 0) return
    if (point.kind !== 'cron') left -= 1
    dataset?.writeDataPoint(toDataPoint(point))
  }
}

/** Of a program, or of a browser, whose last write set the cookie (http/request-scope.ts). */
function readBookmark({ headers }: Request): string | null {
  const sent = headers.get('x-d1-bookmark') ?? /(?:^|; )__Host-kith_bookmark=([^;]+)/.exec(headers.get('cookie') ?? '')?.[1]
  return sent !== undefined && BOOKMARK.test(sent) ? sent : null
}

/**
 * Trusts only Cloudflare's own header for the caller's address; anyone can write `X-Forwarded-For`. All of it is read on demand: most
 * requests need none.
 */
function toCaller(env: Bindings, request: Request): Caller {
  const cf = () => request.cf as { country?: string; city?: string; timezone?: string } | undefined
  return {
    ...NOBODY,
    get networkHash() {
      const network = toNetwork(request.headers.get('cf-connecting-ip') ?? '')
      return currentMac(getConfig(env).hmacKeys, 'network', network).toString('base64url')
    },
    get device() {
      return readDevice(getConfig(env).hmacKeys, request.headers.get('cookie'))
    },
    isBeyondNetworkLimit: false,
    get userAgent() {
      return (request.headers.get('user-agent') ?? '').slice(0, USER_AGENT_LENGTH_MAX)
    },
    get place() {
      return [cf()?.city, cf()?.country].filter(Boolean).join(', ')
    },
    get timeZone() {
      return cf()?.timezone ?? ''
    },
    get locale() {
      return matchLocale(languagesOf(request))
    },
  }
}

/** An IPv4 address, or the /64 of an IPv6 address, which belongs to one subscriber. */
function toNetwork(address: string): string {
  if (!address.includes(':')) return address
  const canonical = URL.canParse(`http://[${address}]/`) ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : address
  const [head = '', tail] = canonical.split('::')
  const left = head.split(':').filter(Boolean)
  const right = tail?.split(':').filter(Boolean) ?? []
  const groups = tail === undefined ? left : [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
  return groups.slice(0, 4).join(':')
}
