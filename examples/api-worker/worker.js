/** The orders API as a Cloudflare Worker: `npx wrangler dev`, with the settings of `wrangler.toml`. */
import { accessFor, Refusal } from '../access.js'

const SCOPES = ['orders:read', 'orders:write']
/** Kept for the next request: it holds Kith's public keys. */
let access

async function answer(request, env) {
  access ??= accessFor({
    issuer: env.ISSUER,
    resource: env.RESOURCE,
    scopes: SCOPES,
    client: { id: env.CLIENT_ID, secret: env.CLIENT_SECRET },
  })
  const authorization = request.headers.get('authorization')
  switch (`${request.method} ${new URL(request.url).pathname}`) {
    case `GET ${access.metadataPath}`:
      return access.metadata
    case 'GET /orders': {
      // A token that was revoked can read until it expires.
      const { sub } = await access.require(authorization, 'orders:read')
      return { ordersOf: sub }
    }
    case 'POST /orders': {
      const { sub, client_id } = await access.require(authorization, 'orders:write', { now: true })
      return { orderedFor: sub, by: client_id }
    }
    default:
      return null
  }
}

export default {
  async fetch(request, env) {
    try {
      const body = await answer(request, env)
      return body ? Response.json(body) : Response.json({ error: 'not_found' }, { status: 404 })
    } catch (error) {
      if (error instanceof Refusal) return Response.json({ error: 'refused' }, { status: error.status, headers: error.headers })
      throw error
    }
  },
}
