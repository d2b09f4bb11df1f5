/**
 * Introspection (RFC 7662): whether a token is valid now. Checked as the gate would, in one round trip together with the
 * caller: the session is live, its epoch is the user's, nobody is banned, the client is enabled. An invalid token
 * reveals nothing (§2.2).
 */
import { type SessionId, toHex } from '../../ids.ts'
import type { Statement } from '../../store/db/database.ts'
import { type ClientGateRow, findClientGateRow } from '../../store/db/oauth-clients.ts'
import { findRefreshToken, type RefreshTokenRow } from '../../store/db/refresh-tokens.ts'
import { findGateRow, findGateRowOfRefreshToken, type GateRow, type SubjectColumns } from '../../store/db/sessions.ts'
import type { UserRow } from '../../store/db/users.ts'
import type { Ctx } from '../ctx.ts'
import { type Gate, liveClientScopes, toLivePrincipal } from '../gate.ts'
import type { Principal, UserPrincipal } from '../principal.ts'
import { coveredBy, type Scope, storedScopes } from '../scopes.ts'
import { type ReadAccessToken, readAccessToken } from './access-token.ts'
import { proveClient } from './client-assertion.ts'
import { type ClientCredentials, invalidClient } from './client-authentication.ts'
import type { SubjectType } from './clients.ts'
import { refreshTokenHashes } from './refresh-token.ts'
import { type SubjectRules, subjectFor } from './subjects.ts'

const SCOPE = 'client:oauth:introspect'

/** A valid token. Times are in seconds. */
export interface LiveToken {
  readonly kind: 'access_token' | 'refresh_token'
  readonly clientId: string
  /** Its current scopes: within the client and the role as they are. */
  readonly scopes: readonly Scope[]
  readonly subject: string
  /** Null for the token of a client itself. */
  readonly user: UserRow | null
  /** How the user signed in; null for the token of a client itself. */
  readonly authentication: Pick<UserPrincipal, 'authenticatedAt' | 'amr'> | null
  readonly issuedAt: number
  readonly expiresAt: number
  readonly jti: string | null
}

/** For a client that authenticates here: any token if it holds the scope, otherwise only its own. Null: invalid, or not for this caller. */
export async function introspectForClient(ctx: Ctx, credentials: ClientCredentials, token: string): Promise<LiveToken | null> {
  const access = await readAccessToken(ctx, token)
  const { client, reads } = await proveClient(ctx, credentials, readsOf(ctx, token, access))
  // §2.1: the caller must authenticate, which a public client cannot.
  if (client.isPublic) throw invalidClient('A public client cannot introspect tokens: it has no secret to authenticate with')
  const live = judge(ctx, access, reads)
  return live && (live.clientId === client.id || coveredBy(client.scopes, SCOPE)) ? live : null
}

/** For a caller whose own credential holds the scope. */
export async function introspect(ctx: Ctx, gate: Gate<Principal>, token: string): Promise<LiveToken | null> {
  const access = await readAccessToken(ctx, token)
  const { reads } = await gate(() => readsOf(ctx, token, access))
  return judge(ctx, access, reads)
}

type RefreshGateRow = GateRow & SubjectColumns
type Rows = readonly [GateRow | RefreshGateRow | ClientGateRow | null, RefreshTokenRow | null]

/** Two reads whatever the token is: the row that decides, and the refresh token's own. */
function readsOf(
  ctx: Ctx,
  token: string,
  access: ReadAccessToken | null,
): readonly [Statement<Rows[0]>, Statement<RefreshTokenRow | null>] {
  const hashes = refreshTokenHashes(token)
  const claim = access?.claim
  const verdict =
    claim?.kind === 'client' ? findClientGateRow(claim.clientId) : claim ? findGateRow(claim.sessionId) : findGateRowOfRefreshToken(hashes)
  return [verdict, findRefreshToken(hashes, ctx.now())]
}

function judge(ctx: Ctx, access: ReadAccessToken | null, [row, refreshToken]: Rows): LiveToken | null {
  if (!access) return judgeRefreshToken(ctx, row as RefreshGateRow | null, refreshToken)
  const { claim, issuedAt, expiresAt, jti } = access
  const common = { kind: 'access_token', issuedAt, expiresAt, jti } as const
  if (claim.kind === 'client') {
    const scopes = liveClientScopes(claim, row as ClientGateRow | null, ctx.now())
    return scopes && { ...common, clientId: claim.clientId, scopes, subject: claim.clientId, user: null, authentication: null }
  }
  const user = row as GateRow | null
  const principal = toLivePrincipal(claim, user, ctx.now())
  if (!principal || !user || claim.kind !== 'access_token') return null
  return {
    ...common,
    clientId: claim.clientId,
    scopes: principal.scopes,
    subject: principal.pairwiseSubject ?? toHex(user.id),
    user,
    authentication: principal,
  }
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
    clientId,
    scopes: principal.scopes,
    subject: subjectFor(ctx.config, rulesOf(row), userId),
    user: row,
    authentication: principal,
    issuedAt: Math.floor(token.createdAt / 1000),
    expiresAt: Math.floor(token.expiresAt / 1000),
    jti: null,
  }
}

function rulesOf(row: SubjectColumns): SubjectRules {
  return {
    subjectType: (row.clientSubjectType ?? 'public') as SubjectType,
    sectorIdentifierUri: row.clientSectorIdentifierUri,
    redirectUris: JSON.parse(row.clientRedirectUris ?? '[]') as string[],
  }
}
