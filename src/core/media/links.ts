/**
 * Signed links to a file (security row 69): whoever has one may download the file for some minutes, without signing in.
 * The signature covers method, file, viewer, versions and expiry. On use the file is looked up again: its owner may
 * act, and neither the owner's epoch nor the file's link version has changed. Sharing with others would name another
 * viewer.
 */
import { currentMac, equalInConstantTime, mac } from '../../crypto.ts'
import { type FileId, fromHex, toHex, type UserId } from '../../ids.ts'
import { type FileRow, findFile, findLinkedFile, raiseLinkVersion } from '../../store/db/files.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { FILE_LINK_SECONDS_MAX, SUPPORT_LINK_SECONDS } from '../limits.ts'

/** Where links lead, below `FILES_ORIGIN`. */
export const FILES_PATH = '/files'

export interface FileLink {
  readonly url: string
  readonly expiresAt: number
}

/** The contents of a link, as carried in the URL. */
export interface LinkParams {
  readonly expires: string
  readonly viewer: string
  /** `<epoch>.<link version>` */
  readonly version: string
  readonly kid: string
  readonly signature: string
}

/** A link to the caller's file, valid for `seconds`. */
export async function createFileLink(ctx: Ctx, gate: Gate, id: FileId, seconds: number): Promise<FileLink> {
  const { user, reads } = await gate(({ userId }) => [findFile(id, userId)])
  const [file] = reads
  if (!file) throw new AppError('not_found')
  return linkTo(ctx, file, user.epoch, seconds)
}

/** The same for a file that was already read; `epoch` is its owner's. */
export function linkTo(ctx: Ctx, file: FileRow, epoch: number, seconds: number): FileLink {
  const expires = Math.floor(ctx.now() / 1000) + seconds
  const viewer = toHex(file.userId)
  const version = `${epoch}.${file.linkVersion}`
  const signature = currentMac(ctx.config.hmacKeys, 'file-link', ...signed(file.id, { expires: String(expires), viewer, version }))
  const query = new URLSearchParams({
    expires: String(expires),
    viewer,
    version,
    kid: ctx.config.hmacKeys.current,
    signature: signature.toString('base64url'),
  })
  return { url: `${ctx.config.media.filesOrigin}${FILES_PATH}/${toHex(file.id)}?${query}`, expiresAt: expires * 1000 }
}

export interface Download {
  readonly file: FileRow
  /** The URL to use instead: browsers never get files from the origin that their cookie is for. */
  readonly elsewhere: FileLink | null
}

/** The caller's file, for download. */
export async function getDownload(ctx: Ctx, gate: Gate, id: FileId): Promise<Download> {
  const { principal, user, reads } = await gate(({ userId }) => [findFile(id, userId)])
  const [file] = reads
  if (!file) throw new AppError('not_found')
  const isElsewhere = principal.clientId === null && ctx.config.media.filesOrigin !== ctx.config.origin
  const seconds = principal.impersonation ? SUPPORT_LINK_SECONDS : FILE_LINK_SECONDS_MAX
  return { file, elsewhere: isElsewhere ? linkTo(ctx, file, user.epoch, seconds) : null }
}

function signed(id: FileId, { expires, viewer, version }: Pick<LinkParams, 'expires' | 'viewer' | 'version'>): string[] {
  return ['GET', toHex(id), viewer, version, expires]
}

/** Invalidates every link to the caller's file. */
export async function revokeFileLinks(ctx: Ctx, gate: Gate, id: FileId): Promise<void> {
  const { principal } = await gate()
  if (!(await ctx.db.one(raiseLinkVersion(id, principal.userId)))) throw new AppError('not_found')
}

/** The file that a link leads to. Forged, expired and revoked links get the same refusal; the database is asked only about valid ones. */
export async function followFileLink(ctx: Ctx, id: FileId, params: LinkParams): Promise<FileRow> {
  const refusal = new AppError('forbidden', 'The link is invalid or has expired', { reason: 'link_invalid' })
  const expected = mac(ctx.config.hmacKeys, params.kid, 'file-link', ...signed(id, params))?.toString('base64url')
  if (expected === undefined || !equalInConstantTime(expected, params.signature)) throw refusal
  if (Number(params.expires) * 1000 <= ctx.now()) throw refusal
  const viewer = fromHex<UserId>(params.viewer)
  const file = viewer === null ? null : await ctx.db.one(findLinkedFile(id, viewer, ctx.now()))
  if (!file || params.version !== `${file.epoch}.${file.linkVersion}`) throw refusal
  return file
}
