/**
 * What a use case works with: built once per request (or cron run) by `src/context.ts`.
 * The core knows neither Hono nor a wire word; everything of the outside that it may use is here.
 */
import type { Config } from '../config.ts'
import type { AnyId, UserId } from '../ids.ts'
import type { Mailer } from '../mail/mailer.ts'
import type { Database } from '../store/db/database.ts'

/** A browser that accounts were signed in to with, by its signed cookie. */
export interface KnownDevice {
  readonly token: string
  /** Whom it was signed in to, and when last; the newest first. */
  readonly accounts: ReadonlyMap<UserId, number>
}

export interface Caller {
  /** The caller's network (IPv4 address or IPv6 /64), as a keyed hash: what limits count by. */
  readonly networkHash: string
  /** Null for a caller without a device cookie of ours. */
  readonly device: KnownDevice | null
  /** Attacker's text: cut, shown, never trusted. */
  readonly userAgent: string
  /** Country and city as the edge sees them, for people to look at. */
  readonly place: string
  /** Where it comes from, as IANA names it; empty where that is not known. */
  readonly timeZone: string
}

/** What an act is recorded with, whoever plans its writes: a request, or the operator's command. */
export type Recorder = Pick<Ctx, 'now' | 'newId' | 'caller'>

export interface Ctx {
  readonly config: Config
  /** Pinned to the primary (design §1.8): what decides. */
  readonly db: Database
  /** Where the gate reads: the primary, or a replica when the operator chose so. */
  readonly gateDb: Database
  readonly kv: KVNamespace
  /** The bucket of avatars, which clients read without us. */
  readonly avatars: R2Bucket
  /** The private bucket of the media library. */
  readonly media: R2Bucket
  /** Decodes and draws pictures. */
  readonly images: Pick<ImagesBinding, 'input'>
  readonly mailer: Mailer
  readonly requestId: string
  readonly caller: Caller
  /** Milliseconds since 1970. */
  now(): number
  newId<Id extends AnyId>(): Id
  /** Work after the reply (waitUntil). What must not be lost is in the database before. */
  defer(work: () => Promise<unknown>): void
  /**
   * Work that comes to its end although the client goes away meanwhile, which cancels the rest of its request: whatever takes
   * something that must be given back.
   */
  finish<T>(work: () => Promise<T>): Promise<T>
  log(level: 'info' | 'warn' | 'error', event: string, detail?: Record<string, unknown>): void
}
