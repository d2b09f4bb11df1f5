/** Archives of the caller's data: everything that an export has, and the files themselves, as one ZIP. */
import { Hono } from 'hono'
import {
  type Archive,
  createArchiveLink,
  deleteArchive,
  followArchiveLink,
  getArchive,
  listOwnArchives,
  openArchive,
  requestArchive,
} from '../../../core/archives/archives.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { fileResponse } from '../../../http/file-response.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { toHex } from '../../../ids.ts'
import { OK } from '../replies.ts'
import {
  ArchiveLinkReply,
  ArchiveReply,
  ArchivesReply,
  EXAMPLE_ARCHIVE,
  EXAMPLE_ARCHIVE_LINK,
  toArchive,
  toArchiveLink,
} from './archive-presenters.ts'
import { ArchiveLinkQuery, ArchiveParams, ExportBody } from './wire.ts'

const ONE = { schema: ArchiveReply, example: { ok: 1, data: { archive: EXAMPLE_ARCHIVE } } } as const
const PROOF = 'Requires `password`, or a sign-in within the last 10 minutes in this browser.'

export const archives = new Hono<AppEnv>()
  .post(
    '/user/archives',
    requires('delegated:all'),
    describe('requestArchive', {
      summary: 'Ask for an archive of everything about the caller',
      description:
        `${PROOF} The archive is a ZIP with \`account.json\` (what \`POST /user/export\` returns), the picture, the files in their folders, and ` +
        '`contents.json`, which lists them with their SHA-256. It is made in the background: its owner gets a mail now and when it is ready. ' +
        'One a day; it is kept for a week, or until the next one.',
      response: { status: 201, ...ONE },
      refusals: [429],
    }),
    validate('json', ExportBody),
    async (c) => {
      const { ctx, gate } = c.var
      const archive = await requestArchive(ctx, gate, { password: c.req.valid('json').password ?? null })
      return c.json({ ok: 1, data: { archive: toArchive(archive) } }, 201)
    },
  )
  .get(
    '/user/archives',
    requires('delegated:all'),
    describe('listArchives', {
      summary: "The caller's archives",
      response: { status: 200, schema: ArchivesReply, example: { ok: 1, data: { records: [EXAMPLE_ARCHIVE] } } },
    }),
    async (c) => c.json({ ok: 1, data: { records: (await listOwnArchives(c.var.ctx, c.var.gate)).map(toArchive) } }),
  )
  .get(
    '/user/archives/:archiveId',
    requires('delegated:all'),
    describe('getArchive', {
      summary: 'How far an archive is',
      response: { status: 200, ...ONE },
      refusals: [404],
    }),
    validate('param', ArchiveParams),
    async (c) => c.json({ ok: 1, data: { archive: toArchive(await getArchive(c.var.ctx, c.var.gate, c.req.valid('param').archiveId)) } }),
  )
  .delete(
    '/user/archives/:archiveId',
    requires('delegated:all'),
    describe('deleteArchive', { summary: 'Delete an archive', response: OK, refusals: [404] }),
    validate('param', ArchiveParams),
    async (c) => {
      await deleteArchive(c.var.ctx, c.var.gate, c.req.valid('param').archiveId)
      return c.json({ ok: 1 })
    },
  )
  .post(
    '/user/archives/:archiveId/links',
    requires('delegated:all'),
    describe('createArchiveLink', {
      summary: 'Create the link that downloads an archive',
      description: `${PROOF} The link is for the caller's session alone, and for an hour. It counts, and is mailed about, as an export.`,
      response: { status: 201, schema: ArchiveLinkReply, example: { ok: 1, data: { link: EXAMPLE_ARCHIVE_LINK } } },
      refusals: [404, 429],
    }),
    validate('param', ArchiveParams),
    validate('json', ExportBody),
    async (c) => {
      const { ctx, gate } = c.var
      const password = c.req.valid('json').password ?? null
      const link = await createArchiveLink(ctx, gate, c.req.valid('param').archiveId, { password })
      return c.json({ ok: 1, data: { link: toArchiveLink(link) } }, 201)
    },
  )
  .get(
    '/user/archives/:archiveId/content',
    requires('delegated:all'),
    describe('downloadArchive', {
      summary: 'Download an archive with a link',
      description:
        'Supports `Range` (one range) and the conditions of files, so that a download can be resumed. It ends when the session does. ' +
        'A link that is forged, expired or for another session is refused (403).',
      response: {
        status: 200,
        contentType: 'application/zip',
        headers: { 'Content-Disposition': 'attachment, with the file name', ETag: 'Names exactly these bytes' },
      },
      refusals: [404, 412, 416],
    }),
    validate('param', ArchiveParams),
    validate('query', ArchiveLinkQuery),
    async (c) => {
      const { ctx, gate } = c.var
      const archive = await followArchiveLink(ctx, gate, c.req.valid('param').archiveId, c.req.valid('query'))
      const file = {
        name: nameOf(archive),
        contentType: 'application/zip',
        size: archive.bytes,
        tag: `${toHex(archive.id)}-${archive.attempts}`,
        digest: null,
        storedAt: archive.readyAt ?? archive.createdAt,
        open: (range: { offset: number; length: number } | null) => openArchive(ctx, gate, archive, range),
      }
      return fileResponse(c.req, file, 'same-origin')
    },
  )

const nameOf = ({ readyAt, createdAt }: Archive) => `archive-${new Date(readyAt ?? createdAt).toISOString().slice(0, 10)}.zip`
