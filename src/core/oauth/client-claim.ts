/** A client that acts for itself with its secret, where it could have sent a token of the grant client_credentials. */
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Claim } from '../principal.ts'
import { proveClient } from './client-assertion.ts'
import { type ClientCredentials, invalidClient } from './client-authentication.ts'
import { requireGrantType } from './clients.ts'

/** It claims what a token with all of the client's scopes would. A client whose tokens are bound to a key has to send those. */
export async function claimOfClient(ctx: Ctx, credentials: ClientCredentials): Promise<Claim> {
  const { client } = await proveClient(ctx, credentials, [])
  if (client.isPublic) throw invalidClient('A public client has no credentials')
  requireGrantType(client, 'client_credentials')
  if (client.isDpopBound || client.securityProfile !== 'none')
    throw new AppError('unauthorized_client', 'This client has to send access tokens')
  return { kind: 'client', clientId: client.id, clientEpoch: client.epoch, scopes: client.scopes }
}
