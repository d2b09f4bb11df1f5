/**
 * `/sign-in/connect`: a provider has identified somebody whose address belongs to an account that it does not sign in
 * yet. The account's owner signs in once and confirms; nothing is connected without that.
 */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import type { Ctx } from '../../core/ctx.ts'
import { upstreamNameOf } from '../../core/upstream/issuers.ts'
import { type Connection, confirmLink, describeConnection } from '../../core/upstream/link.ts'
import type { UpstreamPerson } from '../../core/upstream/protocol.ts'
import { optionalSession } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { fill } from '../../texts/texts.ts'
import { form, formToken } from '../form-token.ts'
import { Form, Submit, take } from '../forms.tsx'
import { Isolated } from '../isolated.tsx'
import { showPage } from '../layout.tsx'
import { redirectWith } from '../notices.ts'
import { askedReturn, goOn, returnTo, withReturn } from '../return-to.ts'
import { Filled, textsOf, useTexts } from '../texts.tsx'
import { forgetPerson, personOf } from './cookies.ts'
import { showNoPerson, showProblem } from './problem.tsx'

const PATH = '/sign-in/connect'

export const connectPages = new Hono<AppEnv>()
  .get(PATH, optionalSession(), async (c) => {
    const pending = await personOf(c)
    if (!pending) return showNoPerson(c)
    return show(c, pending.person, await describeConnection(c.var.ctx, c.var.gate, pending.person))
  })
  .post(PATH, optionalSession(), form('connect', z.object({})), (c) =>
    take(c, c.req.valid('form'), {
      act: async () => {
        const pending = await personOf(c)
        if (!pending) return showNoPerson(c)
        await confirmLink(c.var.ctx, c.var.gate, pending)
        forgetPerson(c)
        return askedReturn(c) === null ? redirectWith(c, '/account/providers', 'provider_linked') : goOn(c)
      },
      again: async ({ error }) =>
        error?.reason?.startsWith('upstream_') ? showProblem(c, error, 'account') : c.redirect(withReturn(c, PATH), 303),
      mends: 'forbidden',
    }),
  )

async function show(c: Context, person: UpstreamPerson, connection: Connection): Promise<Response> {
  const { name } = upstreamNameOf((c.var.ctx as Ctx).config, person.issuer)
  const t = await textsOf(c)
  if (connection.kind === 'ready') return showQuestion(c, { name, label: person.label, username: connection.user.username })
  return showPage(
    c,
    { title: fill(t.upstream.connect.title, { provider: name }), lead: <Lead name={name} person={person} connection={connection} /> },
    <>
      <p>
        <a class="button primary" href={toSignIn(c, person, connection)}>
          {t.signIn.submit}
        </a>
      </p>
      <p class="links">
        <a href={withReturn(c, '/sign-in')}>{t.signIn.otherWay}</a>
      </p>
    </>,
  )
}

function Lead({ name, person, connection }: { name: string; person: UpstreamPerson; connection: Exclude<Connection, { kind: 'ready' }> }) {
  const t = useTexts().upstream.connect
  const facts = {
    provider: name,
    address: (
      <strong>
        <Isolated>{person.email}</Isolated>
      </strong>
    ),
  }
  if (connection.kind !== 'other_account') return <Filled text={t.signIn} with={facts} />
  return <Filled text={t.otherAccount} with={{ ...facts, username: <strong>{connection.user.username}</strong> }} />
}

/** Back here afterwards; whoever is signed in signs in again, or to the other account. */
function toSignIn(c: Context, { email }: UpstreamPerson, { kind }: Connection): string {
  const mode: Record<string, string> = kind === 'other_account' ? { another: '1' } : kind === 'sign_in' ? { reauth: '1' } : {}
  const hint: Record<string, string> = email === null || kind === 'sign_in' ? {} : { login_hint: email }
  return withReturn(c, '/sign-in', { ...mode, ...hint }, withReturn(c, PATH))
}

async function showQuestion(c: Context, { name, label, username }: { name: string; label: string; username: string }): Promise<Response> {
  const token = await formToken(c, 'connect')
  const t = (await textsOf(c)).upstream.connect
  const strongLabel = (
    <strong>
      <Isolated>{label}</Isolated>
    </strong>
  )
  return showPage(
    c,
    {
      title: fill(t.question, { provider: name }),
      lead: <Filled text={t.lead} with={{ label: strongLabel, provider: name, username: <strong>{username}</strong> }} />,
    },
    <Form action={withReturn(c, PATH)} token={token} class="answers">
      <Submit>{fill(t.submit, { provider: name })}</Submit>
      <a class="button secondary" href={returnTo(c)}>
        {t.notNow}
      </a>
    </Form>,
  )
}
