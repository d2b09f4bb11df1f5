/**
 * Protection of our own forms (security rows 29, 30; ASVS 3.5.1): a form is accepted only if the browser says that it
 * comes from our origin, and if it has a token issued to this browser for this form. The token is HMAC(key[kid],
 * 'form', who, purpose), where `who` is the session or, before sign-in, a cookie of its own.
 */
import type { Context, MiddlewareHandler } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import type * as z from 'zod'
import type { Config } from '../config.ts'
import { AppError } from '../core/errors.ts'
import type { Gate } from '../core/gate.ts'
import { equalInConstantTime, mac, randomToken } from '../crypto.ts'
import type { AppEnv } from '../http/app-env.ts'
import { type FilesForm, isMultipart, readFilesForm } from '../http/bodies/multipart.ts'
import { readForm } from '../http/bodies/reading.ts'
import { type Input, tag } from '../http/tags.ts'
import { judgeProfile } from '../http/validate.ts'

/** The hidden field's name. */
export const FORM_TOKEN_FIELD = 'form_token'
/** The page shows an outdated form again, with a valid token. */
export const OUT_OF_DATE = 'form_out_of_date'

/** Hono adds the `__Host-` prefix. A session cookie of the browser: it identifies no user. */
const BROWSER_COOKIE = 'kith_browser'
const BROWSER_COOKIE_FORM = /^[\w-]{43}$/

/** The token for the form `purpose`. Sets a cookie if the browser has none. */
export async function formToken(c: Context, purpose: string): Promise<string> {
  const who = (await presentedBy(c)) ?? `browser ${giveCookie(c)}`
  const { current } = c.var.ctx.config.hmacKeys
  const token = tokenOf(c, current, who, purpose)
  if (token === null) throw new Error('a keyring without its current key')
  return token
}

/** What somebody has typed, by field. */
export type Typed = Readonly<Record<string, string>>

/** A submitted form: its text as typed, and either the values or an error. */
export type Submitted<T> = { readonly typed: Typed } & (
  | { readonly values: T; readonly error: null }
  | { readonly values: null; readonly error: AppError }
)

type SubmittedForm<S extends z.ZodType> = MiddlewareHandler<
  AppEnv,
  string,
  { in: { form: z.input<S> }; out: { form: Submitted<z.output<S>> } }
>

/**
 * Validates a form of our own with `schema` and refuses one sent by another page. The outcome is in
 * `c.req.valid('form')`; with an error, the handler shows the form again. `names`: see `validateProfile`.
 */
export function form<S extends z.ZodType>(purpose: string, schema: S, names: readonly string[] = []): SubmittedForm<S> {
  const handler: SubmittedForm<S> = async (context, next) => {
    const c = context as unknown as Context<AppEnv>
    refuseForeignForm(c)
    const { [FORM_TOKEN_FIELD]: token, ...typed } = await readForm(c)
    c.req.addValidatedData('form', (await isOwnToken(c, purpose, token)) ? await judge(c, schema, typed, names) : outOfDate(typed))
    await next()
  }
  return tag(handler, { input: { target: 'form', schema } satisfies Input })
}

type SubmittedFile<T> = MiddlewareHandler<AppEnv & { Variables: { gate: Gate; submitted: Submitted<T> } }>

/**
 * The same for a form with one file, in the field `name`. The outcome is in `c.var.submitted`. The caller passes the
 * gate first, so that only an authenticated caller's bytes are held in memory.
 */
export function fileForm(
  purpose: string,
  name: string,
  file: { types: readonly string[]; bytesMax: (config: Config) => number },
): SubmittedFile<Uint8Array<ArrayBuffer>> {
  const expected = { ...file, file: [name] as const, fields: [], filesMax: 1 }
  return submittedFiles(purpose, expected, ({ files: [one] }) => one?.bytes ?? new Uint8Array())
}

interface ExpectedFiles {
  readonly file: readonly [string]
  /** Fields besides. */
  readonly fields: readonly string[]
  readonly filesMax: number
  readonly mayBeEmpty?: true
  readonly types: readonly string[]
  readonly bytesMax: (config: Config) => number
}

/** The same for a form with several files, and fields besides, as they are. */
export const filesForm = (purpose: string, expected: ExpectedFiles): SubmittedFile<FilesForm> =>
  submittedFiles(purpose, expected, (form) => form)

function submittedFiles<T>(purpose: string, expected: ExpectedFiles, take: (form: FilesForm) => T): SubmittedFile<T> {
  const handler: SubmittedFile<T> = async (context, next) => {
    const c = context as unknown as Context<AppEnv>
    refuseForeignForm(c)
    if (!isMultipart(c.req)) throw new AppError('unsupported_media_type', 'Send multipart/form-data')
    await context.var.gate()
    const submitted = await readSubmitted(c, purpose, expected)
    context.set('submitted', submitted.error ? submitted : { ...submitted, values: take(submitted.values) })
    await next()
  }
  return tag(handler, { upload: { raw: [], form: { file: expected.file[0], types: expected.types, fields: {} } } })
}

/** A missing or oversized file is reported at the form; a body that is no form is an error. */
async function readSubmitted(c: Context<AppEnv>, purpose: string, expected: ExpectedFiles): Promise<Submitted<FilesForm>> {
  try {
    const bytesMax = expected.bytesMax(c.var.ctx.config)
    const { files, fields } = await readFilesForm(c.req, { ...expected, bytesMax, fields: [FORM_TOKEN_FIELD, ...expected.fields] })
    const { [FORM_TOKEN_FIELD]: token, ...typed } = fields
    if (!(await isOwnToken(c, purpose, token))) return outOfDate(typed)
    return { typed, values: { files, fields: typed }, error: null }
  } catch (error) {
    if (!(error instanceof AppError) || (error.fields.length === 0 && error.code !== 'payload_too_large')) throw error
    return { typed: {}, values: null, error }
  }
}

/** The header that carries the token of a page's script, which sends a file as it is. */
export const FORM_TOKEN_HEADER = 'x-form-token'

/** The same for a body that only our own script sends: raw bytes, which the handler reads. */
export function ownUpload(purpose: string): MiddlewareHandler<AppEnv> {
  const handler: MiddlewareHandler<AppEnv> = async (c, next) => {
    refuseForeignForm(c)
    if (!(await isOwnToken(c, purpose, c.req.header(FORM_TOKEN_HEADER)))) throw outOfDate({}).error
    await next()
  }
  return tag(handler, { upload: { raw: ['application/octet-stream'], form: null } })
}

async function judge<S extends z.ZodType>(
  c: Context<AppEnv>,
  schema: S,
  typed: Record<string, string>,
  names: readonly string[],
): Promise<Submitted<z.output<S>>> {
  try {
    const { values, sent } = await judgeProfile('form', schema, typed, names)
    c.set('sent', sent)
    return { typed, values, error: null }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { typed, values: null, error }
  }
}

function outOfDate(typed: Record<string, string>): Submitted<never> {
  const error = new AppError('cross_site_request', 'This page was out of date. Please submit it again.', { reason: OUT_OF_DATE })
  return { typed, values: null, error }
}

/** The same for a whole room, before anything else, so that a foreign page cannot even use up a user's attempts. */
export function ownFormsOnly(): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    if (c.req.method === 'POST') refuseForeignForm(c)
    await next()
  }
}

/** Stricter than for programs: browsers always tell where a form comes from. */
function refuseForeignForm(c: Context<AppEnv>): void {
  const origin = c.req.header('origin')
  const isOwn = origin === undefined ? c.req.header('sec-fetch-site') === 'same-origin' : origin === c.var.ctx.config.origin
  if (!isOwn) throw new AppError('cross_site_request', 'This form was sent from another site')
}

async function isOwnToken(c: Context<AppEnv>, purpose: string, token: string | undefined): Promise<boolean> {
  const cookie = presentedCookie(c)
  const who = (await presentedBy(c)) ?? (cookie === null ? null : `browser ${cookie}`)
  const expected = who === null ? null : tokenOf(c, token?.split('~')[0] ?? '', who, purpose)
  return expected !== null && token !== undefined && equalInConstantTime(expected, token)
}

/** The session named by the cookie. The gate decides whether it is still live. */
async function presentedBy(c: Context<AppEnv>): Promise<string | null> {
  const claim = await c.var.identify()
  return claim?.kind === 'browser' ? `session ${claim.sessionId}` : null
}

function tokenOf(c: Context<AppEnv>, kid: string, who: string, purpose: string): string | null {
  const digest = mac(c.var.ctx.config.hmacKeys, kid, 'form', who, purpose)
  return digest && `${kid}~${digest.toString('base64url')}`
}

function presentedCookie(c: Context<AppEnv>): string | null {
  const value = getCookie(c, BROWSER_COOKIE, 'host')
  return value !== undefined && BROWSER_COOKIE_FORM.test(value) ? value : null
}

/** The browser's cookie, or a new one that all forms of the page share. */
function giveCookie(c: Context<AppEnv>): string {
  const known = presentedCookie(c) ?? c.get('browserCookie')
  if (known) return known
  const value = randomToken()
  c.set('browserCookie', value)
  setCookie(c, BROWSER_COOKIE, value, { prefix: 'host', httpOnly: true, secure: true, sameSite: 'Lax', path: '/' })
  return value
}
