/** `/account/providers`: other providers that sign in to this account, and how to connect or disconnect one. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { type LinkedProvider, listProviders, type Providers, unlinkProvider } from '../../core/upstream/identities.ts'
import { beginLink } from '../../core/upstream/link.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { fromHex, toHex, type UpstreamIdentityId } from '../../ids.ts'
import { form, formToken } from '../form-token.ts'
import { Form, Submit, take } from '../forms.tsx'
import { Isolated } from '../isolated.tsx'
import { showPage } from '../layout.tsx'
import { redirectWith } from '../notices.ts'
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
  const token = await formToken(c, 'provider-link')
  return showPage(
    c,
    {
      title: 'Linked accounts',
      section: PATH,
      lead: 'Accounts at other providers that sign you in here. A second step, if you have one, still follows.',
    },
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
          <h2>None</h2>
          <p>This service offers no other provider.</p>
        </section>
      )}
      {available.map(({ id, name }) => (
        <section class="panel">
          <h2>{name}</h2>
          <p>Sign in here with your account at {name}.</p>
          <Form action={LINK} token={token}>
            <input type="hidden" name="provider" value={id} />
            <Submit kind="secondary">Connect {name}</Submit>
          </Form>
        </section>
      ))}
    </>,
  )
}

function Linked({ provider: { id, name, label, createdAt, lastUsedAt } }: { provider: LinkedProvider }) {
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
          Connected {<Time at={createdAt} />}
          {lastUsedAt !== null && (
            <>
              <br />
              Last used {<Time at={lastUsedAt} />}
            </>
          )}
        </p>
      </div>
      <a class="button secondary" href={`${UNLINK}?id=${toHex(id)}`}>
        Disconnect<span class="unseen"> {name}</span>
      </a>
    </li>
  )
}

async function showQuestion(c: Context, { id, name, label }: LinkedProvider): Promise<Response> {
  const token = await formToken(c, 'provider-unlink')
  return showPage(
    c,
    {
      title: `Disconnect ${name}?`,
      section: PATH,
      lead: (
        <>
          {label === null ? name : <Isolated>{label}</Isolated>} no longer signs you in. You stay signed in where you are, and can connect
          it again.
        </>
      ),
    },
    <Form action={UNLINK} token={token} class="answers">
      <input type="hidden" name="id" value={toHex(id)} />
      <Submit kind="danger">Disconnect {name}</Submit>
      <a class="button secondary" href={PATH}>
        Keep it
      </a>
    </Form>,
  )
}
