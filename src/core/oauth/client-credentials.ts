/**
 * The client credentials grant (RFC 6749 §4.4): a confidential client acts for itself, with `client:` scopes only. One
 * read, no write, no user, no refresh token (§4.4.3). The token carries the client's epoch, which the gate compares.
 */
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { intersectScopes } from '../scopes.ts'
import type { TokenSet } from './access-token.ts'
import { issueAccessToken } from './access-token.ts'
import { proveClient } from './client-assertion.ts'
import type { ClientCredentials } from './client-authentication.ts'
import { requireGrantType } from './clients.ts'
import { scopesWithin } from './granted-scopes.ts'

export async function grantClientCredentials(
  ctx: Ctx,
  credentials: ClientCredentials,
  input: { scope: string | undefined },
): Promise<TokenSet> {
  const { client } = await proveClient(ctx, credentials, [])
  requireGrantType(client, 'client_credentials')
  // RFC 6749 §4.4: confidential clients only, whatever a row says.
  if (client.isPublic) throw new AppError('unauthorized_client', 'A public client has no credentials')
  const scopes = scopesWithin(input.scope, intersectScopes(client.scopes, ['client:all']))
  const accessToken = await issueAccessToken(ctx, {
    clientId: client.id,
    scopes,
    lifeSeconds: client.accessTokenSeconds,
    holder: { clientEpoch: client.epoch },
  })
  return { accessToken, expiresIn: client.accessTokenSeconds, scopes, refreshToken: null, idToken: null }
}
