/**
 * Requests with an access token: to Kith, and to the app's own APIs. A refused token is renewed once; a challenge to sign in again
 * (RFC 9470) becomes `step_up_required`.
 */
import type { Connection, SendOptions } from './connection.ts'
import { KithError } from './errors.ts'
import type { OpenProof } from './options.ts'
import { sentAgain } from './retries.ts'
import { KITH } from './sessions.ts'
import type { HeldToken, TokenSource } from './tokens.ts'

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
    /** The caller's request may be sent several times. */
    const sendWith = (headers: Headers) => connection.send(new Request(request.clone(), { headers }), options)
    const send = async ({ text }: HeldToken) => {
      const key = await proof?.()
      return sentAgain(request, wait, () => {
        if (key) return key.send(request, text, sendWith)
        const headers = new Headers(request.headers)
        headers.set('authorization', `Bearer ${text}`)
        return sendWith(headers)
      })
    }
    /** Some of Kith's pages are for everybody. */
    const sendAnonymously = async (signedOut: KithError) => {
      const response = await sentAgain(request, wait, () => sendWith(request.headers))
      if (response.status === 401) throw signedOut
      return response
    }

    let token: HeldToken
    try {
      token = await tokens.get(audience)
    } catch (error) {
      const isPublic = audience === KITH && /GET|HEAD/.test(request.method) && (error as KithError).kind === 'signed_out'
      if (!isPublic) throw error
      return sendAnonymously(error as KithError)
    }
    const first = accepted(await send(token))
    return first.status === 401 ? accepted(await send(await tokens.renew(audience, token))) : first
  }
}

/** Throws for a challenge to sign in again. */
function accepted(response: Response): Response {
  const challenge = response.headers.get('www-authenticate') ?? ''
  if (!challenge.includes('insufficient_user_authentication')) return response
  const parameter = (name: string) => new RegExp(`${name}="?([^",]*)`).exec(challenge)?.[1]
  const maxAge = parameter('max_age')
  throw new KithError(
    { kind: 'step_up_required', acrValues: parameter('acr_values'), maxAge: maxAge ? Number(maxAge) : undefined },
    parameter('error_description') ?? 'This needs a stronger or more recent sign-in',
  )
}
