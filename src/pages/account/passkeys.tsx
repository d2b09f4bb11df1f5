/** `/account/passkeys`: lists the passkeys; renames and removes one. `passkey-enrolment.tsx` adds one. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { AppError } from '../../core/errors.ts'
import { PASSKEYS_MAX } from '../../core/limits.ts'
import { passkeyName } from '../../core/passkeys/credential.ts'
import { listPasskeys, removePasskey, renamePasskey } from '../../core/passkeys/passkeys.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { fromHex, type PasskeyId, toHex } from '../../ids.ts'
import { form, formToken } from '../form-token.ts'
import { Form, type FormState, Input, Submit, take, UNTOUCHED } from '../forms.tsx'
import { Isolated } from '../isolated.tsx'
import { showPage } from '../layout.tsx'
import { redirectWith } from '../notices.ts'
import { Filled, textsOf, useTexts } from '../texts.tsx'
import { Time } from '../time.tsx'

const PATH = '/account/passkeys'
const RENAME = `${PATH}/rename`
const REMOVE = `${PATH}/remove`

type PasskeyRow = Awaited<ReturnType<typeof listPasskeys>>[number]

const passkey = z
  .string()
  .regex(/^[0-9a-f]{24}$/, 'is wrong')
  .transform((v) => fromHex<PasskeyId>(v) as PasskeyId)
const RenameForm = z.object({ passkey, name: passkeyName })
const RemoveForm = z.object({ passkey })

export const passkeysPages = new Hono<AppEnv>()
  .get(PATH, requires('delegated:profile:2fa:read'), async (c) => showList(c, await listPasskeys(c.var.ctx, c.var.gate)))
  .get(RENAME, requires('delegated:profile:2fa:read'), (c) => showOne(c, UNTOUCHED, showRenaming))
  .post(RENAME, requires('delegated:profile:2fa:write'), form('passkey-rename', RenameForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ passkey: id, name }) => {
        await renamePasskey(c.var.ctx, c.var.gate, id, name)
        return redirectWith(c, PATH, 'passkey_renamed')
      },
      again: (state) => showOne(c, state, showRenaming),
    }),
  )
  .get(REMOVE, requires('delegated:profile:2fa:read'), (c) => showOne(c, UNTOUCHED, showQuestion))
  .post(REMOVE, requires('delegated:profile:2fa:write'), form('passkey-remove', RemoveForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ passkey: id }) => {
        await removePasskey(c.var.ctx, c.var.gate, id)
        return redirectWith(c, PATH, 'passkey_removed')
      },
      mends: 'forbidden',
      again: (state) => showOne(c, state, showQuestion),
    }),
  )

/** Forms have it, too: after a fresh sign-in the browser comes back to it. */
const pageOf = (path: string, id: PasskeyId) => `${path}?${new URLSearchParams({ passkey: toHex(id) })}`

/** The page about one of the caller's passkeys. A link to one that is gone leads to the list. */
async function showOne(c: Context, state: FormState, show: (c: Context, one: PasskeyRow, state: FormState) => Promise<Response>) {
  const id = c.req.query('passkey') ?? state.typed.passkey
  const one = (await listPasskeys(c.var.ctx, c.var.gate)).find((listed) => toHex(listed.id) === id)
  if (one) return show(c, one, state)
  if (state.error) throw new AppError('not_found')
  return c.redirect(PATH, 303)
}

async function showList(c: Context, own: readonly PasskeyRow[]): Promise<Response> {
  const t = (await textsOf(c)).account.passkeys
  return showPage(
    c,
    { title: t.title, section: PATH, lead: t.lead },
    <>
      {own.length > 0 && (
        <ul class="list">
          {own.map((one) => (
            <PasskeyItem one={one} />
          ))}
        </ul>
      )}
      {own.length < PASSKEYS_MAX && <AddPanel isFirst={own.length === 0} />}
    </>,
  )
}

function AddPanel({ isFirst }: { isFirst: boolean }) {
  const t = useTexts().account.passkeys
  const { title, text } = isFirst ? t.first : t.another
  return (
    <section class="panel">
      <h2>{title}</h2>
      <p>{text}</p>
      <p class="buttons">
        <a class="button primary" href={`${PATH}/add`}>
          {t.add}
        </a>
      </p>
    </section>
  )
}

function PasskeyItem({ one: { id, name, backupEligible, createdAt, lastUsedAt } }: { one: PasskeyRow }) {
  const { passkeys: t, lastUsed } = useTexts().account
  return (
    <li>
      <div>
        <h2>
          <Isolated>{name}</Isolated>
        </h2>
        <p>
          {backupEligible === 1 ? t.synced : t.onOneDevice}
          <br />
          <Filled text={t.added} with={{ time: <Time at={createdAt} /> }} />
          <br />
          {lastUsedAt === null ? t.notUsed : <Filled text={lastUsed} with={{ time: <Time at={lastUsedAt} /> }} />}
        </p>
      </div>
      <p class="buttons">
        {[[t.rename, RENAME] as const, [t.remove, REMOVE] as const].map(([word, path]) => (
          <a class="button secondary" href={pageOf(path, id)}>
            {word}
            <span class="unseen">
              {' '}
              <Isolated>{name}</Isolated>
            </span>
          </a>
        ))}
      </p>
    </li>
  )
}

async function showRenaming(c: Context, { id, name }: PasskeyRow, state: FormState): Promise<Response> {
  const { labels, renaming: t } = (await textsOf(c)).account.passkeys
  const token = await formToken(c, 'passkey-rename')
  return showPage(
    c,
    { title: t.title, section: PATH, lead: t.lead, error: state.error },
    <Form action={pageOf(RENAME, id)} token={token} state={state} labels={labels} class="panel">
      <input type="hidden" name="passkey" value={toHex(id)} />
      <Input name="name" labels={labels} state={state} value={name} maxlength={64} first />
      <Submit>{t.submit}</Submit>
    </Form>,
  )
}

async function showQuestion(c: Context, { id, name }: PasskeyRow, state: FormState): Promise<Response> {
  const t = (await textsOf(c)).account.passkeys.removal
  const token = await formToken(c, 'passkey-remove')
  const shown = (
    <strong>
      <Isolated>{name}</Isolated>
    </strong>
  )
  return showPage(
    c,
    { title: t.title, section: PATH, lead: <Filled text={t.lead} with={{ name: shown }} />, error: state.error },
    <Form action={pageOf(REMOVE, id)} token={token} state={state} class="answers">
      <input type="hidden" name="passkey" value={toHex(id)} />
      <Submit kind="danger">{t.submit}</Submit>
      <a class="button secondary" href={PATH}>
        {t.keep}
      </a>
    </Form>,
  )
}
