/**
 * Where an avatar is downloaded directly from the bucket (design §1.14): a public URL, or one signed for a limited time
 * (AWS Signature Version 4 in the query, which R2 supports).
 */
import aws4 from 'aws4'
import { type AvatarObject, avatarObjectKey } from '../../store/r2/avatars.ts'
import type { Ctx } from '../ctx.ts'

const OBJECTS = { 512: '512.webp', 128: '128.png' } as const satisfies Record<number, AvatarObject>
export type AvatarSize = keyof typeof OBJECTS

/** Null if there is no avatar. */
export function avatarUrl(ctx: Pick<Ctx, 'config' | 'now'>, avatarKey: string | null, size: AvatarSize = 512): string | null {
  if (avatarKey === null) return null
  const { urls } = ctx.config.avatars
  const object = avatarObjectKey(avatarKey, OBJECTS[size])
  if (urls.kind === 'public') return `${urls.baseUrl}/${object}`
  const url = new URL(`${urls.url}/${object}`)
  url.searchParams.set('X-Amz-Date', signingTime(ctx.now(), urls.seconds))
  url.searchParams.set('X-Amz-Expires', String(urls.seconds))
  const signed = aws4.sign(
    { host: url.host, path: url.pathname + url.search, service: 's3', region: 'auto', signQuery: true },
    { accessKeyId: urls.accessKeyId, secretAccessKey: urls.secretAccessKey },
  )
  return `${url.origin}${signed.path}`
}

/** How long a URL is valid at least: half of its lifetime. Until then it stays the same, so that it can be cached. */
export function avatarUrlSeconds(ctx: Pick<Ctx, 'config'>): number {
  const { urls } = ctx.config.avatars
  return urls.kind === 'public' ? Number.POSITIVE_INFINITY : Math.ceil(urls.seconds / 2)
}

/** The time, rounded down to half of the URL's lifetime: `20260912T150000Z`. */
function signingTime(now: number, seconds: number): string {
  const stepMs = Math.floor(seconds / 2) * 1000
  return new Date(Math.floor(now / stepMs) * stepMs).toISOString().replace(/[-:]|\.\d{3}/g, '')
}
