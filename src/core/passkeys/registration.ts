/** Adding a passkey to the caller's account (WebAuthn Level 3 §7.1). */
import type { PasskeyId } from '../../ids.ts'
import { countAttempt, isWithinLimit } from '../../store/db/attempt-counters.ts'
import { both, findIf, not } from '../../store/db/database.ts'
import {
  findPasskey,
  hasRoomForPasskey,
  insertPasskey,
  isCredentialTaken,
  listPasskeysOf,
  type PasskeyRow,
} from '../../store/db/passkeys.ts'
import { listFactors } from '../../store/db/second-factors.ts'
import { isSessionOpen } from '../../store/db/sessions.ts'
import { type SpentToken, spendToken, wasSpentBy } from '../../store/db/spent-tokens.ts'
import { isUnchanged, type UserRow } from '../../store/db/users.ts'
import { deliverLater } from '../accounts/mail.ts'
import { ownerNotice } from '../accounts/owner-notice.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { PASSKEY_CHALLENGE_MS, PASSKEYS_MAX } from '../limits.ts'
import type { UserPrincipal } from '../principal.ts'
import { requireFreshBrowser } from '../sessions/fresh.ts'
import { factorAttempt, refuseOverFactorLimit, requireFactorForChange } from '../sessions/second-factors.ts'
import { type ChallengePurpose, newChallenge, readChallenge, wrongChallenge } from './challenge.ts'
import { readClientData } from './client-data.ts'
import type { RegistrationCredential } from './credential.ts'
import { descriptorOf, userHandleOf } from './descriptors.ts'
import { ALGORITHMS, type Registered, verifyRegistration } from './verification.ts'

/** Whoever may add one: in a browser that has just signed in, with a factor if one is enabled, while there is room. */
async function requireEnroller(ctx: Ctx, gate: Gate) {
  const { principal, user, reads } = await gate(({ userId }) => [listFactors(userId), listPasskeysOf(userId)])
  const [factors, passkeys] = reads
  requireFreshBrowser(ctx, principal)
  requireFactorForChange(ctx, principal, { factors, hasPasskeys: passkeys.length > 0 })
  if (passkeys.length >= PASSKEYS_MAX) throw tooMany()
  return { principal, user, passkeys }
}

const tooMany = () =>
  new AppError('quota_exceeded', `An account can have ${PASSKEYS_MAX} passkeys. Remove one first`, { reason: 'too_many_passkeys' })

/** The challenge counts for this session alone, and not after a change that ends sessions. */
const purposeOf = ({ userId, sessionId }: UserPrincipal, { epoch }: UserRow): ChallengePurpose => ({
  purpose: 'passkey-registration',
  about: [String(userId), String(epoch), String(sessionId)],
})

/** What `navigator.credentials.create()` takes, as JSON (WebAuthn Level 3 §5.4). One round trip. */
export async function passkeyRegistrationOptions(ctx: Ctx, gate: Gate) {
  const { principal, user, passkeys } = await requireEnroller(ctx, gate)
  const { origin, passkeys: site } = ctx.config
  return {
    rp: { id: site.rpId, name: new URL(origin).hostname },
    user: { id: userHandleOf(user.id), name: user.username, displayName: nameOf(user) },
    challenge: newChallenge(ctx, purposeOf(principal, user)),
    pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key' as const, alg })),
    timeout: PASSKEY_CHALLENGE_MS,
    excludeCredentials: passkeys.map(descriptorOf),
    authenticatorSelection: { residentKey: 'required' as const, requireResidentKey: true, userVerification: 'required' as const },
    attestation: 'none' as const,
    extensions: { credProps: true },
  }
}

function nameOf({ displayName, givenName, familyName, username }: UserRow): string {
  return displayName || [givenName, familyName].filter(Boolean).join(' ') || username
}

/**
 * Adds the passkey that was made with `passkeyRegistrationOptions`, and sends a notice. Of all requests with one
 * challenge, one succeeds. Two round trips.
 */
export async function registerPasskey(
  ctx: Ctx,
  gate: Gate,
  { name, credential }: { name: string; credential: RegistrationCredential },
): Promise<PasskeyRow> {
  const { principal, user } = await requireEnroller(ctx, gate)
  const { passkeys: site } = ctx.config
  const challenge = readClientData(site, 'webauthn.create', credential.response.clientDataJSON)
  const token = readChallenge(ctx, purposeOf(principal, user), challenge)
  const registered = await verifyRegistration(site, credential, challenge)
  const row = toRow(ctx, { user, name, credential, registered })
  return store(ctx, { row, principal, epoch: user.epoch, spent: { ...token, claimedBy: row.id } })
}

function toRow(ctx: Ctx, input: { user: UserRow; name: string; credential: RegistrationCredential; registered: Registered }): PasskeyRow {
  const { registered, credential } = input
  return {
    id: ctx.newId<PasskeyId>(),
    userId: input.user.id,
    credentialId: credential.id,
    publicKey: registered.publicKey,
    signCount: registered.signCount,
    transports: credential.response.transports.join(' '),
    aaguid: registered.aaguid,
    backupEligible: registered.isBackupEligible ? 1 : 0,
    backedUp: registered.isBackedUp ? 1 : 0,
    name: input.name,
    createdAt: ctx.now(),
    lastUsedAt: null,
  }
}

interface Addition {
  readonly row: PasskeyRow
  readonly principal: UserPrincipal
  readonly epoch: number
  readonly spent: SpentToken
}

async function store(ctx: Ctx, addition: Addition): Promise<PasskeyRow> {
  const { row, spent, principal, epoch } = addition
  const { userId, sessionId } = principal
  const attempt = factorAttempt(ctx, userId)
  const isAsRead = both(isSessionOpen(sessionId), isUnchanged(userId, epoch, ctx.now()))
  const hasRoom = both(hasRoomForPasskey(userId, PASSKEYS_MAX), isWithinLimit(attempt))
  // The claim decides, and all else depends on it.
  const done = wasSpentBy(spent)
  const notice = ownerNotice(ctx, { kind: 'passkey_added', user: userId, condition: done })
  const stored = await ctx.db.commit(
    [
      spendToken(spent, both(both(isAsRead, hasRoom), not(isCredentialTaken(row.credentialId)))),
      countAttempt(attempt, done),
      insertPasskey(row, done),
      audit(ctx, { type: 'passkey_added', userId, sessionId, detail: row.name, condition: done }),
      ...notice.writes,
    ],
    findPasskey(row.id, userId),
  )
  if (!stored) throw await refusalOf(ctx, addition)
  deliverLater(ctx, ...notice.mailIds)
  return stored
}

/** Which of the guards did not hold. */
async function refusalOf(ctx: Ctx, { row, principal: { userId, sessionId } }: Addition): Promise<AppError> {
  const [isTaken, hasRoom, isOpen] = await ctx.db.batch([
    findIf(isCredentialTaken(row.credentialId)),
    findIf(hasRoomForPasskey(userId, PASSKEYS_MAX)),
    findIf(isSessionOpen(sessionId)),
  ])
  if (isTaken) {
    const message = 'This passkey is already registered'
    return AppError.ofFields([{ path: 'credential', message }], 'already_exists', message)
  }
  if (!hasRoom) return tooMany()
  if (!isOpen) return new AppError('unauthenticated')
  await refuseOverFactorLimit(ctx, userId)
  return wrongChallenge()
}
