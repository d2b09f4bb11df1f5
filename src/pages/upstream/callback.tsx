/**
 * `/sign-in/with/:provider` leads to another provider, `/upstream/:provider/callback` takes its answer: a sign-in, a
 * link, or somebody whom no account knows, who goes on to `/sign-up/with` or `/sign-in/connect`.
 */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { issueFirstSignInTicket } from '../../core/sessions/first-sign-in.ts'
import { beginAgain } from '../../core/upstream/failures.ts'
import { finishLink } from '../../core/upstream/link.ts'
import { beginUpstream, finishUpstream, type UpstreamAnswer } from '../../core/upstream/protocol.ts'
import { findProvider, upstreamProviders } from '../../core/upstream/providers.ts'
import { signInUpstream } from '../../core/upstream/sign-in.ts'
import { anyone, optionalSession } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { readForm } from '../../http/bodies/reading.ts'
import { networkLimit, signInLimit } from '../../http/rate-limit.ts'
import { fill } from '../../texts/texts.ts'
import { form } from '../form-token.ts'
import { take } from '../forms.tsx'
import { leave } from '../leave.tsx'
import { toVerification } from '../new-account.ts'
import { redirectWith } from '../notices.ts'
import { askedReturn, withReturn } from '../return-to.ts'
import { presented, signedIn } from '../signed-in.ts'
import { textsOf } from '../texts.tsx'
import { PURPOSE, WITH } from './buttons.tsx'
import { forgetState, keepName, keepPerson, keepState, stateOf, takeName } from './cookies.ts'
import { showProblem } from './problem.tsx'

const CALLBACK = '/upstream/:provider/callback'
/** What an answer consists of (RFC 6749 §4.1.2, RFC 9207). */
const ANSWER = ['code', 'state', 'iss', 'error', 'error_description']
const ANSWER_LENGTH_MAX = 4_096

export const upstreamPages = new Hono<AppEnv>()
  .get(`${WITH}/:provider`, anyone(), (c) => c.redirect(withReturn(c, '/sign-in'), 303))
  .post(`${WITH}/:provider`, anyone(), signInLimit(), form(PURPOSE, z.object({})), (c) =>
    take(c, c.req.valid('form'), {
      act: async () => {
        const provider = c.req.param('provider')
        const begun = beginUpstream(c.var.ctx, provider, { kind: 'sign_in', returnTo: askedReturn(c) })
        return begun.then(
          (way) => leaveFor(c, provider, way),
          (thrown) => showProblem(c, thrown, 'sign_in', askedReturn(c)),
        )
      },
      // Out of date: the page has a valid form.
      again: async () => c.redirect(withReturn(c, '/sign-in'), 303),
    }),
  )
  .get(CALLBACK, optionalSession(), signInLimit(), async (c) => {
    const { id } = findProvider(c.var.ctx.config, c.req.param('provider'))
    const params = new URL(c.req.url).searchParams
    const name = takeName(c, params.get('state') ?? '')
    if (name !== null) params.set('user', name)
    const finished = finishUpstream(c.var.ctx, id, { params, cookie: stateOf(c) })
    forgetState(c)
    return finished.then(
      (answer) => (answer.intent.kind === 'link' ? linked(c, answer) : signedInWith(c, answer)),
      (thrown) => showProblem(c, thrown),
    )
  })
  .post(CALLBACK, anyone(), networkLimit('other'), async (c) => {
    const { id } = findProvider(c.var.ctx.config, c.req.param('provider'))
    const sent = await readForm(c)
    // The browser sends no cookies with another site's form, but does with the redirect that follows it.
    const answer = new URLSearchParams(ANSWER.flatMap((name) => (sent[name] === undefined ? [] : [[name, sent[name]]]))).toString()
    if (sent.state === undefined || answer.length > ANSWER_LENGTH_MAX) return showProblem(c, beginAgain())
    if (sent.user !== undefined) keepName(c, sent.state, sent.user)
    return c.redirect(`/upstream/${id}/callback?${answer}`, 303)
  })

/** Leaves for the provider, to come back to the callback. */
export async function leaveFor(c: Context, provider: string, { url, cookie }: { url: string; cookie: string }): Promise<Response> {
  keepState(c, cookie)
  const name = upstreamProviders(c.var.ctx.config).find(({ id }) => id === provider)?.name ?? provider
  const t = await textsOf(c)
  const named = { provider: name }
  return leave(c, { title: fill(t.signIn.continueWith, named), lead: fill(t.upstream.leave, named), to: url })
}

async function signedInWith(c: Context, { intent, person, spent }: UpstreamAnswer): Promise<Response> {
  const { ctx } = c.var
  const to = intent.returnTo
  try {
    const outcome = await signInUpstream(ctx, { person, spent, presented: await presented(c) })
    if (outcome.kind === 'unverified') return toVerification(c, outcome.user.id, issueFirstSignInTicket(ctx, outcome.user), to)
    if (outcome.kind !== 'unknown') return signedIn(c, outcome, to)
    await keepPerson(c, person)
    return c.redirect(withReturn(c, outcome.ownsAddress ? '/sign-in/connect' : '/sign-up/with', {}, to), 303)
  } catch (thrown) {
    return showProblem(c, thrown, 'sign_in', to)
  }
}

async function linked(c: Context, answer: UpstreamAnswer): Promise<Response> {
  try {
    await finishLink(c.var.ctx, c.var.gate, answer)
    return redirectWith(c, '/account/providers', 'provider_linked')
  } catch (thrown) {
    return showProblem(c, thrown, 'account')
  }
}
