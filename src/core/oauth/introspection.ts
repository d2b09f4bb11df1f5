/**
 * Introspection (RFC 7662): whether a token is valid now. Checked as the gate would, in one round trip together with the
 * caller: the session is live, its epoch is the user's, nobody is banned, the client is enabled; so is the API that the
 * token is for. An invalid token reveals nothing (§2.2).
 */
import type { SessionId } from '../../ids.ts'
import { type ApiRow, findApi } from '../../store/db/apis.ts'
import type { Statement } from '../../store/db/database.ts'
import { type ClientGateRow, findClientGateRow } from '../../store/db/oauth-clients.ts'
import { findRefreshToken, type RefreshTokenRow } from '../../store/db/refresh-tokens.ts'
import { findGateRow, findGateRowForApi, findGateRowOfRefreshToken, type GateRow, type SubjectColumns } from '../../store/db/sessions.ts'
import type { UserRow } from '../../store/db/users.ts'
import type { Ctx } from '../ctx.ts'
import { type Gate, liveClientScopes, toLivePrincipal } from '../gate.ts'
import type { Principal, UserPrincipal } from '../principal.ts'
import { coveredBy, type Scope, storedScopes } from '../scopes.ts'
import { type Actor, type ReadAccessToken, readAccessToken } from './access-token.ts'
import { liveApiScopes } from './api-grants.ts'
import { storedApiScopes } from './api-scopes.ts'
import { type Api, toApi } from './apis.ts'
import { proveClient } from './client-assertion.ts'
import { type ClientCredentials, invalidClient } from './client-authentication.ts'
import { apiClaimsOf } from './client-claims.ts'
import type { SubjectType } from './clients.ts'
import { type ApiGateRow, toLiveUserToken } from './live-user-token.ts'
import { refreshTokenHashes } from './refresh-token.ts'
import { isPairwise, type SubjectRules, subjectFor } from './subjects.ts'

const SCOPE = 'client:oauth:introspect'

/** A valid token. Times are in seconds. */
export interface LiveToken {
  readonly kind: 'access_token' | 'refresh_token'
  readonly clientId: string
  /** What it is for; null for Kith itself. */
  readonly api: Api | null
  /** Its current scopes: within the grant, the client, and the role or the API as they are. */
  readonly scopes: readonly string[]
  /** What the API is told of the user, as it is now. */
  readonly claims?: Readonly<Record<string, unknown>>
  readonly subject: string
  /** Null for the token of a client itself. */
  readonly user: UserRow | null
  /** How the user signed in; null for the token of a client itself. */
  readonly authentication: Pick<UserPrincipal, 'authenticatedAt' | 'amr'> | null
  readonly issuedAt: number
  readonly expiresAt: number
  readonly jti: string | null
  /** The thumbprint of the key that it is bound to; null for none. */
  readonly jkt: string | null
  /** Who acts for the user, after a token exchange. */
  readonly actor?: Actor | null
}

/**
 * For a client that authenticates here: any token if it holds the scope, otherwise its own, and those of the API that it
 * is the server of. Null: invalid, or not for this caller.
 */
export async function introspectForClient(ctx: Ctx, credentials: ClientCredentials, token: string): Promise<LiveToken | null> {
  const access = await readAccessToken(ctx, token)
  const { client, reads } = await proveClient(ctx, credentials, readsOf(ctx, token, access))
  // §2.1: the caller must authenticate, which a public client cannot.
  if (client.isPublic) throw invalidClient('A public client cannot introspect tokens: it has no secret to authenticate with')
  const live = judge(ctx, access, reads)
  const isIts = live && [live.clientId, live.api?.serverClientId].includes(client.id)
  return isIts || coveredBy(client.scopes, SCOPE) ? live : null
}

/**
 * For a caller whose own credential holds the scope, in a reply that has no audience and names the user: so no token of an API
 * is valid, and none with a pairwise subject.
 */
export async function introspect(ctx: Ctx, gate: Gate<Principal>, token: string): Promise<LiveToken | null> {
  const access = await readAccessToken(ctx, token)
  const { reads } = await gate(() => readsOf(ctx, token, access))
  const live = judge(ctx, access, reads)
  return live?.api || isPairwise(live?.subject ?? '') ? null : live
}

type RefreshGateRow = GateRow & SubjectColumns
type Rows = readonly [
  GateRow | RefreshGateRow | ApiGateRow | ClientGateRow | null,
  RefreshTokenRow | null,
  /** The API that it is for, and who acts. */
  ...(ApiRow | ClientGateRow | null)[],
]

/** Two reads whatever the token is: the row that decides, and the refresh token's own; the API that it is for, and who acts. */
function readsOf(
  ctx: Ctx,
  token: string,
  access: ReadAccessToken | null,
): readonly [Statement<Rows[0]>, Statement<RefreshTokenRow | null>, ...Statement<ApiRow | ClientGateRow | null>[]] {
  const hashes = refreshTokenHashes(token)
  const claim = access?.claim
  const isOfApi = access !== null && access.audience !== ctx.config.origin
  const findOfUser = isOfApi ? findGateRowForApi : findGateRow
  const verdict =
    claim?.kind === 'client' ? findClientGateRow(claim.clientId) : claim ? findOfUser(claim.sessionId) : findGateRowOfRefreshToken(hashes)
  const ofApi = isOfApi ? [findApi(access.audience)] : []
  const ofActor = access?.actor && claim ? [findClientGateRow(claim.clientId)] : []
  return [verdict, findRefreshToken(hashes, ctx.now()), ...ofApi, ...ofActor]
}

function judge(ctx: Ctx, access: ReadAccessToken | null, [row, refreshToken, ...rest]: Rows): LiveToken | null {
  const [api, acting] = rest as [ApiRow?, ClientGateRow?]
  if (!access) return judgeRefreshToken(ctx, row as RefreshGateRow | null, refreshToken)
  const { claim, issuedAt, expiresAt, jti, jkt, actor } = access
  const common = { kind: 'access_token', issuedAt, expiresAt, jti, jkt, actor } as const
  if (claim.kind === 'client') {
    const client = row as ClientGateRow | null
    const scopes = liveClientScopes(claim, client, ctx.now())
    const target = scopes && targetOfClient(ctx, access, { scopes, api, stored: client?.scopes ?? '' })
    return target && { ...common, ...target, clientId: claim.clientId, subject: claim.clientId, user: null, authentication: null }
  }
  const live = toLiveUserToken(ctx, access, { row: row as GateRow | ApiGateRow | null, api, actor: acting })
  return live && { ...common, ...live, claims: live.api ? apiClaimsOf(ctx, live.user, live.api.claims) : {} }
}

interface OfClient {
  /** Of Kith. */
  readonly scopes: readonly Scope[]
  readonly api: ApiRow | null | undefined
  /** All that it is registered for. */
  readonly stored: string
}

/** What the client's own token is for, and its scopes there; null if the API is not open to it any more. */
function targetOfClient(
  ctx: Ctx,
  access: ReadAccessToken,
  { scopes, api = null, stored }: OfClient,
): Pick<LiveToken, 'api' | 'scopes'> | null {
  if (access.audience === ctx.config.origin) return { api: null, scopes }
  const apiScopes = storedApiScopes(stored)
  return liveApiScopes({ source: 'operator', apiScopes }, api && toApi(api), access.scopes, apiScopes)
}

/** A rotated token is no longer active, although a retry within the grace time would still be answered. */
function judgeRefreshToken(ctx: Ctx, row: RefreshGateRow | null, token: RefreshTokenRow | null): LiveToken | null {
  if (!row || !token || token.clientId === null || token.isCurrent !== 1 || token.expiresAt <= ctx.now()) return null
  const { clientId, userId } = token
  const sessionId: SessionId = token.sessionId
  const principal = toLivePrincipal(
    { kind: 'access_token', clientId, userId, sessionId, scopes: storedScopes(token.scope) },
    row,
    ctx.now(),
  )
  if (!principal) return null
  return {
    kind: 'refresh_token',
    api: null,
    clientId,
    scopes: principal.scopes,
    subject: subjectFor(ctx.config, rulesOf(row), userId),
    user: row,
    authentication: principal,
    issuedAt: Math.floor(token.createdAt / 1000),
    expiresAt: Math.floor(token.expiresAt / 1000),
    jti: null,
    jkt: token.dpopJkt,
  }
}

function rulesOf(row: SubjectColumns): SubjectRules {
  return {
    subjectType: (row.clientSubjectType ?? 'public') as SubjectType,
    sectorIdentifierUri: row.clientSectorIdentifierUri,
    redirectUris: JSON.parse(row.clientRedirectUris ?? '[]') as string[],
  }
}
