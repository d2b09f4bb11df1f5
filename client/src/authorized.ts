/**
 * Requests with an access token: to Kith, and to the app's own APIs. A refused token is renewed once; a challenge to sign in again
 * becomes `step_up_required`.
 */
import {
  allowInsecureRequests,
  customFetch,
  type DPoPHandle,
  protectedResourceRequest,
  type WWWAuthenticateChallenge,
  WWWAuthenticateChallengeError,
  type WWWAuthenticateChallengeParameters,
} from 'oauth4webapi'
import type { Connection, SendOptions } from './connection.ts'
import { KithError } from './errors.ts'
import { withRetries } from './retries.ts'
import type { TokenSource } from './tokens.ts'

export interface AuthorizedOptions {
  readonly connection: Connection
  readonly tokens: TokenSource
  /** The key that tokens are bound to. */
  readonly proof: () => Promise<DPoPHandle | undefined>
  readonly wait: (milliseconds: number) => Promise<void>
}

/** Sends the request with a token for `audience`. The reply is as it came, whatever its status. */
export type Authorized = (request: Request, audience: string, options?: SendOptions) => Promise<Response>

export function authorized({ connection, tokens, proof, wait }: AuthorizedOptions): Authorized {
  return async (request, audience, options) => {
    let token = await tokens.get(audience)
    const DPoP = await proof()
    let isRenewed = false
    let hasNonce = false

    /** One request with `token`. */
    const once = () => challenged(() => sendWith(request, token, DPoP, (bound) => connection.send(bound, options)))
    for (;;) {
      let challenges: readonly WWWAuthenticateChallenge[] = []
      const response = await withRetries(request, wait, async () => {
        const answer = await once()
        challenges = answer.challenges
        return answer.response
      })
      const says = (error: string) => challenges.find(({ parameters }) => parameters.error === error)?.parameters
      const stepUp = says('insufficient_user_authentication')
      if (stepUp) throw stepUpRequired(stepUp)
      // The first proof of a page has no nonce yet (RFC 9449 §9), and may have the time of a wrong clock.
      if (DPoP && !hasNonce && (says('use_dpop_nonce') || says('invalid_dpop_proof'))) {
        hasNonce = true
        continue
      }
      if (response.status !== 401 || isRenewed) return response
      token = await tokens.renew(audience, token)
      isRenewed = true
    }
  }
}

/** The header with the token, and the proof, are the library's; the request is the caller's, which may be sent several times. */
function sendWith(
  request: Request,
  token: string,
  DPoP: DPoPHandle | undefined,
  send: (bound: Request) => Promise<Response>,
): Promise<Response> {
  return protectedResourceRequest(token, request.method, new URL(request.url), new Headers(request.headers), null, {
    ...(DPoP && { DPoP }),
    [allowInsecureRequests]: true,
    [customFetch]: (_url, { headers }) => send(new Request(request.clone(), { headers })),
  })
}

async function challenged(send: () => Promise<Response>): Promise<{ response: Response; challenges: readonly WWWAuthenticateChallenge[] }> {
  try {
    return { response: await send(), challenges: [] }
  } catch (error) {
    if (error instanceof WWWAuthenticateChallengeError) return { response: error.response, challenges: error.cause }
    throw error
  }
}

function stepUpRequired(parameters: WWWAuthenticateChallengeParameters): KithError {
  const { acr_values: acrValues, max_age: age, error_description } = parameters as Readonly<Record<string, string | undefined>>
  const maxAge = age === undefined ? {} : { maxAge: Number(age) }
  return new KithError(
    { kind: 'step_up_required', ...(acrValues === undefined ? {} : { acrValues }), ...maxAge },
    error_description ?? 'This needs a stronger or newer sign-in',
  )
}
