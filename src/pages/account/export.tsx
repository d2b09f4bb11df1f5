/** `/account/export`: a copy of everything about the account, as one document or as an archive with the files. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { startExport } from '../../core/accounts/export.ts'
import { type Archive, createArchiveLink, deleteArchive, listOwnArchives, requestArchive, stateOf } from '../../core/archives/archives.ts'
import { DAY_MS } from '../../core/limits.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { exportResponse } from '../../http/export-response.ts'
import { type ArchiveId, fromHex, toHex } from '../../ids.ts'
import { bytes } from '../../texts/texts.ts'
import { form, formToken } from '../form-token.ts'
import { Form, type FormState, Submit, take, UNTOUCHED } from '../forms.tsx'
import { showPage } from '../layout.tsx'
import { redirectWith } from '../notices.ts'
import { Filled, textsOf, useTexts } from '../texts.tsx'
import { Time } from '../time.tsx'
import { PasswordField, PasswordForm, passwordLabels } from './password-question.tsx'

const PATH = '/account/export'
const DELETE = `${PATH}/delete`

const archiveId = z
  .string()
  .regex(/^[0-9a-f]{24}$/, 'is wrong')
  .transform((v) => fromHex<ArchiveId>(v) as ArchiveId)
/** What the person wants with their password: the document alone, a new archive, or one that is ready. */
const ExportForm = PasswordForm.extend({ archive: z.union([z.literal(['none', 'new']), archiveId]).default('none') })
const DeleteForm = z.object({ archive: archiveId })

export const exportPage = new Hono<AppEnv>()
  .get(PATH, requires('delegated:all'), (c) => show(c, UNTOUCHED))
  .post(PATH, requires('delegated:all'), form('export', ExportForm), (c) =>
    take(c, c.req.valid('form'), {
      act: ({ archive, password = null }) => give(c, archive, password),
      // The archive has ended since the page was shown.
      mends: 'not_found',
      again: (state) => show(c, state),
    }),
  )
  .get(DELETE, requires('delegated:all'), async (c) => {
    await c.var.gate()
    return c.redirect(PATH, 303)
  })
  .post(DELETE, requires('delegated:all'), form('archive-delete', DeleteForm), (c) =>
    take(c, c.req.valid('form'), {
      mends: 'not_found',
      act: async ({ archive }) => {
        await deleteArchive(c.var.ctx, c.var.gate, archive)
        return redirectWith(c, PATH, 'archive_deleted')
      },
      again: (state) => show(c, state),
    }),
  )

async function give(c: Context, archive: ArchiveId | 'new' | 'none', password: string | null): Promise<Response> {
  const { ctx, gate } = c.var
  if (archive === 'none') return exportResponse(ctx, gate, await startExport(ctx, gate, { password }))
  if (archive !== 'new') return c.redirect((await createArchiveLink(ctx, gate, archive, { password })).url, 303)
  await requestArchive(ctx, gate, { password })
  return redirectWith(c, PATH, 'archive_requested')
}

async function show(c: Context, state: FormState): Promise<Response> {
  const archives = await listOwnArchives(c.var.ctx, c.var.gate)
  const texts = await textsOf(c)
  const { title, lead, submit, archive: t } = texts.account.export
  const tokens = [await formToken(c, 'export'), await formToken(c, 'archive-delete')] as const
  const ready = archives.find((archive) => stateOf(archive) === 'ready')
  // One a day: today's is what there is to offer.
  const mayAsk = archives.every(({ createdAt }) => createdAt <= c.var.ctx.now() - DAY_MS)
  return showPage(
    c,
    { title, section: PATH, lead, error: state.error },
    <>
      <Form action={PATH} token={tokens[0]} state={state} labels={passwordLabels(texts)} class="panel">
        {await PasswordField({ c, state })}
        <Submit name="archive" value="none">
          {submit}
        </Submit>
        <h2>{t.title}</h2>
        <p>{t.lead}</p>
        {archives.map((archive) => (
          <p>
            <ArchiveState archive={archive} />
          </p>
        ))}
        {ready && (
          <Submit kind="secondary" name="archive" value={toHex(ready.id)}>
            {t.download}
          </Submit>
        )}
        {mayAsk && (
          <Submit kind="secondary" name="archive" value="new">
            {t.request}
          </Submit>
        )}
      </Form>
      {ready && (
        <Form action={DELETE} token={tokens[1]} class="below">
          <input type="hidden" name="archive" value={toHex(ready.id)} />
          <Submit kind="secondary">{t.remove}</Submit>
        </Form>
      )}
    </>,
  )
}

function ArchiveState({ archive }: { archive: Archive }) {
  const t = useTexts()
  const { making, ready, failed } = t.account.export.archive
  if (archive.readyAt === null) {
    return <Filled text={stateOf(archive) === 'failed' ? failed : making} with={{ time: <Time at={archive.createdAt} /> }} />
  }
  const parts = { size: bytes(t, archive.bytes ?? 0), time: <Time at={archive.readyAt} />, until: <Time at={archive.expiresAt} /> }
  return <Filled text={ready} with={parts} />
}
