/** An orders API in Node: `npm run example api-node`. For a Kith of your own set KITH, RESOURCE, CLIENT_ID and CLIENT_SECRET. */
import { protect } from '@kith/client/express'
import { resourceServer, service } from '@kith/client/server'
import cors from 'cors'
import express from 'express'

const { KITH = '', RESOURCE = '', CLIENT_ID = '', CLIENT_SECRET = '', APP = 'http://localhost:5173', PORT = '3001' } = process.env

const app = express()
// The app's pages call this API and read its challenges.
app.use(cors({ origin: APP, exposedHeaders: ['WWW-Authenticate'] }))

// #region api
const access = resourceServer({
  issuer: KITH,
  resource: RESOURCE,
  scopes: ['orders:read', 'orders:write'],
  client: { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET },
})

// A revoked token can still read until it expires.
app.get('/orders', protect(access, 'orders:read'), (request, response) => {
  response.json({ ordersOf: request.claims?.sub })
})

// Asks Kith each time, so signing out everywhere takes effect immediately.
app.post('/orders', protect(access, 'orders:write', { now: true }), (request, response) => {
  response.json({ orderedFor: request.claims?.sub, by: request.claims?.client_id })
})
// #endregion

// Tells clients that know only this API's URL where to get a token.
app.get(access.metadataPath, (_, response) => {
  response.json(access.metadata)
})

// The user must have signed in with a second factor within the last ten minutes. If not, the app asks them to sign in again.
const recently = { now: true, acrValues: 'urn:kith:acr:2fa', maxAge: 600 }
app.delete('/orders', protect(access, 'orders:write', recently), (request, response) => {
  response.json({ cancelledFor: request.claims?.sub })
})

// #region service
const kith = service({ origin: KITH, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET })

async function nameOf(userId: string): Promise<string | null> {
  const { records } = await kith.post('/user/lookup', { body: { targets: [userId] } })
  return records[0]?.username ?? null
}
// #endregion

// For the parcel. A service that orders for itself is the subject of its token, and has no profile.
app.get('/orders/recipient', protect(access, 'orders:read'), async (request, response) => {
  const { sub = '', client_id } = request.claims ?? {}
  response.json({ recipient: sub === client_id ? null : await nameOf(sub) })
})

app.listen(Number(PORT), () => console.log(`Orders on http://localhost:${PORT}`))
