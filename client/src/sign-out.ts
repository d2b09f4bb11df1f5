/** Signing out: the app's tokens, what the app knows, and the browser's session at Kith (RFC 7009, RP-Initiated Logout). */
import type { AuthorizationServerClient } from './authorization-server.ts'
import { KithError, settled } from './errors.ts'
import type { Settings } from './options.ts'
import type { Grant, Sessions } from './sessions.ts'

export interface SignOutOptions {
  /** Replaces the client's own `postLogoutRedirectUri`. */
  readonly postLogoutRedirectUri?: string
  /** `app`: the browser stays signed in to Kith. By default it is signed out there too, which takes a redirect. */
  readonly from?: 'everywhere' | 'app'
}

export function signOutFlow(settings: Settings, sessions: Sessions, server: AuthorizationServerClient) {
  const { environment, key, clientId } = settings
  return async ({ from = 'everywhere', postLogoutRedirectUri }: SignOutOptions = {}): Promise<void> => {
    // A refresh that is under way would bring the session back.
    const grant = await environment.lock(key('session'), async (): Promise<Grant | undefined> => {
      const before = await settled(() => sessions.read())
      await sessions.save({ reason: 'signed_out' })
      return before
    })
    if (grant?.refreshToken) await server.revoke(grant.refreshToken).catch(onlyHere)
    if (from === 'app') return
    const backTo = postLogoutRedirectUri ?? settings.postLogoutRedirectUri()
    const parameters = { client_id: clientId, post_logout_redirect_uri: backTo, ...(grant?.idToken && { id_token_hint: grant.idToken }) }
    await environment.openUrl(`${server.metadata.end_session_endpoint}?${new URLSearchParams(parameters)}`, backTo)
  }
}

function onlyHere(cause: KithError): never {
  const { name: _, ...failure } = cause
  throw new KithError(failure, `You are signed out of this app, but not of Kith. ${cause.message}`, { cause })
}
