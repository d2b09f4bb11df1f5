/**
 * Who calls, and what they may do: the token's verdict comes from Kith on each call (RFC 7662), so that a sign-out
 * everywhere or a disconnected app counts at once. The client learns from the challenges where to sign in, and for which scopes
 * (RFC 9728, RFC 6750).
 */

export interface Settings {
  /** The origin of Kith. */
  readonly issuer: string
  /** The URL of this server, as it is registered in Kith. */
  readonly resource: string
  /** The server's own client in Kith, which may introspect the tokens for this resource. */
  readonly clientId: string
  readonly clientSecret: string
}

export interface Caller {
  readonly subject: string
  readonly scopes: readonly string[]
  /** The program that acts for the user. */
  readonly clientId: string
}

/** RFC 9728 §3.1: the well-known part goes between host and path. */
export function metadataUrl({ resource }: Settings): string {
  const { origin, pathname } = new URL(resource)
  return `${origin}/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}`
}

/** RFC 9728 §2. */
export function metadata({ resource, issuer }: Settings, scopes: readonly string[]) {
  return { resource, authorization_servers: [issuer], scopes_supported: scopes, bearer_methods_supported: ['header'] }
}

/** RFC 7662 §2.2. */
interface Verdict {
  readonly active: boolean
  readonly token_type?: string
  readonly aud?: string
  readonly sub?: string
  readonly scope?: string
  readonly client_id?: string
}

/** Null for a token that does not count, or that is for somebody else. */
export async function callerOf(settings: Settings, authorization: string | undefined): Promise<Caller | null> {
  const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1]
  if (token === undefined) return null
  const { issuer, resource, clientId, clientSecret } = settings
  const basic = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')
  const reply = await fetch(`${issuer}/oauth/introspect`, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams({ token }),
  })
  if (!reply.ok) throw new Error(`Kith answered ${reply.status} to an introspection`)
  const verdict = (await reply.json()) as Verdict
  // A token that is bound to a key has another type (RFC 9449): worth nothing without a proof, which this server does not ask for.
  if (!verdict.active || verdict.token_type !== 'Bearer' || verdict.aud !== resource || verdict.sub === undefined) return null
  return { subject: verdict.sub, scopes: (verdict.scope ?? '').split(' ').filter(Boolean), clientId: verdict.client_id ?? '' }
}

/** Refuses with the challenge that sends a client to sign in, or to ask for more. */
export function challenge(settings: Settings, status: 401 | 403, scopes: readonly string[], isTokenWrong: boolean): Response {
  const error = status === 403 ? 'insufficient_scope' : isTokenWrong ? 'invalid_token' : null
  const parts = [
    ...(error === null ? [] : [`error="${error}"`]),
    `resource_metadata="${metadataUrl(settings)}"`,
    `scope="${scopes.join(' ')}"`,
  ]
  return Response.json({ error: error ?? 'unauthorized' }, { status, headers: { 'www-authenticate': `Bearer ${parts.join(', ')}` } })
}
