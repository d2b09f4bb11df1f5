/** Reads a form body, and nothing else: RFC 6749 §3.2 knows `application/x-www-form-urlencoded` alone. */
import type { MiddlewareHandler } from 'hono'
import type * as z from 'zod'
import { AppError } from '../../core/errors.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { tag } from '../../http/tags.ts'
import { checkText, readText, single } from '../../http/validate.ts'

type ValidForm<S extends z.ZodType> = MiddlewareHandler<AppEnv, string, { in: { form: z.input<S> }; out: { form: z.output<S> } }>

/** Judges the form by `schema`; the handler finds the result in `c.req.valid('form')`. */
export function form<S extends z.ZodType>(schema: S): ValidForm<S> {
  const handler: ValidForm<S> = async (c, next) => {
    const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
    if (type !== 'application/x-www-form-urlencoded') {
      throw new AppError('unsupported_media_type', 'Send application/x-www-form-urlencoded')
    }
    const raw = checkText(single(new URLSearchParams(await readText(c as never)), 'body'), 'body')
    const result = schema.safeParse(raw)
    if (!result.success) {
      const fields = result.error.issues.map(({ path, code, message }) => ({
        path: path.join('.'),
        location: 'body' as const,
        message: code === 'invalid_type' ? 'is required' : message,
      }))
      throw new AppError('invalid_request', 'Some parameters are wrong', { fields })
    }
    c.req.addValidatedData('form', result.data as object)
    await next()
  }
  return tag(handler, { input: { target: 'form', schema } })
}
