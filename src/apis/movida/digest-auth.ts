/**
 * HTTP Digest on the wire (RFC 7616, wire §2.3): the challenge, and the header that answers it. MD5 and `qop="auth"` alone:
 * with anything else one of the clients breaks. Whatever is wrong is 401 with a fresh nonce, also where RFC 7616 §3.4.6 would
 * rather have a 400: every client knows what to do with the one, and none with the other.
 */

import type { Ctx } from '../../core/ctx.ts'
import { AppError } from '../../core/errors.ts'
import { issueNonce } from '../../core/machines/nonces.ts'
import { NONCE_STALE, proveRobot } from '../../core/machines/robots.ts'
import type { ReadCredential } from '../../http/credentials.ts'
import { countOfNetwork } from '../../http/rate-limit.ts'

/** Carries no meaning; clients return it. */
const OPAQUE = '6b697468'

export function challenge(ctx: Pick<Ctx, 'config' | 'now'>, isStale: boolean): string {
  const { digestRealm } = ctx.config
  const parameters = `realm="${digestRealm}", qop="auth", algorithm=MD5, nonce="${issueNonce(ctx)}", opaque="${OPAQUE}"`
  return `Digest ${parameters}${isStale ? ', stale=true' : ''}`
}

export const digest: ReadCredential = async (c) => {
  const { ctx } = c.var
  const header = c.req.header('authorization')
  if (header === undefined) return null
  const given = readParameters(header)
  if (!given) throw new AppError('unauthenticated', 'Authorization must be one well-formed Digest')
  const { username = '', nonce = '', uri = '', response = '', cnonce: clientNonce = '', nc: count = '' } = Object.fromEntries(given)
  const isOurs = given.get('realm') === ctx.config.digestRealm && given.get('opaque') === OPAQUE
  const isKind = given.get('qop') === 'auth' && (given.get('algorithm') ?? 'MD5').toUpperCase() === 'MD5'
  const isWhole = username !== '' && clientNonce !== '' && /^(?!0{8})[\da-f]{8}$/i.test(count) && /^[\da-f]{32}$/.test(response)
  if (!isOurs || !isKind || !isWhole) throw new AppError('unauthenticated', 'The Digest does not answer the challenge')
  if (toTarget(uri) !== toTarget(c.req.url))
    throw new AppError('unauthenticated', 'The uri of the Digest is not the one that was asked for')
  try {
    return await proveRobot(ctx, { username, method: c.req.method, uri, nonce, count, clientNonce, response })
  } catch (error) {
    // Guessing 256 bits is hopeless: the limit only keeps it cheap.
    if (error instanceof AppError && error.code === 'unauthenticated' && error.reason !== NONCE_STALE)
      await countOfNetwork(c, 'other', 'digest')
    throw error
  }
}

/** `name=token` or `name="text"`. Each part begins with what the one before it cannot hold, so it is read once, from left to right. */
const PARAMETER = /([\w!#$%&'*+.^`|~-]+)[ \t]*=[ \t]*(?:([\w!#$%&'*+.^`|~-]+)|"((?:[^"\\]|\\.)*)")[ \t]*(?:,[ \t]*|$)/gy

/** By their names in lower case; null for another scheme, for what is malformed, and where one comes twice. */
export function readParameters(header: string): ReadonlyMap<string, string> | null {
  const scheme = /^digest[ \t]+/i.exec(header)?.[0] ?? ''
  const text = header.slice(scheme.length)
  const parameters = new Map<string, string>()
  let end = 0
  for (const [all, name = '', token, quoted = ''] of text.matchAll(PARAMETER)) {
    const key = name.toLowerCase()
    if (parameters.has(key)) return null
    parameters.set(key, token ?? quoted.replace(/\\(.)/g, '$1'))
    end += all.length
  }
  return scheme === '' || end < text.length ? null : parameters
}

/**
 * The target of a request: path and query, or the whole address (RFC 9112 §3.2). The runtime shows an address only as its
 * parser writes it (`'` in a query is `%27`), so the other side goes through the same parser; the hash is over what was sent.
 */
function toTarget(uri: string): string | null {
  const url = /^https?:\/\//i.test(uri) ? URL.parse(uri) : uri.startsWith('/') ? URL.parse(`http://host${uri}`) : null
  return url && `${url.pathname}${url.search}${url.hash}`
}
