/** Bytes in the API document (OpenAPI 3.1 §4.8.14.3): bodies that no schema describes, and replies that are images. */
import type { Upload } from './tags.ts'

type Json = Record<string, unknown>

const BINARY = { type: 'string', format: 'binary' } as const
const SAMPLE = 'the bytes of the file'

export function toUploadBody({ raw, form }: Upload): Json {
  const content = toBytes(raw)
  if (form) {
    const text = Object.entries(form.fields).map(([name, description]) => [name, { type: 'string', description }])
    const properties = { [form.file]: BINARY, ...Object.fromEntries(text) }
    const schema = { type: 'object', properties, required: form.required ?? [form.file], additionalProperties: false }
    const encoding = form.types.length > 0 ? { encoding: { [form.file]: { contentType: form.types.join(', ') } } } : {}
    content['multipart/form-data'] = { schema, ...encoding, example: { [form.file]: SAMPLE } }
  }
  return { required: true, content }
}

/** The content of a message that is bytes of one of these types. */
export function toBytes(types: readonly string[]): Record<string, Json> {
  return Object.fromEntries(types.map((type) => [type, { schema: BINARY, example: SAMPLE }]))
}
