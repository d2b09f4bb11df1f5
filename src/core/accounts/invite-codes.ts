/**
 * Invite codes: every user has some to give away, and the account created with one records who invited it. In
 * invite-only mode a new account needs one. Codes are created when their owner first looks, work once, and carry no
 * information: two letters, four digits, thirteen digits, all random (security row 64; the seed's contain a time). 676
 * * 10^17 codes are too many to guess.
 */
import type { UserId } from '../../ids.ts'
import { always, both, type Fragment, type Statement } from '../../store/db/database.ts'
import { claimInvite, type InviteCodeRow, insertInviteCodes, isInviteOpen, listInviteCodes } from '../../store/db/invite-codes.ts'
import { findUser, userExists } from '../../store/db/users.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { foldTypedCode } from '../typed-text.ts'

export type { InviteCodeRow as InviteCode } from '../../store/db/invite-codes.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const DIGITS = '0123456789'

/** Draws from an alphabet without bias: bytes that would favour the first letters are discarded. */
function draw(alphabet: string, length: number): string {
  const fair = 256 - (256 % alphabet.length)
  let text = ''
  while (text.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length - text.length))) {
      if (byte < fair) text += alphabet[byte % alphabet.length]
    }
  }
  return text
}

function newInviteCode(): string {
  return `${draw(LETTERS, 2)}-${draw(DIGITS, 4)}-${draw(DIGITS, 13)}`
}

/** Codes to give away, or from when on the account is old enough for them. */
type OwnInviteCodes = { readonly codes: readonly InviteCodeRow[]; readonly hiddenUntil: null } | { readonly hiddenUntil: number }

/** The caller's codes, topped up if there are too few. Throws `invite_codes_hidden` while the account is too young. */
export async function listOwnInviteCodes(ctx: Ctx, gate: Gate): Promise<readonly InviteCodeRow[]> {
  const own = await readOwnInviteCodes(ctx, gate)
  if (own.hiddenUntil === null) return own.codes
  const retryAfter = Math.ceil((own.hiddenUntil - ctx.now()) / 1_000)
  throw new AppError('invite_codes_hidden', 'The account is too new to invite others', { retryAfter })
}

/** The same, without an error. */
export async function readOwnInviteCodes(ctx: Ctx, gate: Gate): Promise<OwnInviteCodes> {
  const { perPerson, windowSeconds } = ctx.config.invites
  const { principal, reads } = await gate(({ userId }) => [findUser(userId), listInviteCodes(userId)])
  const [user, codes] = reads
  if (!user) throw new AppError('unauthenticated')
  const hiddenUntil = user.createdAt + windowSeconds * 1_000
  if (hiddenUntil > ctx.now()) return { hiddenUntil }
  if (codes.length >= perPerson) return { codes, hiddenUntil: null }
  const { userId } = principal
  const [, stored] = await ctx.db.batch([insertInviteCodes(userId, newInviteCodes(perPerson), ctx.now()), listInviteCodes(userId)])
  return { codes: stored, hiddenUntil: null }
}

function newInviteCodes(count: number): string[] {
  return Array.from({ length: count }, newInviteCode)
}

/** How a sign-up handles its invitation: what must hold for the account to be created, and what is written with it. */
export interface Invitation {
  readonly condition: Fragment
  writes(userId: UserId): Statement<unknown>[]
}

/**
 * With open sign-up a code is optional, but one that is given must be good, so that an invited person knows that it counts. In
 * invite-only mode a missing one throws `invite_code_invalid`.
 */
export function toInvitation(ctx: Ctx, inviteCode: string | undefined): Invitation {
  const { only } = ctx.config.invites
  const code = asGivenOut(inviteCode ?? '')
  if (code === '' && only) throw invalidInvite('is required')
  if (code === '') return { condition: always, writes: () => [] }
  const condition = isInviteOpen(code, ctx.now())
  return {
    condition,
    writes: (userId) => [claimInvite(code, userId, ctx.now(), both(userExists(userId), condition))],
  }
}

/** Accepts spelling variants. */
export function asGivenOut(typed: string): string {
  return foldTypedCode(typed)
    .toUpperCase()
    .replace(/^([A-Z]{2})(\d{4})(\d{13})$/, '$1-$2-$3')
}

/** Wrong, used, revoked, or its owner is gone: one refusal for all. */
export function invalidInvite(message: string): AppError {
  return AppError.ofFields([{ path: 'inviteCode', message }], 'invite_code_invalid', 'The invite code is wrong or already used')
}
