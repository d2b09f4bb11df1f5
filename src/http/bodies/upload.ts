/**
 * Uploads as they come over HTTP: a raw body, streamed on, with its announced length and digest (RFC 9110 §8.6, RFC 9530
 * §2); a picture or another small file, raw or in a form, for routes that take one.
 */
import type { HonoRequest, MiddlewareHandler } from 'hono'
import type { Config } from '../../config.ts'
import { AppError } from '../../core/errors.ts'
import type { AppEnv } from '../app-env.ts'
import { tag } from '../tags.ts'
import { readBytes } from './bytes.ts'
import { isMultipart, readFileForm } from './multipart.ts'

export interface RawBody {
  /** Bytes, as `Content-Length` says. */
  readonly size: number
  readonly stream: ReadableStream<Uint8Array>
  /** SHA-256 of `Content-Digest`, base64url; null where there is none that we know. */
  readonly digest: string | null
}

/** The body of a request that must say how long it is. 411 without `Content-Length`, chunked or not. */
export function rawBody(req: HonoRequest): RawBody {
  const length = req.header('content-length')
  if (length === undefined || req.header('transfer-encoding') !== undefined) {
    throw new AppError('length_required', 'Send the length of the body in Content-Length')
  }
  if (!/^\d{1,15}$/.test(length)) throw new AppError('invalid_request', 'Content-Length is not a number')
  const encoding = req.header('content-encoding')
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new AppError('unsupported_media_type', 'Send the bytes as they are, without Content-Encoding')
  }
  const size = Number(length)
  return { size, stream: req.raw.body ?? new Blob().stream(), digest: contentDigest(req.header('content-digest')) }
}

/** RFC 9530: a dictionary of byte sequences. Other algorithms than SHA-256 are ignored, as §5 allows; nonsense is not. */
export function contentDigest(header: string | undefined): string | null {
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

/** What a raw body says it is. `curl --data-binary` calls everything an urlencoded form that it is told nothing of: that says nothing. */
export function declaredType(req: HonoRequest): string | null {
  const type = req.header('content-type') ?? ''
  return type === '' || /^application\/x-www-form-urlencoded\b/i.test(type) ? null : type
}

/** `readFile` is called once the caller is known: nobody else's bytes get into memory. */
type Uploaded = MiddlewareHandler<AppEnv & { Variables: { readFile: () => Promise<Uint8Array<ArrayBuffer>> } }>

export interface FileTypes {
  readonly bytesMax: (config: Config) => number
  /** For the API document; what a file is, the core finds out. */
  readonly types: readonly string[]
}

/** Takes the body as the file. Its length must be told before. The handler reads it by `c.var.readFile`. */
export function fileAsBody({ bytesMax, types }: FileTypes): Uploaded {
  const handler: Uploaded = async (c, next) => {
    if (isMultipart(c.req)) throw new AppError('unsupported_media_type', 'This is a form: send it by PATCH, or send the bytes alone')
    if (c.req.header('content-length') === undefined) throw new AppError('length_required', 'Send the length of the body in Content-Length')
    c.set('readFile', () => readBytes(c.req, bytesMax(c.var.ctx.config)))
    await next()
  }
  return tag(handler, { upload: { raw: types, form: null } })
}

/** Takes a form with exactly one file, in a field of one of these names, and nothing else; the first is the documented one. */
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
