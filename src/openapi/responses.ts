/** The replies of an operation: its success, and each error status. */
import type { AppError } from '../core/errors.ts'
import type { Description, Input, Tags } from '../http/tags.ts'
import type { Components, Json } from './components.ts'
import { exampleRefusal } from './examples.ts'
import { toBytes } from './uploads.ts'

export interface Refusing {
  readonly toErrorBody: (error: AppError, request: { readonly method: string; readonly path: string }) => unknown
  readonly refusedInput?: number
  readonly errorType?: string
  readonly request: { readonly method: string; readonly path: string }
}

export function toResponses(tags: Tags, inputs: readonly Input[], refusing: Refusing, components: Components): Json {
  const { images, page, detour } = tags.description ?? {}
  const bytes = images ? { 200: { description: REASON[200], content: toBytes(images) } } : {}
  const html = page
    ? { 200: { description: page, content: { 'text/html': { schema: { type: 'string' }, example: '<!doctype html>' } } } }
    : {}
  const elsewhere = detour ? { 303: { description: detour, headers: toHeaders({ location: 'The URL of the page' }) } } : {}
  const success = tags.description ? toSuccess(tags.description, components) : {}
  return { ...success, ...bytes, ...html, ...elsewhere, ...toRefusals(tags, inputs, refusing) }
}

function toRefusals(
  tags: Tags,
  inputs: readonly Input[],
  { toErrorBody, refusedInput = 400, errorType = 'application/json', request }: Refusing,
): Json {
  const { access, description } = tags
  const refusals = new Set<number>(description?.refusals ?? [])
  if (inputs.length > 0 || tags.upload) refusals.add(refusedInput)
  const hasBody = tags.upload || inputs.some(({ target }) => target === 'json' || target === 'form')
  if (hasBody) for (const status of [413, 415]) refusals.add(status)
  if (access && access.kind !== 'anyone' && access.kind !== 'optional_session') refusals.add(401)
  if (access?.kind === 'scope' || refusesForeignPages(tags, request.method)) refusals.add(403)
  if (tags.admitted) refusals.add(503)
  if (tags.limited || tags.accountLimit) refusals.add(429)
  const errors = [...refusals].sort().map((status) => {
    const media = {
      schema: { $ref: '#/components/schemas/ApiError' },
      example: toErrorBody(exampleRefusal(status === refusedInput ? 400 : status, tags, inputs), request),
    }
    return [String(status), { description: REASON[status] ?? 'Refused', content: { [errorType]: media } }]
  })
  return Object.fromEntries(errors)
}

function toSuccess({ response }: Description, components: Components): Json {
  const type = response.contentType ?? 'application/json'
  const content = response.schema
    ? { content: { [type]: { schema: components.toJsonSchema(response.schema, 'output'), example: response.example } } }
    : response.contentType
      ? { content: toBytes([response.contentType]) }
      : {}
  return {
    [response.status]: {
      description: REASON[response.status] ?? 'Done',
      ...content,
      ...(response.headers ? { headers: toHeaders(response.headers) } : {}),
    },
  }
}

function refusesForeignPages({ foreignPages }: Tags, method: string): boolean {
  return foreignPages === 'refused' || (foreignPages === 'may only read' && method !== 'GET')
}

function toHeaders(headers: Readonly<Record<string, string>>): Json {
  return Object.fromEntries(Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]))
}

const REASON: Readonly<Record<number, string>> = {
  200: 'Done',
  201: 'Created',
  204: 'Done',
  302: 'Redirects to the URL in Location',
  303: 'Redirects to the URL in Location',
  400: 'The request is invalid; the reply names the fields',
  401: 'The credential is missing, expired or revoked',
  403: 'The credential does not allow this',
  404: 'Not found',
  408: 'The client stopped sending the body',
  409: 'The name is taken, or the resource is in use',
  411: 'Content-Length is missing',
  412: 'The file has changed',
  413: 'The body is too large',
  415: 'The media type of the body is not supported',
  416: 'The range lies beyond the end of the file',
  422: 'The request is invalid; the reply names the fields',
  429: 'Too many requests; retry after the seconds in Retry-After',
  503: 'Busy; retry after the seconds in Retry-After',
}

/** Component names: RFC 9110's phrases. */
const NAMES: Readonly<Record<string, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  413: 'ContentTooLarge',
  415: 'UnsupportedMediaType',
  422: 'UnprocessableContent',
  429: 'TooManyRequests',
  503: 'ServiceUnavailable',
}

type Operations = readonly { responses: Json }[]

/** Moves the error that most operations share into the components, for each status, and returns those components. */
export function shareRefusals(operations: Operations): Json {
  const shared: Json = {}
  for (const [status, name] of Object.entries(NAMES)) {
    const uses = new Map<string, number>()
    for (const { responses } of operations) {
      const text = JSON.stringify(responses[status])
      if (text !== undefined) uses.set(text, (uses.get(text) ?? 0) + 1)
    }
    const [most, count] = [...uses].sort((a, b) => b[1] - a[1])[0] ?? ['', 0]
    if (count < 2) continue
    shared[name] = JSON.parse(most)
    for (const { responses } of operations)
      if (JSON.stringify(responses[status]) === most) responses[status] = { $ref: `#/components/responses/${name}` }
  }
  return shared
}
