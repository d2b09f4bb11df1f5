/** The team's own APIs: presenter, schemas and example. */
import * as z from 'zod'
import type { Api } from '../../../core/oauth/apis.ts'
import { ok } from '../replies.ts'

const ApiOut = z
  .strictObject({
    resource: z.string(),
    name: z.string(),
    scopes: z.array(z.strictObject({ name: z.string(), description: z.string() })),
    claims: z.array(z.string()),
    access_token_seconds: z.int().nullable(),
    open_to_all: z.boolean(),
    server_client_id: z.string().nullable(),
    disabled: z.boolean(),
  })
  .meta({ id: 'Api' })

export function toApi(api: Api): z.output<typeof ApiOut> {
  return {
    resource: api.resource,
    name: api.name,
    scopes: api.scopes.map(({ name, description }) => ({ name, description })),
    claims: [...api.claims],
    access_token_seconds: api.accessTokenSeconds,
    open_to_all: api.isOpenToAll,
    server_client_id: api.serverClientId,
    disabled: !api.isEnabled,
  }
}

export const ApiReply = ok(z.strictObject({ api: ApiOut }))
export const ApisReply = ok(
  z.strictObject({
    records: z.array(ApiOut),
    hasMore: z.boolean(),
    next: z.string().nullable().meta({ description: 'The `after` of the next page' }),
  }),
)

export const EXAMPLE_API: z.output<typeof ApiOut> = {
  resource: 'https://orders.example.com/',
  name: 'Orders',
  scopes: [{ name: 'orders:read', description: 'See your orders' }],
  claims: ['role'],
  access_token_seconds: 300,
  open_to_all: false,
  server_client_id: 'orders-api',
  disabled: false,
}
