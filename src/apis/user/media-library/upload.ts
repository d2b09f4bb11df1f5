/** Reads an upload into the media library: a raw body, or a form. */
import type { HonoRequest } from 'hono'
import * as z from 'zod'
import * as fields from '../../../core/fields.ts'
import type { Upload } from '../../../core/media/uploads.ts'
import { isMultipart, readFileForm } from '../../../http/bodies/multipart.ts'
import { declaredType, rawBody } from '../../../http/bodies/upload.ts'
import { judge } from '../../../http/validate.ts'
import { UploadQuery } from './wire.ts'

type Place = z.output<typeof UploadQuery>

const Described = z.object({ name: fields.fileName, contentType: fields.contentType })

export function readUpload(req: HonoRequest, query: Place, formBytesMax: number): Promise<Upload> {
  return isMultipart(req) ? readForm(req, query, formBytesMax) : readRaw(req, query)
}

async function readRaw(req: HonoRequest, query: Place): Promise<Upload> {
  const { size, stream, digest } = rawBody(req)
  const { name, contentType } = await judge('query', Described, { name: query.name, contentType: declaredType(req) ?? OCTETS })
  return { name, folder: query.folder, contentType, preventShare: query.preventShare, size, body: stream, digest }
}

const OCTETS = 'application/octet-stream'

async function readForm(req: HonoRequest, query: Place, bytesMax: number): Promise<Upload> {
  const form = await readFileForm(req, { file: ['file'], fields: ['name', 'folder', 'preventShare'], bytesMax, mayBeEmpty: true })
  const place = { ...query, ...definedOf(await judge('form', UploadQuery.partial(), form.fields), form.fields) }
  const named = { name: form.fields.name ?? query.name ?? form.fileName, contentType: form.contentType || OCTETS }
  const { name, contentType } = await judge('form', Described, named)
  return {
    name,
    folder: place.folder,
    contentType,
    preventShare: place.preventShare,
    size: form.bytes.byteLength,
    body: new Blob([form.bytes]).stream(),
    // Content-Digest covers the whole form, not the file in it.
    digest: null,
  }
}

/** Drops defaults: where a form omits a field, the query decides. */
function definedOf<T extends object>(judged: T, sent: Readonly<Record<string, string>>): Partial<Place> {
  return Object.fromEntries(Object.entries(judged).filter(([name]) => Object.hasOwn(sent, name)))
}
