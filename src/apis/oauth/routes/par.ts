/** `POST /oauth/par` (RFC 9126). Clients authenticate as at the token endpoint. */
import { type Context, Hono } from 'hono'
import { readAuthorizationRequest } from '../../../core/oauth/authorization-request.ts'
import { isDocumentClientId } from '../../../core/oauth/client-documents.ts'
import { pushRequest } from '../../../core/oauth/pushed-requests.ts'
import { anyone } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { countOfNetwork, failuresLimited } from '../../../http/rate-limit.ts'
import { describe } from '../../../http/tags.ts'
import { countingFailures, provingKey } from '../../../http/token-endpoint.ts'
import { validate } from '../../../http/validate.ts'
import { PushForm, PushResponse } from '../wire.ts'

export const parRoutes = new Hono<AppEnv>().post(
  '/par',
  anyone(),
  failuresLimited(),
  validate('form', PushForm),
  describe('pushAuthorizationRequest', {
    summary: 'Push an authorization request',
    description:
      'Takes the parameters of the authorization endpoint, and judges them at once. Send the browser to the authorization endpoint with ' +
      'client_id and the request_uri, which is valid once, for a minute.',
    response: {
      status: 201,
      schema: PushResponse,
      example: { request_uri: 'urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c', expires_in: 60 },
    },
    refusals: [401],
    client: {},
  }),
  async (c) => {
    const params = c.req.valid('form')
    const pushed = await countingFailures(c, params, async (ctx, credentials) => {
      // Anybody can push in the name of a public client, and each request is stored; or name a document, which is fetched.
      if (credentials.method === 'none' || isDocumentClientId(credentials.clientId))
        await countOfNetwork(c as unknown as Context<AppEnv>, 'other', 'pushed requests')
      return pushRequest(ctx, await provingKey(c, credentials), readAuthorizationRequest(params))
    })
    return c.json({ request_uri: pushed.requestUri, expires_in: pushed.expiresIn }, 201, { 'cache-control': 'no-store' })
  },
)
