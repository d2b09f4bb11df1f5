/**
 * DPoP (RFC 9449): tokens are bound to a key that stays on the device, so a stolen token is useless elsewhere.
 * `createKith({ ..., dpop: dpop() })`.
 */
import {
  allowInsecureRequests,
  customFetch,
  DPoP,
  type DPoPHandle,
  generateKeyPair,
  isDPoPNonceError,
  modifyAssertion,
  protectedResourceRequest,
  WWWAuthenticateChallengeError,
} from 'oauth4webapi'
import type { KeyStore } from './environment.ts'
import { storageError } from './errors.ts'
import { keysInIndexedDb } from './indexed-db.ts'
import type { ProofOfPossession } from './options.ts'

export function dpop(): ProofOfPossession {
  return {
    async open({ key, environment: { lock, keys = keysInIndexedDb } }, serverNow) {
      const name = key('key')
      // One key for all tabs.
      const pair = await lock(name, () => keyPair(keys, name))
      const handle = DPoP({}, pair, {
        [modifyAssertion](_header, claims) {
          claims.iat = Math.floor(serverNow() / 1_000)
        },
      })
      return { handle, send: (request, token, send) => sendProved(handle, request, token, send) }
    },
  }
}

async function keyPair(keys: KeyStore, name: string): Promise<CryptoKeyPair> {
  try {
    const found = await keys.get(name)
    if (found) return found
    const { extractable = false } = keys
    const made = await generateKeyPair('ES256', { extractable })
    await keys.set(name, made)
    return made
  } catch (cause) {
    throw storageError(cause)
  }
}

/** The first proof of a page has no nonce yet (RFC 9449 §9), and may have the time of a wrong clock. The reply has told both. */
async function sendProved(
  handle: DPoPHandle,
  request: Request,
  token: string,
  send: (headers: Headers) => Promise<Response>,
  isSecond = false,
): Promise<Response> {
  let response: Response | undefined
  try {
    await protectedResourceRequest(token, request.method, new URL(request.url), new Headers(request.headers), null, {
      DPoP: handle,
      // Where a token may go is decided before.
      [allowInsecureRequests]: true,
      async [customFetch](_url, { headers }) {
        response = await send(new Headers(headers))
        // The library reads no more of it. Expo's own is no instance of the global Response, and would be refused.
        return new Response(null, { headers: response.headers })
      },
    })
  } catch (error) {
    if (!(response && error instanceof WWWAuthenticateChallengeError)) throw error
    const isOfProof = error.cause.some(({ parameters }) => parameters.error === 'invalid_dpop_proof') || isDPoPNonceError(error)
    if (isOfProof && !isSecond) return sendProved(handle, request, token, send, true)
  }
  return response as Response
}
