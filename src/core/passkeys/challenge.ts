/**
 * Challenges (WebAuthn Level 3 §13.4.3): random, signed, and bound to what they are for. Nothing is stored until one is
 * used: the batch that it leads to claims it with `spendToken`.
 */
import { randomToken, sha256 } from '../../crypto.ts'
import type { SpentToken } from '../../store/db/spent-tokens.ts'
import type { Ctx } from '../ctx.ts'
import { PASSKEY_CHALLENGE_MS } from '../limits.ts'
import { issueTicket, readTicket } from '../oauth/tickets.ts'
import { refusedClientData } from './client-data.ts'

/** Which ceremony a challenge is for, and for whom. */
export interface ChallengePurpose {
  readonly purpose: 'passkey-registration' | 'passkey-sign-in' | 'passkey-second-step'
  readonly about: readonly string[]
}

const NONCE_BYTES = 16

/** As a browser takes it: base64url. */
export function newChallenge(ctx: Ctx, { purpose, about }: ChallengePurpose): string {
  const nonce = randomToken(NONCE_BYTES)
  return Buffer.from(`${nonce}.${issueTicket(ctx, purpose, [nonce, ...about])}`).toString('base64url')
}

/** What its use claims. Throws if it was not issued for this purpose, or too long ago. */
export function readChallenge(ctx: Ctx, { purpose, about }: ChallengePurpose, challenge: string): Omit<SpentToken, 'claimedBy'> {
  const token = Buffer.from(challenge, 'base64url').toString('utf8')
  const [, nonce = '', ticket = ''] = /^([\w-]{22})\.(.+)$/.exec(token) ?? []
  const issuedAt = readTicket(ctx, purpose, ticket, { about: [nonce, ...about], lifeMs: PASSKEY_CHALLENGE_MS })
  if (issuedAt === null) throw wrongChallenge()
  return { digest: sha256(token), expiresAt: issuedAt + PASSKEY_CHALLENGE_MS }
}

export const wrongChallenge = () => refusedClientData('has a challenge that was not issued for this, was used, or has expired')
