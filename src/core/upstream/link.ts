/**
 * Linking another provider to an account that exists. It takes a recent sign-in to that very account, with a factor if
 * one is enabled, and ends no session. Two ways lead here: from the account's own page to the provider and back, and
 * from a sign-in through a provider whose verified address belongs to an account.
 */
import { type MailId, NO_ID, type UpstreamIdentityId, type UserId } from '../../ids.ts'
import { countAttempt, isWithinLimit } from '../../store/db/attempt-counters.ts'
import { both, type Fragment, type Statement } from '../../store/db/database.ts'
import { listFactors, type SecondFactorRow } from '../../store/db/second-factors.ts'
import { isSessionLive } from '../../store/db/sessions.ts'
import { isUnspent, type SpentToken, spendToken } from '../../store/db/spent-tokens.ts'
import {
  findUpstreamConflict,
  findUpstreamIdentity,
  hasUpstreamIdentity,
  insertUpstreamIdentity,
} from '../../store/db/upstream-identities.ts'
import type { UserRow } from '../../store/db/users.ts'
import { deliverLater, whereFrom } from '../accounts/mail.ts'
import { ownerNotice } from '../accounts/owner-notice.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { emailKey } from '../fields.ts'
import type { Gate, OptionalGate } from '../gate.ts'
import type { UserPrincipal } from '../principal.ts'
import { isFresh, requireFreshBrowser } from '../sessions/fresh.ts'
import { factorAttempt, hasProvedFactor, refuseOverFactorLimit, requireFactor } from '../sessions/second-factors.ts'
import { beginAgain } from './failures.ts'
import { upstreamNameOf } from './issuers.ts'
import { type PendingUpstream, useOf } from './pending.ts'
import { beginUpstream, type UpstreamIntent, type UpstreamPerson } from './protocol.ts'

/** Leads the caller to the provider. Bound to the user and the session: no other account can get what comes back. */
export async function beginLink(ctx: Ctx, gate: Gate, providerId: string): Promise<{ url: string; cookie: string }> {
  const { principal, reads } = await gate(({ userId }) => [listFactors(userId)])
  requireFreshBrowser(ctx, principal)
  requireFactor(principal, reads[0])
  const { userId, sessionId } = principal
  return beginUpstream(ctx, providerId, { kind: 'link', returnTo: null, userId, sessionId })
}

const isProved = (ctx: Ctx, principal: UserPrincipal, factors: readonly SecondFactorRow[]) =>
  isFresh(ctx, principal) && hasProvedFactor(principal, factors)

/** What came back. Freshness was judged when it began; the session must still be the same. */
export async function finishLink(
  ctx: Ctx,
  gate: OptionalGate,
  { intent, person, spent }: { intent: UpstreamIntent; person: UpstreamPerson; spent: SpentToken },
): Promise<void> {
  const { principal } = await gate()
  if (principal === null || principal.userId !== intent.userId || principal.sessionId !== intent.sessionId) throw sessionChanged()
  await storeLink(ctx, principal, person, spent)
}

function sessionChanged(): AppError {
  const message = 'You signed out, or in to another account, since you began. Sign in to the account to connect, and begin again there.'
  return new AppError('forbidden', message, { reason: 'upstream_session_changed' })
}

/** Whether somebody whom a provider has identified may be linked to this account: both have verified the same address. */
export function isOfAccount({ email, isEmailVerified }: UpstreamPerson, user: UserRow): boolean {
  return email !== null && isEmailVerified && user.emailVerifiedAt !== null && user.emailKey === emailKey(email)
}

/** `ready`: one confirmation is missing. `sign_in`: a recent sign-in, with a factor if one is enabled. */
export type Connection = { readonly kind: 'ready' | 'sign_in' | 'other_account'; readonly user: UserRow } | { readonly kind: 'signed_out' }

/** What is missing before somebody whom a provider has identified can be linked to the account with their address. */
export async function describeConnection(ctx: Ctx, gate: OptionalGate, person: UpstreamPerson): Promise<Connection> {
  const { principal, user, reads } = await gate((claimed) => [listFactors(claimed?.userId ?? (NO_ID as UserId))])
  if (!principal || !user) return { kind: 'signed_out' }
  if (!isOfAccount(person, user)) return { kind: 'other_account', user }
  return { kind: isProved(ctx, principal, reads[0]) ? 'ready' : 'sign_in', user }
}

/** Links whom a provider has identified before, once the owner of the account has signed in and confirmed. */
export async function confirmLink(ctx: Ctx, gate: OptionalGate, pending: PendingUpstream): Promise<void> {
  const { principal, user, reads } = await gate((claimed) => [listFactors(claimed?.userId ?? (NO_ID as UserId))])
  if (!principal || !user) throw new AppError('unauthenticated')
  requireFreshBrowser(ctx, principal)
  requireFactor(principal, reads[0])
  if (!isOfAccount(pending.person, user)) {
    throw new AppError('forbidden', 'You are signed in to another account than the one with that address.', {
      reason: 'upstream_other_account',
    })
  }
  await storeLink(ctx, principal, pending.person, useOf(ctx, pending))
}

/** One batch: the identity, the end of the proof, the event and the notice. Linked already: nothing happens. */
async function storeLink(ctx: Ctx, principal: UserPrincipal, person: UpstreamPerson, proof: SpentToken): Promise<void> {
  const { userId, sessionId } = principal
  const { issuer, subject, label } = person
  const [id, now] = [ctx.newId<UpstreamIdentityId>(), ctx.now()]
  const made = hasUpstreamIdentity(userId, id)
  const attempt = factorAttempt(ctx, userId)
  const isOpen = both(isSessionLive({ id: sessionId, userId, now }), isWithinLimit(attempt))
  const condition = both(isUnspent(proof), isOpen)
  const notice = linkNotice(ctx, { kind: 'provider_linked', userId, issuer, label, condition: made })
  const stored = await ctx.db.commit(
    [
      insertUpstreamIdentity({ id, userId, issuer, subject, label, now, isUsed: false }, condition),
      countAttempt(attempt, made),
      spendToken(proof, made),
      audit(ctx, { type: 'provider_linked', userId, sessionId, detail: issuer, condition: made }),
      ...notice.writes,
    ],
    findUpstreamIdentity(id),
  )
  if (stored) deliverLater(ctx, ...notice.mailIds)
  else await refuseUnlessLinked(ctx, principal, person)
}

/** The notice of a provider linked or unlinked, where `condition` holds. */
export function linkNotice(
  ctx: Ctx,
  notice: {
    kind: 'provider_linked' | 'provider_unlinked'
    userId: UserId
    issuer: string
    label: string | null
    condition: Fragment
  },
): { mailIds: MailId[]; writes: Statement<unknown>[] } {
  const { kind, userId, issuer, label, condition } = notice
  const { name } = upstreamNameOf(ctx.config, issuer)
  const params = { ...whereFrom(ctx), provider: label === null ? name : `${name} (${label})` }
  return ownerNotice(ctx, { kind, user: userId, params, condition })
}

async function refuseUnlessLinked(ctx: Ctx, { userId }: UserPrincipal, person: UpstreamPerson): Promise<void> {
  const found = await ctx.db.one(findUpstreamConflict(userId, person))
  if (found?.ownerId === userId) return
  const { name } = upstreamNameOf(ctx.config, person.issuer)
  if (found?.ownerId) {
    const message = `${person.label} at ${name} already signs in to another account here. Disconnect it there first.`
    throw new AppError('already_exists', message, { reason: 'upstream_of_other', named: { provider: name, label: person.label } })
  }
  if (found?.hasOther) {
    const message = `Your account is already connected to another account at ${name}. Disconnect that one first.`
    throw new AppError('already_exists', message, { reason: 'upstream_has_other', named: { provider: name } })
  }
  await refuseOverFactorLimit(ctx, userId)
  throw beginAgain()
}
