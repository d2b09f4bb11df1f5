/**
 * KV `upstream:<kind>:<SHA-256 of the URL>`: discovery documents and key sets of other providers, and key sets and
 * metadata of clients, as they were fetched. Only a cache: whoever reads one judges it as if it came from the network. Each
 * kind has its own rules about answers, so none is read as another.
 */
import { sha256 } from '../../crypto.ts'

export interface UpstreamDocument {
  readonly fetchedAt: number
  /** How long it is used without asking again; an hour if it does not say. */
  readonly lifeMs?: number
  readonly body: Readonly<Record<string, unknown>>
}

/** What is published where. */
export interface PublishedAt {
  readonly kind: string
  readonly url: string
}

const key = ({ kind, url }: PublishedAt) => `upstream:${kind}:${sha256(url)}`

export async function putUpstreamDocument(kv: KVNamespace, at: PublishedAt, document: UpstreamDocument, lifeMs: number): Promise<void> {
  await kv.put(key(at), JSON.stringify(document), { expirationTtl: Math.ceil(lifeMs / 1000) })
}

/** Null if KV has none, does not answer, or has something else. */
export async function getUpstreamDocument(kv: KVNamespace, at: PublishedAt): Promise<UpstreamDocument | null> {
  const found = await kv.get<Partial<UpstreamDocument>>(key(at), 'json').catch(() => null)
  if (typeof found?.fetchedAt !== 'number' || typeof found.body !== 'object' || found.body === null) return null
  return { ...(typeof found.lifeMs === 'number' && { lifeMs: found.lifeMs }), fetchedAt: found.fetchedAt, body: found.body }
}
