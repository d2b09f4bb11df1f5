/**
 * Forms contain only text. If a field's schema takes a number, a boolean or a list (a repeated name, or one ending in
 * `[]`, as jQuery and PHP write it), the text is converted before validation.
 */
import type * as z from 'zod'

/** Fields with their texts, in the order sent. */
type Sent = ReadonlyMap<string, readonly string[]>

/** Groups a form's parameters by field. The caller refuses repeated names of fields that take no list. */
export function groupFields(params: URLSearchParams, schema: z.ZodType | null): Sent {
  const sent = new Map<string, string[]>()
  for (const [name, value] of params) {
    const field = name.replace(/\[\d*\]$/, '')
    const key = field !== name && takesList(schema, field) ? field : name
    const texts = sent.get(key)
    if (texts) texts.push(value)
    else sent.set(key, [value])
  }
  return sent
}

export function takesList(schema: z.ZodType | null, field: string): boolean {
  const judged = fieldOf(schema, field)
  return judged !== undefined && kindsOf(judged).has('array')
}

export function toFormValue(schema: z.ZodType | null, field: string, texts: readonly string[]): unknown {
  const [text = ''] = texts
  const judged = fieldOf(schema, field)
  if (judged === undefined) return text
  return kindsOf(judged).has('array') && (texts.length > 1 || !kindsOf(judged).has('string')) ? texts : read(text, kindsOf(judged))
}

function read(text: string, kinds: ReadonlySet<string>): unknown {
  if (kinds.has('string')) return text
  if (kinds.has('number') && /^-?\d{1,15}(\.\d{1,15})?$/.test(text)) return Number(text)
  if (kinds.has('boolean') && ['true', '1', 'on'].includes(text)) return true
  if (kinds.has('boolean') && ['false', '0', 'off'].includes(text)) return false
  return text === '' && kinds.has('null') ? null : text
}

function fieldOf(schema: z.ZodType | null, field: string): z.ZodType | undefined {
  const { shape } = (schema ?? {}) as Partial<z.ZodObject>
  return shape !== undefined && Object.hasOwn(shape, field) ? (shape[field] as z.ZodType) : undefined
}

/** The JSON types that a schema accepts. */
function kindsOf(schema: z.ZodType): ReadonlySet<string> {
  const def = schema.def as unknown as {
    readonly type: string
    readonly innerType?: z.ZodType
    readonly in?: z.ZodType
    readonly out?: z.ZodType
    readonly options?: readonly z.ZodType[]
    readonly values?: readonly unknown[]
  }
  if (def.type === 'union') return new Set((def.options ?? []).flatMap((option) => [...kindsOf(option)]))
  if (def.type === 'nullable') return new Set(['null', ...kindsOf(def.innerType as z.ZodType)])
  if (def.innerType) return kindsOf(def.innerType)
  // With a preprocess step, the schema behind it counts.
  if (def.type === 'pipe') return kindsOf((def.in?.def.type === 'transform' ? def.out : def.in) as z.ZodType)
  if (def.type === 'literal') return new Set((def.values ?? []).map((value) => (value === null ? 'null' : typeof value)))
  return new Set([def.type === 'enum' ? 'string' : def.type])
}
