/** The orders API as a Cloudflare Worker: `npm run example api-worker`. For a Kith of your own, change `wrangler.toml`. */
import { env } from 'cloudflare:workers'
import { protect } from '@kith/client/hono'
import { resourceServer } from '@kith/client/server'
import { Hono } from 'hono'
import { cors } from 'hono/cors'

const access = resourceServer({
  issuer: env.KITH,
  resource: env.RESOURCE,
  scopes: ['orders:read', 'orders:write'],
  client: { clientId: env.CLIENT_ID, clientSecret: env.CLIENT_SECRET },
})

const app = new Hono()
// Pages of the app call this API, and read its challenges.
app.use(cors({ origin: env.APP, exposeHeaders: ['WWW-Authenticate'] }))

// Clients that know only this API's URL learn here where to get a token.
app.get(access.metadataPath, () => access.metadataResponse())

// A token that was revoked can read until it expires.
app.get('/orders', protect(access, 'orders:read'), (c) => c.json({ ordersOf: c.var.claims.sub }))

// Kith is asked each time: a sign-out everywhere counts at once.
app.post('/orders', protect(access, 'orders:write', { now: true }), (c) => {
  const { sub, client_id } = c.var.claims
  return c.json({ orderedFor: sub, by: client_id })
})

// The user must have signed in with a second factor within the last ten minutes. If not, the app sends them to do so.
const recently = { now: true, acrValues: 'urn:kith:acr:2fa', maxAge: 600 }
app.delete('/orders', protect(access, 'orders:write', recently), (c) => c.json({ cancelledFor: c.var.claims.sub }))

export default app
