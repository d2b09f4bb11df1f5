/** `/account/files`: the folders and files at the top of a person's library, or the files of a folder; usage, upload, new folders. */
import { type Context, Hono } from 'hono'
import type { AppError } from '../../core/errors.ts'
import { viewLibrary } from '../../core/media/library.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { type FileId, type FolderId, toHex } from '../../ids.ts'
import { formToken } from '../form-token.ts'
import { Form, type FormState, Input, Submit, UNTOUCHED } from '../forms.tsx'
import { Isolated } from '../isolated.tsx'
import { showPage } from '../layout.tsx'
import { NextPage } from '../table.tsx'
import { textsOf, useTexts } from '../texts.tsx'
import { idIn, PATH } from './fields.ts'
import { type Failure, Failures, FileItem, FolderItem, mayChange, Trail, UsageMeter } from './parts.tsx'
import { UploadForm } from './upload-form.tsx'

/** Per page; a link leads to more. */
const SHOWN = 25

export const libraryPage = new Hono<AppEnv>().get(PATH, requires('delegated:media:read'), (c) => showLibrary(c, {}))

interface Outcome {
  /** Of the upload. */
  readonly failed?: { readonly title: string; readonly failures: readonly Failure[]; readonly status: AppError['status'] }
  /** Of the form for a new folder. */
  readonly newFolder?: FormState
  /** Where an upload went; by default the folder in the URL. */
  readonly folder?: FolderId | null
}

export async function showLibrary(c: Context, outcome: Outcome): Promise<Response> {
  const { folder: id = idIn<FolderId>(c.req.query('folder')), failed, newFolder = UNTOUCHED } = outcome
  const before = idIn<FileId>(c.req.query('after'))
  const { folder, folders, files, usage } = await viewLibrary(c.var.ctx, c.var.gate, id, { limit: SHOWN, before })
  const t = await textsOf(c)
  const tokens = [await formToken(c, 'files-upload'), await formToken(c, 'folder-new')] as const
  const isFirst = before === null
  const may = mayChange(c.get('viewer').principal)
  const shownFolders = isFirst ? folders : []
  return showPage(
    c,
    {
      title: folder?.name ?? t.files.title,
      ...(folder ? { heading: <Isolated>{folder.name}</Isolated> } : {}),
      section: PATH,
      lead: may ? (folder ? undefined : t.files.lead) : t.files.restricted,
      error: failed ?? newFolder.error,
    },
    <>
      {folder && <Trail />}
      {failed && <Failures title={failed.title} failures={failed.failures} />}
      {may && isFirst && <UploadForm folder={folder} token={tokens[0]} limits={c.var.ctx.config.media} />}
      {isFirst && <UsageMeter usage={usage} />}
      {shownFolders.length + files.records.length === 0 ? (
        <p class="empty">{folder ? t.files.emptyFolder : t.files.empty}</p>
      ) : (
        <ul class="list files" aria-label={t.files.list}>
          {shownFolders.map((one) => (
            <FolderItem folder={one} />
          ))}
          {files.records.map((file) => (
            <FileItem file={file} />
          ))}
        </ul>
      )}
      <NextPage
        action={PATH}
        query={folder?.id ? { folder: toHex(folder.id) } : {}}
        after={files.next === null ? null : toHex(files.next)}
        text={t.files.older}
      />
      {may && folder?.id && (
        <p class="links">
          <a href={`${PATH}/folder?folder=${toHex(folder.id)}`}>{t.files.editFolder.link}</a>
        </p>
      )}
      {may && !folder && <NewFolder state={newFolder} token={tokens[1]} />}
    </>,
  )
}

function NewFolder({ state, token }: { state: FormState; token: string }) {
  const { newFolder } = useTexts().files
  const labels = { name: newFolder.name }
  return (
    <section class="panel">
      <h2>{newFolder.title}</h2>
      <Form action={`${PATH}/new-folder`} token={token} state={state} labels={labels}>
        <Input name="name" labels={labels} state={state} maxlength={255} autocomplete="off" />
        <Submit kind="secondary">{newFolder.submit}</Submit>
      </Form>
    </section>
  )
}
