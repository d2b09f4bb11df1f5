/** `/account/providers`: other providers that sign in to this account, and how to connect or disconnect one. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { type LinkedProvider, listProviders, type Providers, unlinkProvider } from '../../core/upstream/identities.ts'
import { beginLink } from '../../core/upstream/link.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { fromHex, toHex, type UpstreamIdentityId } from '../../ids.ts'
import { fill } from '../../texts/texts.ts'
import { form, formToken } from '../form-token.ts'
import { Form, Submit, take } from '../forms.tsx'
import { Isolated } from '../isolated.tsx'
import { showPage } from '../layout.tsx'
import { redirectWith } from '../notices.ts'
import { Filled, textsOf, useTexts } from '../texts.tsx'
import { Time } from '../time.tsx'
import { leaveFor } from '../upstream/callback.tsx'
import { showProblem } from '../upstream/problem.tsx'

const PATH = '/account/providers'
const LINK = `${PATH}/link`
const UNLINK = `${PATH}/unlink`
const HEX_24 = /^[0-9a-f]{24}$/
const LinkForm = z.object({ provider: z.string().min(1, 'is required').max(32, 'is too long') })
const UnlinkForm = z.object({
  id: z
    .string()
    .regex(HEX_24, 'is wrong')
    .transform((v) => fromHex<UpstreamIdentityId>(v) as UpstreamIdentityId),
})

/** Sends the user back to the list, which has valid forms. */
async function toList(c: Context): Promise<Response> {
  await c.var.gate()
  return c.redirect(PATH, 303)
}

export const providersPages = new Hono<AppEnv>()
  .get(PATH, requires('delegated:profile:2fa:read'), async (c) => showList(c, await listProviders(c.var.ctx, c.var.gate)))
  .get(LINK, requires('delegated:profile:2fa:read'), toList)
  .post(LINK, requires('delegated:profile:2fa:write'), form('provider-link', LinkForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ provider }) => leaveFor(c, provider, await beginLink(c.var.ctx, c.var.gate, provider)),
      mends: 'not_found',
      again: async ({ error }) => (error?.reason?.startsWith('upstream_') ? showProblem(c, error, 'account') : toList(c)),
    }),
  )
  .get(UNLINK, requires('delegated:profile:2fa:read'), async (c) => {
    const { linked } = await listProviders(c.var.ctx, c.var.gate)
    const provider = linked.find(({ id }) => toHex(id) === c.req.query('id'))
    return provider ? showQuestion(c, provider) : c.redirect(PATH, 303)
  })
  .post(UNLINK, requires('delegated:profile:2fa:write'), form('provider-unlink', UnlinkForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ id }) => {
        await unlinkProvider(c.var.ctx, c.var.gate, id)
        return redirectWith(c, PATH, 'provider_unlinked')
      },
      // Disconnected already: that was the goal.
      mends: 'not_found',
      again: () => toList(c),
    }),
  )

async function showList(c: Context, { linked, available }: Providers): Promise<Response> {
  const t = (await textsOf(c)).account.providers
  const token = await formToken(c, 'provider-link')
  return showPage(
    c,
    { title: t.title, section: PATH, lead: t.lead },
    <>
      {linked.length > 0 && (
        <ul class="list">
          {linked.map((provider) => (
            <Linked provider={provider} />
          ))}
        </ul>
      )}
      {linked.length === 0 && available.length === 0 && (
        <section class="panel">
          <h2>{t.none.title}</h2>
          <p>{t.none.text}</p>
        </section>
      )}
      {available.map(({ id, name }) => (
        <section class="panel">
          <h2>{name}</h2>
          <p>{fill(t.offer, { provider: name })}</p>
          <Form action={LINK} token={token}>
            <input type="hidden" name="provider" value={id} />
            <Submit kind="secondary">{fill(t.connect, { provider: name })}</Submit>
          </Form>
        </section>
      ))}
    </>,
  )
}

function Linked({ provider: { id, name, label, createdAt, lastUsedAt } }: { provider: LinkedProvider }) {
  const t = useTexts().account
  return (
    <li>
      <div>
        <h2>{name}</h2>
        <p>
          {label !== null && (
            <>
              <Isolated>{label}</Isolated>
              <br />
            </>
          )}
          <Filled text={t.connected} with={{ time: <Time at={createdAt} /> }} />
          {lastUsedAt !== null && (
            <>
              <br />
              <Filled text={t.lastUsed} with={{ time: <Time at={lastUsedAt} /> }} />
            </>
          )}
        </p>
      </div>
      <a class="button secondary" href={`${UNLINK}?id=${toHex(id)}`}>
        {t.providers.disconnect}
        <span class="unseen"> {name}</span>
      </a>
    </li>
  )
}

async function showQuestion(c: Context, { id, name, label }: LinkedProvider): Promise<Response> {
  const t = (await textsOf(c)).account.providers.removal
  const token = await formToken(c, 'provider-unlink')
  return showPage(
    c,
    {
      title: fill(t.title, { provider: name }),
      section: PATH,
      lead: <Filled text={t.lead} with={{ account: <Isolated>{label ?? name}</Isolated> }} />,
    },
    <Form action={UNLINK} token={token} class="answers">
      <input type="hidden" name="id" value={toHex(id)} />
      <Submit kind="danger">{fill(t.submit, { provider: name })}</Submit>
      <a class="button secondary" href={PATH}>
        {t.keep}
      </a>
    </Form>,
  )
}
