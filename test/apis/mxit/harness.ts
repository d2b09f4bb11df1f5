/**
 * Mxit's clients as they are in the field (wire §0.3, §1): their registration, a browser's way from `/authorize` to a code, and
 * calls with the headers that they send, sensible or not.
 */
import { sha256 } from '../../../src/crypto.ts'
import { Client, type Options, ORIGIN, type Reply } from '../../support/kith.ts'
import type { Person } from '../../support/people.ts'
import { mxitRoutes, nameOf, type Route } from '../../support/routes.ts'
import { newOAuthClient, userToken } from '../../support/tokens.ts'
import { newCaller, newOther, requestOf } from '../../tour/scene.ts'

export const REDIRECT_URI = 'https://old.example.com/mxit'
const SECRET = 'old-secret-of-many-random-bits'
/** As demo-mxit is registered. */
const SCOPES = 'delegated:all client:profile:read openid profile email'
export const ALL_SCOPES =
  'profile/public profile/private profile/write status/write avatar/write content/read content/write graph/read contact/invite openid'

export interface OldApp {
  readonly id: string
  readonly authorization: string
}

export async function newOldApp(columns: Record<string, string | number | null> = {}): Promise<OldApp> {
  const id = await newOAuthClient(SCOPES, {
    token_endpoint_auth_method: 'client_secret_basic',
    secret_hash: sha256(SECRET),
    redirect_uris: JSON.stringify([REDIRECT_URI]),
    require_pkce: 0,
    access_token_seconds: 3600,
    ...columns,
  })
  return { id, authorization: `Basic ${Buffer.from(`${id}:${SECRET}`).toString('base64')}` }
}

export const askForToken = (app: OldApp, form: Record<string, string>, base = '/mxit', options: Options = {}): Promise<Reply> =>
  new Client().post(`${base}/token`, new URLSearchParams(form), { ...options, headers: { authorization: app.authorization } })

export interface Way {
  /** Where the API is: `/mxit`, or nothing on a host of its own. */
  readonly base?: string
  readonly options?: Options
  readonly state?: string
}

/** A browser on its way, as far as Kith redirects without a question. Returns where it ends. */
export async function authorize(person: Person, app: OldApp, scope: string, { base = '/mxit', options, state }: Way = {}): Promise<URL> {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: app.id,
    redirect_uri: REDIRECT_URI,
    scope,
    ...(state ? { state } : {}),
  })
  const first = await new Client().get(`${base}/authorize?${query}`, options)
  if (first.status !== 302) throw new Error(`no redirect: ${first.status} ${first.text}`)
  const location = first.headers.get('location') ?? ''
  if (!location.startsWith(`${ORIGIN}/oauth/authorize?`)) throw new Error(`led to ${location}`)
  const second = await person.client.get(location.slice(ORIGIN.length))
  return new URL(second.headers.get('location') ?? '', ORIGIN)
}

// biome-ignore lint/suspicious/noExplicitAny: a reply's shape is what tests find out
export async function tokensFor(person: Person, app: OldApp, scope = ALL_SCOPES, way: Way = {}): Promise<any> {
  const end = await authorize(person, app, scope, way)
  const code = end.searchParams.get('code') ?? ''
  const reply = await askForToken(app, { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI }, way.base, way.options)
  if (reply.status !== 200) throw new Error(`no tokens: ${reply.status} ${reply.text}, after ${end}`)
  return reply.json
}

/** What these clients send with every call, with or without a body. */
const AS_THEY_DO = { accept: 'application/json', 'content-type': 'application/json' }

/** What every client says about a buffered body. */
const lengthOf = (body: Options['body']): Record<string, string> =>
  typeof body === 'string' ? { 'content-length': String(Buffer.byteLength(body)) } : {}

export interface OldClient {
  readonly client: Client
  call(method: string, path: string, body?: Options['body'], headers?: Record<string, string>): Promise<Reply>
}

/** `scheme`: one client echoes `token_type`. */
export function oldClient(token: string | null, base = '/mxit', scheme = 'bearer', options: Options = {}): OldClient {
  const client = new Client()
  return {
    client,
    call(method, path, body, headers = {}) {
      const authorization = token === null ? {} : { authorization: `${scheme} ${token}` }
      return client.fetch(`${base}${path}`, {
        ...options,
        method,
        ...(body === undefined ? {} : { body }),
        headers: { ...AS_THEY_DO, ...lengthOf(body), ...authorization, ...headers },
      })
    },
  }
}

export const routeNamed = (name: string): Route => {
  const route = mxitRoutes.find((one) => nameOf(one) === name)
  if (!route) throw new Error(`no route is ${name}`)
  return route
}

/** Whether a route ignores credentials. At the authorization server clients prove who they are in their own way. */
export const isOpen = ({ path, tags }: Route) => path.startsWith('/mxit/user/') && tags.access?.kind === 'anyone'

/** Somebody with what a route acts on, and somebody else. */
export async function newScene(route: Route) {
  const person = await newCaller(route)
  return { person, own: person.own, other: await newOther() }
}
export type Scene = Awaited<ReturnType<typeof newScene>>

/** A valid call of a route, as in the tour. */
export function act(route: Route, scene: Scene, client: OldClient, headers: Record<string, string> = {}): Promise<Reply> {
  const { path, options } = requestOf(route, scene)
  const type = options.body instanceof Uint8Array ? { 'content-type': 'application/octet-stream' } : {}
  return client.call(route.method, path.slice('/mxit'.length), options.body, { ...type, ...headers })
}

/** A person's client with every scope, without the flow through a browser. */
export const personalClient = async (person: Person) => oldClient(await userToken(person, ['delegated:all', 'openid']))

export const json = (text: string) => JSON.stringify(text)
export const mxitIdOf = (person: Person) => `m${Number.parseInt(person.id, 16)}`
export const BASE64_BINARY = (bytes: Uint8Array | string) =>
  `<base64Binary xmlns="http://schemas.microsoft.com/2003/10/Serialization/">${typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('base64')}</base64Binary>`
