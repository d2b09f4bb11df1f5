/** Binary content in the API document (OpenAPI 3.1 §4.8.14.3): request bodies without a schema, and images. */
import type { Upload } from '../http/tags.ts'

type Json = Record<string, unknown>

const BINARY = { type: 'string', format: 'binary' } as const
const SAMPLE = 'the bytes of the file'

export function toUploadBody({ raw, form }: Upload): Json {
  const content = toBytes(raw)
  if (form) {
    const text = Object.entries(form.fields).map(([name, description]) => [name, { type: 'string', description }])
    const files = form.withFile === undefined ? [form.file] : [form.file, form.withFile]
    const required = form.required ?? files
    const each = <T>(value: T) => Object.fromEntries(files.map((name) => [name, value]))
    const properties = { ...each(BINARY), ...Object.fromEntries(text) }
    const schema = { type: 'object', properties, required, additionalProperties: false }
    const encoding = form.types.length > 0 ? { encoding: each({ contentType: form.types.join(', ') }) } : {}
    content['multipart/form-data'] = { schema, ...encoding, example: { ...each(SAMPLE), ...form.example } }
  }
  return { required: true, content }
}

/** Content in one of these types. */
export function toBytes(types: readonly string[]): Record<string, Json> {
  return Object.fromEntries(types.map((type) => [type, { schema: BINARY, example: SAMPLE }]))
}
