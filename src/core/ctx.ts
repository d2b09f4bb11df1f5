/**
 * What a use case works with: built once per request (or cron run) by `src/context.ts`. The core knows neither Hono nor
 * any wire format; everything outside that it may use is here.
 */
import type { Config } from '../config.ts'
import type { AnyId, UserId } from '../ids.ts'
import type { Mailer } from '../mail/mailer.ts'
import type { Database } from '../store/db/database.ts'
import type { Usage } from '../store/db/rows.ts'
import type { Locale } from '../texts/locales.ts'
import type { CallerKind, Measured } from './metrics.ts'

/** A browser that has signed in to accounts, by its signed cookie. */
export interface KnownDevice {
  readonly token: string
  /** The accounts and the last sign-in to each, newest first. */
  readonly accounts: ReadonlyMap<UserId, number>
}

export interface Caller {
  /** The caller's network (IPv4 address or IPv6 /64), as a keyed hash: the key of limits. */
  readonly networkHash: string
  /** Null for a caller without our device cookie. */
  readonly device: KnownDevice | null
  /** The network has spent its sign-ins for now: only accounts that know `device` may sign in. */
  readonly isBeyondNetworkLimit: boolean
  /** Untrusted text: truncated, shown, never trusted. */
  readonly userAgent: string
  /** Country and city as the edge reports them, for display. */
  readonly place: string
  /** The IANA time zone; empty if unknown. */
  readonly timeZone: string
  /** The language that the request asks for; null if it asks for none that Kith speaks. */
  readonly locale: Locale | null
  /** The administrator, in a session in which one sees somebody's account; the gate finds out. */
  actorId?: UserId | null
  /** By the request's credential, and the client that it belongs to: for the log and the metrics, never for a decision. */
  kind: CallerKind
  clientId: string | null
}

/** What is needed to record an act, by a request or by the operator's command. */
export type Recorder = Pick<Ctx, 'now' | 'newId' | 'caller'>

export interface Ctx {
  readonly config: Config
  /** Pinned to the primary (design §1.8): for decisions. */
  readonly db: Database
  /** Where the gate reads: the primary, or a replica if the operator chose so. */
  readonly gateDb: Database
  /** What this request has asked of D1 so far. */
  readonly usage: Usage
  readonly kv: KVNamespace
  /** The bucket of avatars, which clients read directly. */
  readonly avatars: R2Bucket
  /** The private bucket of the media library. */
  readonly media: R2Bucket
  /** Decodes and draws pictures. */
  readonly images: Pick<ImagesBinding, 'input'>
  /** The queue that takes events for other systems; null if none is bound (core/webhooks). */
  readonly eventQueue: Pick<Queue, 'send'> | null
  readonly mailer: Mailer
  readonly requestId: string
  readonly caller: Caller
  /** Milliseconds since 1970. */
  now(): number
  newId<Id extends AnyId>(): Id
  /** Work after the reply (waitUntil). Anything that must not be lost is in the database before. */
  defer(work: () => Promise<unknown>): void
  /**
   * Work that completes even if the client disconnects, which cancels the rest of its request: for anything that takes
   * what must be given back.
   */
  finish<T>(work: () => Promise<T>): Promise<T>
  log(level: 'info' | 'warn' | 'error', event: string, detail?: Record<string, unknown>): void
  /** Counts something for the operator's plots (docs/watching.md); nothing where there are no metrics. */
  measure(point: Measured): void
}
