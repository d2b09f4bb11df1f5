/** The rules of fields that only administrators write: atoms, as in `core/fields.ts`. */
import * as z from 'zod'
import { CUSTOM_DATA_BYTES_MAX } from '../limits.ts'
import { isScope, type Scope } from '../scopes.ts'
import { text } from '../texts.ts'

export const reason = text({ max: 256 }).meta({ description: 'The user can read it', example: 'Spam' })
export const noteText = text({ max: 2000, lines: true }).meta({
  description: 'The user never sees it',
  example: 'Called twice; asked for a copy of an invoice.',
})
export const subscriptionTier = text({ max: 64 }).meta({ example: 'basic' })

export const roleId = z
  .string()
  .regex(/^[a-zA-Z0-9_]{1,128}$/, 'must have 1 to 128 letters, digits or _')
  .meta({ example: 'support' })
export const roleName = text({ max: 128 }).meta({ example: 'Support' })
export const roleDescription = text({ max: 512 }).meta({ example: "Answers users' questions." })
export const ranking = z
  .int('must be a whole number')
  .min(1, 'must be 1 or more')
  .meta({ description: '1 is the highest; must be below your own', example: 50 })
export const scope = z
  .string()
  .refine(isScope, 'is not a scope')
  .transform((v) => v as Scope)
  .meta({ example: 'delegated:profile:read' })

/** Keys with which a careless reader would overwrite its own prototypes. `__proto__` is refused in every body. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

function hasForbiddenKey(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return false
  return Object.entries(value).some(([key, item]) => (!Array.isArray(value) && FORBIDDEN_KEYS.has(key)) || hasForbiddenKey(item))
}

/** Data that the app stores with a user: any JSON object, opaque to Kith. */
export const customData = z
  .record(z.string(), z.unknown())
  .refine((v) => !hasForbiddenKey(v), 'must not have the keys __proto__, constructor and prototype')
  .refine(
    (v) => new TextEncoder().encode(JSON.stringify(v)).byteLength <= CUSTOM_DATA_BYTES_MAX,
    `must have at most ${CUSTOM_DATA_BYTES_MAX} bytes as JSON`,
  )
  .meta({ example: { plan: 'school' } })
