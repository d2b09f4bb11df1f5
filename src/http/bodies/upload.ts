/**
 * Uploads over HTTP: a raw body, streamed, with its declared length and digest (RFC 9110 §8.6, RFC 9530 §2); or a small
 * file, raw or in a form, for routes that take one.
 */
import type { HonoRequest, MiddlewareHandler } from 'hono'
import type { Config } from '../../config.ts'
import { AppError } from '../../core/errors.ts'
import type { AppEnv } from '../app-env.ts'
import { tag } from '../tags.ts'
import { readBytes } from './bytes.ts'
import { isMultipart, readFileForm } from './multipart.ts'

export interface RawBody {
  /** From `Content-Length`. */
  readonly size: number
  readonly stream: ReadableStream<Uint8Array>
  /** SHA-256 from `Content-Digest`, base64url; null if absent. */
  readonly digest: string | null
}

/** A body of known length. Answers 411 without `Content-Length`, even if chunked. */
export function rawBody(req: HonoRequest): RawBody {
  const length = req.header('content-length')
  if (length === undefined || req.header('transfer-encoding') !== undefined) {
    throw new AppError('length_required', 'Send the length of the body in Content-Length')
  }
  if (!/^\d{1,15}$/.test(length)) throw new AppError('invalid_request', 'Content-Length is not a number')
  const encoding = req.header('content-encoding')
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new AppError('unsupported_media_type', 'Send the bytes without Content-Encoding')
  }
  const size = Number(length)
  return { size, stream: req.raw.body ?? new Blob().stream(), digest: contentDigest(req.header('content-digest')) }
}

/** RFC 9530: a dictionary of byte sequences. Algorithms other than SHA-256 are ignored (§5); malformed headers are refused. */
function contentDigest(header: string | undefined): string | null {
  if (header === undefined) return null
  let digest: string | null = null
  for (const member of header.split(',')) {
    const [, name, value] = /^\s*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):\s*$/.exec(member) ?? []
    if (name === undefined || value === undefined) throw new AppError('invalid_request', 'Content-Digest cannot be read (RFC 9530)')
    if (name !== 'sha-256') continue
    const bytes = Buffer.from(value, 'base64')
    if (bytes.length !== 32) throw new AppError('invalid_request', 'The sha-256 in Content-Digest must have 32 bytes')
    digest = bytes.toString('base64url')
  }
  return digest
}

/** The declared type of a raw body. `curl --data-binary` declares an urlencoded form by default, so that says nothing. */
export function declaredType(req: HonoRequest): string | null {
  const type = req.header('content-type') ?? ''
  return type === '' || /^application\/x-www-form-urlencoded\b/i.test(type) ? null : type
}

/** Call `readFile` after the gate, so that only an authenticated caller's bytes are held in memory. */
type Uploaded = MiddlewareHandler<AppEnv & { Variables: { readFile: () => Promise<Uint8Array<ArrayBuffer>> } }>

export interface FileTypes {
  readonly bytesMax: (config: Config) => number
  /** For the API document; the core detects the real type. */
  readonly types: readonly string[]
}

/** Takes the body as the file; its length must be declared. The handler reads it with `c.var.readFile`. */
export function fileAsBody({ bytesMax, types }: FileTypes): Uploaded {
  const handler: Uploaded = async (c, next) => {
    if (isMultipart(c.req)) throw new AppError('unsupported_media_type', 'This is a form: send it with PATCH, or send only the bytes')
    if (c.req.header('content-length') === undefined) throw new AppError('length_required', 'Send the length of the body in Content-Length')
    c.set('readFile', () => readBytes(c.req, bytesMax(c.var.ctx.config)))
    await next()
  }
  return tag(handler, { upload: { raw: types, form: null } })
}

/** Takes a form with exactly one file, in a field of one of these names, and nothing else; the first name is documented. */
export function fileInForm(names: readonly [string, ...string[]], { bytesMax, types }: FileTypes): Uploaded {
  const handler: Uploaded = async (c, next) => {
    if (!isMultipart(c.req)) throw new AppError('unsupported_media_type', 'Send multipart/form-data')
    c.set('readFile', async () => {
      const { bytes } = await readFileForm(c.req, { file: names, fields: [], bytesMax: bytesMax(c.var.ctx.config) })
      return bytes
    })
    await next()
  }
  return tag(handler, { upload: { raw: [], form: { file: names[0], types, fields: {} } } })
}
