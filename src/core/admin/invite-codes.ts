/** Everybody's invite codes: administrators see who has invited whom, and revoke a code that nobody has used yet. */
import { fromHex, type UserId } from '../../ids.ts'
import {
  type CodeSearch,
  findIssuedCode,
  type IssuedCodeRow,
  isRevocable,
  listIssuedCodes,
  revokeInviteCode,
} from '../../store/db/issued-invite-codes.ts'
import { asGivenOut } from '../accounts/invite-codes.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { email, emailKey, usernameKey } from '../fields.ts'
import type { Gate } from '../gate.ts'
import { type Listed, listed, type Page, positionOf } from '../paging.ts'
import type { UserPrincipal } from '../principal.ts'
import { rankError } from './rank.ts'

export type { IssuedCodeRow as IssuedCode } from '../../store/db/issued-invite-codes.ts'

/** Newest first. A query is a code, or a user name, an address or an id of its owner or of who has used it. */
export async function listAllInviteCodes(ctx: Ctx, gate: Gate, query: string | null, page: Page): Promise<Listed<IssuedCodeRow>> {
  const search = query === null ? null : meantBy(query)
  const { reads } = await gate(() => [listIssuedCodes({ search, before: positionOf(ctx, page), limit: page.limit + 1 })])
  return listed(reads[0], page.limit)
}

function meantBy(query: string): CodeSearch {
  const text = query.trim()
  const address = email.safeParse(text)
  return {
    code: asGivenOut(text),
    userId: fromHex<UserId>(text.toLowerCase()),
    emailKey: address.success ? emailKey(address.data) : null,
    usernameKey: usernameKey(text.replace(/^@/, '')),
  }
}

export interface SeenCode {
  readonly code: IssuedCodeRow
  /** Whether the viewer may revoke it, as far as the rank goes. */
  readonly isBelow: boolean
}

export async function getIssuedCode(gate: Gate, typed: string): Promise<SeenCode & { principal: UserPrincipal }> {
  const { principal, reads } = await gate(() => [findIssuedCode(asGivenOut(typed))])
  const [code] = reads
  if (!code) throw new AppError('not_found')
  return { principal, code, isBelow: code.ownerRanking > principal.ranking }
}

/**
 * Revokes an unused code for good. Its owner gets no other one in its place. Idempotent; throws `invite_code_invalid` once it has
 * been used.
 */
export async function revokeCode(ctx: Ctx, gate: Gate, typed: string): Promise<void> {
  const { principal, code: found, isBelow } = await getIssuedCode(gate, typed)
  if (!isBelow) throw rankError()
  requireUnused(found)
  const { code, ownerId } = found
  const { userId: actorId, sessionId, clientId, ranking } = principal
  const condition = isRevocable(code, ranking)
  const event = { type: 'invite_code_revoked', userId: ownerId, actorId, sessionId, clientId, detail: code, condition } as const
  const stored = await ctx.db.commit([audit(ctx, event), revokeInviteCode(code, ctx.now(), condition)], findIssuedCode(code))
  if (!stored) throw new AppError('not_found')
  requireUnused(stored)
  // Promoted meanwhile.
  if (stored.revokedAt === null) throw rankError()
}

function requireUnused({ usedBy }: IssuedCodeRow): void {
  if (usedBy !== null) throw new AppError('invite_code_invalid', 'The invite code has been used')
}
