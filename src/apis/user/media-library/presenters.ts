/** The media library's replies: presenters, schemas and examples. */
import * as z from 'zod'
import type { MediaFile, Usage } from '../../../core/media/files.ts'
import { DEFAULT_FOLDER, type Folder } from '../../../core/media/folders.ts'
import type { FileLink } from '../../../core/media/links.ts'
import { toHex } from '../../../ids.ts'
import { date, listOf, ok, toIso } from '../replies.ts'
import { DEFAULT_ID, EXAMPLE_ID } from './wire.ts'

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
  return { _id: id === null ? DEFAULT_ID : toHex(id), name, fileCount, createdAt: toIso(createdAt), updatedAt: toIso(updatedAt) }
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

const AT = '2026-09-12T15:50:58.690Z'
export const FoldersReply = ok(z.strictObject({ records: z.array(MediaFolder) }))
export const FolderReply = ok(z.strictObject({ folder: MediaFolder }))
export const FilesReply = listOf(StoredFile)
export const FileReply = ok(z.strictObject({ file: StoredFile }))
export const UsageReply = ok(z.strictObject({ usage: MediaUsage }))
export const LinkReply = ok(z.strictObject({ link: Link }))
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
