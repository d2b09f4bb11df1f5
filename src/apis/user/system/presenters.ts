/** Health and scopes: presenter and schemas. */
import * as z from 'zod'
import { SCOPES } from '../../../core/scopes.ts'
import { ok, text } from '../replies.ts'

export const ScopesReply = ok(
  z.strictObject({ scopes: z.record(z.string(), z.strictObject({ name: z.string(), parent: text, description: z.string() })) }),
)
export const HealthReply = z.strictObject({ status: z.literal('UP') })

/** A map of scopes, name -> `{name, parent}` (wire §6.1). */
export function toScopeMap() {
  return Object.fromEntries(Object.entries(SCOPES).map(([name, scope]) => [name, { name, ...scope }]))
}
