/**
 * Reads a request within its limits, before any schema sees it. Bodies are JSON or urlencoded, at most 64 KB and 32 deep; text is
 * well-formed Unicode without NUL (ASVS 1.2, 15.3); no parameter comes twice.
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
  /** Whether the route itself refuses a parameter that is repeated: it is left out, and `repeated` has its name. */
  readonly mayRepeat?: (name: string) => boolean
  /** Whether a `form` may come without a Content-Type. */
  readonly untyped?: boolean
}

/** What a page's form has sent: text by the names of its fields. */
export async function readForm(c: Context<AppEnv>): Promise<Record<string, string>> {
  return (await read(c, 'form', null)) as Record<string, string>
}

const URLENCODED = 'application/x-www-form-urlencoded'

/** What `target` holds, within the limits. A `json` body may be urlencoded as well; with `schema`, its text stands for what the schema takes. */
export async function read(
  c: Context<AppEnv>,
  target: Input['target'],
  schema: z.ZodType | null,
  leniency: Leniency = {},
): Promise<unknown> {
  const once = (params: URLSearchParams, location: FieldIssue['location']) => {
    const { values, repeated } = single(params, location, target === 'json' ? schema : null, leniency.mayRepeat)
    if (repeated !== undefined) c.set('repeated', repeated)
    return checkText(values, location)
  }
  if (target === 'param') return checkText(c.req.param(), 'params')
  if (target === 'query') return once(new URL(c.req.url).searchParams, 'query')
  const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase() || (leniency.untyped ? URLENCODED : undefined)
  if (target === 'form' && type !== URLENCODED) throw new AppError('unsupported_media_type', `Send ${URLENCODED}`)
  const text = await readText(c)
  // Hono's own validator takes the body from here: there is nothing left to read.
  Object.assign(c.req.bodyCache, { text: Promise.resolve(text || '{}') })
  if (text === '') return {}
  if (type === URLENCODED) {
    const params = parseForm(text)
    Object.assign(c.req.bodyCache, { formData: Promise.resolve(params) })
    return once(params, 'body')
  }
  if (type === 'application/json' || type?.endsWith('+json')) return unwrap(checkText(parseJson(text), 'body'))
  throw new AppError('unsupported_media_type', `Send application/json or ${URLENCODED}`)
}

/** The body as text, never more than the limit in memory, whatever Content-Length says. */
async function readText(c: Context<AppEnv>): Promise<string> {
  const bytes = await readBytes(c.req, BODY_BYTES_MAX)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
  } catch {
    throw new AppError('invalid_request', 'The body is not UTF-8')
  }
}

/** curl's `-d` says that JSON is a form: its one long field name would come back in the refusal, secrets and all. */
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

/** Liquid's samples wrap some bodies in an array: one element is the same as the object itself (wire §6.6). */
function unwrap(body: unknown): unknown {
  return Array.isArray(body) && body.length === 1 ? body[0] : body
}

/**
 * Parameters as an object; a repeated one is refused, so nobody can read it in two ways (RFC 6749 §3.1). With a schema they
 * are a form's, whose text stands for what the schema takes.
 */
function single(
  params: URLSearchParams,
  location: FieldIssue['location'],
  schema: z.ZodType | null,
  mayRepeat: (name: string) => boolean = () => false,
) {
  const repeated: string[] = []
  const values: [string, unknown][] = []
  for (const [name, texts] of groupFields(params, schema)) {
    if (texts.length > 1 && !takesList(schema, name)) {
      if (!mayRepeat(name)) throw AppError.ofFields([{ path: name, location, message: 'must not be repeated' }])
      repeated.push(name)
    } else values.push([name, toFormValue(schema, name, texts)])
  }
  return { values: Object.fromEntries(values), repeated: repeated[0] }
}

/** Refuses what no field may hold: NUL, lone surrogates, `__proto__`, and nesting that no schema has. */
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
