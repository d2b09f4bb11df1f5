/** The people and clients that both servers know, in the words of RFC 7591. */
export interface Registration {
  readonly client_id: string
  readonly token_endpoint_auth_method: 'none' | 'client_secret_basic' | 'client_secret_post'
  readonly grant_types: readonly string[]
  readonly redirect_uris: readonly string[]
  readonly post_logout_redirect_uris: readonly string[]
  readonly scope: string
  readonly subject_type: 'public' | 'pairwise'
}

export const CALLBACK = 'https://app.example/callback'
export const GOODBYE = 'https://app.example/bye'
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

const SERVICE = { grant_types: ['client_credentials'], redirect_uris: [], post_logout_redirect_uris: [] }

export const REGISTRATIONS: readonly Registration[] = [
  app('the-spa', 'none'),
  app('the-other', 'none'),
  app('the-native', 'none', { redirect_uris: [LOOPBACK, 'com.example.app:/callback'] }),
  app('the-brief', 'none', { grant_types: ['authorization_code'] }),
  app('the-web', 'client_secret_basic'),
  app('the-private', 'none', { scope: 'openid email', subject_type: 'pairwise' }),
  app('the-post', 'client_secret_post'),
  app('the-service', 'client_secret_basic', { ...SERVICE, scope: 'client:profile:read' }),
  app('the-inspector', 'client_secret_basic', { ...SERVICE, scope: 'client:oauth:introspect' }),
]

/** Only that client may ask about other clients' tokens. */
export const INSPECTOR = 'the-inspector'
