/**
 * Forms of our own pages (security rows 29, 30; ASVS 3.5.1): a form counts only when the browser says that a page of this
 * origin has sent it, and when it carries a token that this browser was given for this very form. The token is
 * HMAC(key[kid], 'form', who, purpose), where `who` is the session, or a cookie of its own before there is one.
 */
import type { Context, MiddlewareHandler } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import type * as z from 'zod'
import type { Config } from '../config.ts'
import { AppError } from '../core/errors.ts'
import type { Gate } from '../core/gate.ts'
import { equalInConstantTime, mac, randomToken } from '../crypto.ts'
import type { AppEnv } from '../http/app-env.ts'
import { isMultipart, readFileForm } from '../http/bodies/multipart.ts'
import { readForm } from '../http/bodies/reading.ts'
import { type Input, tag } from '../http/tags.ts'
import { judgeProfile } from '../http/validate.ts'

/** The name of the hidden field. */
export const FORM_TOKEN_FIELD = 'form_token'
/** The refusal of an outdated form: the page shows it again, with a valid token. */
export const OUT_OF_DATE = 'form_out_of_date'

/** Hono adds the `__Host-` prefix. It ends with the browser's session: it stands for nobody. */
const BROWSER_COOKIE = 'kith_browser'
const BROWSER_COOKIE_FORM = /^[\w-]{43}$/

/** The token of the form `purpose` for the caller. Sets a cookie if the browser has none. */
export async function formToken(c: Context, purpose: string): Promise<string> {
  const who = (await presentedBy(c)) ?? `browser ${giveCookie(c)}`
  const { current } = c.var.ctx.config.hmacKeys
  const token = tokenOf(c, current, who, purpose)
  if (token === null) throw new Error('a keyring without its current key')
  return token
}

/** What came with a form: its text as it was typed, and the values, or what is wrong with them. */
export type Submitted<T> = { readonly typed: Readonly<Record<string, string>> } & (
  | { readonly values: T; readonly error: null }
  | { readonly values: null; readonly error: AppError }
)

type SubmittedForm<S extends z.ZodType> = MiddlewareHandler<
  AppEnv,
  string,
  { in: { form: z.input<S> }; out: { form: Submitted<z.output<S>> } }
>

/**
 * Reads a form of our own and judges it by `schema`; the handler finds the outcome in `c.req.valid('form')`, and shows the
 * form again when something is wrong with it. What another page has sent is refused here. `names`: see
 * `validateProfile`.
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

type SubmittedFile = MiddlewareHandler<AppEnv & { Variables: { gate: Gate; submitted: Submitted<Uint8Array<ArrayBuffer>> } }>

/**
 * The same for a form with one file, in the field `name`. The handler finds the outcome in `c.var.submitted`. The caller passes the
 * gate before: a cookie may say anything, and nobody else's bytes get into memory.
 */
export function fileForm(
  purpose: string,
  name: string,
  file: { types: readonly string[]; bytesMax: (config: Config) => number },
): SubmittedFile {
  const handler: SubmittedFile = async (context, next) => {
    const c = context as unknown as Context<AppEnv>
    refuseForeignForm(c)
    if (!isMultipart(c.req)) throw new AppError('unsupported_media_type', 'Send multipart/form-data')
    await context.var.gate()
    context.set('submitted', await readSubmittedFile(c, purpose, { name, bytesMax: file.bytesMax(c.var.ctx.config) }))
    await next()
  }
  return tag(handler, { upload: { raw: [], form: { file: name, types: file.types, fields: {} } } })
}

/** A file that is missing or too large is the person's to mend; what is no form is not. */
async function readSubmittedFile(
  c: Context<AppEnv>,
  purpose: string,
  file: { name: string; bytesMax: number },
): Promise<Submitted<Uint8Array<ArrayBuffer>>> {
  try {
    const expected = { file: [file.name], fields: [FORM_TOKEN_FIELD], bytesMax: file.bytesMax }
    const { bytes, fields } = await readFileForm(c.req, expected)
    if (!(await isOwnToken(c, purpose, fields[FORM_TOKEN_FIELD]))) return outOfDate({})
    return { typed: {}, values: bytes, error: null }
  } catch (error) {
    if (!(error instanceof AppError) || (error.fields.length === 0 && error.code !== 'payload_too_large')) throw error
    return { typed: {}, values: null, error }
  }
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
  const error = new AppError('cross_site_request', 'This page was out of date. Please send it once more.', { reason: OUT_OF_DATE })
  return { typed, values: null, error }
}

/** The same for a whole room, before anything else is looked at: a foreign page may not even use up somebody's tries. */
export function ownFormsOnly(): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    if (c.req.method === 'POST') refuseForeignForm(c)
    await next()
  }
}

/** Stricter than for programs: every browser that has forms says where one comes from. */
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

/** The session that the browser's cookie names. The gate decides whether it is still valid. */
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

/** The browser's cookie; a new one where there is none, the same for all forms of a page. */
function giveCookie(c: Context<AppEnv>): string {
  const known = presentedCookie(c) ?? c.get('browserCookie')
  if (known) return known
  const value = randomToken()
  c.set('browserCookie', value)
  setCookie(c, BROWSER_COOKIE, value, { prefix: 'host', httpOnly: true, secure: true, sameSite: 'Lax', path: '/' })
  return value
}
