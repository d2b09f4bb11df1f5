/**
 * Converts zod schemas to JSON Schema. A schema with a name (an `id` in its meta) becomes a component: written once,
 * and one type in generated clients.
 */
import * as z from 'zod'

export type Json = Record<string, unknown>

const DEFINED = '#/$defs/'
const SCHEMAS = '#/components/schemas/'

/** The components of one document, collected while schemas are converted. */
export class Components {
  readonly schemas: Record<string, Json> = {}

  toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
    // Wrapped in an object, so that a named schema becomes a reference here too.
    const { properties, $defs } = z.toJSONSchema(z.object({ schema }), {
      io,
      unrepresentable: 'any',
      target: 'draft-2020-12',
      override: ({ zodSchema, jsonSchema }) => {
        const documented: unknown = z.globalRegistry.get(zodSchema)?.documented
        if (documented instanceof z.ZodType) Object.assign(jsonSchema, { documented: this.toJsonSchema(documented, io) })
      },
    })
    for (const [name, definition] of Object.entries($defs ?? {})) this.#add(name, definition as Json)
    return asDocumented(properties?.schema) as Json
  }

  #add(name: string, definition: Json): void {
    const { id: _, ...schema } = asDocumented(definition) as Json
    const known = this.schemas[name]
    if (known && JSON.stringify(known) !== JSON.stringify(schema)) throw new Error(`Two schemas of one document are called ${name}`)
    this.schemas[name] = schema
  }
}

/** Bounds that only say that a number is a safe integer. */
const SAFE: ReadonlySet<unknown> = new Set([Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER])

/** Fields may accept more than programs should send, such as numbers as text. Their schemas state in `documented` what to send, as JSON Schema or zod's. */
function asDocumented(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(asDocumented)
  if (json === null || typeof json !== 'object') return json
  const { documented, ...rest } = json as Json & { documented?: Json }
  if (!documented) return Object.fromEntries(Object.entries(rest).flatMap(toMember))
  const { description, example } = rest
  return { ...(description === undefined ? {} : { description }), ...(example === undefined ? {} : { example }), ...documented }
}

function toMember([key, value]: [string, unknown], _index: number, all: readonly [string, unknown][]): [string, unknown][] {
  if (key === '$ref' && typeof value === 'string') return [[key, value.replace(DEFINED, SCHEMAS)]]
  if ((key === 'minimum' || key === 'maximum') && SAFE.has(value)) return []
  if (key === 'type' && value === 'number' && areIntegers(all)) return [[key, 'integer']]
  return [[key, asDocumented(value)]]
}

/** Whether a schema enumerates its values and all are integers. */
function areIntegers(members: readonly [string, unknown][]): boolean {
  const named = members.filter(([key]) => key === 'const' || key === 'enum').flatMap(([, value]) => value)
  return named.length > 0 && named.every(Number.isInteger)
}
