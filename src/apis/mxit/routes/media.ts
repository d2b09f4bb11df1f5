/** Mxit's gallery (seed 000 "Media"; wire §1.3, rows 13 to 21), backed by the media library. Folders are addressed by name. */
import { Hono } from 'hono'
import { changeFile, deleteFile, getFile, listMadeFiles, openFile } from '../../../core/media/files.ts'
import { changeFolder, createFolder, deleteFolder, listOwnFolders } from '../../../core/media/folders.ts'
import { uploadFile } from '../../../core/media/uploads.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { fileResponse } from '../../../http/file-response.ts'
import { describe, takes } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { answer, DONE, done, jsonOf } from '../answers.ts'
import { folderInPath, folderRefInPath } from '../folder-names.ts'
import { EXAMPLES, toFile, toFolder } from '../presenters.ts'
import { readFile } from '../uploads.ts'
import * as wire from '../wire.ts'

const reads = () => requires('delegated:media:read')
const writes = () => requires('delegated:media:write')

export const mediaRoutes = new Hono<AppEnv>()
  .get(
    '/user/media',
    reads(),
    describe('listFolders', { summary: "The caller's folders; Default always exists", response: jsonOf({ Folders: [EXAMPLES.folder] }) }),
    async (c) => answer(c, { Folders: (await listOwnFolders(c.var.gate)).map(toFolder) }),
  )
  .get(
    '/user/media/list/:name',
    reads(),
    describe('listFiles', { summary: "The caller's files in a folder", response: jsonOf([EXAMPLES.file]), refusals: [404] }),
    validate('param', wire.FolderParams),
    validate('query', wire.ListQuery),
    async (c) => {
      const { skip, count } = c.req.valid('query')
      return answer(c, (await listMadeFiles(c.var.gate, await folderRefInPath(c), { skip, limit: count })).map(toFile))
    },
  )
  .get(
    '/user/media/content/:name',
    reads(),
    describe('downloadFile', {
      summary: 'Download a file',
      response: { status: 200, contentType: '*/*' },
      refusals: [404, 412, 416],
    }),
    validate('param', wire.FileParams),
    async (c) => {
      const file = await getFile(c.var.gate, c.req.valid('param').name)
      const { digest, committedAt, createdAt } = file
      const stored = { ...file, digest: digest ?? '', storedAt: committedAt ?? createdAt }
      return fileResponse(c.req, { ...stored, open: (range) => openFile(c.var.ctx, file, range) }, 'same-origin')
    },
  )
  .post(
    '/user/media/file/:name',
    writes(),
    describe('uploadFile', {
      summary: 'Upload a file into a folder',
      description:
        'Raw bytes with Content-Length, or (deprecated) a base64Binary element as application/xml. A missing folder is created. ' +
        'Files declared as a form or as octets get their type from their first bytes and name.',
      response: jsonOf(EXAMPLES.file.FileId),
      refusals: [408, 411],
    }),
    takes({ raw: ['application/octet-stream', 'application/xml'], form: null }),
    validate('param', wire.FolderParams),
    validate('query', wire.UploadQuery),
    async (c) => {
      const { ctx, gate } = c.var
      const { formBytesMax } = ctx.config.media
      const { id } = await uploadFile(ctx, gate, async () => readFile(c.req, await folderRefInPath(c), c.req.valid('query'), formBytesMax))
      return c.json(wire.toFileId(id))
    },
  )
  .put(
    '/user/media/file/:name',
    writes(),
    describe('renameFile', { summary: 'Rename a file', response: DONE, refusals: [404] }),
    validate('param', wire.FileParams),
    validate('json', wire.FileNameBody),
    async (c) => {
      await changeFile(c.var.ctx, c.var.gate, c.req.valid('param').name, { name: c.req.valid('json') })
      return done(c)
    },
  )
  .delete(
    '/user/media/file/:name',
    writes(),
    describe('deleteFile', { summary: 'Delete a file', response: DONE, refusals: [404] }),
    validate('param', wire.FileParams),
    async (c) => {
      await deleteFile(c.var.ctx, c.var.gate, c.req.valid('param').name)
      return done(c)
    },
  )
  .post(
    '/user/media/:name',
    writes(),
    describe('createFolder', { summary: 'Create a folder', response: DONE, refusals: [409] }),
    validate('param', wire.FolderParams),
    async (c) => {
      await createFolder(c.var.ctx, c.var.gate, await folderInPath(c))
      return done(c)
    },
  )
  .put(
    '/user/media/:name',
    writes(),
    describe('renameFolder', { summary: 'Rename a folder', response: DONE, refusals: [404, 409] }),
    validate('param', wire.FolderParams),
    validate('json', wire.FolderNameBody),
    async (c) => {
      await changeFolder(c.var.ctx, c.var.gate, await folderRefInPath(c), c.req.valid('json'))
      return done(c)
    },
  )
  .delete(
    '/user/media/:name',
    writes(),
    describe('deleteFolder', { summary: 'Delete a folder with its files', response: DONE, refusals: [404] }),
    validate('param', wire.FolderParams),
    async (c) => {
      await deleteFolder(c.var.ctx, c.var.gate, await folderRefInPath(c))
      return done(c)
    },
  )
