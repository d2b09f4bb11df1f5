/** An orders API in Node: `npm run example api-node`. For a Kith of your own set KITH, RESOURCE, CLIENT_ID and CLIENT_SECRET. */
import { protect } from '@kith/client/express'
import { resourceServer } from '@kith/client/server'
import cors from 'cors'
import express from 'express'

const { KITH = '', RESOURCE = '', CLIENT_ID = '', CLIENT_SECRET = '', APP = 'http://localhost:5173', PORT = '3001' } = process.env

// #region api
const access = resourceServer({
  issuer: KITH,
  resource: RESOURCE,
  scopes: ['orders:read', 'orders:write'],
  client: { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET },
})

const app = express()
// Pages of the app call this API, and read its challenges.
app.use(cors({ origin: APP, exposedHeaders: ['WWW-Authenticate'] }))

// Clients that know only this API's URL learn here where to get a token.
app.get(access.metadataPath, (_, response) => {
  response.json(access.metadata)
})

// A token that was revoked can read until it expires.
app.get('/orders', protect(access, 'orders:read'), (request, response) => {
  response.json({ ordersOf: request.claims?.sub })
})

// Kith is asked each time: a sign-out everywhere counts at once.
app.post('/orders', protect(access, 'orders:write', { now: true }), (request, response) => {
  response.json({ orderedFor: request.claims?.sub, by: request.claims?.client_id })
})

// The user must have signed in with a second factor within the last ten minutes. If not, the app sends them to do so.
const recently = { now: true, acrValues: 'urn:kith:acr:2fa', maxAge: 600 }
app.delete('/orders', protect(access, 'orders:write', recently), (request, response) => {
  response.json({ cancelledFor: request.claims?.sub })
})
// #endregion

app.listen(Number(PORT), () => console.log(`Orders on http://localhost:${PORT}`))
