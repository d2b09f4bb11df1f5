/** How people appear on pages: their name, and their picture or, without one, their initials. */
import type { User } from '../core/accounts/user.ts'
import type { Ctx } from '../core/ctx.ts'
import { type AvatarSize, avatarUrl } from '../core/media/avatar-urls.ts'
import { defaultAvatarSvg } from '../core/media/default-avatars.ts'

type Pictured = Pick<User, 'id' | 'username' | 'givenName' | 'familyName' | 'displayName' | 'avatarKey'>

export function nameOf({ givenName, familyName, displayName, username }: Omit<Pictured, 'id' | 'avatarKey'>): string {
  return [givenName, familyName].filter(Boolean).join(' ') || displayName || username
}

export function pictureUrl(ctx: Ctx, user: Pictured, size: AvatarSize = 128): string {
  return avatarUrl(ctx, user.avatarKey, size) ?? `data:image/svg+xml,${encodeURIComponent(defaultAvatarSvg(user))}`
}

/** Beside the name: it says nothing that the name does not. */
export function Face({ ctx, user, side = 32 }: { ctx: Ctx; user: Pictured; side?: 32 | 48 | 112 }) {
  return <img class="face" src={pictureUrl(ctx, user, side > 64 ? 512 : 128)} alt="" width={side} height={side} />
}
