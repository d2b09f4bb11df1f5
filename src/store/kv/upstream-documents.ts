/**
 * KV `upstream:<SHA-256 of the URL>`: discovery documents and key sets of other providers, and key sets and
 * metadata of clients, as they were fetched. Only a cache: whoever reads one judges it as if it came from the network.
 */
import { sha256 } from '../../crypto.ts'

export interface UpstreamDocument {
  readonly fetchedAt: number
  /** How long it is used without asking again; an hour if it does not say. */
  readonly lifeMs?: number
  readonly body: Readonly<Record<string, unknown>>
}

const key = (url: string) => `upstream:${sha256(url)}`

export async function putUpstreamDocument(kv: KVNamespace, url: string, document: UpstreamDocument, lifeMs: number): Promise<void> {
  await kv.put(key(url), JSON.stringify(document), { expirationTtl: Math.ceil(lifeMs / 1000) })
}

/** Null if KV has none, does not answer, or has something else. */
export async function getUpstreamDocument(kv: KVNamespace, url: string): Promise<UpstreamDocument | null> {
  const found = await kv.get<Partial<UpstreamDocument>>(key(url), 'json').catch(() => null)
  if (typeof found?.fetchedAt !== 'number' || typeof found.body !== 'object' || found.body === null) return null
  return { ...(typeof found.lifeMs === 'number' && { lifeMs: found.lifeMs }), fetchedAt: found.fetchedAt, body: found.body }
}
