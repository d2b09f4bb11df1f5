/**
 * Pictures of a license key's users, for any holder of a token of the key who may see the user: the bytes themselves,
 * not a redirect to the bucket. Old clients know only PNG and JPEG, so the large picture is served as a JPEG unless
 * WebP is requested.
 */
import { createHash } from 'node:crypto'
import { findPicturedExternalUser } from '../../store/db/external-identities.ts'
import { findLivingKeyById } from '../../store/db/machine-credentials.ts'
import { AVATAR_TYPES, type AvatarObject, getAvatarObject } from '../../store/r2/avatars.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { keyIdOf } from '../machines/keys.ts'
import { drawJpeg } from '../media/draw-avatar.ts'
import type { Principal } from '../principal.ts'
import { requireMet } from '../social/visibility.ts'
import { requireKey } from './users.ts'

const RETRY_AFTER_SECONDS = 2

export interface KeyPicture {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly contentType: string
  /** SHA-256, base64url. */
  readonly digest: string
  readonly storedAt: number
}

/** The user's current picture; a replaced one is no longer served. */
export async function getKeyPicture(
  ctx: Ctx,
  gate: Gate<Principal>,
  { avatarKey, object, asJpeg }: { avatarKey: string; object: AvatarObject; asJpeg: boolean },
): Promise<KeyPicture> {
  const now = ctx.now()
  // Beside the gate, and handed out after it.
  const reading = readObject(ctx, avatarKey, object)
  reading.catch(() => undefined)
  const { reads } = await gate(({ userId, clientId }) => [
    findLivingKeyById(keyIdOf(clientId), 'license_key', now),
    findPicturedExternalUser(avatarKey, { keyId: keyIdOf(clientId), viewerId: userId, now }),
  ])
  requireKey(reads[0])
  requireMet(reads[1])
  const { original, storedAt } = await reading
  const bytes = asJpeg ? await drawJpeg(ctx, original) : original
  const digest = createHash('sha256').update(bytes).digest('base64url')
  return { bytes, contentType: asJpeg ? 'image/jpeg' : AVATAR_TYPES[object], digest, storedAt }
}

async function readObject(ctx: Ctx, avatarKey: string, object: AvatarObject) {
  try {
    const stored = await getAvatarObject(ctx.avatars, avatarKey, object)
    if (stored) return { original: new Uint8Array(await stored.arrayBuffer()), storedAt: stored.uploaded.getTime() }
  } catch (cause) {
    throw new AppError('temporarily_unavailable', 'The picture cannot be read now', { retryAfter: RETRY_AFTER_SECONDS, cause })
  }
  throw new AppError('not_found')
}
