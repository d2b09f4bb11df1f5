/** An orders API in Node: `ISSUER=https://id.example.com RESOURCE=https://orders.example.com/ node server.js` */
import { createServer } from 'node:http'
import { accessFor, Refusal } from '../access.js'

const { ISSUER: issuer, RESOURCE: resource, CLIENT_ID: id, CLIENT_SECRET: secret, PORT = '3000' } = process.env
const access = accessFor({ issuer, resource, scopes: ['orders:read', 'orders:write'], client: { id, secret } })

const ROUTES = {
  [`GET ${access.metadataPath}`]: async () => access.metadata,
  // A token that was revoked can read until it expires.
  'GET /orders': async (authorization) => {
    const { sub } = await access.require(authorization, 'orders:read')
    return { ordersOf: sub }
  },
  'POST /orders': async (authorization) => {
    const { sub, client_id } = await access.require(authorization, 'orders:write', { now: true })
    return { orderedFor: sub, by: client_id }
  },
}

const server = createServer(async ({ method, url, headers }, response) => {
  const send = (status, body, more = {}) =>
    response.writeHead(status, { 'content-type': 'application/json', ...more }).end(JSON.stringify(body))
  const route = ROUTES[`${method} ${new URL(url, resource).pathname}`]
  if (!route) return send(404, { error: 'not_found' })
  try {
    send(200, await route(headers.authorization))
  } catch (error) {
    if (!(error instanceof Refusal)) console.error(error)
    send(error.status ?? 500, { error: 'refused' }, error.headers)
  }
})
server.listen(Number(PORT), () => console.log(`Orders at ${PORT}`))
