/**
 * Discovery documents and key sets of other providers, and key sets of clients, from the isolate's memory, KV or where
 * they are published. Strangers can start sign-ins and send assertions, so how often a server is asked does not depend
 * on how many they send.
 */
import { getUpstreamDocument, putUpstreamDocument } from '../../store/kv/upstream-documents.ts'
import type { Ctx } from '../ctx.ts'
import { Unacceptable, Unanswered } from '../outside.ts'
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
  /** When this isolate last asked the provider, and when that last failed. */
  askedAt: number
  failedAt: number
}

interface Source<Result> {
  /** Kept apart by what they are, with their failures: a provider or a client may name another's URL for its keys. */
  readonly kind: 'metadata' | 'keys' | 'client_keys'
  readonly fetch: Fetch
  /** The document is out of date, as the caller has noticed. Counts once a minute. */
  readonly isOutdated?: boolean
  /** Throws if the document is not what it should be. It judges what KV has, too. */
  readonly judge: (body: Body) => Result | Promise<Result>
}

const memory = new WeakMap<KVNamespace, Map<string, Held>>()

function heldOf(kv: KVNamespace, name: string): Held {
  const all = memory.get(kv) ?? new Map<string, Held>()
  memory.set(kv, all)
  const oldest = all.keys().next().value
  if (oldest !== undefined && all.size >= UPSTREAM_DOCUMENTS_MAX && !all.has(name)) all.delete(oldest)
  const held = all.get(name) ?? { judged: null, fetchedAt: 0, askedAt: 0, failedAt: 0 }
  all.set(name, held)
  return held
}

/** The document at `url`: an hour old at most or, while the provider does not answer, a day. */
export async function getDocument<Result>(ctx: Ctx, url: string, source: Source<Result>): Promise<Result> {
  const now = ctx.now()
  const held = heldOf(ctx.kv, `${source.kind} ${url}`)
  if (now - held.fetchedAt >= UPSTREAM_DOCUMENT_MS) await readCache(ctx, url, held, source)
  const age = now - held.fetchedAt
  const isUsable = held.judged !== null && age < UPSTREAM_DOCUMENT_STALE_MS
  const isCurrent = age < (source.isOutdated ? UPSTREAM_RENEWAL_MS : UPSTREAM_DOCUMENT_MS)
  if (isUsable && (isCurrent || now - held.askedAt < UPSTREAM_RENEWAL_MS)) return held.judged as Result
  if (now - held.failedAt < UPSTREAM_FAILURE_MS) throw new Unanswered('failed a moment ago')
  try {
    held.askedAt = now
    return await ask(ctx, url, held, source)
  } catch (error) {
    held.failedAt = now
    if (!isUsable) throw error
    ctx.log('warn', 'upstream_document_stale', { url, cause: error instanceof Error ? error.name : 'unknown' })
    return held.judged as Result
  }
}

/** Takes what KV has if it is newer. KV may be late, or wrong: then it has nothing. */
async function readCache<Result>(ctx: Ctx, url: string, held: Held, { judge }: Source<Result>): Promise<void> {
  const found = await getUpstreamDocument(ctx.kv, url)
  if (!found || found.fetchedAt <= held.fetchedAt || found.fetchedAt > ctx.now()) return
  try {
    held.judged = await judge(found.body)
    held.fetchedAt = found.fetchedAt
  } catch {
    // The provider is asked.
  }
}

async function ask<Result>(ctx: Ctx, url: string, held: Held, { fetch, judge }: Source<Result>): Promise<Result> {
  const fetchedAt = ctx.now()
  const response = await fetch(url, { headers: { accept: 'application/json' } })
  if (response.status !== 200) throw new Unacceptable(`status ${response.status}`)
  const body: unknown = await response.json().catch(() => null)
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new Unacceptable('no JSON object')
  const judged = await judge(body as Body)
  Object.assign(held, { judged, fetchedAt })
  ctx.defer(() => putUpstreamDocument(ctx.kv, url, { fetchedAt, body: body as Body }, UPSTREAM_DOCUMENT_STALE_MS))
  return judged
}
