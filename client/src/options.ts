/** What an app says about itself, and what follows from it. */
import type { ClientAuth, DPoPHandle } from 'oauth4webapi'
import { browser } from './browser.ts'
import type { Environment } from './environment.ts'
import type { KithError } from './errors.ts'

export interface KithOptions {
  /** Kith's address: its `ORIGIN`. */
  readonly origin: string
  readonly clientId: string
  /** Must be registered for the client. By default `/callback` on the page's origin. */
  readonly redirectUri?: string
  /** Where to go after signing out. Must be registered for the client. By default `/` on the page's origin. */
  readonly postLogoutRedirectUri?: string
  /** By default `openid profile email delegated:all`. */
  readonly scope?: string
  /** The URI of your own API, as registered with Kith. `kith.fetch` sends tokens for it. */
  readonly resource?: string
  /** More origins that `kith.fetch` may send a token to, besides those of Kith, the page and `resource`. */
  readonly apiOrigins?: readonly string[]
  /** Binds tokens to a key that cannot leave the browser: `dpop()` of `@kith/client/dpop`. */
  readonly dpop?: ProofOfPossession
  /** For apps on a server, which can keep a secret (`@kith/client/web`). */
  readonly clientAuthentication?: ClientAuth
  /** How long a request may take. By default 30. Uploads have no limit. */
  readonly timeoutSeconds?: number
  /** Called with errors that fail no call: `storage`, `scope_not_granted`. By default they go to the console while Kith's origin is http. */
  readonly onWarning?: (warning: KithError) => void
  /** Replaces what a browser provides: in React Native and in tests. */
  readonly environment?: Partial<Environment>
}

/** DPoP (RFC 9449). A separate import, because most apps do not use it. */
export interface ProofOfPossession {
  /** `serverNow`: the time at Kith, in milliseconds. */
  open(settings: Pick<Settings, 'key' | 'environment'>, serverNow: () => number): Promise<Proof>
}

export interface Proof {
  /** For requests for tokens. */
  readonly handle: DPoPHandle
  /** Sends the request by `send`, with the token and a proof in its headers. */
  send(request: Request, token: string, send: (headers: Headers) => Promise<Response>): Promise<Response>
}

/** The key that tokens are bound to, if they are. */
export type OpenProof = () => Promise<Proof | undefined>

export interface Settings {
  readonly origin: string
  readonly clientId: string
  readonly authentication: ClientAuth | undefined
  readonly scope: string
  readonly resource: string | undefined
  readonly tokenOrigins: ReadonlySet<string>
  readonly dpop: ProofOfPossession | undefined
  readonly timeoutMs: number
  readonly warn: (warning: KithError) => void
  readonly environment: Environment
  redirectUri(): string
  postLogoutRedirectUri(): string
  /** The name under which `what` is stored and locked. */
  key(what: string): string
}

export function toSettings(options: KithOptions): Settings {
  const environment = { ...browser, ...options.environment }
  const origin = new URL(options.origin).origin
  if (!isSecure(origin)) fail(`origin must be https, or http on localhost: ${origin}`)
  const { clientId, resource, dpop } = options
  const page = () => new URL(environment.currentUrl() ?? fail('Outside a browser, pass redirectUri and postLogoutRedirectUri')).origin
  return {
    origin,
    clientId,
    authentication: options.clientAuthentication,
    scope: options.scope ?? 'openid profile email delegated:all',
    resource,
    tokenOrigins: new Set([origin, resource ?? origin, ...(options.apiOrigins ?? [])].map((url) => new URL(url).origin)),
    dpop,
    timeoutMs: (options.timeoutSeconds ?? 30) * 1_000,
    warn: options.onWarning ?? (origin.startsWith('http:') ? console.warn : () => {}),
    environment,
    redirectUri: () => options.redirectUri ?? `${page()}/callback`,
    postLogoutRedirectUri: () => options.postLogoutRedirectUri ?? `${page()}/`,
    key: (what) => `kith:${what}:${clientId}@${origin}`,
  }
}

/** The library refuses http, too; only a Kith on the developer's own machine has it. */
function isSecure(origin: string): boolean {
  return /^(https:\/\/|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:|$))/.test(origin)
}

function fail(message: string): never {
  throw new TypeError(message)
}
