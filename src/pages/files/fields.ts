/** Paths and fields of the pages of files. */
import * as z from 'zod'

import * as fields from '../../core/fields.ts'
import { FILE_LINK_SECONDS_MAX } from '../../core/limits.ts'
import { type FileId, type FolderId, fromHex, toHex } from '../../ids.ts'

export const PATH = '/account/files'
export const FILE_PATH = `${PATH}/:fileId{[0-9a-f]{24}}`

const HEX_24 = /^[0-9a-f]{24}$/
/** What a form says instead of a folder's id. */
export const TOP = ''

/** The id in a URL; null for anything else. */
export const idIn = <Id extends FileId | FolderId>(text: string | undefined): Id | null =>
  HEX_24.test(text ?? '') ? fromHex<Id>(text ?? '') : null

const folderId = z
  .string()
  .regex(HEX_24, 'is wrong')
  .transform((v) => fromHex<FolderId>(v) as FolderId)

export const NewFolderForm = z.object({ name: fields.folderName })
export const RenameFolderForm = z.object({ folder: folderId, name: fields.folderName })
export const DeleteFolderForm = z.object({ folder: folderId })
export const FileForm = z.object({
  name: fields.fileName,
  folder: z
    .literal(TOP)
    .transform(() => null)
    .or(folderId),
  preventShare: z.literal('on', 'is wrong').optional(),
})
export const LINK_SECONDS = [60, 2 * 60, FILE_LINK_SECONDS_MAX] as const
export const LinkForm = z.object({
  lasts: z
    .string()
    .refine((v) => LINK_SECONDS.some((seconds) => String(seconds) === v), 'is not in the list')
    .transform(Number),
})

export const pathOfFolder = (id: FolderId | null) => (id === null ? PATH : `${PATH}?folder=${toHex(id)}`)
export const pathOfFile = (id: FileId) => `${PATH}/${toHex(id)}`
