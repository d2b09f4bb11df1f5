/** `@kith/client/express`: protects the routes of an Express app with Kith's access tokens. */
import { AccessRefused } from './access-refused.ts'
import type { AccessTokenClaims, Demands } from './claims.ts'
import type { IncomingRequest, ResourceServer } from './resource-server.ts'

/** The part of Express 4 and 5 that is used. */
interface ExpressRequest {
  readonly method: string
  readonly originalUrl: string
  readonly headers: Exclude<IncomingRequest['headers'], Headers>
}
interface ExpressResponse {
  status(code: number): ExpressResponse
  set(headers: Record<string, string>): ExpressResponse
  json(body: unknown): unknown
}
export type Handler = (
  request: ExpressRequest & { claims?: AccessTokenClaims },
  response: ExpressResponse,
  next: (error?: unknown) => void,
) => Promise<void>

declare global {
  namespace Express {
    interface Request {
      /** The claims of the access token, behind `protect`. */
      claims?: AccessTokenClaims
    }
  }
}

/** Admits requests whose token has the scope. The handler finds the token's claims in `request.claims`. */
export function protect(access: ResourceServer, scope?: string, demands: Omit<Demands, 'scope'> = {}): Handler {
  return async (request, response, next) => {
    const { method, originalUrl, headers } = request
    try {
      request.claims = await access.authenticate({ method, url: originalUrl, headers }, { ...demands, scope })
    } catch (error) {
      if (!(error instanceof AccessRefused)) return next(error)
      response
        .status(error.status)
        .set({ ...error.headers })
        .json(error.body)
      return
    }
    next()
  }
}
