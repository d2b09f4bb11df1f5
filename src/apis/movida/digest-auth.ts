/**
 * HTTP Digest (RFC 7616, wire §2.3): the challenge, and parsing of the header that answers it. Only MD5 with
 * `qop="auth"`, because other values break one client or another. Every failure is a 401 with a fresh nonce, even where
 * RFC 7616 §3.4.6 asks for a 400: clients can act only on the 401.
 */

import type { Ctx } from '../../core/ctx.ts'
import { AppError } from '../../core/errors.ts'
import { issueNonce } from '../../core/machines/nonces.ts'
import { NONCE_STALE, proveRobot } from '../../core/machines/robots.ts'
import type { ReadCredential } from '../../http/credentials.ts'
import { countOfNetwork } from '../../http/rate-limit.ts'

/** Has no meaning; clients return it unchanged. */
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
  if (toTarget(uri) !== toTarget(c.req.url)) throw new AppError('unauthenticated', 'The uri of the Digest does not match the request')
  try {
    return await proveRobot(ctx, { username, method: c.req.method, uri, nonce, count, clientNonce, response })
  } catch (error) {
    // Guessing 256 bits is hopeless; the limit only saves work.
    if (error instanceof AppError && error.code === 'unauthenticated' && error.reason !== NONCE_STALE)
      await countOfNetwork(c, 'other', 'digest')
    throw error
  }
}

/** `name=token` or `name="text"`. Each part starts with a character that the previous one cannot contain, so there is no backtracking. */
const PARAMETER = /([\w!#$%&'*+.^`|~-]+)[ \t]*=[ \t]*(?:([\w!#$%&'*+.^`|~-]+)|"((?:[^"\\]|\\.)*)")[ \t]*(?:,[ \t]*|$)/gy

/** Parameters by lowercase name; null for another scheme, malformed input or a repeated parameter. */
function readParameters(header: string): ReadonlyMap<string, string> | null {
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
 * The request target: path and query, or an absolute URL (RFC 9112 §3.2). The runtime shows URLs only as its parser
 * normalizes them (`'` in a query becomes `%27`), so the client's `uri` is parsed too; the hash still covers what the
 * client sent.
 */
function toTarget(uri: string): string | null {
  const url = /^https?:\/\//i.test(uri) ? URL.parse(uri) : uri.startsWith('/') ? URL.parse(`http://host${uri}`) : null
  return url && `${url.pathname}${url.search}${url.hash}`
}
