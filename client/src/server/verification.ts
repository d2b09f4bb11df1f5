/** Whether an access token counts: by Kith's public keys and the proof of its key, or by asking Kith. */
import * as oauth from 'oauth4webapi'
import type { AccessTokenClaims } from './claims.ts'
import { keysBy } from './keys.ts'
import { authenticationOf, type Credentials, type KithServer, Unreachable } from './kith.ts'
import type { ReplayStore } from './replays.ts'

/** Of DPoP proofs. */
export const PROOF_ALGORITHMS: readonly string[] = ['ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256', 'RS256']
/** The library accepts proofs from five minutes ago to five minutes ahead. */
const PROOF_SECONDS = 605
const PROOF_ID_LENGTH_MAX = 256

export interface Rules {
  readonly kith: KithServer
  readonly resource: string
  readonly requireDPoP: boolean
  readonly replays: ReplayStore
  readonly clockToleranceSeconds: number
  readonly jwksCache: oauth.JWKSCacheInput | undefined
}

/** Verifies the token of a request, and its DPoP proof if it is bound to a key. Asks Kith for nothing but its keys. */
export function verifierFor(rules: Rules): (request: Request) => Promise<AccessTokenClaims> {
  const { kith, resource, requireDPoP, replays, clockToleranceSeconds, jwksCache } = rules
  const keys = keysBy(kith.send)

  return async (request) => {
    const { scope, ...claims } = await oauth.validateJwtAccessToken(kith.server, request, resource, {
      ...kith.requestOptions(keys),
      requireDPoP,
      signingAlgorithms: [...PROOF_ALGORITHMS],
      [oauth.clockTolerance]: clockToleranceSeconds,
      ...(jwksCache && { [oauth.jwksCache]: jwksCache }),
    })
    const [, token = ''] = request.headers.get('authorization')?.split(' ') ?? []
    // The library allows a token the algorithms of proofs, and an empty `cnf`.
    if (partOf(token, 0).alg !== 'ES256') throw new Error('Access tokens must be signed with ES256')
    const { cnf } = claims as { cnf?: { jkt?: string } }
    if (cnf && cnf.jkt === undefined) throw new Error('The token is bound by an unknown method (cnf)')
    if (cnf?.jkt !== undefined) await spendProof(replays, cnf.jkt, request.headers.get('dpop') ?? '')
    return { ...claims, scope: typeof scope === 'string' ? scope : '' } as AccessTokenClaims
  }
}

const FAULTS: Readonly<Record<string, string>> = {
  exp: 'The access token has expired',
  nbf: 'The access token is not valid yet',
  aud: 'The access token is for another audience',
  iss: 'The access token is from another issuer',
  'cnf.jkt': 'The access token is bound to another key',
}

/** What the developer of a client may know of a refusal. Without commas and quotes, which end a parameter of the challenge. */
export function faultOf(error: unknown): string {
  const { message, cause } = error as Error
  const fault = FAULTS[(Object(cause) as { claim?: string }).claim ?? '']
  if (fault !== undefined) return fault
  return /proof|DPoP/.test(message) ? 'The DPoP proof is missing or wrong or was used before' : 'The access token is not valid'
}

/** A proof, which is verified already, counts once. */
async function spendProof(replays: ReplayStore, jkt: string, proof: string): Promise<void> {
  const { jti } = partOf(proof, 1)
  if (typeof jti !== 'string' || jti.length > PROOF_ID_LENGTH_MAX) throw new Error('The jti of the proof is missing or too long')
  let isNew: boolean
  try {
    isNew = await replays.claim(`${jkt}.${jti}`, PROOF_SECONDS)
  } catch (cause) {
    throw new Unreachable('The store of used proofs failed', { cause })
  }
  if (!isNew) throw new Error('The proof was used before')
}

/** A part of a JWT that is verified, or is about to be. */
function partOf(jwt: string, index: number): Record<string, unknown> {
  const part = jwt.split('.')[index] ?? ''
  const bytes = Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0))
  return JSON.parse(new TextDecoder().decode(bytes))
}

/** The token's claims as they are now (RFC 7662), without `nbf`, `sid` and `amr`; null if it does not count any more. */
export async function introspect(
  kith: KithServer,
  client: Credentials,
  resource: string,
  token: string,
): Promise<AccessTokenClaims | null> {
  const its = { client_id: client.clientId }
  const unreachable = (cause: unknown) => {
    throw new Unreachable('Kith could not be asked about a token', { cause })
  }
  const reply = await oauth
    .introspectionRequest(kith.server, its, authenticationOf(client), token, kith.requestOptions())
    .catch(unreachable)
  if (!reply.ok) {
    const seconds = Number(reply.headers.get('retry-after'))
    throw new Unreachable(
      `Kith answered ${reply.status} to an introspection: ${await reply.text()}`,
      seconds > 0 ? { retryAfterSeconds: seconds } : {},
    )
  }
  const { active, token_type, ...claims } = await oauth.processIntrospectionResponse(kith.server, its, reply).catch(unreachable)
  return active && claims.aud === resource ? (claims as unknown as AccessTokenClaims) : null
}
