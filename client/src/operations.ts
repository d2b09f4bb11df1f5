/** Every operation of Kith, typed by its OpenAPI documents. */
import createClient, { type Client, type ClientOptions, type FetchResponse, type MaybeOptionalInit } from 'openapi-fetch'
import { toKithError } from './errors.ts'
import type { paths as OauthPaths } from './generated/oauth.ts'
import type { paths as UserPaths } from './generated/user.ts'

export type Paths = UserPaths & OauthPaths

/** The openapi-fetch client: `GET`, `POST` and so on resolve to `{ data, error, response }`. */
export type Api = Client<Paths>

/** What is in `data` of Kith's envelope; other replies are as they are. */
type Content<Reply> = Reply extends { ok: 1 } ? (Reply extends { data: infer Data } ? Data : undefined) : Reply

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

type PathsWith<M extends Method> = { [P in keyof Paths]: Paths[P] extends Record<M, object> ? P : never }[keyof Paths]

type Described<P extends keyof Paths, M extends Method> = Paths[P][M] extends infer Found extends Record<string, unknown> ? Found : never

/** `params` and `body`, if the operation takes any, and the options of `fetch`. */
type Given<P extends keyof Paths, M extends Method> = MaybeOptionalInit<Paths[P], M>

type Init<G> = undefined extends G ? [init?: G] : [init: G]

/** Resolves to the content of the reply. Throws a `KithError`. */
type Operation<M extends Method> = <P extends PathsWith<M>, G extends Given<P, M>>(
  path: P,
  ...init: Init<Given<P, M>> & Init<G>
) => Promise<Content<NonNullable<FetchResponse<Described<P, M>, G, `${string}/${string}`>['data']>>>

export interface Operations {
  readonly api: Api
  readonly get: Operation<'get'>
  readonly post: Operation<'post'>
  readonly put: Operation<'put'>
  readonly patch: Operation<'patch'>
  readonly delete: Operation<'delete'>
}

export function operations(origin: string, fetch: NonNullable<ClientOptions['fetch']>): Operations {
  const api = createClient<Paths>({ baseUrl: origin, fetch })
  const operation =
    (method: Method) =>
    async (path: string, init: object = {}): Promise<unknown> => {
      const { data, error, response } = await api.request(method, path as never, init as never)
      if (!response.ok) throw toKithError(response, error)
      return contentOf(data)
    }
  return {
    api,
    get: operation('get') as Operation<'get'>,
    post: operation('post') as Operation<'post'>,
    put: operation('put') as Operation<'put'>,
    patch: operation('patch') as Operation<'patch'>,
    delete: operation('delete') as Operation<'delete'>,
  }
}

export function contentOf(body: unknown): unknown {
  const envelope = body as { ok?: unknown; data?: unknown } | undefined
  return envelope?.ok === 1 ? envelope.data : body
}
