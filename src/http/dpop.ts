/** DPoP (RFC 9449) in HTTP: the header with the proof, and access tokens under its scheme. */
import type { Context } from 'hono'
import { AppError } from '../core/errors.ts'
import { verifyAccessToken } from '../core/oauth/access-token.ts'
import { DPOP_ALGORITHMS, type DpopProof, type SentProof, verifyProof } from '../core/oauth/dpop.ts'
import type { AppEnv } from './app-env.ts'
import { bearer, type ReadCredential } from './credentials.ts'
import { hostOf } from './room-paths.ts'

/** Whether the request sends its token under this scheme. */
export function usesDpop(c: Context): boolean {
  return /^dpop(?: |$)/i.test(c.req.header('authorization') ?? '')
}

/** RFC 9449 §7.1. */
export const DPOP_CHALLENGE = `DPoP algs="${DPOP_ALGORITHMS.join(' ')}"`

/** The verified proof of a request for tokens; null without one. */
export async function readProof(context: Context): Promise<DpopProof | null> {
  const c = context as Context<AppEnv>
  const sent = sentProof(c)
  return sent && verifyProof(c.get('ctx'), sent)
}

/** An access token under either scheme: bound to a key under `DPoP`, any other under `Bearer` (RFC 9449 §7.1, §7.2). */
export const accessToken: ReadCredential = async (c) => {
  if (!usesDpop(c)) return bearer(c)
  const ctx = c.get('ctx')
  const token = /^dpop +([\w~+/.-]+=*) *$/i.exec(c.req.header('authorization') ?? '')?.[1]
  const claim = token === undefined ? null : await verifyAccessToken(ctx, token)
  if (!claim || token === undefined) throw new AppError('invalid_token')
  if (claim.jkt === undefined) throw new AppError('invalid_token', 'The token is not bound to a key: send it as Bearer')
  const sent = sentProof(c)
  if (!sent) throw new AppError('invalid_token', 'Send a DPoP proof with the token', { reason: 'invalid_dpop_proof' })
  const { jkt, alg, spent } = await verifyProof(ctx, sent, token).catch((error) => {
    throw error instanceof AppError ? new AppError('invalid_token', error.message, { reason: error.code }) : error
  })
  if (jkt !== claim.jkt) throw new AppError('invalid_token', 'The token is not bound to the key of the proof')
  return { ...claim, proof: { ...spent, alg } }
}

/** The origin is Kith's, or that of the room that the request came to. */
function sentProof(c: Context<AppEnv>): SentProof | null {
  const proof = c.req.header('dpop')
  if (proof === undefined) return null
  const { origin: ours, hostRooms } = c.get('ctx').config
  const { origin, pathname } = new URL(c.req.url)
  const isRoom = hostRooms.size > 0 && hostRooms.has(hostOf(c.req.url))
  return { proof, method: c.req.method, uri: (isRoom ? origin : ours) + pathname }
}
