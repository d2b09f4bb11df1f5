/** What zod says is wrong, field by field: in our words, with codes for rooms that have their own. Secrets are not echoed. */
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
/** Of a field nobody knows, which is the caller's text. */
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

/** What was sent under this name; what every object has was not. */
function memberOf(at: unknown, key: PropertyKey): unknown {
  return typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? (at as Record<PropertyKey, unknown>)[key] : undefined
}

/** What is not there; an enumeration with words of its own says what may be. */
function missing(issue: z.core.$ZodIssue): Pick<FieldIssue, 'code' | 'message'> | null {
  if (!/^invalid_(type|value|union)$/.test(issue.code)) return null
  const isWorded = issue.code === 'invalid_value' && !issue.message.startsWith('Invalid ')
  return { code: 'required', message: isWorded ? issue.message : 'is required' }
}

const worded = (issue: z.core.$ZodIssue) => ({ ...codeOf(issue), message: wordsOf(issue) })

/** A schema says by `params` what zod's own codes do not. */
function codeOf(issue: z.core.$ZodIssue): Pick<FieldIssue, 'code' | 'max'> {
  if (issue.code === 'invalid_type' || issue.code === 'invalid_union') return { code: 'wrong_type' }
  if (issue.code === 'too_small' && issue.origin === 'string' && issue.minimum === 1) return { code: 'required' }
  if (issue.code === 'too_big' && issue.origin === 'string') return { code: 'too_long', max: Number(issue.maximum) }
  return { code: 'invalid', ...(issue.code === 'custom' ? issue.params : {}) }
}

/** zod's own words where an atom has none are about types, in a tone of their own. */
function wordsOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return `must be of the type ${issue.expected}`
  return issue.code === 'invalid_union' ? 'is not a value that this field takes' : issue.message
}

function shown(name: PropertyKey | undefined, value: unknown): { value?: unknown } {
  const isShort = typeof value === 'number' || typeof value === 'boolean' || (typeof value === 'string' && value.length <= VALUE_LENGTH_MAX)
  return isShort && !SECRET_FIELDS.has(String(name)) ? { value } : {}
}
