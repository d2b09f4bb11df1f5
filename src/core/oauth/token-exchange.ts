/**
 * Token exchange (RFC 8693): the server of an API, or an app, trades a user's access token for one of another API, and
 * acts for the user there. The new token never has more than the user has granted for that API, ends with the same
 * session and no later than the first, and says who acts (`act`). Nothing is stored.
 */
import type { SessionId } from '../../ids.ts'
import { findApi, findApis } from '../../store/db/apis.ts'
import { findClientGateRow } from '../../store/db/oauth-clients.ts'
import { findGateRowForApi } from '../../store/db/sessions.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { listScopes } from '../scopes.ts'
import { type Actor, issueAccessToken, type ReadAccessToken, readAccessToken, type TokenSet } from './access-token.ts'
import { type Asked, invalidTarget, isKith, liveApiScopes, onlyOne, openApi, spellingsOf } from './api-grants.ts'
import { toStoredScope } from './api-scopes.ts'
import type { Api } from './apis.ts'
import { proveClient } from './client-assertion.ts'
import type { ClientCredentials } from './client-authentication.ts'
import { apiClaimsOf } from './client-claims.ts'
import { type Client, requireGrantType, TOKEN_EXCHANGE } from './clients.ts'
import { keyToBind } from './dpop.ts'
import { invalidScope, parseScope } from './granted-scopes.ts'
import { ACTORS_MAX } from './limits.ts'
import { type LiveUserToken, toLiveUserToken } from './live-user-token.ts'
import { noteScopeUse } from './scope-uses.ts'

/** RFC 8693 §3. */
export const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token'
const TOKEN_TYPES = [ACCESS_TOKEN_TYPE, 'urn:ietf:params:oauth:token-type:jwt']

/** RFC 8693 §2.1. */
export interface TokenExchange extends Asked {
  readonly subjectToken: string
  readonly subjectTokenType: string
  readonly requestedTokenType: string | undefined
  readonly actorToken: string | undefined
  /** Another name for the one resource. */
  readonly audience: string | undefined
}

/** One round trip. Throws `invalid_request` for a token that is not valid, or not for this client; `invalid_target`, `invalid_scope`. */
export async function exchangeToken(ctx: Ctx, credentials: ClientCredentials, request: TokenExchange): Promise<TokenSet> {
  const named = targetOf(request)
  const access = await readAccessToken(ctx, request.subjectToken)
  const { clientId = '', sessionId = 0 as SessionId } = access?.claim.kind === 'access_token' ? access.claim : {}
  const { client, reads } = await proveClient(ctx, credentials, [
    findApis(spellingsOf(named)),
    findGateRowForApi(sessionId),
    findApi(access?.audience ?? ''),
    findClientGateRow(clientId),
  ])
  requireGrantType(client, TOKEN_EXCHANGE)
  if (client.isPublic) throw new AppError('unauthorized_client', 'A public client cannot exchange tokens')
  const [rows, row, ofToken, actor] = reads
  const live = access && toLiveUserToken(ctx, access, { row, api: ofToken, actor })
  if (!live || ![live.clientId, live.api?.serverClientId].includes(client.id)) {
    throw refused('The subject_token is not a valid access token of a user that was issued to this client or for its API')
  }
  if (isKith(ctx.config, named)) throw invalidTarget('A token cannot be exchanged for one of Kith itself')
  const { api, names } = openApi(client, named, rows)
  const jkt = keyToBind(client, credentials.proof)
  const scopes = scopesFor(live, api, names, request.scope)
  const lifeSeconds = Math.min(api.accessTokenSeconds ?? client.accessTokenSeconds, access.expiresAt - Math.floor(ctx.now() / 1000))
  const accessToken = await issueAccessToken(ctx, {
    clientId: client.id,
    audience: api.resource,
    scopes,
    lifeSeconds,
    holder: { userId: live.user.id, sessionId: live.sessionId, subject: live.subject },
    authentication: { authenticatedAt: live.authentication.authenticatedAt, amr: live.authentication.amr.join(' ') },
    actor: actorOf(client, access),
    jkt,
    claims: apiClaimsOf(ctx, live.user, api.claims),
  })
  noteScopeUse(ctx, live.sessionId, ...scopes.map((name) => toStoredScope({ resource: api.resource, name })))
  return {
    accessToken,
    expiresIn: lifeSeconds,
    scopes,
    isBound: jkt !== null,
    refreshToken: null,
    idToken: null,
    issuedTokenType: ACCESS_TOKEN_TYPE,
  }
}

/** The resource that is asked for, of a request whose form is right. */
function targetOf({ subjectTokenType, requestedTokenType, actorToken, resources = [], audience }: TokenExchange): string {
  if (actorToken !== undefined) throw refused('actor_token is not supported: the client itself is who acts')
  if (!TOKEN_TYPES.includes(subjectTokenType)) throw refused(`The subject_token_type must be ${ACCESS_TOKEN_TYPE}`)
  if (requestedTokenType !== undefined && !TOKEN_TYPES.includes(requestedTokenType))
    throw refused(`The requested_token_type must be ${ACCESS_TOKEN_TYPE}`)
  const named = onlyOne([...new Set([...resources, ...(audience === undefined ? [] : [audience])])])
  if (named === undefined) throw invalidTarget('Name the resource that the token is for')
  return named
}

/** What the user has granted the app for that API, as far as this client may have it, and the first token has it if it is for the same API. */
function scopesFor(live: LiveUserToken, api: Api, names: readonly string[], asked: string | undefined): string[] {
  const granted = liveApiScopes(live.holder, api, names, live.granted)
  if (!granted) throw invalidTarget(`The user has not granted ${listScopes([api.resource])}`)
  const held = granted.scopes.filter((name) => live.api?.resource !== api.resource || live.scopes.includes(name))
  if (asked === undefined) return held
  const wanted = parseScope(asked, (name) => api.scopes.some((known) => known.name === name)).names
  const beyond = wanted.filter((name) => !held.includes(name))
  if (beyond.length > 0 || wanted.length === 0)
    throw invalidScope(`${listScopes(beyond.length > 0 ? beyond : asked.split(' '))} was not granted`)
  return wanted
}

/** RFC 8693 §4.1: this client, for whom the first token was issued in turn. */
function actorOf(client: Client, { actor }: ReadAccessToken): Actor {
  if (depthOf(actor) >= ACTORS_MAX) throw refused(`At most ${ACTORS_MAX} clients may act for a user one after the other`)
  return { sub: client.id, ...(actor && { act: actor }) }
}

const depthOf = (actor: Actor | null | undefined): number => (actor ? 1 + depthOf(actor.act) : 0)

function refused(message: string): AppError {
  return new AppError('invalid_request', message)
}
