/**
 * `/sign-up/with`: a new account for somebody whom a provider has identified. It asks only for what is missing; an
 * address that the provider has verified needs no code.
 */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { proposeUsername } from '../../core/accounts/username-proposals.ts'
import type { Ctx } from '../../core/ctx.ts'
import { AppError } from '../../core/errors.ts'
import { issueFirstSignInTicket } from '../../core/sessions/first-sign-in.ts'
import { upstreamNameOf } from '../../core/upstream/issuers.ts'
import type { PendingUpstream } from '../../core/upstream/pending.ts'
import { signInNewUpstream, signUpUpstream, verifiedEmailOf } from '../../core/upstream/sign-up.ts'
import { anyone } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { networkLimit } from '../../http/rate-limit.ts'
import { toHex } from '../../ids.ts'
import { fill } from '../../texts/texts.ts'
import { form, formToken } from '../form-token.ts'
import { Form, type FormState, Input, Submit, take, UNTOUCHED } from '../forms.tsx'
import { Isolated } from '../isolated.tsx'
import { showPage } from '../layout.tsx'
import { rememberNewAccount } from '../new-account.ts'
import { redirectWith } from '../notices.ts'
import { askedReturn, withReturn } from '../return-to.ts'
import { SIGN_UP_FIELDS, signUpDemands, toNames, WhoFields } from '../sign-up-fields.tsx'
import { presented, signedIn } from '../signed-in.ts'
import { TermsField } from '../terms-field.tsx'
import { Filled, textsOf, useTexts } from '../texts.tsx'
import { forgetPerson, personOf } from './cookies.ts'
import { showNoPerson, showProblem } from './problem.tsx'

const PATH = '/sign-up/with'
const SignUpForm = z.object({ ...SIGN_UP_FIELDS, email: SIGN_UP_FIELDS.email.optional() })

export const upstreamSignUpPages = new Hono<AppEnv>()
  .get(PATH, anyone(), async (c) => {
    const pending = await personOf(c)
    return pending ? show(c, pending, UNTOUCHED) : showNoPerson(c)
  })
  .post(PATH, anyone(), networkLimit('create'), form('sign-up-with', SignUpForm), async (c) => {
    const pending = await personOf(c)
    if (!pending) return showNoPerson(c)
    return take(c, c.req.valid('form'), {
      act: (values) => create(c, pending, values),
      demands: (typed) => signUpDemands(c.var.ctx, typed),
      again: async (state) => {
        if (state.error?.reason?.startsWith('upstream_')) return showProblem(c, state.error, 'sign_in', askedReturn(c))
        // An account has verified the address meanwhile.
        const isOwned = state.error?.code === 'email_taken' && verifiedEmailOf(pending.person) !== null
        return isOwned ? c.redirect(withReturn(c, '/sign-in/connect'), 303) : show(c, pending, state)
      },
    })
  })

async function create(c: Context, pending: PendingUpstream, { email: typed, ...values }: z.output<typeof SignUpForm>): Promise<Response> {
  const { ctx } = c.var
  const email = verifiedEmailOf(pending.person) ?? typed
  if (email === undefined) throw AppError.ofFields([{ path: 'email', code: 'required', message: 'is required' }])
  const names = await toNames(ctx, { ...values, email })
  const user = await signUpUpstream(ctx, pending, { ...values, ...names, email, locale: ctx.caller.locale, returnTo: askedReturn(c) })
  forgetPerson(c)
  if (user.emailVerifiedAt !== null) {
    return signedIn(c, await signInNewUpstream(ctx, user, { provedAt: pending.provedAt, presented: await presented(c) }))
  }
  rememberNewAccount(c, user.id, issueFirstSignInTicket(ctx, user))
  return redirectWith(c, withReturn(c, '/verify', { account: toHex(user.id) }), 'signed_up')
}

async function show(c: Context, { person }: PendingUpstream, state: FormState): Promise<Response> {
  const ctx: Ctx = c.var.ctx
  const t = await textsOf(c)
  const shared = { labels: t.signUp.fields, state }
  const token = await formToken(c, 'sign-up-with')
  const { name } = upstreamNameOf(ctx.config, person.issuer)
  const verified = verifiedEmailOf(person)
  const proposal = state.error ? null : await proposeUsername(ctx, person)
  return showPage(
    c,
    { title: t.signUp.title, lead: <Lead name={name} label={person.label} />, error: state.error },
    <>
      <Form action={withReturn(c, PATH)} token={token} state={state} labels={t.signUp.fields}>
        <WhoFields c={c} state={state} known={{ ...person, username: proposal }} />
        {verified === null ? (
          <Input name="email" type="email" value={person.email} autocomplete="email" maxlength={254} {...shared} />
        ) : (
          <p class="hint">
            <Filled text={t.upstream.signUp.address} with={{ address: <strong>{verified}</strong>, provider: name }} />
          </p>
        )}
        <TermsField c={c} state={state} />
        <Submit>{t.signUp.submit}</Submit>
      </Form>
      <p class="aside">
        {t.signUp.known} <a href="/sign-in?return_to=/account/providers">{fill(t.upstream.signUp.connectThere, { provider: name })}</a>
      </p>
    </>,
  )
}

function Lead({ name, label }: { name: string; label: string }) {
  const strongLabel = (
    <strong>
      <Isolated>{label}</Isolated>
    </strong>
  )
  return <Filled text={useTexts().upstream.signUp.lead} with={{ provider: name, label: strongLabel }} />
}
