/** The orders API as a Cloudflare Worker: `npm run example api-worker`. To use your own Kith, edit `wrangler.toml`. */
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
// The app's pages call this API and read its challenges.
app.use(cors({ origin: env.APP, exposeHeaders: ['WWW-Authenticate'] }))

// Tells clients that know only this API's URL where to get a token.
app.get(access.metadataPath, () => access.metadataResponse())

// A revoked token can still read until it expires.
app.get('/orders', protect(access, 'orders:read'), (c) => c.json({ ordersOf: c.var.claims.sub }))

// Asks Kith each time, so signing out everywhere takes effect at once.
app.post('/orders', protect(access, 'orders:write', { now: true }), (c) => {
  const { sub, client_id } = c.var.claims
  return c.json({ orderedFor: sub, by: client_id })
})

// The user must have signed in with a second factor within the last ten minutes. If not, the app asks them to sign in again.
const recently = { now: true, acrValues: 'urn:kith:acr:2fa', maxAge: 600 }
app.delete('/orders', protect(access, 'orders:write', recently), (c) => c.json({ cancelledFor: c.var.claims.sub }))

export default app
