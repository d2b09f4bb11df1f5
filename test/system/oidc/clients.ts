/** The people, clients and APIs that both servers know; clients in the words of RFC 7591. */
import { generateKeyPairSync } from 'node:crypto'

export interface Registration {
  readonly client_id: string
  readonly token_endpoint_auth_method: 'none' | 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt'
  readonly grant_types: readonly string[]
  readonly redirect_uris: readonly string[]
  readonly post_logout_redirect_uris: readonly string[]
  readonly scope: string
  readonly subject_type: 'public' | 'pairwise'
  readonly jwks?: { readonly keys: readonly object[] }
  readonly require_pushed_authorization_requests?: true
  readonly require_signed_request_object?: true
  readonly dpop_bound_access_tokens?: true
  readonly backchannel_logout_uri?: string
  readonly backchannel_logout_session_required?: true
  /** By the resource; the oracle asks its `getResourceServerInfo`. */
  readonly api_scopes?: Readonly<Record<string, string>>
}

export const CALLBACK = 'https://app.example/callback'
export const GOODBYE = 'https://app.example/bye'
/** Where `the-notified` is told of a sign-out. */
export const NOTIFIED = 'https://app.example/backchannel'
export const LOOPBACK = 'http://127.0.0.1:4000/callback'
const PERSONAL = 'openid profile email delegated:profile:read'

function app(id: string, method: Registration['token_endpoint_auth_method'], changes: Partial<Registration> = {}): Registration {
  return {
    client_id: id,
    token_endpoint_auth_method: method,
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: [CALLBACK],
    post_logout_redirect_uris: [GOODBYE],
    scope: PERSONAL,
    subject_type: 'public',
    ...changes,
  }
}

export const ORDERS = 'https://orders.example/'
export const STOCK = 'https://stock.example/'
/** An API that no client here is registered for. */
export const SALARIES = 'https://salaries.example/'
export const APIS: Readonly<Record<string, string>> = {
  [ORDERS]: 'orders:read orders:write',
  [STOCK]: 'stock:read',
  [SALARIES]: 'salaries:read',
}
const ITS_APIS = { [ORDERS]: 'orders:read orders:write', [STOCK]: 'stock:read' }
export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

/** Of those that sign. */
export const SIGNER_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwks = { keys: [{ ...SIGNER_KEY.publicKey.export({ format: 'jwk' }), kid: 'signer', use: 'sig', alg: 'ES256' }] }

const SERVICE = { grant_types: ['client_credentials'], redirect_uris: [], post_logout_redirect_uris: [] }

export const REGISTRATIONS: readonly Registration[] = [
  app('the-spa', 'none'),
  app('the-other', 'none', { grant_types: ['authorization_code', 'refresh_token', DEVICE_GRANT] }),
  app('the-native', 'none', { redirect_uris: [LOOPBACK, 'com.example.app:/callback'] }),
  app('the-brief', 'none', { grant_types: ['authorization_code'] }),
  app('the-web', 'client_secret_basic'),
  app('the-private', 'none', { scope: 'openid email', subject_type: 'pairwise' }),
  app('the-post', 'client_secret_post'),
  app('the-service', 'client_secret_basic', { ...SERVICE, scope: 'client:profile:read' }),
  app('the-signer', 'private_key_jwt', { jwks }),
  app('the-signed', 'private_key_jwt', { jwks, require_signed_request_object: true }),
  app('the-pushed', 'none', { require_pushed_authorization_requests: true }),
  app('the-bound', 'none', { dpop_bound_access_tokens: true }),
  app('the-buyer', 'none', { api_scopes: ITS_APIS }),
  app('the-television', 'none', { grant_types: [DEVICE_GRANT, 'refresh_token'], redirect_uris: [], api_scopes: ITS_APIS }),
  app('the-stockist', 'client_secret_basic', { ...SERVICE, scope: 'client:profile:read', api_scopes: ITS_APIS }),
  app('the-notified', 'none', { backchannel_logout_uri: NOTIFIED, backchannel_logout_session_required: true }),
  app('the-inspector', 'client_secret_basic', { ...SERVICE, scope: 'client:oauth:introspect' }),
]

/** Only that client may ask about other clients' tokens. */
export const INSPECTOR = 'the-inspector'
