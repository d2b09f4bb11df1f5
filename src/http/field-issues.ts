/** Turns zod's issues, worded by `config-words.ts`, into field issues with codes that rooms map to their own. Secrets are not echoed. */
import type * as z from 'zod'
import type { FieldIssue } from '../core/errors.ts'
import type { Input } from './tags.ts'

const SECRET_FIELDS = new Set([
  'password',
  'currentPassword',
  'code',
  'sessionHash',
  'client_secret',
  'code_verifier',
  'refresh_token',
  'token',
])
const VALUE_LENGTH_MAX = 256
/** An unknown field; its name is the caller's text. */
const NAME_LENGTH_MAX = 64

export function toFieldIssues(error: z.core.$ZodError, raw: unknown, target: Input['target']): FieldIssue[] {
  const location = target === 'json' || target === 'form' ? 'body' : target === 'param' ? 'params' : 'query'
  return error.issues.flatMap((issue): FieldIssue[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        code: 'invalid',
        path: [...issue.path, key.slice(0, NAME_LENGTH_MAX)].join('.'),
        location,
        message: 'is not a known field',
      }))
    }
    const value = issue.path.reduce(memberOf, raw)
    const path = issue.path.join('.')
    const said = value === undefined ? (missing(issue) ?? worded(issue)) : worded(issue)
    return [{ ...said, path, location, ...shown(issue.path.at(-1), value) }]
  })
}

/** The value sent under this name, ignoring what every object inherits. */
function memberOf(at: unknown, key: PropertyKey): unknown {
  return typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? (at as Record<PropertyKey, unknown>)[key] : undefined
}

/** A missing value; an enumeration with a message of its own lists the options. */
function missing(issue: z.core.$ZodIssue): Pick<FieldIssue, 'code' | 'message'> | null {
  if (!/^invalid_(type|value|union)$/.test(issue.code)) return null
  return { code: 'required', message: issue.code === 'invalid_value' ? issue.message : 'is required' }
}

const worded = (issue: z.core.$ZodIssue) => ({ ...codeOf(issue), message: issue.message })

/** Schemas use `params` for codes that zod does not have. */
function codeOf(issue: z.core.$ZodIssue): Pick<FieldIssue, 'code' | 'max'> {
  if (issue.code === 'invalid_type' || issue.code === 'invalid_union') return { code: 'wrong_type' }
  if (issue.code === 'too_small' && issue.origin === 'string' && issue.minimum === 1) return { code: 'required' }
  if (issue.code === 'too_big' && issue.origin === 'string') return { code: 'too_long', max: Number(issue.maximum) }
  return { code: 'invalid', ...(issue.code === 'custom' ? issue.params : {}) }
}

function shown(name: PropertyKey | undefined, value: unknown): { value?: unknown } {
  const isShort = typeof value === 'number' || typeof value === 'boolean' || (typeof value === 'string' && value.length <= VALUE_LENGTH_MAX)
  return isShort && !SECRET_FIELDS.has(String(name)) ? { value } : {}
}
