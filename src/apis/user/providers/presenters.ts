/** Other providers: presenter, schemas and example. */
import * as z from 'zod'
import type { Providers } from '../../../core/upstream/identities.ts'
import { toHex } from '../../../ids.ts'
import { date, ok, text, toIso } from '../replies.ts'

const LinkedProvider = z
  .strictObject({
    _id: z.string(),
    provider: text.meta({ description: 'Id of the provider; null if the service no longer offers it' }),
    name: z.string().meta({ description: 'Name of the provider' }),
    label: text.meta({ description: 'The address or name that the provider showed last. For display only' }),
    linkedAt: z.iso.datetime(),
    lastUsedAt: date,
  })
  .meta({ id: 'LinkedProvider' })
const Provider = z.strictObject({ id: z.string(), name: z.string() }).meta({ id: 'Provider' })

export const ProvidersReply = ok(
  z.strictObject({
    records: z.array(LinkedProvider),
    available: z.array(Provider).meta({ description: 'Providers that the caller can connect in the browser, at /account/providers' }),
  }),
)

export function toProviders({ linked, available }: Providers): z.output<typeof ProvidersReply>['data'] {
  const records = linked.map(({ id, providerId, name, label, createdAt, lastUsedAt }) => ({
    _id: toHex(id),
    provider: providerId,
    name,
    label,
    linkedAt: new Date(createdAt).toISOString(),
    lastUsedAt: toIso(lastUsedAt),
  }))
  return { records, available: available.map(({ id, name }) => ({ id, name })) }
}

export const EXAMPLE_PROVIDERS: z.output<typeof ProvidersReply>['data'] = {
  records: [
    {
      _id: '507f1f77bcf86cd799439011',
      provider: 'google',
      name: 'Google',
      label: 'user@example.com',
      linkedAt: '2026-09-12T15:50:58.690Z',
      lastUsedAt: '2026-11-12T09:02:11.120Z',
    },
  ],
  available: [{ id: 'github', name: 'GitHub' }],
}
