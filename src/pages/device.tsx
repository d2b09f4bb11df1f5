/**
 * `/device`: the short code that a television or a command line shows, and what a person allows it (RFC 8628 §3.3).
 * Opening a link with a code decides nothing: whoever sent it may be a stranger (§5.4).
 */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { AppError } from '../core/errors.ts'
import type { OptionalGate } from '../core/gate.ts'
import { readUserCode } from '../core/oauth/device-code.ts'
import { type DeviceQuestion, decideDevice, describeDevice } from '../core/oauth/device-decision.ts'
import { optionalSession } from '../http/access.ts'
import type { AppEnv } from '../http/app-env.ts'
import { networkLimit } from '../http/rate-limit.ts'
import { fill } from '../texts/texts.ts'
import { staleTicket } from './authorization.tsx'
import { AppLinks, AskedAccount, AskedAnswer, AskedScopes, AskedTime, Caution } from './consent-parts.tsx'
import { form, formToken } from './form-token.ts'
import { Form, type FormState, Input, Submit, take, UNTOUCHED } from './forms.tsx'
import { Isolated } from './isolated.tsx'
import { productOf, showPage } from './layout.tsx'
import { Filled, textsOf, useTexts } from './texts.tsx'
import { Time } from './time.tsx'
import { Device, Place } from './whereabouts.tsx'

const PATH = '/device'
const ANSWER = `${PATH}/answer`
const code = z.string().trim().min(1, 'is required').max(64, 'is too long')
const CodeForm = z.object({ code })
const AnswerForm = z.object({
  code,
  ticket: z.string().max(512, 'is wrong'),
  answer: z.enum(['allow', 'deny'], 'must be allow or deny'),
})

export const devicePages = new Hono<AppEnv>()
  .get(PATH, optionalSession(), async (c) => {
    await requireSignIn(c.var.gate)
    return showCode(c, UNTOUCHED)
  })
  .post(PATH, optionalSession({ onPrimary: true }), networkLimit('other'), form('device', CodeForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ code }) => showQuestion(c, await describeDevice(c.var.ctx, c.var.gate, code)),
      again: async (state) => {
        await requireSignIn(c.var.gate)
        return showCode(c, state)
      },
    }),
  )
  .get(ANSWER, optionalSession(), (c) => c.redirect(PATH, 303))
  .post(ANSWER, optionalSession({ onPrimary: true }), networkLimit('other'), form('device-answer', AnswerForm), (c) => {
    const sent = c.req.valid('form')
    return take(c, sent, {
      act: async ({ code, ticket, answer }) => {
        const allow = answer === 'allow'
        const { client } = await decideDevice(c.var.ctx, c.var.gate, { userCode: code, ticket, allow }).catch(staleTicket)
        return showDone(c, client, allow)
      },
      again: async (state) => {
        await requireSignIn(c.var.gate)
        return showCode(c, { ...state, typed: {} })
      },
    })
  })

/** The code is entered by whoever is to decide, so they sign in first, and come back with it. */
async function requireSignIn(gate: OptionalGate): Promise<void> {
  if (!(await gate()).principal) throw new AppError('unauthenticated')
}

/** The code of the link, to be confirmed, or none. */
function linkedCode(c: Context): string | null {
  return readUserCode(c.req.query('user_code') ?? '')
}

async function showCode(c: Context, outcome: FormState): Promise<Response> {
  const t = await textsOf(c)
  const texts = t.device
  const state = { ...outcome, words: { code_invalid: t.errors.deviceCode } }
  const token = await formToken(c, 'device')
  const linked = linkedCode(c)
  return showPage(
    c,
    {
      title: texts.title,
      lead: linked === null ? texts.lead : texts.compare,
      error: state.error,
    },
    <Form action={PATH} token={token} state={state} labels={texts.fields}>
      <Input
        name="code"
        labels={texts.fields}
        state={state}
        value={linked}
        hint={texts.hint}
        code
        autocomplete="off"
        maxlength={64}
        first
      />
      <Submit>{texts.submit}</Submit>
    </Form>,
  )
}

async function showQuestion(c: Context, asked: DeviceQuestion): Promise<Response> {
  const { client, scopes, lifetime, user, userCode, ticket } = asked
  const t = (await textsOf(c)).consent
  const token = await formToken(c, 'device-answer')
  const another = `/sign-in?${new URLSearchParams({ return_to: `${PATH}?user_code=${userCode}`, another: '1' })}`
  return showPage(
    c,
    {
      title: fill(t.title, { app: client.name }),
      heading: <Filled text={t.title} with={{ app: <Isolated>{client.name}</Isolated> }} />,
      lead: <Asked asked={asked} />,
    },
    <>
      <Caution client={client} />
      <AskedAccount user={user} another={another} />
      <AskedScopes title={<Filled text={t.able} with={{ app: <Isolated>{client.name}</Isolated> }} />} scopes={scopes} />
      <AskedAnswer action={ANSWER} token={token} ticket={ticket}>
        <input type="hidden" name="code" value={userCode} />
      </AskedAnswer>
      <AskedTime lifetime={lifetime} product={productOf(c.var.ctx.config)} />
      <AppLinks client={client} />
    </>,
  )
}

/** Who asks, from where: only who started it can tell whether it is their own device. */
function Asked({ asked: { userCode, userAgent, place, askedAt } }: { asked: DeviceQuestion }) {
  const t = useTexts()
  const facts = {
    code: <strong translate="no">{userCode}</strong>,
    time: <Time at={askedAt} />,
    device: <Device userAgent={userAgent} />,
  }
  if (place === '') return <Filled text={t.device.question} with={facts} />
  return <Filled text={t.device.questionFrom} with={{ ...facts, place: <Place place={place} /> }} />
}

async function showDone(c: Context, client: string, allowed: boolean): Promise<Response> {
  const t = (await textsOf(c)).device
  const texts = allowed ? t.connected : t.denied
  return showPage(
    c,
    {
      title: texts.title,
      lead: <Filled<string> text={texts.lead} with={{ app: <Isolated>{client}</Isolated> }} />,
    },
    <p class="links">
      <a href="/account/apps">{t.apps}</a>
    </p>,
  )
}
