/** The media library's requests. They are Kith's own, in the style of the room. */
import * as z from 'zod'
import * as fields from '../../../core/fields.ts'
import { FILE_LINK_SECONDS_MAX } from '../../../core/limits.ts'
import { type FileId, type FolderId, fromHex } from '../../../ids.ts'
import { StrictPageQuery } from '../wire.ts'

/** The folder without an id of its own. */
export const DEFAULT_ID = 'default'
export const EXAMPLE_ID = '507f1f77bcf86cd799439011'

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
