/**
 * The client credentials grant (RFC 6749 §4.4): a confidential client acts for itself, with `client:` scopes, or those of
 * an API. One read, no write, no user, no refresh token (§4.4.3). The token carries the client's epoch, which the gate compares.
 */
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { TokenSet } from './access-token.ts'
import { issueAccessToken } from './access-token.ts'
import { type Asked, apiReads, targetOfClient } from './api-grants.ts'
import { proveClient } from './client-assertion.ts'
import type { ClientCredentials } from './client-authentication.ts'
import { requireGrantType } from './clients.ts'
import { keyToBind } from './dpop.ts'

export async function grantClientCredentials(ctx: Ctx, credentials: ClientCredentials, asked: Asked): Promise<TokenSet> {
  const { client, reads } = await proveClient(ctx, credentials, apiReads(asked.resources))
  requireGrantType(client, 'client_credentials')
  // RFC 6749 §4.4: confidential clients only, whatever a row says.
  if (client.isPublic) throw new AppError('unauthorized_client', 'A public client has no credentials')
  const jkt = keyToBind(client, credentials.proof)
  const { api, names } = targetOfClient(ctx.config, client, asked, reads[0])
  const lifeSeconds = api?.accessTokenSeconds ?? client.accessTokenSeconds
  const accessToken = await issueAccessToken(ctx, {
    clientId: client.id,
    scopes: names,
    audience: api?.resource,
    lifeSeconds,
    holder: { clientEpoch: client.epoch },
    jkt,
  })
  return { accessToken, expiresIn: lifeSeconds, scopes: names, isBound: jkt !== null, refreshToken: null, idToken: null }
}
