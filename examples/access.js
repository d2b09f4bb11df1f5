/**
 * Access tokens of Kith at an API of your own: who calls it, for whom, and what they may do. Needs only jose and fetch,
 * so it runs in Node, in a Worker and elsewhere.
 */
import { createRemoteJWKSet, jwtVerify } from 'jose'

/** What the caller gets instead of an answer (RFC 6750 §3). */
export class Refusal extends Error {
  constructor(status, challenge) {
    super(challenge)
    this.status = status
    this.headers = challenge ? { 'www-authenticate': challenge } : { 'retry-after': '5' }
  }
}

/**
 * `issuer`: Kith's origin. `resource`: the API's own URI, as it is registered. `scopes`: those that it has. `client`: its
 * own client, `{ id, secret }`, if it introspects.
 */
export function accessFor({ issuer, resource, scopes, client }) {
  const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', issuer))
  const { origin, pathname } = new URL(resource)
  // RFC 9728 §3.1: between the host and the path.
  const metadataPath = `/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}`

  /** RFC 9728 §5.1: from this a client finds out where to get a token, and for which resource and scope. */
  const challenge = (error, scope) =>
    [`Bearer resource_metadata="${origin}${metadataPath}"`, error && `error="${error}"`, scope && `scope="${scope}"`]
      .filter(Boolean)
      .join(', ')

  /** By Kith's public keys: no request to Kith but for new keys. */
  async function verify(token) {
    try {
      const rules = {
        issuer,
        audience: resource,
        typ: 'at+jwt',
        algorithms: ['ES256'],
        requiredClaims: ['exp', 'sub', 'client_id', 'scope'],
      }
      return (await jwtVerify(token, keys, rules)).payload
    } catch (error) {
      if (/^ERR_(JWT|JWS|JOSE_ALG|JOSE_NOT|JWKS_NO)/.test(error.code ?? '')) throw new Refusal(401, challenge('invalid_token'))
      // The keys could not be fetched: the token may well be good.
      throw new Refusal(503)
    }
  }

  /** By asking Kith (RFC 7662): a sign-out everywhere, a disconnected app or a disabled client counts at once. */
  async function introspect(token) {
    const authorization = `Basic ${btoa(`${encodeURIComponent(client.id)}:${encodeURIComponent(client.secret)}`)}`
    const request = { method: 'POST', headers: { authorization }, body: new URLSearchParams({ token }), signal: AbortSignal.timeout(2000) }
    const reply = await fetch(new URL('/oauth/introspect', issuer), request).catch(() => null)
    if (!reply?.ok) throw new Refusal(503)
    const claims = await reply.json()
    if (!claims.active || claims.aud !== resource) throw new Refusal(401, challenge('invalid_token'))
    return claims
  }

  /**
   * The claims of the token in the header `Authorization`, if it has the scope. `now`: it must still be good at this
   * moment. Throws a Refusal.
   */
  async function require(authorization, scope, { now = false } = {}) {
    const token = /^Bearer +([\w.~+/=-]+)$/i.exec(authorization ?? '')?.[1]
    if (!token) throw new Refusal(401, challenge(null, scope))
    const verified = await verify(token)
    // Bound to a key of the client (RFC 9449): worth nothing without a proof, which this API does not ask for.
    if (verified.cnf) throw new Refusal(401, challenge('invalid_token'))
    const claims = now ? await introspect(token) : verified
    if (!claims.scope.split(' ').includes(scope)) throw new Refusal(403, challenge('insufficient_scope', scope))
    return claims
  }

  /** RFC 9728: to be served at `metadataPath`. */
  const metadata = { resource, authorization_servers: [issuer], scopes_supported: scopes, bearer_methods_supported: ['header'] }
  return { require, metadata, metadataPath }
}
