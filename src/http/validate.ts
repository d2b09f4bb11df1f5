/**
 * Validation: reads the request within its limits, then judges it by the room's schema. Bodies are JSON or
 * urlencoded, at most 64 KB and 32 deep; text is well-formed Unicode without NUL (ASVS 1.2, 15.3). What is wrong is
 * named field by field; secrets are not echoed.
 */
import type { Context, MiddlewareHandler } from 'hono'
import type * as z from 'zod'
import { AppError, type FieldIssue } from '../core/errors.ts'
import { BODY_BYTES_MAX, BODY_DEPTH_MAX } from '../core/limits.ts'
import type { AppEnv } from './app-env.ts'
import { readBytes } from './body.ts'
import { doubtfulNames, type SentProfile, sentProfile } from './doubts.ts'
import { groupFields, takesList, toFormValue } from './form-values.ts'
import { type FormFile, isMultipart, readParts } from './multipart.ts'
import { type Input, tag } from './tags.ts'

type Validated<T extends string, S extends z.ZodType> = MiddlewareHandler<
  AppEnv,
  string,
  { in: Record<T, z.input<S>>; out: Record<T, z.output<S>> }
>

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

type Target = Input['target']

interface Leniency {
  /** Whether the route itself refuses a parameter that is repeated: it is left out, and `repeated` has its name. */
  readonly mayRepeat?: (name: string) => boolean
  /** Whether a `form` may come without a Content-Type. */
  readonly untyped?: boolean
}

/**
 * Judges `target` by `schema`; the handler finds the result in `c.req.valid(target)`. A `json` body may be urlencoded as
 * well, as Liquid's pages send it; a `form` may not be JSON (RFC 6749 §3.2).
 */
export function validate<T extends Target, S extends z.ZodType>(target: T, schema: S, leniency: Leniency = {}): Validated<T, S> {
  const handler: Validated<T, S> = async (c, next) => {
    const raw = await read(c as unknown as Context<AppEnv>, target, schema, leniency)
    c.req.addValidatedData(target, (await judge(target, schema, raw)) as object)
    await next()
  }
  return tag(handler, { input: { target, schema } satisfies Input })
}

/** The same of a `json` body that may come as a multipart form as well, of which the text counts: as old programs send it. */
export function validateAnyForm<S extends z.ZodType>(schema: S, names: readonly string[] = []): Validated<'json', S> {
  const handler: Validated<'json', S> = async (context, next) => {
    const c = context as unknown as Context<AppEnv>
    const raw = isMultipart(c.req) ? checkText(textsOf(await readParts(c.req, BODY_BYTES_MAX)), 'body') : await read(c, 'json', schema)
    await takeProfile(c, schema, raw, names)
    await next()
  }
  return tag(handler, { input: { target: 'json', schema, multipart: true } satisfies Input })
}

/**
 * The same of a `json` body with fields of a profile. Those of `names` that break a rule are left out; the handler refuses
 * them by `withoutShown(..., c.var.sent, ...)` once it knows what the profile shows.
 */
export function validateProfile<S extends z.ZodType>(schema: S, names: readonly string[]): Validated<'json', S> {
  const handler: Validated<'json', S> = async (context, next) => {
    const c = context as unknown as Context<AppEnv>
    await takeProfile(c, schema, await read(c, 'json', schema), names)
    await next()
  }
  return tag(handler, { input: { target: 'json', schema } satisfies Input })
}

/** A file is nothing that a text field takes. */
function textsOf(parts: Readonly<Record<string, string | FormFile>>): Readonly<Record<string, string | null>> {
  return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, typeof part === 'string' ? part : null]))
}

async function takeProfile(c: Context<AppEnv>, schema: z.ZodType, raw: unknown, names: readonly string[]): Promise<void> {
  const { values, sent } = await judgeProfile('json', schema, raw, names)
  c.set('sent', sent)
  c.req.addValidatedData('json', values as object)
}

/** What `schema` makes of `raw` without the fields in doubt, and what there is to judge those by. */
export async function judgeProfile<S extends z.ZodType>(
  target: Target,
  schema: S,
  raw: unknown,
  names: readonly string[],
): Promise<{ values: z.output<S>; sent: SentProfile }> {
  const result = await schema.safeParseAsync(raw)
  if (result.success) return { values: result.data, sent: sentProfile(raw, names) }
  const doubtful = doubtfulNames(result.error, names)
  const issues = toFieldIssues(result.error, raw, target)
  if (!doubtful) throw AppError.ofFields(issues)
  const rest = Object.fromEntries(Object.entries(raw as object).filter(([name]) => !doubtful.has(name)))
  return { values: await judge(target, schema, rest), sent: sentProfile(raw, names, issues) }
}

/** What `schema` makes of `raw`; what is wrong is named field by field. */
export async function judge<S extends z.ZodType>(target: Target, schema: S, raw: unknown): Promise<z.output<S>> {
  const result = await schema.safeParseAsync(raw)
  if (!result.success) throw AppError.ofFields(toFieldIssues(result.error, raw, target))
  return result.data
}

/** What a page's form has sent: text by the names of its fields. */
export async function readForm(c: Context<AppEnv>): Promise<Record<string, string>> {
  return (await read(c, 'form', null)) as Record<string, string>
}

const URLENCODED = 'application/x-www-form-urlencoded'

async function read(c: Context<AppEnv>, target: Target, schema: z.ZodType | null, leniency: Leniency = {}): Promise<unknown> {
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
  if (text === '') return {}
  if (type === URLENCODED) return once(parseForm(text), 'body')
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
function checkText<T>(value: T, location: FieldIssue['location'], path = '', depth = 0): T {
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

export function toFieldIssues(error: z.ZodError, raw: unknown, target: Target): FieldIssue[] {
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
    const said = value === undefined && issue.code === 'invalid_type' ? REQUIRED : { ...codeOf(issue), message: wordsOf(issue) }
    return [{ ...said, path, location, ...shown(issue.path.at(-1), value) }]
  })
}

/** What was sent under this name; what every object has was not. */
function memberOf(at: unknown, key: PropertyKey): unknown {
  return typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? (at as Record<PropertyKey, unknown>)[key] : undefined
}

const REQUIRED = { code: 'required', message: 'is required' } as const

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
