/**
 * Requests with an access token: to Kith, and to the app's own APIs. A refused token is renewed once; a challenge to sign in again
 * (RFC 9470) becomes `step_up_required`.
 */
import type { Connection, SendOptions } from './connection.ts'
import { KithError } from './errors.ts'
import type { OpenProof } from './options.ts'
import { sentAgain } from './retries.ts'
import type { TokenSource } from './tokens.ts'

export interface AuthorizedOptions {
  readonly connection: Connection
  readonly tokens: TokenSource
  /** The key that tokens are bound to, if they are. */
  readonly proof?: OpenProof
  readonly wait: (milliseconds: number) => Promise<void>
}

/** Sends the request with a token for `audience`. The reply is as it came, whatever its status. */
export type Authorized = (request: Request, audience: string, options?: SendOptions) => Promise<Response>

export function authorized({ connection, tokens, proof, wait }: AuthorizedOptions): Authorized {
  return async (request, audience, options) => {
    const key = await proof?.()
    const send = (token: string) =>
      sentAgain(request, wait, () => {
        // The caller's own may be sent several times.
        const sendWith = (headers: Headers) => connection.send(new Request(request.clone(), { headers }), options)
        if (key) return key.send(request, token, sendWith)
        const headers = new Headers(request.headers)
        headers.set('authorization', `Bearer ${token}`)
        return sendWith(headers)
      })
    const token = await tokens.get(audience)
    const first = await send(token)
    refuseStepUp(first)
    if (first.status !== 401) return first
    const second = await send(await tokens.renew(audience, token))
    refuseStepUp(second)
    return second
  }
}

function refuseStepUp({ headers }: Response): void {
  const challenge = headers.get('www-authenticate') ?? ''
  if (!challenge.includes('insufficient_user_authentication')) return
  const parameter = (name: string) => new RegExp(`${name}="?([^",]*)`).exec(challenge)?.[1]
  const maxAge = parameter('max_age')
  throw new KithError(
    { kind: 'step_up_required', acrValues: parameter('acr_values'), maxAge: maxAge ? Number(maxAge) : undefined },
    parameter('error_description') ?? 'This needs a stronger or newer sign-in',
  )
}
