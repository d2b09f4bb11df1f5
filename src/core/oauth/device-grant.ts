/**
 * The device grant at the token endpoint (RFC 8628 §3.1, §3.4): a television or a command line asks, shows a short code,
 * and polls until a person has decided in a browser (`device-decision.ts`).
 */
import { randomToken, sha256 } from '../../crypto.ts'
import {
  claimDeviceCode,
  type DeviceCodeRow,
  deviceCodeExists,
  findDeviceClaim,
  findDeviceCode,
  insertDeviceCode,
  isDeviceClaimed,
  recordPoll,
} from '../../store/db/device-codes.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { TokenSet } from './access-token.ts'
import { type Asked, apiReads, requestedWithin, targetOf, toGrantText } from './api-grants.ts'
import { proveClient } from './client-assertion.ts'
import type { ClientCredentials } from './client-authentication.ts'
import { ensureDocumentClient } from './client-documents.ts'
import { type Client, DEVICE_GRANT, requireGrantType } from './clients.ts'
import { newUserCode, userCodeHash } from './device-code.ts'
import { keyToBind } from './dpop.ts'
import { claimGrant, type UserGrant } from './grant-session.ts'
import type { MoreClaims } from './id-token.ts'
import { DEVICE_CODE_MS, DEVICE_POLL_MS, DEVICE_POLL_SLACK_MS } from './limits.ts'
import { requireSigningKey } from './signing-keys.ts'
import { issueUserTokens } from './user-tokens.ts'

/** RFC 8628 §3.2. */
export interface DeviceAuthorization {
  readonly deviceCode: string
  readonly userCode: string
  readonly verificationUri: string
  readonly verificationUriComplete: string
  readonly expiresIn: number
  /** Seconds between two polls. */
  readonly interval: number
}

/** A second draw, if the first user code is taken. */
const TRIES = 2

/** Two round trips. */
export async function startDeviceGrant(ctx: Ctx, credentials: ClientCredentials, asked: Asked): Promise<DeviceAuthorization> {
  await ensureDocumentClient(ctx, credentials.clientId, 'invalid_client')
  const { client, reads } = await proveClient(ctx, credentials, apiReads(asked.resources))
  requireGrantType(client, DEVICE_GRANT)
  const requested = requestedWithin(ctx.config, client, asked, reads[0])
  if (requested.scopes.includes('openid')) requireSigningKey(ctx.config, client.idTokenAlg)
  const now = ctx.now()
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const [deviceCode, userCode] = [randomToken(), newUserCode()]
    const row = {
      deviceHash: sha256(deviceCode),
      userHash: userCodeHash(userCode),
      clientId: client.id,
      scope: toGrantText(requested),
      userAgent: ctx.caller.userAgent,
      place: ctx.caller.place,
      createdAt: now,
      expiresAt: now + DEVICE_CODE_MS,
      intervalMs: DEVICE_POLL_MS,
    }
    if (!(await ctx.db.commit([insertDeviceCode(row)], deviceCodeExists(row.deviceHash)))) continue
    const verificationUri = `${ctx.config.origin}/device`
    const verificationUriComplete = `${verificationUri}?user_code=${userCode}`
    const [expiresIn, interval] = [DEVICE_CODE_MS / 1000, DEVICE_POLL_MS / 1000]
    return { deviceCode, userCode, verificationUri, verificationUriComplete, expiresIn, interval }
  }
  throw AppError.tryAgain()
}

/**
 * A poll. Throws `authorization_pending`, `slow_down`, `access_denied`, `expired_token` (§3.5), or `invalid_grant` for a
 * code that is unknown, used, another client's, or whose person has signed out since. One poll wins.
 */
export async function exchangeDeviceCode(
  ctx: Ctx,
  credentials: ClientCredentials,
  input: Pick<Asked, 'resources'> & { deviceCode: string; moreClaims?: MoreClaims | undefined },
): Promise<TokenSet> {
  const deviceHash = sha256(input.deviceCode)
  const now = ctx.now()
  const { clientId } = credentials
  const poll = { deviceHash, clientId, now, slackMs: DEVICE_POLL_SLACK_MS, raiseMs: DEVICE_POLL_MS }
  // The row as it was before this poll.
  const { client, reads } = await proveClient(ctx, credentials, [findDeviceCode(deviceHash, now), recordPoll(poll)])
  const [row] = reads
  requireGrantType(client, DEVICE_GRANT)
  const jkt = keyToBind(client, credentials.proof)
  const grant = judgeAllowed(client, row, now)
  const { userId, authenticatedAt, amr } = grant
  const target = targetOf(ctx.config, client, grant, { resources: input.resources })
  if (target.scopes.includes('openid')) requireSigningKey(ctx.config, client.idTokenAlg)
  const claimed = await claimGrant(ctx, {
    client,
    target,
    grant,
    jkt,
    claim: (id) => claimDeviceCode({ deviceHash, sessionId: id, now: ctx.now() }),
    isClaimed: (id) => isDeviceClaimed(deviceHash, id),
    findClaim: findDeviceClaim(deviceHash),
  })
  if (!claimed?.isOurs) throw invalidGrant()
  const { sessionId, refreshToken } = claimed
  const tokens = await issueUserTokens(ctx, {
    client,
    target,
    text: grant.scope,
    userId,
    sessionId,
    nonce: null,
    jkt,
    authenticatedAt,
    amr,
    moreClaims: input.moreClaims,
  })
  return { ...tokens, refreshToken }
}

function judgeAllowed(client: Client, row: DeviceCodeRow | null, now: number): UserGrant & Pick<DeviceCodeRow, 'apis'> {
  if (row?.clientId !== client.id || row.consumedAt !== null) throw invalidGrant()
  if (row.expiresAt <= now) throw new AppError('expired_token', 'The device_code has expired: start again')
  if (row.decidedAt === null) {
    const isEarly = row.polledAt !== null && now - row.polledAt < row.intervalMs - DEVICE_POLL_SLACK_MS
    throw isEarly
      ? new AppError('slow_down', `Wait ${(row.intervalMs + DEVICE_POLL_MS) / 1000} seconds between two polls`)
      : new AppError('authorization_pending', 'Nobody has decided yet')
  }
  const { scope, apis, userId, authenticatedAt, amr } = row
  if (userId === null || authenticatedAt === null || amr === null) throw new AppError('access_denied', 'The user denied access')
  if (row.isLive !== 1) throw invalidGrant()
  return { scope, apis, userId, authenticatedAt, amr, browserSessionId: null }
}

function invalidGrant(): AppError {
  return new AppError('invalid_grant', 'The device_code is not valid')
}
