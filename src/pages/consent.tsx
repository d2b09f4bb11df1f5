/**
 * `/consent`: what an app requests, in plain words, to allow or deny (OpenID Connect Core §3.1.2.4). Opening it grants
 * nothing. The authorization endpoint redirects here with the whole request, and the request goes back with the answer.
 */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import {
  type AuthorizationRequest,
  readAuthorizationRequest,
  toAuthorizationPath,
  toAuthorizationQuery,
} from '../core/oauth/authorization-request.ts'
import { AuthorizationError, type AuthorizationResponse } from '../core/oauth/authorize.ts'
import { type ConsentRequest, decideConsent, describeConsent } from '../core/oauth/consents.ts'
import { appendToRedirectUri, isLoopbackRedirectUri } from '../core/oauth/redirect-uri.ts'
import { optionalSession } from '../http/access.ts'
import type { AppEnv } from '../http/app-env.ts'
import { sendAuthorizationResponse, toErrorResponse } from '../http/authorization-response.ts'
import { logFailure, toAppError } from '../http/errors.ts'
import { networkLimit } from '../http/rate-limit.ts'
import { resources } from '../http/token-endpoint.ts'
import { validate } from '../http/validate.ts'
import { fill, type Texts } from '../texts/texts.ts'
import { ofApp, staleTicket } from './authorization.tsx'
import { AgreedScopes, AppLinks, AskedAccount, AskedAnswer, AskedScopes, AskedTime, Caution } from './consent-parts.tsx'
import { form, formToken } from './form-token.ts'
import { type FormState, take, UNTOUCHED } from './forms.tsx'
import { Isolated } from './isolated.tsx'
import { productOf, showPage } from './layout.tsx'
import { leave } from './leave.tsx'
import { Filled, textsOf, useTexts } from './texts.tsx'

const PATH = '/consent'
const ConsentQuery = z.looseObject({ resource: resources })
const ConsentForm = z.object({
  ticket: z.string().max(512, 'is wrong'),
  answer: z.enum(['allow', 'deny'], 'must be allow or deny'),
})

export const consentPages = new Hono<AppEnv>()
  .get(PATH, optionalSession({ onPrimary: true }), networkLimit('other'), validate('query', ConsentQuery), (c) => {
    const request = readAuthorizationRequest(c.req.valid('query'))
    return toApp(c, request, async () => show(c, request, await describeConsent(c.var.ctx, c.var.gate, request), UNTOUCHED))
  })
  .post(
    PATH,
    optionalSession({ onPrimary: true }),
    networkLimit('other'),
    validate('query', ConsentQuery),
    form('consent', ConsentForm),
    (c) => {
      const request = readAuthorizationRequest(c.req.valid('query'))
      return toApp(c, request, () =>
        take(c, c.req.valid('form'), {
          act: async ({ ticket, answer }) => {
            const decided = decideConsent(c.var.ctx, c.var.gate, request, { ticket, allow: answer === 'allow' })
            return send(c, await decided.catch(staleTicket))
          },
          again: async (state) => show(c, request, await describeConsent(c.var.ctx, c.var.gate, request), state),
        }),
      )
    },
  )

/** Reports errors to the app, except a missing sign-in, for which the user starts again at the authorization endpoint. */
function toApp(c: Context, request: AuthorizationRequest, answer: () => Promise<Response>): Promise<Response> {
  return ofApp(c, async () => {
    try {
      return await answer()
    } catch (thrown) {
      if (!(thrown instanceof AuthorizationError)) throw thrown
      const error = toAppError(thrown.cause)
      logFailure(c, error)
      if (error.code === 'login_required') return c.redirect(toSignIn(request), 303)
      return send(c, toErrorResponse(c.var.ctx, thrown))
    }
  })
}

function toSignIn(request: AuthorizationRequest, extra: Readonly<Record<string, string>> = {}): string {
  return `/sign-in?${new URLSearchParams({ return_to: toAuthorizationPath(request), ...extra })}`
}

/** A form may not redirect to the app, so a page of our own continues to it. */
async function send(c: Context, response: AuthorizationResponse): Promise<Response> {
  if (response.mode !== 'query' || c.req.method === 'GET') return sendAuthorizationResponse(c as Context<AppEnv>, response)
  const to = appendToRedirectUri(response.redirectUri, response.params)
  const t = (await textsOf(c)).consent
  const title = 'code' in response.params ? t.allowed : t.denied
  return leave(c, { title, lead: fill(t.takenTo, { place: placeOf(t, response.redirectUri) }), to })
}

/** The redirect URI as users know it: a host, or an app on their device. */
function placeOf({ places }: Texts['consent'], redirectUri: string): string {
  const { protocol, host } = new URL(redirectUri)
  if (isLoopbackRedirectUri(redirectUri)) return fill(places.program, { host })
  return protocol === 'https:' ? host : fill(places.app, { scheme: protocol.slice(0, -1) })
}

async function show(c: Context, request: AuthorizationRequest, asked: ConsentRequest, state: FormState): Promise<Response> {
  const { client, newScopes, grantedScopes, redirectUri } = asked
  const token = await formToken(c, 'consent')
  const t = (await textsOf(c)).consent
  return showPage(
    c,
    {
      title: fill(t.title, { app: client.name }),
      heading: <Filled text={t.title} with={{ app: <Isolated>{client.name}</Isolated> }} />,
      lead: <Filled text={t.lead} with={{ place: <strong>{placeOf(t, redirectUri)}</strong> }} />,
      error: state.error,
    },
    <>
      <Caution client={client} redirectUri={redirectUri} />
      <AskedAccount user={asked.user} another={toSignIn(request, { another: '1' })} />
      <AskedScopes title={<Asked asked={asked} />} scopes={newScopes.length === 0 ? grantedScopes : newScopes} />
      {newScopes.length > 0 && <AgreedScopes title={t.agreed} scopes={grantedScopes} />}
      <AskedAnswer action={`${PATH}?${toAuthorizationQuery(request)}`} token={token} state={state} ticket={asked.ticket} />
      <AskedTime lifetime={asked.lifetime} product={productOf(c.var.ctx.config)} />
      <AppLinks client={client} />
    </>,
  )
}

/** The first time, more than before, or the same again. */
function Asked({ asked: { client, newScopes, grantedScopes } }: { asked: ConsentRequest }) {
  const t = useTexts().consent
  if (newScopes.length === 0) return <>{t.ableAgain}</>
  if (grantedScopes.length > 0) return <>{t.ableToo}</>
  return <Filled text={t.able} with={{ app: <Isolated>{client.name}</Isolated> }} />
}
