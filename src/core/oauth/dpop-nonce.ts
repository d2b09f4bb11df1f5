/**
 * The nonces of DPoP proofs (RFC 9449 §8, §9): an HMAC over the present period, the same for everyone, so nothing is
 * stored. A proof cannot be made in advance, for a time after the holder of the key has lost it.
 */
import type { Config } from '../../config.ts'
import { mac } from '../../crypto.ts'
import type { Ctx } from '../ctx.ts'
import { DPOP_NONCE_PERIOD_MS } from './limits.ts'

/** Those of one period: the one that is handed out, and all that count in it. */
interface Nonces {
  readonly period: number
  readonly current: string
  readonly valid: ReadonlySet<string>
}

const known = new WeakMap<Config, Nonces>()

type Clock = Pick<Ctx, 'config' | 'now'>

function noncesOf({ config, now }: Clock): Nonces {
  const period = Math.floor(now() / DPOP_NONCE_PERIOD_MS)
  const last = known.get(config)
  if (last?.period === period) return last
  const ring = config.hmacKeys
  // Under every key: the keys may be replaced within a period.
  const of = (kid: string, at: number) => mac(ring, kid, 'dpop-nonce', String(at))?.toString('base64url') ?? ''
  const valid = [...ring.keys.keys()].flatMap((kid) => [of(kid, period), of(kid, period - 1)])
  const nonces = { period, current: of(ring.current, period), valid: new Set(valid) }
  known.set(config, nonces)
  return nonces
}

/** For the `DPoP-Nonce` header of a reply. */
export function currentNonce(clock: Clock): string {
  return noncesOf(clock).current
}

/** Whether the nonce is of this period or the one before. */
export function isCurrentNonce(clock: Clock, nonce: string): boolean {
  return noncesOf(clock).valid.has(nonce)
}
