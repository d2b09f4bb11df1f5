/** The client: one object for an app. */
import { authorized } from './authorized.ts'
import { connect } from './connection.ts'
import { KithError, unreachable } from './errors.ts'
import { type Operations, operations } from './operations.ts'
import { type KithOptions, toSettings } from './options.ts'
import { KITH, openSessions, type Session } from './sessions.ts'
import type { SignInOptions } from './sign-in.ts'
import type { SignOutOptions } from './sign-out.ts'
import { sessionTokens } from './tokens.ts'
import { type Uploads, uploads } from './uploads.ts'

export interface Kith extends Operations, Uploads {
  readonly origin: string
  /** Who is signed in. The same object until that changes. */
  readonly session: Session
  /** Calls the listener when `session` changes, in this tab or another. Returns a function that unsubscribes. */
  subscribe(listener: () => void): () => void
  /** Sends the person to Kith to sign in. */
  signIn(options?: SignInOptions): Promise<void>
  /** Sends the person to Kith to create an account. */
  signUp(options?: SignInOptions): Promise<void>
  /** Sends the person to Kith for a stronger or more recent sign-in. Pass it a `step_up_required` error. */
  stepUp(needed: Pick<SignInOptions, 'acrValues' | 'maxAge' | 'returnTo'>): Promise<void>
  /** Finishes the sign-in on the callback page. May be called twice. */
  handleRedirect(url?: string): Promise<{ returnTo: string }>
  /**
   * Ends the session, in the app and at Kith. If Kith cannot be reached, the app forgets the session all the same, and the promise
   * rejects: `offline`, `timeout` or `unavailable`. The tokens, which nobody has any more, and the browser's session at Kith then end by themselves.
   */
  signOut(options?: SignOutOptions): Promise<void>
  /** An access token valid for at least `minValiditySeconds` (30 by default), for Kith or for `resource`. */
  accessToken(options?: { minValiditySeconds?: number; resource?: string }): Promise<string>
  /**
   * `fetch` with an access token, for Kith and your own APIs. Throws for any other origin. Resolves to every response, as `fetch` does,
   * except a challenge to sign in again, which becomes `step_up_required`.
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>
}

/** A client holds the session of one person. On a server, where there are many, use `webSessions` of `@kith/client/web`. */
export function createKith(options: KithOptions): Kith {
  const settings = toSettings(options)
  const { origin, environment, resource } = settings
  const connection = connect(settings)
  const sessions = openSessions(settings)
  const proof = shared(async () => settings.dpop?.open(settings, connection.serverNow))
  const protocol = shared(() => import('./protocol.ts').then(({ openProtocol }) => openProtocol(settings, connection, sessions, proof)))
  const tokens = sessionTokens(settings, sessions, async (grant, audience) => (await protocol()).refresh(grant, audience))
  const send = authorized({ connection, tokens, proof, wait: environment.wait })
  const signIn = async (options?: SignInOptions) => (await protocol()).signIn(options)
  // Loaded now, so that it is there when it is needed, even offline.
  protocol().catch(() => {})
  const toKith = (request: Request) => send(request, KITH)

  return {
    ...operations(origin, toKith),
    ...uploads(settings, send),
    origin,
    get session() {
      return sessions.snapshot
    },
    subscribe: sessions.subscribe,
    signIn,
    signUp: (options) => signIn({ ...options, prompt: 'create' }),
    stepUp: async (needed) => (await protocol()).stepUp(needed),
    handleRedirect: async (url) => (await protocol()).handleRedirect(url),
    signOut: async (options) => (await protocol()).signOut(options),
    accessToken: async ({ minValiditySeconds, resource = KITH } = {}) => (await tokens.get(resource, minValiditySeconds)).text,
    async fetch(input, init) {
      const request = new Request(input instanceof Request ? input : new URL(String(input), environment.currentUrl()), init)
      const to = new URL(request.url).origin
      const page = environment.currentUrl()
      if (!settings.tokenOrigins.has(to) && !(page && new URL(page).origin === to)) {
        throw new TypeError(
          `kith.fetch sends no token to ${to}. Is it your API? Pass its URI as resource (or in apiOrigins if it accepts Kith's own tokens)`,
        )
      }
      return send(request, to === origin ? KITH : (resource ?? KITH))
    },
  }
}

/** What `make` makes, once; again if it fails. */
function shared<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make().catch((error) => {
      made = undefined
      throw error instanceof KithError ? error : unreachable(error)
    })
    return made
  }
}
