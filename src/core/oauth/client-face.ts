/**
 * The app that has sent somebody to sign in, as its pages name it. What the operator registered is shown as it is. A client that
 * registered itself may call itself anything: it is named, and shows neither picture nor links of its own.
 */
import { findClientFace } from '../../store/db/oauth-clients.ts'
import type { Ctx } from '../ctx.ts'

export interface ClientFace {
  readonly name: string
  /** Of its own choice, where the operator vouches for it; null: the service's own. */
  readonly logoUri: string | null
  readonly policyUri: string | null
  readonly tosUri: string | null
}

/** Null for a client that does not exist, or not any more. One round trip. */
export async function findAskingApp(ctx: Ctx, clientId: string): Promise<ClientFace | null> {
  const row = await ctx.db.one(findClientFace(clientId))
  if (row === null) return null
  const { name, source, logoUri, policyUri, tosUri } = row
  return source === 'operator' ? { name, logoUri, policyUri, tosUri } : { name, logoUri: null, policyUri: null, tosUri: null }
}
