/** A logout token (OpenID Connect Back-Channel Logout 1.0 §2.4) as a client sees it. */
import { decodeJwt, decodeProtectedHeader } from 'jose'

/** Kith's, and that of a certified provider (test/system/oidc-differential.test.ts). */
export const LOGOUT_TOKEN = {
  fields: ['logout_token'],
  header: ['alg', 'kid', 'typ'],
  typ: 'logout+jwt',
  claims: ['aud', 'events', 'exp', 'iat', 'iss', 'jti', 'sid', 'sub'],
  types: ['string', 'object', 'number', 'number', 'string', 'string', 'string', 'string'],
  events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
  seconds: 120,
}

export function shapeOf(body: unknown): typeof LOGOUT_TOKEN {
  const form = body as URLSearchParams
  const token = form.get('logout_token') ?? ''
  const header = decodeProtectedHeader(token)
  const payload = decodeJwt<Record<string, unknown>>(token)
  const claims = Object.keys(payload).sort()
  return {
    fields: [...form.keys()],
    header: Object.keys(header).sort(),
    typ: String(header.typ),
    claims,
    types: claims.map((name) => typeof payload[name]),
    events: payload.events as typeof LOGOUT_TOKEN.events,
    seconds: Number(payload.exp) - Number(payload.iat),
  }
}
