/**
 * Reads a request within its limits, before validation. Bodies are JSON or urlencoded, at most 64 KB (unless a route says
 * otherwise) and 32 levels deep; text is well-formed Unicode without NUL (ASVS 1.2, 15.3); no parameter is repeated.
 */
import type { Context } from 'hono'
import type * as z from 'zod'
import { AppError, type FieldIssue } from '../../core/errors.ts'
import { BODY_BYTES_MAX, BODY_DEPTH_MAX } from '../../core/limits.ts'
import type { AppEnv } from '../app-env.ts'
import type { Input } from '../tags.ts'
import { readBytes } from './bytes.ts'
import { groupFields, takesList, toFormValue } from './form-values.ts'

export interface Leniency {
  /** Parameters whose repetition the route reports itself: they are left out, with the name in `repeated`. */
  readonly mayRepeat?: (name: string) => boolean
  /** Accepts a `form` without Content-Type. */
  readonly untyped?: boolean
  /** How long the body may be, by default `BODY_BYTES_MAX`. */
  readonly bytesMax?: number
}

/** The fields of a page's form. */
export async function readForm(c: Context<AppEnv>): Promise<Record<string, string>> {
  return (await read(c, 'form', null)) as Record<string, string>
}

const URLENCODED = 'application/x-www-form-urlencoded'

/**
 * The value of `target`, within the limits. A `json` body may also be urlencoded; with `schema`, its text is converted
 * to the types that the schema takes.
 */
export async function read(
  c: Context<AppEnv>,
  target: Input['target'],
  schema: z.ZodType | null,
  leniency: Leniency = {},
): Promise<unknown> {
  const once = (params: URLSearchParams, location: FieldIssue['location']) => {
    const { values, repeated } = single(params, { location, schema, isConverted: target === 'json' }, leniency.mayRepeat)
    if (repeated !== undefined) c.set('repeated', repeated)
    return checkText(values, location)
  }
  if (target === 'param') return checkText(c.req.param(), 'params')
  if (target === 'query') return once(new URL(c.req.url).searchParams, 'query')
  const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase() || (leniency.untyped ? URLENCODED : undefined)
  if (target === 'form' && type !== URLENCODED) throw new AppError('unsupported_media_type', `Send ${URLENCODED}`)
  const text = await readText(c, leniency.bytesMax ?? BODY_BYTES_MAX)
  Object.assign(c.req.bodyCache, SPENT)
  if (text === '') return {}
  if (type === URLENCODED) return once(parseForm(text), 'body')
  if (type === 'application/json' || type?.endsWith('+json')) return unwrap(checkText(parseJson(text), 'body'))
  throw new AppError('unsupported_media_type', `Send application/json or ${URLENCODED}`)
}

/** What Hono's validator finds instead of the body, which is used up: the schema judges what is read here. */
const SPENT = { text: Promise.resolve('{}'), formData: Promise.resolve(new URLSearchParams()) }

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

async function readText(c: Context<AppEnv>, bytesMax: number): Promise<string> {
  const bytes = await readBytes(c.req, bytesMax)
  try {
    return UTF8.decode(bytes)
  } catch {
    throw new AppError('invalid_request', 'The body is not UTF-8')
  }
}

/** curl's `-d` declares JSON as a form. Parsed as one, the error would echo the body as a field name, including secrets. */
function parseForm(text: string): URLSearchParams {
  if (/^\s*[{[]/.test(text)) throw new AppError('unsupported_media_type', 'This is JSON: send it as application/json')
  return new URLSearchParams(text)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new AppError('invalid_request', 'The body is not valid JSON')
  }
}

/** Some bodies in Liquid's samples are wrapped in a one-element array (wire §6.6). */
function unwrap(body: unknown): unknown {
  return Array.isArray(body) && body.length === 1 ? body[0] : body
}

interface Reading {
  readonly location: FieldIssue['location']
  readonly schema: z.ZodType | null
  /** Whether text is converted to the types of the schema. */
  readonly isConverted: boolean
}

/**
 * Parameters as an object. Repeated ones are refused, so that none can be read in two ways (RFC 6749 §3.1), unless the
 * schema takes a list.
 */
function single(params: URLSearchParams, { location, schema, isConverted }: Reading, mayRepeat: (name: string) => boolean = () => false) {
  const repeated: string[] = []
  const values: [string, unknown][] = []
  for (const [name, texts] of groupFields(params, isConverted ? schema : null)) {
    const isList = takesList(schema, name)
    if (texts.length > 1 && !isList) {
      if (!mayRepeat(name)) throw AppError.ofFields([{ path: name, location, message: 'must not be repeated' }])
      repeated.push(name)
    } else values.push([name, toFormValue(isConverted || isList ? schema : null, name, texts)])
  }
  return { values: Object.fromEntries(values), repeated: repeated[0] }
}

/** Refuses NUL, lone surrogates, `__proto__` and excessive nesting. */
export function checkText<T>(value: T, location: FieldIssue['location'], path = '', depth = 0): T {
  if (typeof value === 'string' && (!value.isWellFormed() || value.includes('\0'))) {
    throw AppError.ofFields([{ path, location, code: 'malformed_text', message: 'must be well-formed text without NUL' }])
  }
  if (value === null || typeof value !== 'object') return value
  if (depth >= BODY_DEPTH_MAX) throw new AppError('invalid_request', `The body is nested deeper than ${BODY_DEPTH_MAX}`)
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__' || key.includes('\0') || !key.isWellFormed())
      throw AppError.ofFields([{ path, location, message: 'has a field name that is not allowed' }])
    checkText(item, location, path === '' ? key : `${path}.${key}`, depth + 1)
  }
  return value
}
