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
import { deviceName, placeName } from '../mail/device-words.ts'
import { staleTicket } from './authorization.tsx'
import { AppLinks, AskedAccount, AskedAnswer, AskedScopes, AskedTime, Caution } from './consent-parts.tsx'
import { form, formToken } from './form-token.ts'
import { Form, type FormState, Input, type Labels, Submit, take, UNTOUCHED } from './forms.tsx'
import { Isolated } from './isolated.tsx'
import { productOf, showPage } from './layout.tsx'
import { textsOf } from './texts.tsx'
import { Time } from './time.tsx'

const PATH = '/device'
const ANSWER = `${PATH}/answer`
const LABELS: Labels = { code: 'Code' }
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
  .post(PATH, optionalSession(), networkLimit('other'), form('device', CodeForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ code }) => showQuestion(c, await describeDevice(c.var.ctx, c.var.gate, code)),
      again: async (state) => {
        await requireSignIn(c.var.gate)
        return showCode(c, state)
      },
    }),
  )
  .get(ANSWER, optionalSession(), (c) => c.redirect(PATH, 303))
  .post(ANSWER, optionalSession(), networkLimit('other'), form('device-answer', AnswerForm), (c) => {
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
  const state = { ...outcome, words: { code_invalid: (await textsOf(c)).errors.deviceCode } }
  const token = await formToken(c, 'device')
  const linked = linkedCode(c)
  return showPage(
    c,
    {
      title: 'Connect a device',
      lead:
        linked === null
          ? 'Enter the code that your television, console or command line shows.'
          : 'Compare the code with the one on your device. Continue only if they are the same.',
      error: state.error,
    },
    <Form action={PATH} token={token} state={state} labels={LABELS}>
      <Input
        name="code"
        labels={LABELS}
        state={state}
        value={linked}
        hint="Eight letters, such as WDJB-MJHT."
        code
        autocomplete="off"
        maxlength={64}
        first
      />
      <Submit>Continue</Submit>
    </Form>,
  )
}

async function showQuestion(c: Context, asked: DeviceQuestion): Promise<Response> {
  const { client, scopes, lifetime, user, userCode, userAgent, place, askedAt, ticket } = asked
  const t = await textsOf(c)
  const token = await formToken(c, 'device-answer')
  const another = `/sign-in?${new URLSearchParams({ return_to: `${PATH}?user_code=${userCode}`, another: '1' })}`
  return showPage(
    c,
    {
      title: `Give ${client.name} access to your account?`,
      heading: (
        <>
          Give <Isolated>{client.name}</Isolated> access to your account?
        </>
      ),
      lead: (
        <>
          The device shows <strong translate="no">{userCode}</strong>. It asked on {<Time at={askedAt} />} as{' '}
          <Isolated>{deviceName(t, userAgent)}</Isolated>
          {place !== '' && <>, from {placeName(t, place)}</>}. Allow it only if it is in front of you: nobody else needs you to enter a
          code.
        </>
      ),
    },
    <>
      <Caution client={client} />
      <AskedAccount user={user} another={another} />
      <AskedScopes
        title={
          <>
            <Isolated>{client.name}</Isolated> will be able to
          </>
        }
        scopes={scopes}
      />
      <AskedAnswer action={ANSWER} token={token} ticket={ticket}>
        <input type="hidden" name="code" value={userCode} />
      </AskedAnswer>
      <AskedTime lifetime={lifetime} product={productOf(c.var.ctx.config)} />
      <AppLinks client={client} />
    </>,
  )
}

function showDone(c: Context, client: string, allowed: boolean): Promise<Response> {
  return showPage(
    c,
    {
      title: allowed ? 'Your device is connected' : 'Access was denied',
      lead: (
        <>
          {allowed ? 'Go back to it: ' : 'Nothing was connected: '}
          <Isolated>{client}</Isolated> {allowed ? 'continues by itself in a few seconds.' : 'got no access to your account.'}
        </>
      ),
    },
    <p class="links">
      <a href="/account/apps">Connected apps</a>
    </p>,
  )
}
