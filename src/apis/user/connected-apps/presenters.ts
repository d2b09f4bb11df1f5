/** Connected apps: presenter, schemas and example. */
import * as z from 'zod'
import type { ConnectedApp } from '../../../core/oauth/connected-apps.ts'
import { date, ok, toIso } from '../replies.ts'

const App = z
  .strictObject({
    clientId: z.string(),
    name: z.string(),
    firstParty: z.boolean(),
    scopes: z.array(
      z.strictObject({
        scope: z.string().meta({ description: 'A scope of an API is `<resource>|<name>`' }),
        description: z.string(),
        lastUsedAt: date.meta({ description: 'Accurate to 15 minutes; null if no use was recorded' }),
      }),
    ),
    connectedAt: z.iso.datetime(),
    lastUsedAt: date.meta({ description: 'Accurate to 15 minutes; null while no session is live' }),
    liveSessions: z.int(),
  })
  .meta({ id: 'ConnectedApp' })

export function toApp(app: ConnectedApp): z.output<typeof App> {
  const { clientId, name, isFirstParty, scopes, connectedAt, lastUsedAt, liveSessions } = app
  return {
    clientId,
    name,
    firstParty: isFirstParty,
    scopes: scopes.map(({ scope, description, lastUsedAt }) => ({ scope, description, lastUsedAt: toIso(lastUsedAt) })),
    connectedAt: new Date(connectedAt).toISOString(),
    lastUsedAt: toIso(lastUsedAt),
    liveSessions,
  }
}
export const AppsReply = ok(z.strictObject({ records: z.array(App) }))

export const EXAMPLE_APP: z.output<typeof App> = {
  clientId: 'my-app',
  name: 'My app',
  firstParty: false,
  scopes: [{ scope: 'delegated:profile:read', description: 'See profiles, including yours', lastUsedAt: '2026-09-12T15:50:58.690Z' }],
  connectedAt: '2026-09-12T15:50:58.690Z',
  lastUsedAt: '2026-09-12T15:50:58.690Z',
  liveSessions: 1,
}
