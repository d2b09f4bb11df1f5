/**
 * Server-rendered apps: the tokens of each person stay on the server, and the browser has only the id of a session, in a cookie.
 * `const sessions = webSessions({ origin, clientId, clientSecret, redirectUri, postLogoutRedirectUri })`.
 */
import { ClientSecretBasic } from 'oauth4webapi'
import { lockInProcess } from '../browser.ts'
import type { Environment } from '../environment.ts'
import { createKith, type Kith } from '../kith.ts'
import type { KithOptions } from '../options.ts'
import type { Session } from '../sessions.ts'
import type { SignInOptions } from '../sign-in.ts'
import { memoryStore, type SessionStore } from './session-store.ts'

export { memoryStore, type SessionStore } from './session-store.ts'

export interface WebOptions extends Pick<KithOptions, 'origin' | 'clientId' | 'scope' | 'resource' | 'apiOrigins' | 'onWarning'> {
  /** Omit it for a public client. */
  readonly clientSecret?: string
  readonly redirectUri: string
  readonly postLogoutRedirectUri: string
  /** By default `memoryStore()`, which loses every session when the process ends. */
  readonly store?: SessionStore
  /** Sends the requests to Kith. By default the global `fetch`. */
  readonly fetch?: (request: Request) => Promise<Response>
}

export interface WebSessions {
  /** The session with the id from the cookie. Without an id, or with a malformed one, a new, empty session. */
  open(id?: string): WebSession
}

/** For one request. */
export interface WebSession {
  /** The value of the cookie. A sign-in changes it. */
  readonly id: string
  /** The client, acting as the person who is signed in. Requests of the same session share one refresh. */
  readonly kith: Omit<Kith, 'session' | 'subscribe' | 'signIn' | 'signUp' | 'stepUp' | 'handleRedirect' | 'signOut'>
  /** Who is signed in. Sends no request. */
  current(): Promise<Exclude<Session, { status: 'loading' }>>
  /** Where to send the browser to sign in. Set the cookie to `id` first. */
  signIn(options?: SignInOptions): Promise<string>
  signUp(options?: SignInOptions): Promise<string>
  /** Where to send the browser for a stronger or more recent sign-in. Pass it a `step_up_required` error. */
  stepUp(needed: Pick<SignInOptions, 'acrValues' | 'maxAge' | 'returnTo'>): Promise<string>
  /** Finishes a sign-in. `url` is the URL of the request to the redirect URI. Set the cookie to the new `id`. */
  handleRedirect(url: string): Promise<{ returnTo: string }>
  /** Ends the session. Delete the cookie and redirect to the URL that it returns, which signs the browser out of Kith. */
  signOut(): Promise<string>
}

export function webSessions({ clientSecret, store = memoryStore(), fetch: send, ...options }: WebOptions): WebSessions {
  /** `elsewhere`: a session that is read where this one has nothing. */
  function openKith(id: string, elsewhere?: string) {
    let url = ''
    const environment: Partial<Environment> = {
      ...(send && { fetch: send }),
      storage: {
        getItem: async (key) =>
          (await store.get(id, key)) ?? (elsewhere === undefined ? null : ((await store.get(elsewhere, key)) ?? null)),
        setItem: (key, value) => store.set(id, key, value),
        removeItem: (key) => store.set(id, key, ''),
      },
      lock: (name, work) => lockInProcess(`${id} ${name}`, work),
      openUrl(to) {
        url = to
        return undefined
      },
      currentUrl: () => undefined,
      onOnline: () => {},
    }
    const authentication = clientSecret === undefined ? {} : { clientAuthentication: ClientSecretBasic(clientSecret) }
    return { kith: createKith({ ...options, ...authentication, environment }), url: () => url }
  }

  return {
    open(known) {
      let id = known !== undefined && SESSION_ID.test(known) ? known : newId()
      let { kith, url } = openKith(id)
      const leave = async (work: Promise<void>) => {
        await work
        return url()
      }
      return {
        get id() {
          return id
        },
        get kith() {
          return kith
        },
        current: () => settled(kith),
        signIn: (how) => leave(kith.signIn({ returnTo: '/', ...how })),
        signUp: (how) => leave(kith.signUp({ returnTo: '/', ...how })),
        stepUp: (needed) => leave(kith.stepUp({ returnTo: '/', ...needed })),
        async handleRedirect(callback) {
          // Whoever knew the id before the sign-in must not know the one after it.
          const [before, after] = [id, newId()]
          const next = openKith(after, before)
          // A browser may send the request twice: a code that is used twice ends what it gave.
          const done = await lockInProcess(`${before} callback`, async () => {
            const result = await next.kith.handleRedirect(callback)
            await store.delete(before)
            return result
          })
          id = after
          ;({ kith, url } = next)
          return done
        },
        async signOut() {
          try {
            return await leave(kith.signOut())
          } finally {
            await store.delete(id)
          }
        },
      }
    },
  }
}

/** 256 random bits. */
const SESSION_ID = /^[\w-]{43}$/

function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  return btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (character) => ({ '+': '-', '/': '_' })[character] ?? '')
}

function settled(kith: Kith): Promise<Exclude<Session, { status: 'loading' }>> {
  return new Promise((resolve) => {
    const look = () => {
      const { session } = kith
      if (session.status === 'loading') return
      stop()
      resolve(session)
    }
    const stop = kith.subscribe(look)
    look()
  })
}
