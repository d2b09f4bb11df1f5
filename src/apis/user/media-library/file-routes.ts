/** The media library: files, their bytes, and links to them. */
import { Hono } from 'hono'
import type { Ctx } from '../../../core/ctx.ts'
import { changeFile, deleteFile, getFile, listOwnFiles, type MediaFile, openFile } from '../../../core/media/files.ts'
import { createFileLink, FILES_PATH, followFileLink, getDownload, revokeFileLinks } from '../../../core/media/links.ts'
import { uploadFile } from '../../../core/media/uploads.ts'
import { anyone, requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { fileResponse, type StoredFile } from '../../../http/file-response.ts'
import { describe, takes } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { LAST, OK, toList } from '../replies.ts'
import { toPage } from '../wire.ts'
import { EXAMPLE_FILE, EXAMPLE_LINK, FileReply, FilesReply, LinkReply, toFile, toLink } from './presenters.ts'
import { readUpload } from './upload.ts'
import * as wire from './wire.ts'

const ONE_FILE = { status: 200, schema: FileReply, example: { ok: 1, data: { file: EXAMPLE_FILE } } } as const
const BYTES = {
  status: 200,
  contentType: '*/*',
  headers: {
    ETag: 'The SHA-256 of the bytes; for If-None-Match, If-Match and If-Range',
    'Content-Disposition': 'attachment, with the name (RFC 6266)',
    'Repr-Digest': 'sha-256 (RFC 9530)',
  },
} as const
const CONDITIONS = 'Supports `Range` (one range), `If-None-Match`, `If-Match`, `If-Range` and the date conditions: 206, 304, 412, 416.'

export const mediaFiles = new Hono<AppEnv>()
  .get(
    '/user/media/files',
    requires('delegated:media:read'),
    describe('listFiles', {
      summary: "The caller's files, newest first",
      response: { status: 200, schema: FilesReply, example: { ok: 1, data: { records: [EXAMPLE_FILE], ...LAST } } },
      refusals: [404],
    }),
    validate('query', wire.FilesQuery),
    async (c) => {
      const { folder, ...page } = c.req.valid('query')
      const files = await listOwnFiles(c.var.ctx, c.var.gate, folder, toPage(page))
      return c.json(toList(files, toFile))
    },
  )
  .post(
    '/user/media/files',
    requires('delegated:media:write'),
    describe('uploadFile', {
      summary: 'Upload a file',
      description: [
        'Raw bytes, with `name` in the query and Content-Length (required); they are streamed and may be large.',
        'Or a form (multipart/form-data) with the file in `file`, and `name`, `folder` and `preventShare` as fields.',
        '`Content-Digest: sha-256=:...:` is verified (RFC 9530).',
      ].join(' '),
      response: { ...ONE_FILE, status: 201 },
      refusals: [404, 408, 411],
    }),
    takes({
      raw: ['application/octet-stream'],
      form: {
        file: 'file',
        types: [],
        fields: { name: 'Overrides the file name in the part', folder: 'As in the query', preventShare: 'As in the query' },
      },
    }),
    validate('query', wire.UploadQuery),
    async (c) => {
      const file = await uploadFile(c.var.ctx, c.var.gate, () =>
        readUpload(c.req, c.req.valid('query'), c.var.ctx.config.media.formBytesMax),
      )
      return c.json({ ok: 1, data: { file: toFile(file) } }, 201)
    },
  )
  .get(
    '/user/media/files/:fileId',
    requires('delegated:media:read'),
    describe('getFile', { summary: 'Metadata of a file', response: ONE_FILE, refusals: [404] }),
    validate('param', wire.FileParams),
    async (c) => c.json({ ok: 1, data: { file: toFile(await getFile(c.var.gate, c.req.valid('param').fileId)) } }),
  )
  .patch(
    '/user/media/files/:fileId',
    requires('delegated:media:write'),
    describe('updateFile', { summary: 'Rename a file, or move it to another folder', response: ONE_FILE, refusals: [404] }),
    validate('param', wire.FileParams),
    validate('json', wire.UpdateFileBody),
    async (c) => {
      const { name, folder, preventShare } = c.req.valid('json')
      const update = {
        ...(name === undefined ? {} : { name }),
        ...(folder === undefined ? {} : { folderId: folder }),
        ...(preventShare === undefined ? {} : { preventShare }),
      }
      const file = await changeFile(c.var.ctx, c.var.gate, c.req.valid('param').fileId, update)
      return c.json({ ok: 1, data: { file: toFile(file) } })
    },
  )
  .delete(
    '/user/media/files/:fileId',
    requires('delegated:media:write'),
    describe('deleteFile', { summary: 'Delete a file', response: OK, refusals: [404] }),
    validate('param', wire.FileParams),
    async (c) => {
      await deleteFile(c.var.ctx, c.var.gate, c.req.valid('param').fileId)
      return c.json({ ok: 1 })
    },
  )
  .get(
    '/user/media/files/:fileId/content',
    requires('delegated:media:read'),
    describe('downloadFile', {
      summary: 'Download a file',
      description: `${CONDITIONS} If files have an origin of their own, a browser signed in by cookie is redirected there (302).`,
      response: BYTES,
      refusals: [404, 412, 416],
    }),
    validate('param', wire.FileParams),
    async (c) => {
      const { file, elsewhere } = await getDownload(c.var.ctx, c.var.gate, c.req.valid('param').fileId)
      return elsewhere ? c.redirect(elsewhere.url, 302) : fileResponse(c.req, toStored(c.var.ctx, file), 'same-origin')
    },
  )
  .post(
    '/user/media/files/:fileId/links',
    requires('delegated:media:read'),
    describe('createFileLink', {
      summary: 'Create a link to a file that expires after some minutes',
      description: 'Anyone with the link can download the file. Signing out everywhere, and the route below, invalidate all links.',
      response: { status: 201, schema: LinkReply, example: { ok: 1, data: { link: EXAMPLE_LINK } } },
      refusals: [404],
    }),
    validate('param', wire.FileParams),
    validate('json', wire.LinkBody),
    async (c) => {
      const link = await createFileLink(c.var.ctx, c.var.gate, c.req.valid('param').fileId, c.req.valid('json').expiresIn)
      return c.json({ ok: 1, data: { link: toLink(link) } }, 201)
    },
  )
  .delete(
    '/user/media/files/:fileId/links',
    requires('delegated:media:write'),
    describe('revokeFileLinks', {
      summary: 'Invalidate all links to a file',
      response: OK,
      refusals: [404],
    }),
    validate('param', wire.FileParams),
    async (c) => {
      await revokeFileLinks(c.var.ctx, c.var.gate, c.req.valid('param').fileId)
      return c.json({ ok: 1 })
    },
  )
  .get(
    `${FILES_PATH}/:fileId`,
    anyone(),
    describe('downloadFileByLink', {
      summary: 'Download a file with a link',
      description: `${CONDITIONS} Below FILES_ORIGIN, if configured. A forged, expired or revoked link is refused.`,
      response: BYTES,
      refusals: [403, 412, 416],
    }),
    validate('param', wire.FileParams),
    validate('query', wire.LinkQuery),
    async (c) => {
      const file = await followFileLink(c.var.ctx, c.req.valid('param').fileId, c.req.valid('query'))
      return fileResponse(c.req, toStored(c.var.ctx, file), 'cross-origin')
    },
  )

function toStored(ctx: Ctx, file: MediaFile): StoredFile {
  const { name, contentType, size, digest, committedAt, createdAt } = file
  return {
    name,
    contentType,
    size,
    digest: digest ?? '',
    storedAt: committedAt ?? createdAt,
    open: (range) => openFile(ctx, file, range),
  }
}
