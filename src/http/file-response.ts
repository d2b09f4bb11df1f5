/**
 * A stored file as a reply: conditions, ranges and file names (RFC 9110 §13.2.2, §14; RFC 6266, RFC 8187), and headers
 * that keep it from acting: attachment, nosniff, and a sandbox without any permission (security row 67).
 */
import { create as contentDisposition } from 'content-disposition'
import type { HonoRequest } from 'hono'
import { AppError } from '../core/errors.ts'

export interface StoredFile {
  readonly name: string
  readonly contentType: string
  readonly size: number
  /** Names exactly these bytes; the digest does, if it is known. */
  readonly tag?: string
  /** SHA-256, base64url. */
  readonly digest: string | null
  readonly storedAt: number
  readonly open: (range: ByteRange | null) => Promise<ReadableStream>
}

interface ByteRange {
  readonly offset: number
  readonly length: number
}

const SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"
/** Content types that browsers may see. Everything else is sent as plain bytes, whatever was declared. */
const PASSIVE =
  /^(image\/(png|jpeg|gif|webp|avif|bmp|tiff|heic)|audio\/[\w.+-]+|video\/[\w.+-]+|font\/[\w.+-]+|text\/(plain|csv)|application\/(pdf|zip|gzip|json|rtf|msword|vnd\.(ms-|openxmlformats-|oasis\.)[\w.+-]+))$/

/** Replies 200, 206, 304, 412 or 416; HEAD gets GET's headers without a read from the bucket. */
export async function fileResponse(req: HonoRequest, file: StoredFile, policy: 'same-origin' | 'cross-origin'): Promise<Response> {
  const etag = `"${file.tag ?? file.digest}"`
  const lastModified = Math.floor(file.storedAt / 1000) * 1000
  const headers = new Headers({
    etag,
    'last-modified': new Date(lastModified).toUTCString(),
    'accept-ranges': 'bytes',
    // No proxy may transform the bytes: tag, digest and ranges describe exactly these.
    'cache-control': 'private, no-cache, no-transform',
    'cross-origin-resource-policy': policy,
  })
  const verdict = judgeConditions(req, etag, lastModified)
  if (verdict === 'failed') throw new AppError('precondition_failed', 'The file does not match the conditions of the request')
  if (verdict === 'not_modified') return new Response(null, { status: 304, headers })
  headers.set('content-type', PASSIVE.test(file.contentType) ? file.contentType : 'application/octet-stream')
  headers.set('content-disposition', contentDisposition(file.name))
  headers.set('content-security-policy', SANDBOX)
  if (file.digest !== null) headers.set('repr-digest', `sha-256=:${Buffer.from(file.digest, 'base64url').toString('base64')}:`)
  const range = wantedRange(req, file, etag, lastModified)
  if (range) headers.set('content-range', `bytes ${range.offset}-${range.offset + range.length - 1}/${file.size}`)
  headers.set('content-length', String(range?.length ?? file.size))
  const status = range ? 206 : 200
  return new Response(req.method === 'HEAD' ? null : await file.open(range), { status, headers })
}

/** RFC 9110 §13.2.2, steps 1 to 4. */
function judgeConditions(req: HonoRequest, etag: string, lastModified: number): 'go_on' | 'failed' | 'not_modified' {
  const ifMatch = req.header('if-match')
  const unmodifiedSince = dateOf(req.header('if-unmodified-since'))
  if (ifMatch !== undefined) {
    if (!names(ifMatch, etag, 'strong')) return 'failed'
  } else if (unmodifiedSince !== null && lastModified > unmodifiedSince) return 'failed'
  const ifNoneMatch = req.header('if-none-match')
  const modifiedSince = dateOf(req.header('if-modified-since'))
  if (ifNoneMatch !== undefined) return names(ifNoneMatch, etag, 'weak') ? 'not_modified' : 'go_on'
  return modifiedSince !== null && lastModified <= modifiedSince ? 'not_modified' : 'go_on'
}

/** Whether a list of entity tags contains this one (§8.8.3.2). Ours have neither commas nor quotes. */
function names(list: string, etag: string, comparison: 'strong' | 'weak'): boolean {
  if (list.trim() === '*') return true
  return list.split(',').some((item) => {
    const tag = item.trim()
    return tag === etag || (comparison === 'weak' && tag === `W/${etag}`)
  })
}

/** The three date formats of §5.6.7. Others are ignored, although `Date.parse` accepts more. */
const HTTP_DATE =
  /^(?:[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT|[A-Z][a-z]+day, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4})$/

function dateOf(text: string | undefined): number | null {
  if (text === undefined || !HTTP_DATE.test(text)) return null
  const time = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)
  return Number.isNaN(time) ? null : time
}

/** The requested range. Several ranges, or an invalid one, mean the whole file (§14.2); only GET has ranges. */
function wantedRange(req: HonoRequest, file: StoredFile, etag: string, lastModified: number): ByteRange | null {
  const header = req.header('range')
  if (req.method !== 'GET' || header === undefined || !isStillTheSame(req.header('if-range'), etag, lastModified)) return null
  const range = parseRange(header, file.size)
  if (range === 'beyond') throw new AppError('range_not_satisfiable', 'The range starts after the end of the file', { size: file.size })
  return range
}

/**
 * §14.1.2: `first-last`, `first-` or `-length`. A suffix longer than the file is the whole file, which is all that an
 * empty file has; a suffix of length zero is unsatisfiable.
 */
function parseRange(header: string, size: number): ByteRange | 'beyond' | null {
  const [, first = '', last = ''] = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header) ?? []
  if (first === '' && last === '') return null
  if (first === '') {
    if (size === 0 && Number(last) > 0) return null
    const length = Math.min(Number(last), size)
    return length === 0 ? 'beyond' : { offset: size - length, length }
  }
  const offset = Number(first)
  if (last !== '' && Number(last) < offset) return null
  if (offset >= size) return 'beyond'
  return { offset, length: Math.min(last === '' ? size - 1 : Number(last), size - 1) - offset + 1 }
}

/** §13.1.5: a range applies only if the file is unchanged. */
function isStillTheSame(ifRange: string | undefined, etag: string, lastModified: number): boolean {
  if (ifRange === undefined) return true
  const tag = ifRange.trim()
  return tag.startsWith('"') ? tag === etag : dateOf(tag) === lastModified
}
