/**
 * Discovery documents and key sets of other providers, and key sets and metadata of clients, from the isolate's memory,
 * KV or where they are published. Strangers can start sign-ins and send assertions, so how often a server is asked does
 * not depend on how many they send.
 */
import { getUpstreamDocument, putUpstreamDocument } from '../../store/kv/upstream-documents.ts'
import type { Ctx } from '../ctx.ts'
import { Unacceptable } from '../outside.ts'
import {
  UPSTREAM_DOCUMENT_MS,
  UPSTREAM_DOCUMENT_STALE_MS,
  UPSTREAM_DOCUMENTS_MAX,
  UPSTREAM_FAILURE_MS,
  UPSTREAM_RENEWAL_MS,
} from './limits.ts'
import type { Fetch } from './requests.ts'

type Body = Readonly<Record<string, unknown>>

interface Held {
  /** What `judge` made of the newest document; null before the first. */
  judged: unknown
  fetchedAt: number
  /** Until when it is used without asking. */
  freshUntil: number
  /** When this isolate last asked the provider, and when that last failed. */
  askedAt: number
  failedAt: number
  failure: unknown
}

interface Source<Result> {
  /** Kept apart by what they are, with their failures: a provider or a client may name another's URL for its keys. */
  readonly kind: 'metadata' | 'keys' | 'client_keys' | 'client_metadata'
  readonly fetch: Fetch
  /** How long it is used without asking, as its headers say: an hour unless given, and at most. */
  readonly lifeOf?: (headers: Headers) => number
  /** How old it may be while nobody answers: a day unless given. */
  readonly staleMs?: number
  /** The document is out of date, as the caller has noticed. Counts once a minute. */
  readonly isOutdated?: boolean
  /** Throws if the document is not what it should be. It judges what KV has, too. */
  readonly judge: (body: Body, fetchedAt: number) => Result | Promise<Result>
}

type Kind = Source<unknown>['kind']

/** By kind: strangers choose some of the URLs, and would crowd out the others. */
const memory = new WeakMap<KVNamespace, Map<Kind, Map<string, Held>>>()

function heldOf(kv: KVNamespace, kind: Kind, url: string): Held {
  const kinds = memory.get(kv) ?? new Map<Kind, Map<string, Held>>()
  memory.set(kv, kinds)
  const all = kinds.get(kind) ?? new Map<string, Held>()
  kinds.set(kind, all)
  const oldest = all.keys().next().value
  if (oldest !== undefined && all.size >= UPSTREAM_DOCUMENTS_MAX && !all.has(url)) all.delete(oldest)
  const held = all.get(url) ?? { judged: null, fetchedAt: 0, freshUntil: 0, askedAt: 0, failedAt: 0, failure: null }
  all.set(url, held)
  return held
}

/** The document at `url`: an hour old at most or, while the provider does not answer, a day. */
export async function getDocument<Result>(ctx: Ctx, url: string, source: Source<Result>): Promise<Result> {
  const now = ctx.now()
  const { staleMs = UPSTREAM_DOCUMENT_STALE_MS } = source
  const held = heldOf(ctx.kv, source.kind, url)
  if (now >= held.freshUntil) await readCache(ctx, url, held, source)
  const age = now - held.fetchedAt
  const isFresh = now < held.freshUntil
  const isUsable = held.judged !== null && (isFresh || age < staleMs)
  const isCurrent = source.isOutdated ? age < UPSTREAM_RENEWAL_MS : isFresh
  if (isUsable && (isCurrent || now - held.askedAt < UPSTREAM_RENEWAL_MS)) return held.judged as Result
  if (now - held.failedAt < UPSTREAM_FAILURE_MS) throw held.failure
  try {
    held.askedAt = now
    return await ask(ctx, url, held, source)
  } catch (error) {
    Object.assign(held, { failedAt: now, failure: error })
    if (!isUsable) throw error
    ctx.log('warn', 'upstream_document_stale', { url, cause: error instanceof Error ? error.name : 'unknown' })
    return held.judged as Result
  }
}

/** Takes what KV has if it is newer. KV may be late, or wrong: then it has nothing. */
async function readCache<Result>(ctx: Ctx, url: string, held: Held, { kind, judge }: Source<Result>): Promise<void> {
  const found = await getUpstreamDocument(ctx.kv, { kind, url })
  if (!found || found.fetchedAt <= held.fetchedAt || found.fetchedAt > ctx.now()) return
  try {
    const { fetchedAt, lifeMs = UPSTREAM_DOCUMENT_MS } = found
    Object.assign(held, { judged: await judge(found.body, fetchedAt), fetchedAt, freshUntil: fetchedAt + within(lifeMs) })
  } catch {
    // The provider is asked.
  }
}

const within = (lifeMs: number) => Math.min(lifeMs, UPSTREAM_DOCUMENT_MS)

async function ask<Result>(ctx: Ctx, url: string, held: Held, source: Source<Result>): Promise<Result> {
  const { kind, fetch, judge, lifeOf = () => UPSTREAM_DOCUMENT_MS, staleMs = UPSTREAM_DOCUMENT_STALE_MS } = source
  const fetchedAt = ctx.now()
  const response = await fetch(url, { headers: { accept: 'application/json' } })
  if (response.status !== 200) throw new Unacceptable(`status ${response.status}`)
  const body: unknown = await response.json().catch(() => null)
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new Unacceptable('no JSON object')
  const judged = await judge(body as Body, fetchedAt)
  const lifeMs = within(lifeOf(response.headers))
  Object.assign(held, { judged, fetchedAt, freshUntil: fetchedAt + lifeMs })
  ctx.defer(() => putUpstreamDocument(ctx.kv, { kind, url }, { fetchedAt, lifeMs, body: body as Body }, Math.max(lifeMs, staleMs)))
  return judged
}
