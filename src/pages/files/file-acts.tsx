/** What is done to a file on its page: links to it, and its end. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { deleteFile, getFile, type MediaFile } from '../../core/media/files.ts'
import { viewFile } from '../../core/media/library.ts'
import { createFileLink, revokeFileLinks } from '../../core/media/links.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { showConfirmation } from '../console/confirm.tsx'
import { form } from '../form-token.ts'
import { type FormState, take, UNTOUCHED } from '../forms.tsx'
import { Isolated } from '../isolated.tsx'
import { redirectWith } from '../notices.ts'
import { Filled, textsOf } from '../texts.tsx'
import { FILE_PATH, LinkForm, PATH, pathOfFile, pathOfFolder } from './fields.ts'
import { fileIn, showFile } from './file.tsx'

const LINK = `${FILE_PATH}/link`
const END = `${FILE_PATH}/link/end`
const DELETE = `${FILE_PATH}/delete`

const toFile = async (c: Context): Promise<Response> => {
  await c.var.gate()
  return c.redirect(pathOfFile(fileIn(c)), 303)
}

export const fileActs = new Hono<AppEnv>()
  .get(LINK, requires('delegated:media:read'), toFile)
  .post(LINK, requires('delegated:media:read'), form('file-link', LinkForm), (c) =>
    take(c, c.req.valid('form'), {
      // In the reply itself: no URL leads to the link.
      act: async ({ lasts }) => {
        const made = await createFileLink(c.var.ctx, c.var.gate, fileIn(c), lasts)
        return showFile(c, await viewFile(c.var.gate, fileIn(c)), { made })
      },
      again: async (link) => showFile(c, await viewFile(c.var.gate, fileIn(c)), { link }),
    }),
  )
  .get(END, requires('delegated:media:read'), toFile)
  .post(END, requires('delegated:media:write'), form('file-links-end', z.object({})), (c) =>
    take(c, c.req.valid('form'), {
      act: async () => {
        await revokeFileLinks(c.var.ctx, c.var.gate, fileIn(c))
        return redirectWith(c, pathOfFile(fileIn(c)), 'links_ended')
      },
      again: async (link) => showFile(c, await viewFile(c.var.gate, fileIn(c)), { link }),
    }),
  )
  .get(DELETE, requires('delegated:media:read'), async (c) => showDelete(c, await getFile(c.var.gate, fileIn(c)), UNTOUCHED))
  .post(DELETE, requires('delegated:media:write'), form('file-delete', z.object({})), (c) =>
    take(c, c.req.valid('form'), {
      act: async () => {
        const { folderId } = await deleteFile(c.var.ctx, c.var.gate, fileIn(c))
        return redirectWith(c, pathOfFolder(folderId), 'file_deleted')
      },
      again: async (state) => showDelete(c, await getFile(c.var.gate, fileIn(c)), state),
    }),
  )

async function showDelete(c: Context, { id, name }: MediaFile, state: FormState): Promise<Response> {
  const { title, lead, submit } = (await textsOf(c)).files.deleteFile
  return showConfirmation(c, {
    ...{ section: PATH, title, submit, state, isDangerous: true, purpose: 'file-delete' },
    lead: <Filled text={lead} with={{ name: <Isolated>{name}</Isolated> }} />,
    action: `${pathOfFile(id)}/delete`,
    back: pathOfFile(id),
  })
}
