/** The media library: folders, and storage used. */
import { Hono } from 'hono'
import { getUsage } from '../../../core/media/files.ts'
import { changeFolder, createFolder, deleteFolder, listOwnFolders } from '../../../core/media/folders.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { OK } from '../replies.ts'
import {
  EXAMPLE_DEFAULT_FOLDER,
  EXAMPLE_FOLDER,
  EXAMPLE_USAGE,
  FolderReply,
  FoldersReply,
  toFolder,
  toUsage,
  UsageReply,
} from './presenters.ts'
import * as wire from './wire.ts'

export const media = new Hono<AppEnv>()
  .get(
    '/user/media/usage',
    requires('delegated:media:read'),
    describe('getMediaUsage', {
      summary: 'Storage used by the caller, and the quotas',
      description: 'Includes uploads in progress.',
      response: { status: 200, schema: UsageReply, example: { ok: 1, data: { usage: EXAMPLE_USAGE } } },
    }),
    async (c) => c.json({ ok: 1, data: { usage: toUsage(await getUsage(c.var.ctx, c.var.gate)) } }),
  )
  .get(
    '/user/media/folders',
    requires('delegated:media:read'),
    describe('listFolders', {
      summary: "The caller's folders, by name",
      description: 'The first one is `Default`, which always exists and cannot be renamed or deleted.',
      response: {
        status: 200,
        schema: FoldersReply,
        example: { ok: 1, data: { records: [EXAMPLE_DEFAULT_FOLDER, EXAMPLE_FOLDER] } },
      },
    }),
    async (c) => c.json({ ok: 1, data: { records: (await listOwnFolders(c.var.gate)).map(toFolder) } }),
  )
  .post(
    '/user/media/folders',
    requires('delegated:media:write'),
    describe('createFolder', {
      summary: 'Create a folder',
      response: { status: 201, schema: FolderReply, example: { ok: 1, data: { folder: EXAMPLE_FOLDER } } },
      refusals: [409],
    }),
    validate('json', wire.FolderBody),
    async (c) => {
      const folder = await createFolder(c.var.ctx, c.var.gate, c.req.valid('json').name)
      return c.json({ ok: 1, data: { folder: toFolder(folder) } }, 201)
    },
  )
  .patch(
    '/user/media/folders/:folderId',
    requires('delegated:media:write'),
    describe('renameFolder', {
      summary: 'Rename a folder',
      response: { status: 200, schema: FolderReply, example: { ok: 1, data: { folder: EXAMPLE_FOLDER } } },
      refusals: [404, 409],
    }),
    validate('param', wire.FolderParams),
    validate('json', wire.FolderBody),
    async (c) => {
      const folder = await changeFolder(c.var.ctx, c.var.gate, c.req.valid('param').folderId, c.req.valid('json').name)
      return c.json({ ok: 1, data: { folder: toFolder(folder) } })
    },
  )
  .delete(
    '/user/media/folders/:folderId',
    requires('delegated:media:write'),
    describe('deleteFolder', {
      summary: 'Delete a folder with all its files',
      response: OK,
      refusals: [404],
    }),
    validate('param', wire.FolderParams),
    async (c) => {
      await deleteFolder(c.var.ctx, c.var.gate, c.req.valid('param').folderId)
      return c.json({ ok: 1 })
    },
  )
