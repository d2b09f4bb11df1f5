/** The media library's requests and replies. They are Kith's own, in the style of the room. */
import * as z from 'zod'
import * as fields from '../../core/fields.ts'
import { FILE_LINK_SECONDS_MAX } from '../../core/limits.ts'
import type { MediaFile, Usage } from '../../core/media/files.ts'
import { DEFAULT_FOLDER, type Folder } from '../../core/media/folders.ts'
import type { FileLink } from '../../core/media/links.ts'
import { type FileId, type FolderId, fromHex, toHex } from '../../ids.ts'
import { date } from './presenters.ts'
import { listOf, ok } from './replies.ts'
import { StrictPageQuery } from './wire.ts'

/** The folder without an id of its own. */
const DEFAULT_ID = 'default'
const EXAMPLE_ID = '507f1f77bcf86cd799439011'

const folder = z
  .string()
  .regex(/^([0-9a-f]{24}|default)$/, `must be the _id of a folder: 24 hex digits, or ${DEFAULT_ID}`)
  .transform((v) => (v === DEFAULT_ID ? null : (fromHex<FolderId>(v) as FolderId)))
  .meta({ description: `The _id of a folder; \`${DEFAULT_ID}\` always exists`, example: DEFAULT_ID })

const onOff = z
  .enum(['true', 'false'])
  .transform((v) => v === 'true')
  .meta({ example: 'false', documented: { type: 'boolean', example: false } })

export const FolderParams = z.object({ folderId: folder })
export const FolderBody = z.strictObject({ name: fields.folderName })
export const FileParams = z.object({
  fileId: z
    .string()
    .regex(/^[0-9a-f]{24}$/, 'must be an id of 24 hex digits')
    .transform((v) => fromHex<FileId>(v) as FileId)
    .meta({ example: EXAMPLE_ID }),
})
export const FilesQuery = StrictPageQuery.extend({ folder: folder.optional() })
/** For raw bodies. A form sends the name and the place in its parts. */
export const UploadQuery = z.strictObject({
  name: fields.fileName.optional().meta({ description: 'The name of the file; required with a raw body', example: 'Holiday.jpg' }),
  folder: folder.default(null),
  preventShare: onOff.default(false).meta({ description: 'Stored and shown: asks apps not to offer sharing of the file' }),
})
export const UpdateFileBody = z
  .strictObject({
    name: fields.fileName.optional(),
    folder: folder.optional(),
    preventShare: z.boolean().optional().meta({ example: true }),
  })
  .refine((v) => Object.keys(v).length > 0, { path: ['name'], message: 'name, folder or preventShare is required' })
export const LinkBody = z.strictObject({
  expiresIn: z
    .int()
    .min(1, 'must be 1 or more')
    .max(FILE_LINK_SECONDS_MAX, `must be at most ${FILE_LINK_SECONDS_MAX}`)
    .default(FILE_LINK_SECONDS_MAX)
    .meta({ description: 'Seconds', example: FILE_LINK_SECONDS_MAX }),
})
export const LinkQuery = z.object({
  expires: z
    .string()
    .regex(/^\d{1,11}$/, 'must be a number')
    .meta({ example: '1767225600', documented: { type: 'integer', example: 1767225600 } }),
  viewer: z
    .string()
    .regex(/^[0-9a-f]{24}$/, 'must be an id of 24 hex digits')
    .meta({ example: EXAMPLE_ID }),
  version: z
    .string()
    .regex(/^\d{1,15}\.\d{1,15}$/, 'must be two numbers')
    .meta({ example: '0.0' }),
  kid: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,32}$/, 'must be the id of a key')
    .meta({ example: '2026-01-01' }),
  signature: z
    .string()
    .regex(/^[A-Za-z0-9_-]{43}$/, 'must be 32 bytes in base64url')
    .meta({ example: 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg' }),
})

const MediaFolder = z
  .strictObject({
    _id: z.string(),
    name: z.string(),
    fileCount: z.int(),
    createdAt: date,
    updatedAt: date,
  })
  .meta({ id: 'MediaFolder' })

export function toFolder({ id, name, fileCount, createdAt, updatedAt }: Folder): z.output<typeof MediaFolder> {
  const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString())
  return { _id: id === null ? DEFAULT_ID : toHex(id), name, fileCount, createdAt: iso(createdAt), updatedAt: iso(updatedAt) }
}

const StoredFile = z
  .strictObject({
    _id: z.string(),
    name: z.string(),
    folder: z.string(),
    contentType: z.string().meta({ description: 'As declared by the uploader' }),
    size: z.int().meta({ description: 'Bytes' }),
    sha256: z.string().meta({ description: 'The digest of the bytes, in hex' }),
    origin: z.enum(['user', 'system']),
    preventShare: z.boolean(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'MediaFile' })

export function toFile(file: MediaFile): z.output<typeof StoredFile> {
  return {
    _id: toHex(file.id),
    name: file.name,
    folder: file.folderId === null ? DEFAULT_ID : toHex(file.folderId),
    contentType: file.contentType,
    size: file.size,
    sha256: Buffer.from(file.digest ?? '', 'base64url').toString('hex'),
    origin: file.origin === 'system' ? 'system' : 'user',
    preventShare: file.preventShare === 1,
    createdAt: new Date(file.createdAt).toISOString(),
    updatedAt: new Date(file.updatedAt).toISOString(),
  }
}

const MediaUsage = z
  .strictObject({
    files: z.int(),
    bytes: z.int(),
    folders: z.int(),
    limits: z.strictObject({ files: z.int(), bytes: z.int(), folders: z.int(), fileBytes: z.int() }),
  })
  .meta({ id: 'MediaUsage' })

export function toUsage(usage: Usage): z.output<typeof MediaUsage> {
  return usage
}

const Link = z.strictObject({ url: z.url(), expiresAt: z.iso.datetime() }).meta({ id: 'FileLink' })

export function toLink({ url, expiresAt }: FileLink): z.output<typeof Link> {
  return { url, expiresAt: new Date(expiresAt).toISOString() }
}

export const FoldersReply = ok(z.strictObject({ records: z.array(MediaFolder) }))
export const FolderReply = ok(z.strictObject({ folder: MediaFolder }))
export const FilesReply = listOf(StoredFile)
export const FileReply = ok(z.strictObject({ file: StoredFile }))
export const UsageReply = ok(z.strictObject({ usage: MediaUsage }))
export const LinkReply = ok(z.strictObject({ link: Link }))

const AT = '2026-09-12T15:50:58.690Z'
export const EXAMPLE_DEFAULT_FOLDER: z.output<typeof MediaFolder> = {
  _id: DEFAULT_ID,
  name: DEFAULT_FOLDER,
  fileCount: 3,
  createdAt: null,
  updatedAt: null,
}
export const EXAMPLE_FOLDER: z.output<typeof MediaFolder> = {
  _id: EXAMPLE_ID,
  name: 'Holidays',
  fileCount: 0,
  createdAt: AT,
  updatedAt: AT,
}
export const EXAMPLE_FILE: z.output<typeof StoredFile> = {
  _id: EXAMPLE_ID,
  name: 'Holiday.jpg',
  folder: DEFAULT_ID,
  contentType: 'image/jpeg',
  size: 20480,
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  origin: 'user',
  preventShare: false,
  createdAt: AT,
  updatedAt: AT,
}
export const EXAMPLE_USAGE: z.output<typeof MediaUsage> = {
  files: 3,
  bytes: 61440,
  folders: 1,
  limits: { files: 10000, bytes: 1073741824, folders: 200, fileBytes: 104857600 },
}
export const EXAMPLE_LINK: z.output<typeof Link> = {
  url: `https://files.example.com/files/${EXAMPLE_ID}?expires=1789228558`,
  expiresAt: AT,
}
