/**
 * Validation: `bodies/reading.ts` reads a request within its limits, `@hono/zod-validator` applies the room's schema, and one
 * hook reports every issue by field, for the room to put into its envelope (docs/decisions/004).
 */
import { zValidator } from '@hono/zod-validator'
import type { Context, MiddlewareHandler } from 'hono'
import type * as z from 'zod'
import { AppError } from '../core/errors.ts'
import { BODY_BYTES_MAX } from '../core/limits.ts'
import type { AppEnv } from './app-env.ts'
import { type FormFile, isMultipart, readParts } from './bodies/multipart.ts'
import { checkText, type Leniency, read } from './bodies/reading.ts'
import { doubtfulNames, type SentProfile, sentProfile } from './doubts.ts'
import { toFieldIssues } from './field-issues.ts'
import { type Input, tag } from './tags.ts'

type Target = Input['target']

type Validated<T extends string, S extends z.ZodType> = MiddlewareHandler<
  AppEnv,
  string,
  { in: Record<T, z.input<S>>; out: Record<T, z.output<S>> }
>

/** Reads the input for a schema. */
type Read = (c: Context<AppEnv>) => unknown

/**
 * Validates `target` with `schema`; the result is in `c.req.valid(target)`. A `json` body may also be urlencoded, as
 * Liquid's pages send it; a `form` may not be JSON (RFC 6749 §3.2).
 */
export function validate<T extends Target, S extends z.ZodType>(target: T, schema: S, leniency: Leniency = {}): Validated<T, S> {
  return validator({ target, schema }, (c) => read(c, target, schema, leniency))
}

/** The same for a `json` body that old programs may also send as a multipart form; only its text parts count. */
export function validateAnyForm<S extends z.ZodType>(schema: S, names: readonly string[] = []): Validated<'json', S> {
  const readAny: Read = async (c) =>
    isMultipart(c.req) ? checkText(textsOf(await readParts(c.req, BODY_BYTES_MAX)), 'body') : read(c, 'json', schema)
  return validator({ target: 'json', schema, multipart: true }, (c) => readProfile(c, schema, readAny, names))
}

/**
 * The same for a `json` body with profile fields. Those of `names` that break a rule are left out; the handler refuses
 * them with `withoutShown(..., c.var.sent, ...)` once it knows the profile.
 */
export function validateProfile<S extends z.ZodType>(schema: S, names: readonly string[]): Validated<'json', S> {
  return validator({ target: 'json', schema }, (c) => readProfile(c, schema, (of) => read(of, 'json', schema), names))
}

/** Reads the input first, because Hono's validator would read a declared body without a limit. */
function validator<T extends Target, S extends z.ZodType>(input: Input & { target: T; schema: S }, read: Read): Validated<T, S> {
  const { target, schema }: Input = input
  const handler = async (c: Context<AppEnv>, next: () => Promise<void>) => {
    const raw = await read(c)
    const options = { validationFunction: () => schema.safeParseAsync(raw) }
    const hook = (result: { success: true } | { success: false; error: z.core.$ZodError }) => {
      if (!result.success) throw refusalOf(result.error, raw, target)
    }
    return zValidator(target, schema, hook, options)(c as Context, next)
  }
  return tag(handler as unknown as Validated<T, S>, { input })
}

const refusalOf = (error: z.core.$ZodError, raw: unknown, target: Target) => AppError.ofFields(toFieldIssues(error, raw, target))

/** Files become null, which text fields refuse. */
function textsOf(parts: Readonly<Record<string, string | FormFile>>): Readonly<Record<string, string | null>> {
  return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, typeof part === 'string' ? part : null]))
}

async function readProfile(c: Context<AppEnv>, schema: z.ZodType, read: Read, names: readonly string[]): Promise<unknown> {
  const { raw, sent } = await setDoubtsAside('json', schema, await read(c), names)
  c.set('sent', sent)
  return raw
}

/** `raw` without the fields in doubt, and those fields with their issues. */
async function setDoubtsAside(
  target: Target,
  schema: z.ZodType,
  raw: unknown,
  names: readonly string[],
): Promise<{ raw: unknown; sent: SentProfile }> {
  const { error } = names.length === 0 ? {} : await schema.safeParseAsync(raw)
  const doubtful = error && doubtfulNames(error, names)
  if (!doubtful) return { raw, sent: sentProfile(raw, names) }
  const rest = Object.fromEntries(Object.entries(raw as object).filter(([name]) => !doubtful.has(name)))
  return { raw: rest, sent: sentProfile(raw, names, toFieldIssues(error, raw, target)) }
}

/** The same for input that no middleware reads. */
export async function judgeProfile<S extends z.ZodType>(
  target: Target,
  schema: S,
  raw: unknown,
  names: readonly string[],
): Promise<{ values: z.output<S>; sent: SentProfile }> {
  const { raw: rest, sent } = await setDoubtsAside(target, schema, raw, names)
  return { values: await judge(target, schema, rest), sent }
}

/** For input that no middleware reads. */
export async function judge<S extends z.ZodType>(target: Target, schema: S, raw: unknown): Promise<z.output<S>> {
  const result = await schema.safeParseAsync(raw)
  if (!result.success) throw refusalOf(result.error, raw, target)
  return result.data
}
