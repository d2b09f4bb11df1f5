/**
 * Bodies, read with a cap: never more than the limit is in memory, whatever Content-Length says (security row 65). Text
 * for `validate`; a picture or another small file, as a form or raw, for routes that take one.
 */
import type { Context, MiddlewareHandler } from 'hono'
import type { Config } from '../config.ts'
import { AppError } from '../core/errors.ts'
import { FORM_OVERHEAD_BYTES } from '../core/figures.ts'
import type { AppEnv } from './app-env.ts'
import { tag } from './tags.ts'

/** The body of a request. A request that is longer is refused at its first byte too many. */
export async function readBytes(c: Context<AppEnv>, max: number): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = () => new AppError('payload_too_large', `The body may have at most ${max} bytes`)
  if (Number(c.req.header('content-length') ?? 0) > max) throw tooLarge()
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of c.req.raw.body ?? []) {
    size += chunk.byteLength
    if (size > max) throw tooLarge()
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks, size))
}

export interface UploadedFile {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** What the sender says it is; null where nothing is said. */
  readonly declaredType: string | null
}

type Uploaded = MiddlewareHandler<AppEnv & { Variables: { file: UploadedFile } }>
type Limit = (config: Config) => number

export interface FileTypes {
  readonly bytesMax: Limit
  /** For the API document; what a file is, the core finds out. */
  readonly types: readonly string[]
}

/** Takes the body as the file. Its length must be told before. The handler finds it in `c.var.file`. */
export function fileAsBody({ bytesMax, types }: FileTypes): Uploaded {
  const handler: Uploaded = async (c, next) => {
    if (c.req.header('content-length') === undefined) throw new AppError('length_required', 'Say the length of the file: Content-Length')
    const bytes = await readBytes(c as unknown as Context<AppEnv>, bytesMax(c.var.ctx.config))
    c.set('file', { bytes, declaredType: c.req.header('content-type') ?? null })
    await next()
  }
  return tag(handler, { upload: { kind: 'body', types } })
}

/** Takes a form with exactly one file, in a field of one of these names, and nothing else; the first is the documented one. */
export function fileInForm(names: readonly [string, ...string[]], { bytesMax, types }: FileTypes): Uploaded {
  const handler: Uploaded = async (c, next) => {
    const type = c.req.header('content-type') ?? ''
    if (!/^multipart\/form-data\s*;/i.test(type)) throw new AppError('unsupported_media_type', 'Send multipart/form-data')
    const max = bytesMax(c.var.ctx.config)
    const body = await readBytes(c as unknown as Context<AppEnv>, max + FORM_OVERHEAD_BYTES)
    const file = onlyFile(await parseForm(body, type), names)
    c.set('file', { bytes: new Uint8Array(await file.arrayBuffer()), declaredType: file.type === '' ? null : file.type })
    await next()
  }
  return tag(handler, { upload: { kind: 'form', field: names[0], types } })
}

async function parseForm(body: Uint8Array<ArrayBuffer>, type: string): Promise<FormData> {
  try {
    return await new Response(body, { headers: { 'content-type': type } }).formData()
  } catch (cause) {
    throw new AppError('invalid_request', 'The form cannot be read', { cause })
  }
}

function onlyFile(form: FormData, names: readonly [string, ...string[]]): File {
  const parts = [...form]
  const stranger = parts.find(([name]) => !names.includes(name))
  if (stranger) throw wrongField(stranger[0].slice(0, NAME_LENGTH_MAX), 'is not a known field')
  const [part, second] = parts
  if (!part) throw wrongField(names[0], 'is required')
  if (second) throw wrongField(second[0], 'must be one file')
  const [name, value] = part
  if (typeof value === 'string') throw wrongField(name, 'must be a file')
  if (value.size === 0) throw wrongField(name, 'must not be empty')
  return value
}

/** Of a field nobody knows, which is the caller's text. */
const NAME_LENGTH_MAX = 64

function wrongField(path: string, message: string): AppError {
  return new AppError('invalid_request', 'Some fields are wrong', { fields: [{ path, location: 'body', message }] })
}
