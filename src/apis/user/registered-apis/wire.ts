/** Requests about the team's own APIs. */
import * as z from 'zod'
import type { ApiChanges, NewApi } from '../../../core/oauth/api-plans.ts'
import * as api from '../../../core/oauth/apis.ts'
import { flag, PageQuery } from '../wire.ts'

const optionalFields = {
  scopes: api.apiScopes.optional(),
  claims: api.apiClaims.optional(),
  access_token_seconds: api.apiTokenSeconds.optional(),
  open_to_all: flag.optional().meta({ description: 'Clients that registered themselves may ask for it', example: false }),
  server_client_id: api.apiServerClientId.optional(),
}

export const CreateApiBody = z.strictObject({ resource: api.apiResource, name: api.apiName, ...optionalFields })

export const UpdateApiBody = z.strictObject({
  resource: api.apiResource,
  name: api.apiName.optional(),
  ...optionalFields,
  disabled: flag
    .optional()
    .meta({ description: 'true: it gets no tokens, and those that it has are not active, until it is enabled again', example: false }),
})

export const ApiQuery = z.strictObject({ resource: api.apiResource })
export const ListApisQuery = PageQuery.omit({ offset: true })
  .strict()
  .extend({
    after: api.apiResource
      .optional()
      .meta({ description: 'The resource of the last record of the previous page', example: 'https://orders.example.com/' }),
  })

function toFields(body: Omit<z.output<typeof UpdateApiBody>, 'resource' | 'name' | 'disabled'>) {
  return {
    scopes: body.scopes,
    claims: body.claims,
    accessTokenSeconds: body.access_token_seconds,
    isOpenToAll: body.open_to_all,
    serverClientId: body.server_client_id,
  }
}

export function toNewApi(body: z.output<typeof CreateApiBody>): NewApi {
  return { resource: body.resource, name: body.name, ...toFields(body) }
}

export function toApiChanges(body: z.output<typeof UpdateApiBody>): { resource: string } & ApiChanges {
  return { resource: body.resource, name: body.name, disabled: body.disabled, ...toFields(body) }
}
