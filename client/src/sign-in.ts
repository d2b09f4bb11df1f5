/** Signing in: to Kith's pages and back, by authorization code with PKCE (RFC 6749 §4.1, RFC 7636). */
import {
  AuthorizationResponseError,
  calculatePKCECodeChallenge,
  generateRandomCodeVerifier,
  generateRandomNonce,
  generateRandomState,
  JWT_TIMESTAMP_CHECK,
  ResponseBodyError,
  validateAuthResponse,
  WWWAuthenticateChallengeError,
} from 'oauth4webapi'
import type { AuthorizationServerClient } from './authorization-server.ts'
import { KithError, type SignInFailure, settled, signInFailed, storageError } from './errors.ts'
import type { OpenProof, Settings } from './options.ts'
import { passesIn } from './retries.ts'
import type { Grant, Sessions } from './sessions.ts'

export interface SignInOptions {
  /** Where to return to after the sign-in: a URL on the redirect URI's origin. By default the current page. */
  readonly returnTo?: string | undefined
  /** The person's email address, if the app knows it. */
  readonly loginHint?: string | undefined
  /** How strong the sign-in must be, such as `urn:kith:acr:2fa`. */
  readonly acrValues?: string | undefined
  /** How old the last sign-in may be, in seconds. */
  readonly maxAge?: number | undefined
  /** Preferred languages for Kith's pages, such as `de`. */
  readonly uiLocales?: string | undefined
  /** `none`: fail rather than ask the person anything. `create`: start with sign-up. */
  readonly prompt?: 'none' | 'login' | 'consent' | 'create' | undefined
  /** Replaces the client's own scope. */
  readonly scope?: string | undefined
}

export interface SignIn {
  signIn(options?: SignInOptions): Promise<void>
  /** Of the same person. */
  stepUp(needed: SignInOptions): Promise<void>
  handleRedirect(url?: string): Promise<{ returnTo: string }>
}

/** A sign-in that is under way, by its `state`. */
interface Started {
  readonly verifier: string
  readonly nonce: string
  readonly redirectUri: string
  readonly returnTo: string
  readonly at: number
  readonly maxAge?: number | undefined
  readonly scope?: string
  /** Who has to come back from a step-up. */
  readonly subject?: string | undefined
  readonly isUsed?: true
}

/** As long as Kith waits for somebody who has to create an account first. */
const STARTED_MS = 24 * 60 * 60 * 1_000
const STARTED_MAX = 10

export function signInFlow(settings: Settings, sessions: Sessions, server: AuthorizationServerClient, proof: OpenProof): SignIn {
  const { environment, key, clientId, resource } = settings
  const { storage, now, lock, openUrl, currentUrl } = environment
  const callbacks = new Map<string, Promise<{ returnTo: string }>>()

  async function all(): Promise<Record<string, Started>> {
    try {
      return JSON.parse((await storage.getItem(key('sign-in'))) ?? '{}')
    } catch {
      return {}
    }
  }

  /** Throws a `storage` error: without the verifier nobody can come back. */
  function remember(state: string, started: Started): Promise<void> {
    return lock(key('sign-in'), async () => {
      const others = Object.entries(await all()).filter(([id, { at }]) => id !== state && now() - at < STARTED_MS)
      const kept = Object.fromEntries([[state, started], ...others].slice(0, STARTED_MAX))
      try {
        await storage.setItem(key('sign-in'), JSON.stringify(kept))
      } catch (cause) {
        throw storageError(cause)
      }
    })
  }

  async function signIn(options: SignInOptions = {}, as?: Grant) {
    const redirectUri = settings.redirectUri()
    const { returnTo = startOf(currentUrl(), redirectUri), loginHint, acrValues, maxAge, uiLocales, prompt } = options
    const { scope: wanted = settings.scope } = options
    // Without it nobody would know who has signed in.
    const scope = /\bopenid\b/.test(wanted) ? wanted : `openid ${wanted}`
    const [state, nonce, verifier] = [generateRandomState(), generateRandomNonce(), generateRandomCodeVerifier()]
    if (leavesApp(returnTo, redirectUri)) throw new TypeError(`returnTo is not on the app's own site: ${returnTo}`)
    const bound = await proof()
    await remember(state, { verifier, nonce, redirectUri, returnTo, at: now(), maxAge, scope, subject: as?.claims.sub })
    const parameters = {
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirectUri,
      scope,
      state,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      resource,
      login_hint: loginHint,
      acr_values: acrValues,
      max_age: maxAge,
      ui_locales: uiLocales,
      prompt,
      id_token_hint: as?.idToken,
      dpop_jkt: await bound?.handle.calculateThumbprint(),
    }
    const given = Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))
    const cameBack = await openUrl(`${server.metadata.authorization_endpoint}?${new URLSearchParams(given)}`, redirectUri)
    if (cameBack === null) throw signInFailed('closed', 'The sign-in was closed', { returnTo })
    if (cameBack) await handleRedirect(cameBack)
  }

  /** The same answer for the same callback: React calls effects twice. */
  function handleRedirect(url: string = currentUrl() ?? ''): Promise<{ returnTo: string }> {
    const { searchParams } = new URL(url)
    const state = searchParams.get('state') ?? ''
    const last = callbacks.get(state)
    if (last) return last
    const promise = finish(searchParams, state)
    callbacks.set(state, promise)
    promise.catch((error) => passesIn(error) && callbacks.delete(state))
    return promise
  }

  function finish(callback: URLSearchParams, state: string): Promise<{ returnTo: string }> {
    // Two tabs may open the same callback. Its code is good for one exchange: a second ends what the first has brought.
    return lock(key('session'), async () => {
      const started = await findStarted(state, callback)
      const { returnTo, verifier, nonce, redirectUri, maxAge, scope: asked, subject } = started
      try {
        const validated = validateAuthResponse(server.metadata, server.client, callback, state)
        const before = await settled(() => sessions.read())
        const grant = await server.exchangeCode(validated, { verifier, nonce, redirectUri, maxAge, asked })
        if (subject !== undefined && grant.claims.sub !== subject) {
          if (grant.refreshToken) server.revoke(grant.refreshToken).catch(() => {})
          throw signInFailed('login_required', 'A different person signed in', { returnTo })
        }
        await sessions.save(grant)
        // Its session would go on at Kith without anybody who uses it.
        if (before?.refreshToken) server.revoke(before.refreshToken).catch(() => {})
      } catch (error) {
        throw toSignInError(error, returnTo)
      }
      await remember(state, { ...started, isUsed: true }).catch(settings.warn)
      return { returnTo }
    })
  }

  async function findStarted(state: string, callback: URLSearchParams): Promise<Started> {
    const known = await all()
    const started = known[state]
    if (started?.isUsed) throw signInFailed('callback_used', 'This sign-in was already completed', { returnTo: started.returnTo })
    if (started && now() - started.at < STARTED_MS) return started
    const isLost = state === '' || Object.keys(known).length > 0
    const message = isLost ? 'The sign-in has expired' : 'This sign-in was started in another browser'
    throw signInFailed(isLost ? 'state_lost' : 'other_browser', ...withError(message, callback))
  }

  async function stepUp({ acrValues, maxAge, returnTo }: SignInOptions) {
    await signIn({ acrValues, maxAge, returnTo }, await settled(() => sessions.read()))
  }

  return { signIn: (options) => signIn(options), stepUp, handleRedirect }
}

/** The current page, unless it is the callback, which works once. */
function startOf(page: string | undefined, redirectUri: string): string {
  return page === undefined || page.split('?')[0] === redirectUri ? '/' : page
}

/** Apps take `returnTo` from links: it must lead neither to another site nor to a script. Only pages on the web are opened by URL. */
function leavesApp(returnTo: string, redirectUri: string): boolean {
  const [from, to] = [new URL(redirectUri), new URL(returnTo, redirectUri)]
  // Not `origin` alone: a blob: URL has that of the page that made it.
  return /^https?:$/.test(from.protocol) && (to.protocol !== from.protocol || to.origin !== from.origin)
}

/** Anybody can make a link with an `error`: a page shows its code, and only the developer's console the description. */
function withError(message: string, callback: URLSearchParams): [message: string, more: { code?: string; cause?: unknown }] {
  const code = /^\w{1,60}$/.exec(callback.get('error') ?? '')?.[0]
  if (code === undefined) return [message, {}]
  return [`${message}, and failed: ${code}`, { code, cause: new Error(callback.get('error_description') ?? code) }]
}

const KNOWN = new Set<string>(['access_denied', 'login_required', 'consent_required', 'unmet_authentication_requirements'])

function toSignInError(error: unknown, returnTo: string): KithError {
  if (error instanceof KithError) return error
  const failed = (reason: SignInFailure, message: string, code?: string) => signInFailed(reason, message, { cause: error, returnTo, code })
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) {
    const message = error.error_description ?? error.error
    if (KNOWN.has(error.error)) return failed(error.error as SignInFailure, message)
    // A code is good for one exchange, for a minute.
    if (error.error === 'invalid_grant') return failed('callback_used', 'The authorization code has expired or was already used')
    return failed('refused', message, error.error)
  }
  if (error instanceof WWWAuthenticateChallengeError) return failed('refused', 'The client secret is wrong', 'invalid_client')
  // Without the library's error, which carries claims, and tokens.
  const { code, message } = error as { code?: string; message: string }
  if (code === JWT_TIMESTAMP_CHECK) return signInFailed('clock', "This device's clock is wrong", { returnTo })
  return signInFailed('invalid_response', message, { returnTo })
}
