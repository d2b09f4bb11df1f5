/**
 * What is sent along with an access token, which the gate checks in its own batch: a machine's key is valid, and the one
 * under which the token was issued (security row 53); a DPoP proof is used for the first time (RFC 9449 §11.1).
 */
import { always, type Statement } from '../store/db/database.ts'
import { findLivingKey, type MachineRow } from '../store/db/machine-credentials.ts'
import { spendToken } from '../store/db/spent-tokens.ts'
import type { Ctx } from './ctx.ts'
import { AppError } from './errors.ts'
import { touchMachineLater } from './machines/last-use.ts'
import { maySignWith } from './oauth/fapi.ts'
import type { Claim, ClaimedProof } from './principal.ts'

type Proving = Extract<Claim, { kind: 'access_token' | 'client' }> & { readonly proof: ClaimedProof }

/** The proof has to be claimed, which only the primary does. */
export function isProving(claim: Claim): claim is Proving {
  return 'clientId' in claim && claim.proof !== undefined
}

/** Whether the client whose token it is may prove itself so. */
export function isProofAllowed(claim: Claim, securityProfile: string | null): boolean {
  return !isProving(claim) || maySignWith({ securityProfile }, claim.proof.alg)
}

/** The statement for what is sent along; none without it. */
export function evidenceOf(ctx: Ctx, claim: Claim): Statement<unknown>[] {
  if (isProving(claim)) return [spendToken(claim.proof, always)]
  const key = 'key' in claim ? claim.key : undefined
  return key ? [findLivingKey(key.secretHash, key.kind, ctx.now())] : []
}

/** Throws unless what the statement has found is as it must be. */
export function requireEvidence(ctx: Ctx, claim: Claim, found: unknown): void {
  if (isEvident(claim, found)) {
    if (!isProving(claim)) touchMachineLater(ctx, found as MachineRow)
    return
  }
  if (isProving(claim)) throw new AppError('invalid_token', 'The DPoP proof was used before', { reason: 'invalid_dpop_proof' })
  throw found ? new AppError('invalid_token') : new AppError('invalid_client', 'The key is not valid')
}

export function isEvident(claim: Claim, found: unknown): boolean {
  if (isProving(claim)) return found !== null
  const machine = found as MachineRow | null
  return machine !== null && 'clientId' in claim && machine.clientId === claim.clientId
}
