/**
 * Whether an access token of a user counts now, and for what: as the gate would judge it, whatever its audience. What
 * introspection shows, and what a token exchange starts from.
 */
import { type SessionId, toHex } from '../../ids.ts'
import type { ApiRow } from '../../store/db/apis.ts'
import type { ClientGateRow } from '../../store/db/oauth-clients.ts'
import type { GateRow } from '../../store/db/sessions.ts'
import type { UserRow } from '../../store/db/users.ts'
import type { Ctx } from '../ctx.ts'
import { toLivePrincipal } from '../gate.ts'
import type { UserPrincipal } from '../principal.ts'
import type { ReadAccessToken } from './access-token.ts'
import { type Holder, liveApiScopes } from './api-grants.ts'
import { type ApiScope, storedApiScopes } from './api-scopes.ts'
import { type Api, toApi } from './apis.ts'
import type { ClientSource } from './clients.ts'

export interface LiveUserToken {
  readonly clientId: string
  /** What it is for; null for Kith itself. */
  readonly api: Api | null
  /** Its current scopes: within the grant, the client, and the role or the API as they are. */
  readonly scopes: readonly string[]
  readonly subject: string
  readonly user: UserRow
  readonly sessionId: SessionId
  readonly authentication: Pick<UserPrincipal, 'authenticatedAt' | 'amr'>
  /** What the user has granted of APIs, and the app that it was granted to. */
  readonly granted: readonly ApiScope[]
  readonly holder: Holder
}

export type ApiGateRow = GateRow & { readonly clientSource: string | null }

export interface UserTokenRows {
  /** Of the session; `clientSource` is read for tokens of an API. */
  readonly row: GateRow | ApiGateRow | null
  /** Of the audience. */
  readonly api: ApiRow | null | undefined
  /** Of the client that acts, if one does (RFC 8693). */
  readonly actor: ClientGateRow | null | undefined
}

/** Null if the token does not count. */
export function toLiveUserToken(ctx: Ctx, access: ReadAccessToken, { row, api = null, actor }: UserTokenRows): LiveUserToken | null {
  const { claim, audience } = access
  if (claim.kind !== 'access_token' || !row) return null
  // A client that acts for the user holds a token of the app's session.
  const clientId = access.actor === null ? claim.clientId : (row.sessionClientId ?? '')
  const principal = toLivePrincipal({ ...claim, clientId }, row, ctx.now())
  if (!principal) return null
  const holder = {
    source: ('clientSource' in row ? row.clientSource : 'operator') as ClientSource,
    apiScopes: storedApiScopes(row.clientScopes ?? ''),
  }
  const granted = storedApiScopes(row.sessionScope)
  const target =
    audience === ctx.config.origin
      ? { api: null, scopes: principal.scopes }
      : liveApiScopes(holder, api && toApi(api), access.scopes, granted)
  const scopes = target && access.actor !== null ? scopesOfActor(actor, target.api, target.scopes) : target?.scopes
  if (!target || !scopes) return null
  const subject = principal.pairwiseSubject ?? toHex(row.id)
  return {
    ...target,
    scopes,
    clientId: claim.clientId,
    subject,
    user: row,
    sessionId: row.sessionId,
    authentication: principal,
    granted,
    holder,
  }
}

/** Those that the client that acts may still have of the API; null if it is disabled, or not registered for the API any more. */
function scopesOfActor(actor: ClientGateRow | null | undefined, api: Api | null, scopes: readonly string[]): string[] | null {
  if (!actor || actor.disabledAt !== null || !api) return null
  const names = storedApiScopes(actor.scopes).flatMap(({ resource, name }) => (resource === api.resource ? [name] : []))
  return names.length === 0 ? null : scopes.filter((name) => names.includes(name))
}
