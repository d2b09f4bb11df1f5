/**
 * The picture of a user without one (wire §6.18): initials on a colour of their own, as SVG; for clients that support
 * only bitmaps, a bundled PNG of that colour.
 */
import type { UserId } from '../../ids.ts'
import type { PicturedUser } from '../../store/db/people.ts'
import { DEFAULT_AVATAR_PNGS } from './default-avatar-pngs.ts'

/** Movida's eight, in its order, each with its text colour: contrast 4.5 : 1 or more (WCAG 2.2, 1.4.3). */
export const AVATAR_COLORS = {
  yellow: { paper: '#f6c945', ink: '#1f2328' },
  orange: { paper: '#f59e42', ink: '#1f2328' },
  red: { paper: '#c62828', ink: '#ffffff' },
  pink: { paper: '#f48fb1', ink: '#1f2328' },
  purple: { paper: '#6a3fb5', ink: '#ffffff' },
  aqua: { paper: '#4dd0c8', ink: '#1f2328' },
  blue: { paper: '#1e5fbf', ink: '#ffffff' },
  green: { paper: '#2e7d32', ink: '#ffffff' },
} as const
export type AvatarColor = keyof typeof AVATAR_COLORS

const NAMES = Object.keys(AVATAR_COLORS) as AvatarColor[]

/** Always the same: it depends on the id alone. */
export function avatarColor(userId: UserId): AvatarColor {
  return NAMES[userId % NAMES.length] ?? 'blue'
}

type Named = Pick<PicturedUser, 'username' | 'givenName' | 'familyName' | 'displayName'>

/** One or two letters or digits: of given and family name, else the display name, else the user name. */
export function avatarInitials(user: Named): string {
  const names = [user.givenName, user.familyName].map(initialOf).filter((initial) => initial !== '')
  if (names.length > 0) return names.join('')
  const words = (user.displayName ?? '').split(/\s+/).map(initialOf).filter(Boolean)
  return [words[0], words.length > 1 ? words.at(-1) : ''].join('') || initialOf(user.username)
}

/** The first letter or digit, with the few marks that a script may add to it; a name may have hundreds. */
export function initialOf(name: string | null): string {
  return /[\p{L}\p{N}]\p{M}{0,3}/u.exec(name ?? '')?.[0].toUpperCase() ?? ''
}

/** Presentation attributes only: it looks the same under a policy that forbids styles. */
export function defaultAvatarSvg(user: Named & Pick<PicturedUser, 'id'>): string {
  const { paper, ink } = AVATAR_COLORS[avatarColor(user.id)]
  const initials = escapeXml(avatarInitials(user))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="512" height="512" viewBox="0 0 128 128" role="img" aria-label="${initials}">`,
    `<rect width="128" height="128" fill="${paper}"/>`,
    `<text x="64" y="64" dy="0.35em" text-anchor="middle" font-family="system-ui, sans-serif" font-size="52" font-weight="600" fill="${ink}">${initials}</text>`,
    '</svg>',
  ].join('')
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}

/** 128 x 128: a person's outline on the colour. */
export function defaultAvatarPng(color: AvatarColor): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(DEFAULT_AVATAR_PNGS[color], 'base64'))
}
