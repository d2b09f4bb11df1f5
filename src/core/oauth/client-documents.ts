/**
 * Clients whose id is the URL of their metadata (draft-ietf-oauth-client-id-metadata-document). Whoever controls the URL
 * controls the client; nobody registers it. D1 has a row for each, as for any other client: it is created with the first
 * request, and follows the document. Grants of old outlive the document; new ones need it.
 */
import type { Config } from '../../config.ts'
import {
  type ClientRow,
  findClientOfVersion,
  findRegisteredClient,
  insertClient,
  isClientOfVersion,
  updateClient,
} from '../../store/db/client-registration.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { fetchWhole, isPublicHttpsUrl, Unacceptable, Unanswered } from '../outside.ts'
import { getDocument } from '../upstream/documents.ts'
import type { Fetch } from '../upstream/requests.ts'
import { type ClientMetadata, judgeMetadata } from './client-metadata.ts'
import { planChange, planClient, planCtxOf } from './client-plans.ts'
import {
  CLIENT_DOCUMENT_BYTES_MAX,
  CLIENT_DOCUMENT_MS_DEFAULT,
  CLIENT_DOCUMENT_MS_MIN,
  CLIENT_DOCUMENT_REQUEST_MS,
  CLIENT_DOCUMENT_URL_LENGTH_MAX,
} from './limits.ts'
import { isOwnHost, SelfRegistration, toSelfRegistered } from './self-registration.ts'

interface ClientDocument {
  readonly metadata: ClientMetadata
  readonly fetchedAt: number
}

/** No id that was registered has these characters. */
export function isDocumentClientId(clientId: string): boolean {
  return clientId.includes('://')
}

/**
 * Before a request for a new grant reads its client: the row says what the document says. Nothing for any other client,
 * a round trip for one with a document. Throws `code`, or `temporarily_unavailable`, if the client cannot be recognized.
 */
export async function ensureDocumentClient(
  ctx: Ctx,
  clientId: string,
  code: 'invalid_request' | 'invalid_client' = 'invalid_request',
): Promise<void> {
  if (!isDocumentClientId(clientId)) return
  if (!isAdmitted(ctx.config, clientId)) throw new AppError(code, 'The client is unknown')
  try {
    await follow(ctx, clientId, await ctx.db.one(findRegisteredClient(clientId)))
  } catch (error) {
    throw toRefusal(ctx, clientId, error, code)
  }
}

/** For grants of old, whose client proves itself with the document's keys: it is renewed if it can be. */
export async function renewDocumentClient(ctx: Ctx, clientId: string): Promise<void> {
  if (!isDocumentClientId(clientId) || !isAdmitted(ctx.config, clientId)) return
  const row = await ctx.db.one(findRegisteredClient(clientId))
  if (row) await follow(ctx, clientId, row).catch((error) => void toRefusal(ctx, clientId, error, 'invalid_client'))
}

/** §3 of the draft. Only URLs as parsers write them, so that all agree on the host and on the path. */
function isAdmitted(config: Config, clientId: string): boolean {
  const { clientDocuments } = config
  if (clientDocuments.length === 0 || clientId.length > CLIENT_DOCUMENT_URL_LENGTH_MAX) return false
  // Only addresses of the developer's own machine are listed whole.
  if (clientDocuments.includes(clientId)) return true
  if (!isPublicHttpsUrl(clientId)) return false
  const { href, host, pathname, port } = new URL(clientId)
  const isListed = clientDocuments.includes(host) || (clientDocuments.includes('*') && port === '')
  return href === clientId && pathname !== '/' && isListed && !isOwnHost(config, clientId)
}

async function follow(ctx: Ctx, clientId: string, row: ClientRow | null): Promise<void> {
  // One that an administrator has disabled stays so, and its document is not asked for.
  if (row && (row.disabledAt !== null || row.source !== 'document')) return
  const document = await getDocument<ClientDocument>(ctx, clientId, {
    kind: 'client_metadata',
    fetch: fetchDocument,
    lifeOf,
    staleMs: 0,
    judge: (body, fetchedAt) => ({ metadata: judge(ctx.config, clientId, body), fetchedAt }),
  })
  await store(ctx, clientId, row, document)
}

/** Two may do so at once: one wins, and both find what it has written. A row that is newer than the document stays. */
async function store(ctx: Ctx, id: string, before: ClientRow | null, { metadata, fetchedAt }: ClientDocument): Promise<void> {
  if (!before) {
    const { row } = await planClient({ ...metadata, id, source: 'document' }, planCtxOf(ctx))
    // Null while something is left of a deleted client with this id: until then the client is unknown.
    const stored = await ctx.db.commit([insertClient(row)], findRegisteredClient(id))
    if (stored) ctx.log('info', 'client_document_registered', { client: id })
    return
  }
  if (before.updatedAt >= fetchedAt) return
  const { row, events } = await planChange(before, metadata, planCtxOf(ctx))
  if (events.length === 0) return
  const write = updateClient(row, isClientOfVersion(id, before.updatedAt))
  await ctx.db.commit([write], findClientOfVersion(id, row.updatedAt))
  ctx.log('info', 'client_document_changed', { client: id, what: events.map(({ detail }) => detail).join('; ') })
}

const fetchDocument: Fetch = async (url, init) => {
  const bounds = { signal: AbortSignal.timeout(CLIENT_DOCUMENT_REQUEST_MS), bytesMax: CLIENT_DOCUMENT_BYTES_MAX }
  const { response, body } = await fetchWhole(url, init, bounds)
  const { status, headers } = response
  if (status >= 500 || status === 429) throw new Unanswered(`status ${status}`)
  // §5: 200 and nothing else. A redirect would make one host speak for another.
  if (status !== 200) throw new Unacceptable(`status ${status}`)
  if (!/^application\/([a-z0-9.-]+\+)?json *(;|$)/i.test(headers.get('content-type') ?? '')) throw new Unacceptable('not application/json')
  return new Response(body, { status, headers })
}

/** RFC 9111 §5.2.2, between a minute and an hour. */
function lifeOf(headers: Headers): number {
  const control = headers.get('cache-control') ?? ''
  const secondsOf = (directive: string) => new RegExp(`(?:^|[\\s,])${directive}="?(\\d{1,9})`, 'i').exec(control)?.[1]
  if (/(?:^|[\s,])no-(?:store|cache)/i.test(control)) return CLIENT_DOCUMENT_MS_MIN
  const seconds = secondsOf('s-maxage') ?? secondsOf('max-age')
  if (seconds === undefined) return CLIENT_DOCUMENT_MS_DEFAULT
  const age = Number.parseInt(headers.get('age') ?? '0', 10) || 0
  return Math.max((Number(seconds) - age) * 1000, CLIENT_DOCUMENT_MS_MIN)
}

/** §4 of the draft: the document names its own URL, and no secret, which everybody could read. */
function judge(config: Config, clientId: string, body: Readonly<Record<string, unknown>>): ClientMetadata {
  if (body.client_id !== clientId) throw new Unacceptable('client_id is not the URL of the document')
  if (Object.hasOwn(body, 'client_secret') || Object.hasOwn(body, 'client_secret_expires_at')) throw new Unacceptable('a client_secret')
  const { data, error } = SelfRegistration.safeParse(body)
  if (!data) throw new Unacceptable(`${error.issues[0]?.path.join('.')} ${error.issues[0]?.message}`)
  const { token_endpoint_auth_method: method = 'none' } = data
  if (method !== 'none' && method !== 'private_key_jwt') {
    throw new Unacceptable('token_endpoint_auth_method must be none or private_key_jwt')
  }
  // A stranger's document must not lead to a request to another host.
  if (data.sector_identifier_uri != null) throw new Unacceptable('sector_identifier_uri is for registered clients')
  const metadata = toSelfRegistered(config, data, new URL(clientId).host)
  judgeMetadata(metadata)
  return metadata
}

/** Whoever publishes the document reads why in the reply; the operator, in the log. */
function toRefusal(ctx: Ctx, client: string, error: unknown, code: 'invalid_request' | 'invalid_client'): unknown {
  const why = reasonOf(error)
  if (why === null) return error
  ctx.log('warn', 'client_document_refused', { client, cause: why })
  if (!(error instanceof Unanswered)) return new AppError(code, `The metadata document of the client cannot be used: ${why}`)
  const message = 'The metadata document of the client does not answer: try again in a moment'
  return new AppError('temporarily_unavailable', message, { retryAfter: 10 })
}

/** In our own words; null for a failure that has nothing to do with the document. */
function reasonOf(error: unknown): string | null {
  if (error instanceof Unanswered || error instanceof Unacceptable) return error.message
  if (!(error instanceof AppError) || error.fields.length === 0) return null
  return error.fields.map(({ path, message }) => `${path} ${message}`).join('; ')
}
