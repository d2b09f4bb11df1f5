/**
 * JSON Schema of zod schemas, with whatever has a name (an `id` in its meta) as a component: written once, and one type in
 * every generated client.
 */
import * as z from 'zod'

export type Json = Record<string, unknown>

const DEFINED = '#/$defs/'
const SCHEMAS = '#/components/schemas/'

/** The components of one document, filled by what is asked of it. */
export class Components {
  readonly schemas: Record<string, Json> = {}

  toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
    // Within an object, so that a schema with a name is a reference here as well.
    const { properties, $defs } = z.toJSONSchema(z.object({ schema }), { io, unrepresentable: 'any', target: 'draft-2020-12' })
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

/** Bounds that say no more than that a number is a safe integer. */
const SAFE: ReadonlySet<unknown> = new Set([Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER])

/**
 * What is taken may be wider than what is meant: a number as text, a boolean as a word. An atom of that kind says in its meta,
 * as `documented`, what programs should send.
 */
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

/** Whether a schema names the values that it takes, and they are integers. */
function areIntegers(members: readonly [string, unknown][]): boolean {
  const named = members.filter(([key]) => key === 'const' || key === 'enum').flatMap(([, value]) => value)
  return named.length > 0 && named.every(Number.isInteger)
}
