/** The batches that create and change a user of a license key: all or nothing, including the session of the user's token. */
import { randomHex, randomToken, sha256 } from '../../crypto.ts'
import type { AnyId, UserId } from '../../ids.ts'
import { isAvatarReserved } from '../../store/db/avatars.ts'
import { always, both, isPrimaryKeyConflict } from '../../store/db/database.ts'
import {
  type ExternalProfile,
  type ExternalUserRow,
  findSignedInExternalUser,
  insertExternalIdentity,
  insertExternalUser,
  isExternalIdFree,
  updateExternalMetadata,
  updateExternalProfile,
} from '../../store/db/external-identities.ts'
import { isClientOpen } from '../../store/db/oauth-clients.ts'
import { type PushDevice, putPushDevice } from '../../store/db/push-devices.ts'
import { sessionWasMade } from '../../store/db/sessions.ts'
import { isUnchanged, type UserRow, userExists } from '../../store/db/users.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { usernameKey } from '../fields.ts'
import { issueKeyToken, type Key, newKeySession } from '../machines/keys.ts'
import { giveAvatar, type NewAvatar, pictureLimit } from '../media/avatars.ts'
import { firstSearchWrites } from '../profiles/search.ts'

/** 80 bits, in a form that the rules for user names accept. */
const USERNAME_BYTES = 10
/** 192 bits: no guess finds it, so a plain digest suffices. */
const PASSWORD_BYTES = 24

export type Metadata = Readonly<Record<string, string>>

/** The data that a key's holder sends about a user. Null keeps the stored value. */
export interface KeyUserChange {
  readonly externalId: string
  readonly profile: ExternalProfile
  readonly metadata: Metadata | null
  readonly device: PushDevice
}

export interface StoredKeyUser {
  readonly user: UserRow
  readonly externalId: string
  /** The user's own credential, returned once, on creation. */
  readonly password: string | null
  readonly token: string
  /** Whether there was a profile before. */
  readonly hadProfile: boolean
}

/** Null when the key already has a user with this name, or is revoked. */
export async function makeKeyUser(ctx: Ctx, key: Key, input: KeyUserChange, picture: NewAvatar | null): Promise<StoredKeyUser | null> {
  const password = randomToken(PASSWORD_BYTES)
  const make = () => storeNewUser(ctx, key, input, { picture, passwordHash: sha256(password) })
  const made = await make().catch((error: unknown) => {
    if (!isPrimaryKeyConflict(error)) throw error
    return make()
  })
  return made && { ...made, password, hadProfile: false }
}

type Signed = Pick<StoredKeyUser, 'user' | 'externalId' | 'token'>

async function storeNewUser(
  ctx: Ctx,
  key: Key,
  input: KeyUserChange,
  { picture, passwordHash }: { picture: NewAvatar | null; passwordHash: string },
): Promise<Signed | null> {
  const now = ctx.now()
  const id = ctx.newId<UserId>()
  const { profile, device } = input
  const name = { keyId: key.id, externalId: input.externalId }
  const username = `user_${randomHex(USERNAME_BYTES)}`
  const made = userExists(id)
  const isFree = both(isExternalIdFree(name), isClientOpen(key.clientId))
  const metadata = JSON.stringify(input.metadata ?? {})
  const session = newKeySession(ctx, { key, userId: id, amr: ['pwd'], refreshable: false, condition: always })
  const writes = [
    insertExternalUser(
      { ...profile, id, username, usernameKey: usernameKey(username), createdAt: now },
      picture ? both(isFree, isAvatarReserved(picture.key, now)) : isFree,
    ),
    insertExternalIdentity({ ...name, id: ctx.newId<AnyId>(), userId: id, passwordHash, metadata, createdAt: now }, made),
    audit(ctx, { type: 'account_created', userId: id, clientId: key.clientId, condition: made }),
    ...firstSearchWrites(id, { username, givenName: null, middleName: null, familyName: null }),
    ...(picture ? giveAvatar(ctx, avatarOf(ctx, id, picture), made).writes : []),
    putPushDevice(id, device, now, always),
    ...session.writes,
  ]
  const user = await ctx.db.commit(writes, findSignedInExternalUser(name, session.sessionId))
  return user && signed(ctx, key, user, session.sessionId)
}

const avatarOf = (ctx: Ctx, userId: UserId, { key }: NewAvatar) => ({ userId, key, limits: [pictureLimit(ctx, userId)] })

async function signed(ctx: Ctx, key: Key, user: ExternalUserRow, sessionId: Parameters<typeof sessionWasMade>[0]): Promise<Signed> {
  return { user, externalId: user.externalId, token: await issueKeyToken(ctx, { key, userId: user.id, sessionId }) }
}

/** Null when the account has changed since it was read, the key is revoked, or the picture was changed too often. */
export async function changeKeyUser(
  ctx: Ctx,
  key: Key,
  input: KeyUserChange,
  found: ExternalUserRow,
  picture: NewAvatar | null,
): Promise<StoredKeyUser | null> {
  const now = ctx.now()
  const { id } = found
  const { profile, metadata, isChanged } = changesOf(input, found)
  const unchanged = both(isUnchanged(id, found.epoch, now), isClientOpen(key.clientId))
  const avatar = picture && giveAvatar(ctx, avatarOf(ctx, id, picture), unchanged)
  const session = newKeySession(ctx, { key, userId: id, amr: ['pwd'], refreshable: false, condition: avatar ? avatar.given : unchanged })
  const applies = sessionWasMade(session.sessionId)
  const event = { userId: id, clientId: key.clientId, sessionId: session.sessionId, condition: applies }
  const name = { keyId: key.id, externalId: input.externalId }
  const writes = [
    ...(avatar?.writes ?? []),
    ...session.writes,
    ...(Object.keys(profile).length > 0 ? [updateExternalProfile(id, profile, now, applies)] : []),
    ...(metadata === null ? [] : [updateExternalMetadata(name, metadata, now, applies)]),
    putPushDevice(id, input.device, now, applies),
    audit(ctx, { ...event, type: 'sign_in' }),
    ...(isChanged || avatar ? [audit(ctx, { ...event, type: 'profile_changed' })] : []),
  ]
  const user = await ctx.db.commit(writes, findSignedInExternalUser(name, session.sessionId))
  return user && { ...(await signed(ctx, key, user, session.sessionId)), password: null, hadProfile: hasProfile(found) }
}

/** The differences. A verified address is its owner's to change, and left out. */
export function changesOf({ profile, metadata }: KeyUserChange, found: ExternalUserRow) {
  const differs = ([field, value]: [string, string | null]) =>
    value !== null && value !== found[field as keyof ExternalProfile] && !(field === 'email' && found.emailVerifiedAt !== null)
  const changed: Partial<ExternalProfile> = Object.fromEntries(Object.entries(profile).filter(differs))
  const text = metadata && JSON.stringify(metadata)
  const newMetadata = text === found.metadata ? null : text
  return { profile: changed, metadata: newMetadata, isChanged: newMetadata !== null || Object.keys(changed).length > 0 }
}

const hasProfile = ({ nickname, phone, email, profileUrl, avatarKey }: UserRow) =>
  [nickname, phone, email, profileUrl, avatarKey].some((value) => value !== null)
