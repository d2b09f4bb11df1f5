/** The API documents, as the files that are served. They are built before the tests run (test/assets.ts). */
import { guideFrom } from '../../src/openapi/documents.ts'

// biome-ignore lint/suspicious/noExplicitAny: a schema's members are what tests look at
export type Json = Record<string, any>

export interface Body {
  readonly content?: Readonly<Record<string, { schema: Json; example?: unknown }>>
  readonly headers?: Json
}

export interface Operation {
  readonly operationId: string
  readonly tags?: readonly string[]
  readonly 'x-scope'?: string
  readonly summary?: string
  readonly description?: string
  readonly security?: readonly Record<string, unknown>[]
  readonly parameters?: readonly { name: string; in: string; required: boolean; schema: Json }[]
  readonly requestBody?: Body
  readonly responses: Readonly<Record<string, Body>>
}

export interface Document {
  readonly openapi: string
  readonly info: { readonly title: string; readonly description: string }
  readonly servers: readonly { url: string }[]
  readonly tags: readonly { name: string; description: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Json; readonly responses: Readonly<Record<string, Body>>; readonly securitySchemes: Json }
}

const GUIDES = import.meta.glob<string>(['../../src/openapi/guides/*.md', '../../docs/http.md'], {
  query: '?raw',
  import: 'default',
  eager: true,
})
const MADE = import.meta.glob<string>(['../../assets/openapi.json', '../../assets/openapi/*.json'], {
  query: '?raw',
  import: 'default',
  eager: true,
})

/** Their texts, by the path at which they are served. */
export const FILES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(MADE).map(([path, text]) => [path.replace('../../assets', ''), text]),
)

export function guideOf(room: string): string | undefined {
  const page = GUIDES[room === 'user' ? '../../docs/http.md' : `../../src/openapi/guides/${room}.md`]
  return page === undefined ? undefined : guideFrom(page)
}

export function documentOf(path: string): Document {
  const text = FILES[path]
  if (text === undefined) throw new Error(`there is no ${path}`)
  return JSON.parse(text)
}

/** By method and path, with the shared replies resolved. */
export function operationsOf({ paths, components }: Document): [name: string, operation: Operation][] {
  const toBody = (body: Body & { $ref?: string }) => components.responses[body.$ref?.split('/').at(-1) ?? ''] ?? body
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => {
      const responses = Object.entries(operation.responses).map(([status, body]) => [status, toBody(body)])
      return [`${method.toUpperCase()} ${path}`, { ...operation, responses: Object.fromEntries(responses) }]
    }),
  )
}

/** The schema itself, if it is a reference. */
export function resolved({ components }: Document, schema: Json): Json {
  return (
    components.schemas[
      String(schema.$ref ?? '')
        .split('/')
        .at(-1) ?? ''
    ] ?? schema
  )
}
