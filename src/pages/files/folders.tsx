/** Folders: making, renaming and deleting them. */
import { type Context, Hono } from 'hono'
import { changeFolder, createFolder, deleteFolder, type Folder, getFolder } from '../../core/media/folders.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { type FolderId, toHex } from '../../ids.ts'
import { fill, number, plural, type Texts } from '../../texts/texts.ts'
import { showConfirmation } from '../console/confirm.tsx'
import { form, formToken } from '../form-token.ts'
import { Form, type FormState, Input, Submit, take, UNTOUCHED } from '../forms.tsx'
import { Isolated } from '../isolated.tsx'
import { showPage } from '../layout.tsx'
import { redirectWith } from '../notices.ts'
import { Filled, textsOf, useTexts } from '../texts.tsx'
import { DeleteFolderForm, idIn, NewFolderForm, PATH, pathOfFolder, RenameFolderForm } from './fields.ts'
import { showLibrary } from './library.tsx'
import { Trail } from './parts.tsx'

const NEW = `${PATH}/new-folder`
const EDIT = `${PATH}/folder`
const DELETE = `${PATH}/folder/delete`

const NO_FOLDER = 0 as FolderId
const askedFolder = (c: Context): FolderId => idIn<FolderId>(c.req.query('folder')) ?? NO_FOLDER

const toLibrary = async (c: Context): Promise<Response> => {
  await c.var.gate()
  return c.redirect(PATH, 303)
}

export const folderPages = new Hono<AppEnv>()
  .get(NEW, requires('delegated:media:read'), toLibrary)
  .post(NEW, requires('delegated:media:write'), form('folder-new', NewFolderForm), (c) =>
    take(c, c.req.valid('form'), {
      mends: 'quota_exceeded',
      act: async ({ name }) => {
        const { id } = await createFolder(c.var.ctx, c.var.gate, name)
        return redirectWith(c, pathOfFolder(id), 'folder_created')
      },
      again: async (state) => {
        await c.var.gate()
        return showLibrary(c, { newFolder: inWords(await textsOf(c), c, state) })
      },
    }),
  )
  .get(EDIT, requires('delegated:media:read'), async (c) => showEdit(c, await getFolder(c.var.gate, askedFolder(c)), UNTOUCHED))
  .post(EDIT, requires('delegated:media:write'), form('folder-edit', RenameFolderForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ folder, name }) => {
        await changeFolder(c.var.ctx, c.var.gate, folder, name)
        return redirectWith(c, pathOfFolder(folder), 'saved')
      },
      again: async (state) => {
        const folder = await getFolder(c.var.gate, idIn<FolderId>(state.typed.folder) ?? NO_FOLDER)
        return showEdit(c, folder, inWords(await textsOf(c), c, state))
      },
    }),
  )
  .get(DELETE, requires('delegated:media:read'), async (c) => showDelete(c, await getFolder(c.var.gate, askedFolder(c)), UNTOUCHED))
  .post(DELETE, requires('delegated:media:write'), form('folder-delete', DeleteFolderForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ folder }) => {
        await deleteFolder(c.var.ctx, c.var.gate, folder)
        return redirectWith(c, PATH, 'folder_deleted')
      },
      again: async (state) => showDelete(c, await getFolder(c.var.gate, idIn<FolderId>(state.typed.folder) ?? NO_FOLDER), state),
    }),
  )

function inWords(t: Texts, c: Context, state: FormState): FormState {
  const count = number(t, c.var.ctx.config.media.foldersPerUser)
  return { ...state, words: { quota_exceeded: fill(t.files.refused.tooManyFolders, { count }) } }
}

async function showEdit(c: Context, folder: Folder, state: FormState): Promise<Response> {
  const t = await textsOf(c)
  const { editFolder, newFolder } = t.files
  const id = toHex(folder.id ?? NO_FOLDER)
  const labels = { name: newFolder.name }
  return showPage(
    c,
    { title: editFolder.title, section: PATH, error: state.error },
    <>
      <Trail folder={folder} />
      <Form action={EDIT} token={await formToken(c, 'folder-edit')} state={state} labels={labels} class="panel">
        <input type="hidden" name="folder" value={id} />
        <Input name="name" labels={labels} state={state} value={folder.name} maxlength={255} autocomplete="off" />
        <Submit>{editFolder.submit}</Submit>
      </Form>
      <section class="panel">
        <h2>{editFolder.deleteTitle}</h2>
        <p>
          <Deletion folder={folder} />
        </p>
        <p class="buttons">
          <a class="button danger" href={`${DELETE}?folder=${id}`}>
            {editFolder.deleteLink}
          </a>
        </p>
      </section>
    </>,
  )
}

/** What deleting it does. */
function Deletion({ folder: { name, fileCount } }: { folder: Folder }) {
  const t = useTexts()
  const { full, empty } = t.files.deleteFolder
  const text = fileCount === 0 ? empty : plural(t, full, fileCount)
  return <Filled text={text as typeof empty} with={{ name: <Isolated>{name}</Isolated> }} />
}

async function showDelete(c: Context, folder: Folder, state: FormState): Promise<Response> {
  const t = await textsOf(c)
  const { title, submit } = t.files.deleteFolder
  return showConfirmation(c, {
    ...{ section: PATH, title, submit, state, isDangerous: true, action: DELETE, purpose: 'folder-delete' },
    lead: <Deletion folder={folder} />,
    back: pathOfFolder(folder.id),
    children: <input type="hidden" name="folder" value={toHex(folder.id ?? NO_FOLDER)} />,
  })
}
