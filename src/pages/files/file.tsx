/** The page of a file: what it is, a preview of pictures, audio and video, its name and folder, links to it. */
import { type Context, Hono } from 'hono'
import { changeFile } from '../../core/media/files.ts'
import { type FileView, viewFile } from '../../core/media/library.ts'
import type { FileLink } from '../../core/media/links.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { type FileId, type FolderId, toHex } from '../../ids.ts'
import { bytes, fill, plural } from '../../texts/texts.ts'
import { form, formToken } from '../form-token.ts'
import { Form, type FormState, Input, Select, Submit, take, UNTOUCHED } from '../forms.tsx'
import { Isolated } from '../isolated.tsx'
import { showPage } from '../layout.tsx'
import { redirectWith } from '../notices.ts'
import { Facts } from '../table.tsx'
import { textsOf, useTexts } from '../texts.tsx'
import { Time } from '../time.tsx'
import { FILE_PATH, FileForm, idIn, PATH, pathOfFile, TOP } from './fields.ts'
import { LinkPanel } from './file-links.tsx'
import { kindOf, mayChange, Trail } from './parts.tsx'

export const fileIn = (c: Context): FileId => idIn<FileId>(c.req.param('fileId')) ?? (0 as FileId)

export const filePage = new Hono<AppEnv>()
  .get(FILE_PATH, requires('delegated:media:read'), async (c) => showFile(c, await viewFile(c.var.gate, fileIn(c)), {}))
  .post(FILE_PATH, requires('delegated:media:write'), form('file', FileForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ name, folder, preventShare }) => {
        await changeFile(c.var.ctx, c.var.gate, fileIn(c), { name, folderId: folder, preventShare: preventShare === 'on' })
        return redirectWith(c, pathOfFile(fileIn(c)), 'saved')
      },
      again: async (edit) => showFile(c, await viewFile(c.var.gate, fileIn(c)), { edit }),
    }),
  )

interface Outcome {
  readonly edit?: FormState
  readonly link?: FormState
  /** Just made, and shown once. */
  readonly made?: FileLink
}

export async function showFile(c: Context, view: FileView, { edit = UNTOUCHED, link = UNTOUCHED, made }: Outcome): Promise<Response> {
  const { file, folders } = view
  const t = await textsOf(c)
  const tokens = [await formToken(c, 'file'), await formToken(c, 'file-link'), await formToken(c, 'file-links-end')] as const
  const may = mayChange(c.get('viewer').principal)
  return showPage(
    c,
    {
      title: file.name,
      heading: <Isolated>{file.name}</Isolated>,
      section: PATH,
      error: edit.error ?? link.error,
      showsFile: true,
    },
    <>
      <Trail folder={folders.find(({ id }) => id === file.folderId)} />
      <Preview file={file} />
      <section class="panel file-facts">
        <h2>{t.files.file.facts}</h2>
        <FileFacts file={file} />
      </section>
      <LinkPanel file={file} tokens={[tokens[1], tokens[2]]} state={link} made={made} mayEnd={may} />
      {may && <EditForm view={view} state={edit} token={tokens[0]} />}
      {may && (
        <p class="links">
          <a class="dangerous" href={`${pathOfFile(file.id)}/delete`}>
            {t.files.deleteFile.link}
          </a>
        </p>
      )}
    </>,
  )
}

/** Where the API serves it: to a browser, at the origin of files, by a link that soon ends. */
const contentOf = (id: FileId) => `/user/media/files/${toHex(id)}/content`

function Preview({ file }: Pick<FileView, 'file'>) {
  const t = useTexts()
  const { preview, noPreview, failedPreview, download } = t.files.file
  const [kind, src, label] = [kindOf(file), contentOf(file.id), fill(preview, { name: file.name })]
  return (
    <section class="panel shown-file">
      {kind === 'image' && <img src={src} alt={label} data-preview="" />}
      {/* biome-ignore lint/a11y/useMediaCaption: nobody has written captions for a person's own recordings */}
      {kind === 'audio' && <audio src={src} controls preload="metadata" aria-label={label} data-preview="" />}
      {/* biome-ignore lint/a11y/useMediaCaption: as above */}
      {kind === 'video' && <video src={src} controls playsinline preload="metadata" aria-label={label} data-preview="" />}
      <p class="hint" hidden={kind !== 'other'}>
        {kind === 'other' ? noPreview : failedPreview}
      </p>
      <p class="buttons">
        <a class="button primary" href={src} download>
          {download}
        </a>
      </p>
    </section>
  )
}

function FileFacts({ file }: Pick<FileView, 'file'>) {
  const t = useTexts()
  const { type, size, sizeExactly, bytes: exactly, added, changed, digest } = t.files.file
  const isLarge = file.size >= 1024
  const inBytes = plural(t, exactly, file.size)
  return (
    <Facts
      facts={[
        [type, file.contentType],
        [size, isLarge ? fill(sizeExactly, { size: bytes(t, file.size), bytes: inBytes }) : inBytes],
        [added, <Time at={file.createdAt} />],
        [changed, <Time at={file.updatedAt} />],
        [digest, <code>{Buffer.from(file.digest ?? '', 'base64url').toString('hex')}</code>],
      ]}
    />
  )
}

function EditForm({ view: { file, folders }, state, token }: { view: FileView; state: FormState; token: string }) {
  const t = useTexts()
  const { edit } = t.files
  const labels = { name: edit.name, folder: edit.folder, preventShare: edit.preventShare }
  const choices = [[TOP, edit.noFolder], ...folders.map(({ id, name }) => [toHex(id as FolderId), name])] as [string, string][]
  return (
    <section class="panel">
      <h2>{edit.title}</h2>
      <Form action={pathOfFile(file.id)} token={token} state={state} labels={labels}>
        <Input name="name" labels={labels} state={state} value={file.name} maxlength={255} autocomplete="off" />
        <Select
          name="folder"
          labels={labels}
          state={state}
          value={file.folderId === null ? TOP : toHex(file.folderId)}
          choices={choices}
          optional="unmarked"
        />
        <label class="choice">
          <input type="checkbox" id="preventShare" name="preventShare" value="on" checked={file.preventShare === 1} />
          <span>{edit.preventShare}</span>
          <small>{edit.preventShareHint}</small>
        </label>
        <Submit>{edit.submit}</Submit>
      </Form>
    </section>
  )
}
