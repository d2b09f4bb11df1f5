/** Connected apps: what requests carry. */
import * as z from 'zod'
import { CLIENT_URI_LENGTH_MAX } from '../../../core/oauth/limits.ts'
import { heldScope } from '../../../core/oauth/scope-withdrawal.ts'

export const AppParams = z.object({
  clientId: z
    .string()
    .max(CLIENT_URI_LENGTH_MAX, 'is too long')
    .meta({ description: 'The client_id; one that is a URL is percent-encoded', example: 'my-app' }),
})

export const ScopeQuery = z.object({ scope: heldScope })
