// The API documents (design §8): valid by a public validator, complete, and true to what the routes enforce.

import { Validator } from '@seriousme/openapi-schema-validator'
import schema31 from '@seriousme/openapi-schema-validator/schemas/v3.1/schema.json'
import Ajv2020 from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import type { z } from 'zod'
import type { Scope } from '../../src/core/scopes.ts'
import { requires } from '../../src/http/access.ts'
import type { AppEnv } from '../../src/http/app-env.ts'
import type { RoomDocument } from '../../src/http/room-document.ts'
import { describe as describeRoute } from '../../src/http/tags.ts'
import { toOpenApi } from '../../src/openapi/document.ts'
import { openApiDocuments } from '../../src/openapi/documents.ts'
import { DOCUMENTS as ROOMS } from '../../src/rooms.ts'
import { signedInAdmin } from '../support/admins.ts'
import { documentOf, FILES, guideOf, type Json, operationsOf, resolved } from '../support/documents.ts'
import { Client } from '../support/kith.ts'
import { allRoutes, exampleInput, inputOf, named, nameOf, type Route, routesOfRoom, userRoutes } from '../support/routes.ts'

/** The validator, with its schema imported through Vite: it would read it from its package's folder, which workerd cannot see. */
class ValidatorWithSchema extends Validator {
  getAjvValidator() {
    const ajv = new Ajv2020({ strict: false, validateFormats: true })
    addFormats(ajv)
    ajv.addFormat('media-range', true)
    return ajv.compile(schema31)
  }
}

/** A telephone number: digits, but not a number. */
const PHONE = '^\\d{1,15}$'

/** Of downloads and uploads, with HTTP's names for their statuses. */
const BY_STATUS = new Set(['LengthRequired', 'PreconditionFailed', 'RangeNotSatisfiable', 'RequestTimeout'])

const BINARY = { type: 'string', format: 'binary' }

const DOCUMENTS = [
  '/openapi.json',
  ...['user', 'oauth', 'scim', 'mirrorfly', 'movida', 'mxit', 'epixel'].map((room) => `/openapi/${room}.json`),
]

test('the documents are the files that are served, and what the routes say', () => {
  const documents = openApiDocuments(guideOf)
  expect(Object.keys(FILES).sort()).toEqual([...DOCUMENTS].sort())
  for (const [room, document] of Object.entries(documents))
    expect(JSON.parse(FILES[`/openapi/${room}.json`] ?? '')).toEqual(JSON.parse(JSON.stringify(document)))
})

describe.each(DOCUMENTS)('%s', (path) => {
  test('is a valid OpenAPI 3.1 document', async () => {
    const document = documentOf(path)
    expect(document.openapi).toBe('3.1.0')
    const validator = new ValidatorWithSchema()
    const result = await validator.validate(document as unknown as Record<string, unknown>)
    expect(result.errors ?? []).toEqual([])
    expect(result.valid).toBe(true)
    expect(validator.version).toBe('3.1')
  })

  test('every operation has a summary, stands under a heading, and says its scope or that it needs no credential', async () => {
    const document = documentOf(path)
    const headings = document.tags.map(({ name }) => name)
    expect(new Set(headings).size).toBe(headings.length)
    for (const { description } of document.tags) expect(description).toMatch(/^[A-Z].{10,}\.$/)
    const used = new Set<string>()
    for (const [name, operation] of operationsOf(document)) {
      expect(operation.summary, name).toMatch(/^[A-Z].{5,}/)
      expect(operation.security?.length, name).toBeGreaterThan(0)
      expect(operation.tags, name).toHaveLength(1)
      for (const tag of operation.tags ?? []) used.add(tag)
      const scope = operation['x-scope']
      const access =
        scope === undefined ? /No credential required|Any signed-in session|The key only|Client authentication/ : `Scope: \`${scope}\``
      expect(operation.description, name).toMatch(access)
    }
    expect([...used].sort()).toEqual([...headings].sort())
  })

  test('every body of a request and of a reply has a schema and an example that says something', async () => {
    const document = documentOf(path)
    for (const [name, operation] of operationsOf(document)) {
      const requests = Object.values(operation.requestBody?.content ?? {})
      const replies = Object.values(operation.responses).flatMap(({ content }) => Object.values(content ?? {}))
      for (const { schema, example } of [...requests, ...replies]) {
        expect(Object.keys(schema), name).not.toEqual([])
        // A reply that says only that it was done.
        if (Object.keys(resolved(document, schema).properties ?? { bytes: true }).length === 0) continue
        expect(example ?? null, `${name} has a body without an example`).not.toBeNull()
        expect(Object.keys(example as object).length, name).toBeGreaterThan(0)
        expect(JSON.stringify(example), name).not.toMatch(/"(records|results|inviteCodes|errors|duplicateFields)":\[\]/)
      }
      for (const { schema } of requests) expect(['object', 'string'], name).toContain(resolved(document, schema).type)
    }
  })

  test('every operation says how it succeeds and how it refuses, and the refusals are as their schema says', async () => {
    const document = documentOf(path)
    const isError = new Ajv2020({ strict: false }).compile({ $ref: '#/components/schemas/ApiError', components: document.components })
    for (const [name, operation] of operationsOf(document)) {
      // Where a route redirects to an image or returns one, the redirect is the documented success.
      const [status = ''] = operation.responses[302] ? ['302'] : Object.keys(operation.responses)
      const success = operation.responses[status]
      expect(Number(status), name).toBeLessThan(400)
      if (status === '302' || status === '303') expect(Object.keys(success?.headers ?? {}), name).toContain('location')
      if (status !== '204') expect(success?.content ?? success?.headers, name).toBeDefined()
      const refusals = Object.entries(operation.responses).filter(([code]) => Number(code) >= 400)
      for (const [code, { content }] of refusals) {
        const type = path === '/openapi/scim.json' ? 'application/scim+json' : 'application/json'
        expect(Object.keys(content ?? {}), name).toEqual([type])
        expect(isError(content?.[type]?.example), `${name} ${code} ${JSON.stringify(isError.errors)}`).toBe(true)
      }
    }
  })

  test('whatever takes a body says 413 and 415, and whatever takes a scope 401 and 403', async () => {
    for (const [name, operation] of operationsOf(await documentOf(path))) {
      const wanted = [...(operation.requestBody ? ['413', '415'] : []), ...(operation['x-scope'] ? ['401', '403'] : [])]
      expect(Object.keys(operation.responses), name).toEqual(expect.arrayContaining(wanted))
    }
  })

  test('every example is as its schema says', async () => {
    const document = documentOf(path)
    const ajv = new Ajv2020({ strict: false, allErrors: true })
    addFormats(ajv)
    ajv.addFormat('binary', true)
    // Compiled once, not again with each example.
    const outside = <T>(schema: T): T => JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#', '"$ref":"of-kith#'))
    ajv.addSchema({ $id: 'of-kith', components: outside(document.components) })
    const check = (what: string, schema: Json, example: unknown) => {
      const isValid = ajv.compile(outside(schema))
      expect(isValid(example), `${what}: ${JSON.stringify(example)} ${ajv.errorsText(isValid.errors)}`).toBe(true)
    }
    for (const [name, { parameters = [], requestBody, responses }] of operationsOf(document)) {
      for (const { name: parameter, schema } of parameters) if ('example' in schema) check(`${name} ${parameter}`, schema, schema.example)
      const bodies = [requestBody, ...Object.values(responses)].flatMap((body) => Object.entries(body?.content ?? {}))
      for (const [type, { schema, example }] of bodies) check(`${name} ${type}`, schema, example)
    }
  })

  test('numbers are numbers and booleans are booleans, though text is taken as well', async () => {
    const asText = (schema: unknown): string[] => {
      if (schema === null || typeof schema !== 'object') return []
      const {
        type,
        pattern,
        enum: values,
        anyOf,
      } = schema as { type?: unknown; pattern?: string; enum?: string[]; anyOf?: { type?: string }[] }
      const types = anyOf?.map((one) => one.type) ?? [type].flat()
      const isMixed = types.includes('string') && types.some((one) => one === 'integer' || one === 'number' || one === 'boolean')
      const isNumeral = type === 'string' && pattern !== PHONE && /^\^(0\*)?(\[1-9\])?\\d\{[\d,]+\}\$$/.test(pattern ?? '')
      const found = isMixed || isNumeral || values?.join() === 'true,false' ? [JSON.stringify(schema)] : []
      return [...found, ...Object.values(schema).flatMap(asText)]
    }
    const document = documentOf(path)
    for (const [name, { parameters = [], requestBody }] of operationsOf(document)) {
      expect(asText([parameters, requestBody]), name).toEqual([])
    }
  })

  test('is true of every deployment: its addresses are relative to its own', () => {
    const document = documentOf(path)
    expect(document.servers.map(({ url }) => url)).toEqual(['/'])
    expect(JSON.stringify([document.paths, document.components])).not.toContain('kith.test')
  })
})

describe('statuses follow from what a route declares', () => {
  const all = DOCUMENTS.slice(1).flatMap((path) => operationsOf(documentOf(path)))
  const routes = new Map(
    Object.values(ROOMS).flatMap(({ mounts }) =>
      mounts.flatMap(({ prefix, room }) =>
        routesOfRoom(room).map((route): [string, Route] => {
          const path = `${prefix}${route.path.replace(/:(\w+)[^/]*/g, '{$1}')}`.replace(/(.)\/$/, '$1')
          return [`${route.method} ${path}`, route]
        }),
      ),
    ),
  )

  test.each(all)('%s', (name, { responses }) => {
    const { tags, method } = routes.get(name) as Route
    const { access, description } = tags
    const takesBody = tags.upload !== undefined || tags.inputs?.some(({ target }) => target === 'json' || target === 'form') === true
    const isKept = tags.foreignPages === 'refused' || (tags.foreignPages === 'may only read' && method !== 'GET')
    expect([413, 415, 503, 303, 403].filter((status) => String(status) in responses)).toEqual([
      ...(takesBody ? [413, 415] : []),
      ...(tags.admitted ? [503] : []),
      ...(description?.response.status === 303 || description?.detour !== undefined ? [303] : []),
      ...(access?.kind === 'scope' || isKept || description?.refusals?.includes(403) ? [403] : []),
    ])
  })

  test('a body of a wrong kind or a wrong length is refused as the document says, and nothing else refuses so', async () => {
    const { client } = await signedInAdmin('status_reader', 'super_admin')
    const said = operationsOf(documentOf('/openapi.json'))
    const ask = async (name: string, headers: Record<string, string>) => {
      const [method = '', path = ''] = name.split(' ')
      const body = method === 'GET' ? {} : { body: new TextEncoder().encode('{}') }
      // A raw body needs a name beside it.
      const query = name === 'POST /user/media/files' ? '?name=a.txt' : ''
      return (await client.fetch(path.replace(/\{\w+\}/g, 'f'.repeat(24)) + query, { method, ...body, headers })).status
    }
    for (const [name, { requestBody }] of said.filter(([, { requestBody }]) => requestBody)) {
      const [type = ''] = Object.keys(requestBody?.content ?? {})
      const isRaw = !/json|multipart/.test(type)
      const takesForms = requestBody?.content?.['multipart/form-data'] !== undefined
      const wrongType: Record<string, string> = !isRaw
        ? { 'content-type': 'text/plain' }
        : takesForms
          ? { 'content-type': type, 'content-encoding': 'gzip' }
          : { 'content-type': 'multipart/form-data; boundary=x' }
      expect([name, await ask(name, wrongType)]).toEqual([name, 415])
      const boundary = type === 'multipart/form-data' ? '; boundary=x' : ''
      expect([name, await ask(name, { 'content-type': type + boundary, 'content-length': '999999999999' })]).toEqual([name, 413])
    }
    for (const [name] of said.filter(([, { requestBody }]) => !requestBody))
      expect([413, 415], name).not.toContain(await ask(name, { 'content-type': 'text/plain' }))
  })

  test('a foreign page is refused where the document says 403', async () => {
    for (const [name, { responses }] of operationsOf(documentOf('/openapi.json'))) {
      const [method = '', path = ''] = name.split(' ')
      const headers = { origin: 'https://stranger.example' }
      const { status } = await new Client().fetch(path.replace(/\{\w+\}/g, 'f'.repeat(24)), { method, headers })
      if (method !== 'GET') expect([name, status]).toEqual([name, 403])
      if (status === 403) expect(Object.keys(responses), name).toContain('403')
    }
  })
})

describe('the document of the room user', () => {
  test('explains every error that it shows, paging and limits', () => {
    const document = documentOf('/openapi.json')
    const { description } = document.info
    for (const heading of ['Errors', 'Paging', 'Limits']) expect(description).toContain(`## ${heading}\n`)
    const examples = operationsOf(document).flatMap(([, { responses }]) =>
      Object.values(responses).map((reply) => Object.values(reply.content ?? {})),
    )
    const words = examples.flat().flatMap(({ example }) => (example as { error?: string } | undefined)?.error ?? [])
    expect(words.length).toBeGreaterThan(0)
    // An error whose status says enough needs no line of its own.
    for (const word of new Set(words)) if (!BY_STATUS.has(word)) expect(description).toContain(`\`${word}\``)
  })

  test('/openapi.json is the document of the room user', async () => {
    expect(documentOf('/openapi.json')).toEqual(documentOf('/openapi/user.json'))
  })

  test('an unknown room has no document', async () => {
    expect((await new Client().get('/openapi/nobody.json')).status).toBe(404)
    expect((await new Client().get('/openapi/constructor.json')).status).toBe(404)
  })

  test('a route that demands an unknown scope is named', () => {
    const room = new Hono<AppEnv>().post(
      '/pings',
      requires('delegated:pings:write' as Scope),
      describeRoute('sendPing', { summary: 'Send a ping', response: { status: 204 } }),
    )
    const info = { ...ROOMS.user, mounts: [{ prefix: '/user', room, groups: [] }] } as RoomDocument
    expect(() => toOpenApi(info)).toThrow(
      'POST /user/pings demands the scope "delegated:pings:write", which src/core/scopes.ts does not have',
    )
  })

  test('says of each operation the scope that its route enforces', async () => {
    const operations = new Map(operationsOf(documentOf('/openapi.json')))
    for (const route of userRoutes) {
      const { access } = route.tags
      const operation = operations.get(nameOf(route).replace(/:(\w+)[^/]*/g, '{$1}'))
      if (access?.kind === 'scope')
        expect([operation?.['x-scope'], operation?.description]).toEqual([
          access.scope,
          expect.stringContaining(`Scope: \`${access.scope}\``),
        ])
      else expect(operation?.description ?? '').not.toContain('Scope:')
      if (access?.kind === 'anyone') expect(operation?.security).toEqual([{}])
      if (access?.kind !== 'scope') continue
      const { scope, clientScope } = access
      // A client that acts for itself has tokens alone.
      const ofClients = clientScope === undefined ? [] : [{ oauth2: [clientScope] }, { bearer: [clientScope] }]
      expect(operation?.security).toEqual([{ oauth2: [scope] }, { bearer: [scope] }, { session: [scope] }, ...ofClients])
      if (clientScope !== undefined) expect(operation?.description).toContain(`A client acting for itself: \`${clientScope}\``)
    }
  })

  test('a body is offered as JSON alone where forms are only tolerated, and as forms where old programs send them', async () => {
    const typesOf = async (room: string) =>
      operationsOf(documentOf(`/openapi/${room}.json`)).map(([name, { requestBody }]): [string, string] => [
        name,
        Object.keys(requestBody?.content ?? {}).join(),
      ])
    for (const [name, types] of await typesOf('user')) expect(types, name).not.toContain('urlencoded')
    const login = Object.fromEntries(await typesOf('epixel'))['POST /epixel/v1/user/login']
    expect(login).toBe('application/json,application/x-www-form-urlencoded,multipart/form-data')
    expect(Object.fromEntries(await typesOf('oauth'))['POST /oauth/introspect']).toBe('application/x-www-form-urlencoded,application/json')
  })

  test('clients prove themselves by HTTP Basic, or without a header; introspection takes a token as well', async () => {
    const document = documentOf('/openapi/oauth.json')
    const operations = new Map(operationsOf(document))
    expect(document.components.securitySchemes).toMatchObject({
      basic: { type: 'http', scheme: 'basic' },
    })
    for (const name of ['POST /oauth/token', 'POST /oauth/revoke']) expect(operations.get(name)?.security).toEqual([{ basic: [] }, {}])
    const introspect = [{ basic: [] }, { bearer: ['client:oauth:introspect'] }, {}]
    expect(operations.get('POST /oauth/introspect')?.security).toEqual(introspect)
    expect(operations.get('GET /oauth/userinfo')?.security).not.toContainEqual({ basic: [] })
  })

  test('form_post and downloads say what they answer', async () => {
    const oauth = new Map(operationsOf(documentOf('/openapi/oauth.json')))
    for (const method of ['GET', 'POST'])
      expect(oauth.get(`${method} /oauth/authorize`)?.responses[200]?.content).toHaveProperty('text/html')
    const user = new Map(operationsOf(documentOf('/openapi.json')))
    expect(Object.keys(user.get('GET /user/media/files/{fileId}/content')?.responses[200]?.content ?? {})).toEqual(['*/*'])
  })

  test('an upload takes the bytes as they are, or a form with the file and its fields', async () => {
    const operations = new Map(operationsOf(documentOf('/openapi.json')))
    const uploads = userRoutes.filter(({ tags }) => tags.upload)
    expect(uploads.map(nameOf)).toContain('POST /user/media/files')
    const { content = {} } = operations.get('POST /user/media/files')?.requestBody ?? {}
    expect(content['application/octet-stream']).toMatchObject({ schema: BINARY })
    expect(content['multipart/form-data']?.schema).toMatchObject({ type: 'object', required: ['file'], properties: { file: BINARY } })
    expect(Object.keys(content['multipart/form-data']?.schema.properties ?? {}).sort()).toEqual(['file', 'folder', 'name', 'preventShare'])
  })

  test('names each parameter of a path as the path does', async () => {
    for (const [name, { parameters = [] }] of operationsOf(documentOf('/openapi.json'))) {
      expect(name).toMatch(/^[A-Z]+ (\/[\w.-]+|\/\{\w+\})+$/)
      const inPath = parameters.filter((one) => one.in === 'path').map((one) => `{${one.name}}`)
      expect(inPath, name).toEqual(name.match(/\{\w+\}/g) ?? [])
    }
  })
})

const described = allRoutes.filter(({ tags }) => tags.description)

describe('examples', () => {
  test.each(named(described))('the answer of %s is as its schema says', (_name, route) => {
    const { response } = route.tags.description ?? {}
    if (!response?.schema) return
    const result = response.schema.safeParse(response.example)
    expect(result.error?.issues ?? []).toEqual([])
  })

  test.each(named(described))('the request of %s is one that it takes', (_name, route) => {
    for (const target of ['json', 'form', 'query', 'param'] as const) {
      const schema = inputOf(route, target)
      if (!schema) continue
      const example = exampleInput(route, target)
      const result = (schema as z.ZodType).safeParse(example)
      expect(result.error?.issues ?? [], JSON.stringify(example)).toEqual([])
    }
  })
})
