/**
 * Access tokens, renewed in time, by one tab at a time. Only Kith's word ends a session (`invalid_grant`): no failure of the network or
 * of Kith signs anybody out.
 */
import { type KithError, signedOut } from './errors.ts'
import type { Settings } from './options.ts'
import { passesIn, repeated } from './retries.ts'
import type { AccessToken, Grant, Sessions } from './sessions.ts'

export interface HeldToken {
  readonly text: string
  /** Whose it is. */
  readonly subject?: string
}

/** Where requests to Kith and to APIs get their tokens from. */
export interface TokenSource {
  /** `audience`: `KITH`, or an API's resource. */
  get(audience: string, minValiditySeconds?: number): Promise<HeldToken>
  /** After `refused` was refused. Another token of the same person. */
  renew(audience: string, refused: HeldToken): Promise<HeldToken>
}

const MIN_VALIDITY_SECONDS = 30
/** Kith repeats a reply that was lost for 30 seconds, while its token is unused. */
const REPEAT_MS = 22_000

export function sessionTokens(
  settings: Settings,
  sessions: Sessions,
  renew: (grant: Grant, audience: string) => Promise<Grant>,
): TokenSource {
  const { environment, key } = settings
  const { now, wait, lock } = environment
  const running = new Map<string, Promise<HeldToken>>()
  /** Audiences whose last renewal got no answer: it may be the answer that was lost. */
  const unfinished = new Set<string>()
  environment.onOnline?.(() => {
    for (const audience of unfinished) refresh(audience, isCurrent).catch(() => {})
  })

  // A token from the future: the clock was put back since.
  const isFresh = (token: AccessToken, seconds: number) => token.from - 1_000 <= now() && now() < token.until - seconds * 1_000
  const isCurrent = (token: AccessToken) => isFresh(token, MIN_VALIDITY_SECONDS)

  /** `isGood`: whether a token that another tab has got in the meantime will do. */
  function refresh(audience: string, isGood: (token: AccessToken) => boolean): Promise<HeldToken> {
    const last = running.get(audience)
    if (last) return last
    const work = async () => {
      const grant = await sessions.read()
      const found = grant.access[audience]
      return found && isGood(found) ? held(grant, found) : renewed(grant, audience)
    }
    const promise = lock(key('session'), work).finally(() => running.delete(audience))
    running.set(audience, promise)
    return promise
  }

  async function renewed(grant: Grant, audience: string): Promise<HeldToken> {
    if (!grant.refreshToken) return end()
    try {
      const start = now()
      // The same request again is safe: until the new token is used, Kith gives the same answer.
      const next = await repeated(
        () => renew(grant, audience),
        wait,
        (_next, error) => (now() - start < REPEAT_MS ? passesIn(error) : undefined),
      )
      await sessions.save(next)
      unfinished.delete(audience)
      return held(next, next.access[audience] as AccessToken)
    } catch (error) {
      if (passesIn(error)) unfinished.add(audience)
      if ((error as KithError).kind !== 'signed_out') throw error
      const current = await sessions.read()
      // Where nothing locks, another process may have been faster.
      if (current.refreshToken !== grant.refreshToken) return renewed(current, audience)
      return end()
    }
  }

  async function end(): Promise<never> {
    await sessions.save({ reason: 'ended' })
    throw signedOut('ended')
  }

  return {
    async get(audience, minValiditySeconds = MIN_VALIDITY_SECONDS) {
      const grant = await sessions.known()
      const found = grant.access[audience]
      if (found && isFresh(found, minValiditySeconds)) return held(grant, found)
      return of(grant.claims.sub, await refresh(audience, (token) => isFresh(token, minValiditySeconds)))
    },
    async renew(audience, refused) {
      const isOther = ({ token }: AccessToken) => token !== refused.text
      const next = await refresh(audience, isOther)
      // A look at the storage that had begun before has found the refused one.
      return of(refused.subject, next.text === refused.text ? await refresh(audience, isOther) : next)
    },
  }
}

function held({ claims }: Grant, { token }: AccessToken): HeldToken {
  return { text: token, subject: claims.sub }
}

/** Another tab may have signed somebody else in: what one person has asked for is never done as another. */
function of(subject: string | undefined, token: HeldToken): HeldToken {
  if (token.subject !== subject) throw signedOut('signed_out', 'Another person has signed in')
  return token
}
