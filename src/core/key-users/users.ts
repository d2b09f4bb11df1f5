/**
 * Users of a license key (wire §6.21; docs/decisions/010): its holder creates them under its own names and vouches for
 * them, as an invitation and a verified address do for others. One name of one key is one user, however many requests
 * are made at once; repeating a request updates the given fields and signs the user in.
 */
import { equalInConstantTime, sha256 } from '../../crypto.ts'
import { findCounter } from '../../store/db/attempt-counters.ts'
import { type ExternalUserRow, findExternalUser, findSeenExternalUser } from '../../store/db/external-identities.ts'
import { findLivingKeyById, type MachineRow } from '../../store/db/machine-credentials.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { type Gate, insufficientScope } from '../gate.ts'
import { isInForce } from '../in-force.ts'
import { type Key, keyIdOf } from '../machines/keys.ts'
import { touchMachineLater } from '../machines/last-use.ts'
import { newAvatar, pictureLimit, refuseOverLimits, storeAvatar } from '../media/avatars.ts'
import type { Principal } from '../principal.ts'
import { audienceOf, requireMet, type SeenUser, showTo } from '../social/visibility.ts'
import { changeKeyUser, changesOf, type KeyUserChange, type Metadata, makeKeyUser, type StoredKeyUser } from './writes.ts'

export type { StoredKeyUser } from './writes.ts'

export interface KeyUserInput extends KeyUserChange {
  readonly licenseKey: string
  /** A picture as it was sent. */
  readonly picture: Uint8Array<ArrayBuffer> | null
}

/** A user as the caller may see one. */
export interface KeyUser {
  readonly user: SeenUser
  readonly externalId: string
  readonly metadata: Metadata
}

/**
 * Creates the user, or updates the given fields, and signs the user in. `read` is called once the caller is known;
 * everything is validated before anything is written. Throws `forbidden` for a banned or deleted user,
 * `account_restricted` if a restricted user would be changed. 3 round trips; a picture takes at most 2 more.
 */
export async function putKeyUser(ctx: Ctx, gate: Gate<Principal>, read: () => Promise<KeyUserInput>): Promise<StoredKeyUser> {
  const { principal, reads } = await gate(({ clientId }) => [findLivingKeyById(keyIdOf(clientId), 'license_key', ctx.now())])
  const key = requireKey(reads[0])
  if (principal.kind !== 'client') throw insufficientScope('client:profile:write')
  touchMachineLater(ctx, key)
  const input = await read()
  requireOwnKey(key, input.licenseKey)
  const find = () => findJudged(ctx, key, input)
  const found = await find()
  const picture = input.picture ? await newAvatar(ctx, input.picture) : null
  const store = async (): Promise<StoredKeyUser | null> => {
    const stored = found ? await changeKeyUser(ctx, key, input, found, picture) : await makeKeyUser(ctx, key, input, picture)
    // Nothing: created, changed or barred by another request meanwhile.
    const now = stored ? null : await find()
    return now ? changeKeyUser(ctx, key, input, now, picture) : stored
  }
  const stored = picture ? await storeAvatar(ctx, picture, store) : await store()
  if (!stored) throw AppError.tryAgain()
  return stored
}

/** Another deployment's key, another key, a revoked and an expired one get the same answer: only this token's own key is right. */
function requireOwnKey(key: Key, licenseKey: string): void {
  if (equalInConstantTime(sha256(licenseKey), key.secretHash ?? '')) return
  throw AppError.ofFields([{ path: 'licenseKey', message: 'is not the license key of the token' }])
}

/** The user of this name who may be changed in this way; null if there is none yet. */
async function findJudged(ctx: Ctx, key: Key, input: KeyUserInput): Promise<ExternalUserRow | null> {
  const found = await ctx.db.one(findExternalUser({ keyId: key.id, externalId: input.externalId }))
  if (!found) return null
  const now = ctx.now()
  if (found.deletedAt !== null) throw new AppError('forbidden', 'The user is deleted')
  if (isInForce(found.bannedAt, found.bannedUntil, now)) throw new AppError('forbidden', 'The user is banned')
  const isChanged = input.picture !== null || changesOf(input, found).isChanged
  if (isChanged && isInForce(found.restrictedAt, found.restrictedUntil, now)) throw new AppError('account_restricted')
  if (input.picture) {
    const limit = pictureLimit(ctx, found.id)
    refuseOverLimits(ctx, [limit], [await ctx.db.one(findCounter(limit.key))])
  }
  return found
}

/** A caller whose token is not of a license key does not exist here. */
export function requireKey(row: MachineRow | null): Key {
  const clientId = row?.clientId ?? null
  if (!row || clientId === null) throw new AppError('invalid_token')
  return { ...row, clientId }
}

/** A user of the caller's key, by the key's own name: in full for the key's holder and the user, for others as far as they may see. */
export async function getKeyUser(ctx: Ctx, gate: Gate<Principal>, externalId: string): Promise<KeyUser> {
  const now = ctx.now()
  const { principal, reads } = await gate(({ userId, clientId }) => [
    findLivingKeyById(keyIdOf(clientId), 'license_key', now),
    findSeenExternalUser(externalId, { keyId: keyIdOf(clientId), viewerId: userId, now }),
  ])
  const [key, found] = reads
  requireKey(key)
  const row = requireMet(found)
  const audience = principal.kind === 'user' ? audienceOf(principal, row) : 'owner'
  return { user: showTo(audience, row), externalId, metadata: audience === 'outsider' ? {} : JSON.parse(found?.metadata ?? '{}') }
}
