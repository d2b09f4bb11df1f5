/**
 * DPoP (RFC 9449): tokens are bound to a key that no script can read, so a stolen token is worth nothing elsewhere.
 * `createKith({ ..., dpop: dpop() })`.
 */
import { DPoP, generateKeyPair, modifyAssertion } from 'oauth4webapi'
import type { ProofOfPossession } from './options.ts'

export function dpop(): ProofOfPossession {
  return {
    async handle(keys, name, serverNow) {
      const pair = (await keys.get(name)) ?? (await generateKeyPair('ES256'))
      await keys.set(name, pair)
      return DPoP({}, pair, {
        [modifyAssertion](_header, claims) {
          claims.iat = Math.floor(serverNow() / 1_000)
        },
      })
    },
  }
}
