/** Dynamic registration (RFC 7591) and its management (RFC 7592): metadata that is right, wrong and of the wrong type. */
import { generateKeyPairSync } from 'node:crypto'
import type { Answer } from './answer.ts'
import { CALLBACK, DEVICE_GRANT } from './clients.ts'
import type { Row } from './row.ts'
import type { Side } from './side.ts'

type Metadata = Readonly<Record<string, unknown>>

/** Each repeats all metadata that it knows; what matters is what the client needs from now on. */
function needed({ text, json, ...answer }: Answer): Answer {
  const names = ['client_id', 'client_secret', 'registration_access_token', 'registration_client_uri']
  const has = names.filter((name) => name in json)
  return { ...answer, json, text: has.length === 0 ? text : `${text.slice(0, 3)} ${has}` }
}

async function send(side: Side, method: string, url: string, metadata?: unknown, token?: string): Promise<Answer> {
  const headers = {
    ...(metadata === undefined ? {} : { 'content-type': 'application/json' }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  }
  const body = typeof metadata === 'string' ? metadata : JSON.stringify(metadata)
  return needed(await side.send(url, { method, headers, ...(metadata === undefined ? {} : { body }) }))
}

const register = (side: Side, metadata: unknown) => send(side, 'POST', side.endpoint('registration'), metadata)
const PUBLIC = { redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' }
const row = (name: string, changes: Metadata): Row => [`register: ${name}`, (side) => register(side, { ...PUBLIC, ...changes })]

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwkOf = (key: typeof publicKey) => ({ ...key.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'ES256' })
const KEYS = { jwks: { keys: [jwkOf(publicKey)] } }
const SIGNS = { token_endpoint_auth_method: 'private_key_jwt' }

const METADATA: Row[] = [
  row('a public client', {}),
  row('the default method', { token_endpoint_auth_method: undefined }),
  row('with a secret', { token_endpoint_auth_method: 'client_secret_post' }),
  row('with keys', { ...SIGNS, ...KEYS }),
  row('private_key_jwt without keys', SIGNS),
  row('jwks and jwks_uri', { ...SIGNS, ...KEYS, jwks_uri: 'https://app.example/jwks' }),
  row('a private key', { ...SIGNS, jwks: { keys: [jwkOf(privateKey)] } }),
  row('a symmetric key', { ...SIGNS, jwks: { keys: [{ kty: 'oct', k: 'AAAA', kid: 'one' }] } }),
  row('jwks that is a list', { ...SIGNS, jwks: [] }),
  row('jwks_uri that is no URI', { ...SIGNS, jwks_uri: 'keys' }),
  row('without redirect_uris', { redirect_uris: undefined }),
  row('redirect_uris empty', { redirect_uris: [] }),
  row('redirect_uris that is text', { redirect_uris: CALLBACK }),
  row('redirect_uris that has a number', { redirect_uris: [42] }),
  row('redirect_uris that is no URI', { redirect_uris: ['callback'] }),
  row('redirect_uris with a fragment', { redirect_uris: [`${CALLBACK}#a`] }),
  row('redirect_uris with http', { redirect_uris: ['http://app.example/callback'] }),
  row('redirect_uris with javascript:', { redirect_uris: ['javascript:alert(1)'] }),
  row('redirect_uris of an app', { redirect_uris: ['com.example.app:/callback'], application_type: 'native' }),
  row('redirect_uris on loopback', { redirect_uris: ['http://127.0.0.1:4000/callback'], application_type: 'native' }),
  row('an unknown method', { token_endpoint_auth_method: 'nonsense' }),
  row('an unknown grant type', { grant_types: ['nonsense'] }),
  row('implicit', { grant_types: ['implicit'], response_types: ['token'] }),
  row('the device grant', { grant_types: [DEVICE_GRANT], response_types: [], redirect_uris: [] }),
  row('grant_types that is text', { grant_types: 'authorization_code' }),
  row('an unknown response_type', { response_types: ['nonsense'] }),
  row('response_types without the grant', { grant_types: ['refresh_token'], response_types: ['code'] }),
  row('a scope', { scope: 'openid' }),
  row('a scope that is unknown', { scope: 'no:such:scope' }),
  row('a scope that is a list', { scope: ['openid'] }),
  row('a name', { client_name: 'An app', 'client_name#de': 'Eine App' }),
  row('a name that is a number', { client_name: 42 }),
  row('client_uri with javascript:', { client_uri: 'javascript:alert(1)' }),
  row('logo_uri that is no URI', { logo_uri: 'logo' }),
  row('an unknown alg of ID tokens', { id_token_signed_response_alg: 'HS999' }),
  row('ID tokens with alg none', { id_token_signed_response_alg: 'none' }),
  row('an unknown subject_type', { subject_type: 'nonsense' }),
  row('sector_identifier_uri with http', { subject_type: 'pairwise', sector_identifier_uri: 'http://app.example/sector' }),
  row('dpop_bound_access_tokens that is text', { dpop_bound_access_tokens: 'true' }),
  row('backchannel_logout_uri that is no URI', { backchannel_logout_uri: 'bye' }),
  row('post_logout_redirect_uris that is text', { post_logout_redirect_uris: 'https://app.example/bye' }),
  row('metadata that is unknown', { foo: 'bar' }),
  row('a client_id', { client_id: 'the-spa' }),
  ['register: empty', (side) => register(side, {})],
  ['register: a list', (side) => register(side, [])],
  ['register: no JSON', (side) => register(side, '{')],
  [
    'register: a form',
    async (side) =>
      needed(await side.send(side.endpoint('registration'), { method: 'POST', body: new URLSearchParams({ redirect_uris: CALLBACK }) })),
  ],
  ['register: GET', (side) => side.send(side.endpoint('registration'))],
]

/** Registers a public client, and does something with it. */
const managed = (name: string, act: (side: Side, own: Managed) => Promise<Answer>): Row => [
  `manage: ${name}`,
  async (side) => {
    const { json } = await register(side, PUBLIC)
    return act(side, {
      id: String(json.client_id),
      url: String(json.registration_client_uri),
      token: String(json.registration_access_token),
    })
  },
]
interface Managed {
  readonly id: string
  readonly url: string
  readonly token: string
}

const MANAGEMENT: Row[] = [
  managed('read', (side, { url, token }) => send(side, 'GET', url, undefined, token)),
  managed('read with a wrong token', (side, { url }) => send(side, 'GET', url, undefined, 'nonsense')),
  managed('read without a token', (side, { url }) => send(side, 'GET', url)),
  managed('read by an access token', async (side, { url }) => send(side, 'GET', url, undefined, (await side.tokens()).access_token)),
  managed("read another client's", async (side, { token }) => {
    const { json } = await register(side, PUBLIC)
    return send(side, 'GET', String(json.registration_client_uri), undefined, token)
  }),
  managed('replace', (side, { id, url, token }) => send(side, 'PUT', url, { ...PUBLIC, client_id: id, client_name: 'New' }, token)),
  managed('replace without client_id', (side, { url, token }) => send(side, 'PUT', url, PUBLIC, token)),
  managed('replace with another client_id', (side, { url, token }) => send(side, 'PUT', url, { ...PUBLIC, client_id: 'the-spa' }, token)),
  managed('replace with a secret', (side, { id, url, token }) =>
    send(side, 'PUT', url, { ...PUBLIC, client_id: id, client_secret: 'mine' }, token),
  ),
  managed('replace with bad metadata', (side, { id, url, token }) =>
    send(side, 'PUT', url, { ...PUBLIC, client_id: id, redirect_uris: ['http://app.example/'] }, token),
  ),
  managed('replace with a wrong token', (side, { id, url }) => send(side, 'PUT', url, { ...PUBLIC, client_id: id }, 'nonsense')),
  managed('delete', (side, { url, token }) => send(side, 'DELETE', url, undefined, token)),
  managed('delete with a wrong token', (side, { url }) => send(side, 'DELETE', url, undefined, 'nonsense')),
  managed('delete, then read', async (side, { url, token }) => {
    await send(side, 'DELETE', url, undefined, token)
    return send(side, 'GET', url, undefined, token)
  }),
]

export const REGISTRATION_ROWS: readonly Row[] = [...METADATA, ...MANAGEMENT]
