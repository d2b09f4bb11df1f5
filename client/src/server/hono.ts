/** `@kith/client/hono`: protects the routes of a Hono app with Kith's access tokens. */
import type { MiddlewareHandler } from 'hono'
import { AccessRefused } from './access-refused.ts'
import type { AccessTokenClaims, Demands } from './claims.ts'
import type { ResourceServer } from './resource-server.ts'

/** Admits requests whose token has the scope. The handler finds the token's claims in `c.var.claims`. */
export function protect<Extra extends object>(
  access: ResourceServer<Extra>,
  scope?: string,
  demands: Omit<Demands, 'scope'> = {},
): MiddlewareHandler<{ Variables: { claims: AccessTokenClaims & Extra } }> {
  return async (c, next) => {
    try {
      c.set('claims', await access.authenticate(c.req.raw, { ...demands, scope }))
    } catch (error) {
      if (error instanceof AccessRefused) return error.toResponse()
      throw error
    }
    return await next()
  }
}
