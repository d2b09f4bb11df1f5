/**
 * The authorization endpoint: each parameter left out, invalid and repeated (RFC 6749 §4.1.1, RFC 7636, OpenID Connect Core
 * §3.1.2).
 */
import { CALLBACK, LOOPBACK } from './clients.ts'
import type { Row } from './row.ts'
import { CHALLENGE, type Changes, type How } from './side.ts'

const authorize = (name: string, changes: Changes, how?: How): Row => [`authorize: ${name}`, (side) => side.authorize(changes, how)]
const redirectUri = (redirect_uri: string, client_id = 'the-spa'): Row =>
  authorize(`${client_id} with redirect_uri ${redirect_uri}`, { client_id, redirect_uri })

const CLIENT: Row[] = [
  authorize('a right request', {}),
  authorize('by POST', {}, { method: 'POST' }),
  authorize('nobody is signed in', {}, { as: 'nobody' }),
  authorize('without client_id', { client_id: undefined }),
  authorize('empty client_id', { client_id: '' }),
  authorize('unknown client', { client_id: 'nobody-knows' }),
  authorize('client_id twice', { client_id: ['the-spa', 'the-spa'] }),
  authorize('a client without this grant', { client_id: 'the-service' }),
  authorize('without redirect_uri', { redirect_uri: undefined }),
  authorize('empty redirect_uri', { redirect_uri: '' }),
  authorize('redirect_uri twice', { redirect_uri: [CALLBACK, CALLBACK] }),
  redirectUri('https://evil.example/callback'),
  redirectUri(`${CALLBACK}/`),
  redirectUri(`${CALLBACK}?a=b`),
  redirectUri(`${CALLBACK}#fragment`),
  redirectUri('https://APP.example/callback'),
  redirectUri('https://app.example:443/callback'),
  redirectUri('http://app.example/callback'),
  redirectUri('https://app.example/a/../callback'),
  redirectUri('https://app.example/%63allback'),
  redirectUri('https://app.example@evil.example/callback'),
  redirectUri('not a uri'),
  redirectUri('javascript:alert(1)'),
  redirectUri(LOOPBACK, 'the-native'),
  redirectUri('http://127.0.0.1:51234/callback', 'the-native'),
  redirectUri('http://127.0.0.1/callback', 'the-native'),
  redirectUri('http://127.0.0.1:4000/elsewhere', 'the-native'),
  redirectUri('http://localhost:4000/callback', 'the-native'),
  redirectUri('http://127.0.0.1.evil.example:4000/callback', 'the-native'),
  redirectUri('com.example.app:/other', 'the-native'),
]

const REQUEST: Row[] = [
  authorize('without response_type', { response_type: undefined }),
  ...['token', 'id_token', 'code id_token', 'none', 'CODE', 'code code', 'nonsense'].map((response_type) =>
    authorize(`response_type ${response_type}`, { response_type }),
  ),
  authorize('response_type twice', { response_type: ['code', 'code'] }),
  ...['query', 'form_post', 'fragment', 'web_message', 'nonsense'].map((response_mode) =>
    authorize(`response_mode ${response_mode}`, { response_mode }),
  ),
  authorize('an error by form_post', { response_mode: 'form_post', code_challenge: undefined }),
  authorize('an error with a response_mode that is unknown', { response_mode: 'nonsense', response_type: 'nonsense' }),
  authorize('without scope', { scope: undefined }),
  authorize('empty scope', { scope: '' }),
  authorize('a scope that is unknown', { scope: 'openid no:such:scope' }),
  authorize('only a scope that is unknown', { scope: 'no:such:scope' }),
  authorize('a scope beyond the client', { scope: 'openid client:profile:read' }),
  authorize('a scope in the wrong case', { scope: 'OpenID' }),
  authorize('scope without openid', { scope: 'delegated:profile:read' }),
  authorize('offline_access', { scope: 'openid offline_access' }),
  authorize('scope with a quote', { scope: 'openid "' }),
  authorize('scope twice', { scope: ['openid', 'email'] }),
  authorize('without state', { state: undefined }),
  authorize('empty state', { state: '' }),
  authorize('state comes back as it is', { state: '<a&b> ü +%20"\'' }),
  authorize('state twice', { state: ['a', 'b'] }),
  authorize('a parameter that is unknown', { foo: 'bar' }),
  authorize('an unknown parameter twice', { foo: ['bar', 'baz'] }),
  authorize('request', { request: 'eyJhbGciOiJub25lIn0.e30.' }),
  authorize('request_uri', { request_uri: 'https://app.example/request' }),
  authorize('registration', { registration: '{}' }),
  authorize('two errors at once', { response_type: 'nonsense', code_challenge: undefined }),
]

const PKCE: Row[] = [
  authorize('without code_challenge', { code_challenge: undefined }),
  authorize('without PKCE', { code_challenge: undefined, code_challenge_method: undefined }),
  authorize('a confidential client without PKCE', { client_id: 'the-web', code_challenge: undefined, code_challenge_method: undefined }),
  authorize('without code_challenge_method', { code_challenge_method: undefined }),
  authorize('plain', { code_challenge_method: 'plain' }),
  authorize('s256 in the wrong case', { code_challenge_method: 's256' }),
  authorize('an unknown method', { code_challenge_method: 'S512' }),
  authorize('a short challenge', { code_challenge: CHALLENGE.slice(1) }),
  authorize('a long challenge', { code_challenge: CHALLENGE.repeat(3) }),
  authorize('a challenge with padding', { code_challenge: `${CHALLENGE}=` }),
  authorize('a challenge with other characters', { code_challenge: `${CHALLENGE.slice(1)}+` }),
  authorize('code_challenge twice', { code_challenge: [CHALLENGE, CHALLENGE] }),
]

const NOBODY = { as: 'nobody' } as const
const SIGN_IN: Row[] = [
  authorize('prompt none', { prompt: 'none' }),
  authorize('prompt none, nobody signed in', { prompt: 'none' }, NOBODY),
  authorize('prompt login', { prompt: 'login' }),
  authorize('prompt login, nobody signed in', { prompt: 'login' }, NOBODY),
  authorize('prompt none login', { prompt: 'none login' }),
  authorize('prompt login consent', { prompt: 'login consent' }),
  authorize('prompt nonsense', { prompt: 'nonsense' }),
  authorize('prompt twice', { prompt: ['none', 'login'] }),
  authorize('empty prompt', { prompt: '' }),
  authorize('max_age of an hour', { max_age: '3600' }),
  authorize('max_age 0', { max_age: '0' }),
  authorize('max_age 0 and prompt none', { max_age: '0', prompt: 'none' }),
  ...['-1', '1.5', 'soon', '99999999999999999999'].map((max_age) => authorize(`max_age ${max_age}`, { max_age })),
  authorize('nonce', { nonce: 'n-0S6_WzA2Mj' }),
  authorize('nonce twice', { nonce: ['a', 'b'] }),
  authorize('an id_token_hint that is none', { id_token_hint: 'nonsense', prompt: 'none' }),
  [
    'authorize: an id_token_hint of the person',
    async (side) => side.authorize({ id_token_hint: (await side.tokens()).id_token, prompt: 'none' }),
  ],
  authorize('login_hint', { login_hint: 'alice' }, NOBODY),
  authorize('what is ignored', { display: 'page', ui_locales: 'de', acr_values: 'urn:any', claims_locales: 'de' }),
]

const claims = (name: string, value: string, how?: How): Row => authorize(`claims: ${name}`, { claims: value }, how)

const CLAIMS: Row[] = [
  claims('no JSON', '{'),
  claims('a list', '[]'),
  claims('null', 'null'),
  claims('text', '"email"'),
  claims('userinfo as a list', '{"userinfo":["email"]}'),
  claims('userinfo as null', '{"userinfo":null}'),
  claims('id_token as text', '{"id_token":"email"}'),
  claims('empty', '{}'),
  claims('both empty', '{"userinfo":{},"id_token":{}}'),
  claims('unknown ones', '{"userinfo":{"shoe_size":{"essential":true,"value":42}},"verified_claims":{}}'),
  claims('another subject', '{"id_token":{"sub":{"value":"nobody"}}}'),
  authorize('claims: another subject and prompt none', { claims: '{"id_token":{"sub":{"value":"nobody"}}}', prompt: 'none' }),
  claims('an acr, voluntary', '{"id_token":{"acr":{"values":["urn:any"]}}}'),
  authorize('claims twice', { claims: ['{}', '{}'] }),
  [
    'claims: the subject of the person',
    async (side) => {
      const [, payload = ''] = (await side.tokens()).id_token.split('.')
      const { sub } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sub: string }
      return side.authorize({ claims: JSON.stringify({ id_token: { sub: { value: sub } } }), prompt: 'none' })
    },
  ],
]

export const AUTHORIZE_ROWS: readonly Row[] = [...CLIENT, ...REQUEST, ...PKCE, ...SIGN_IN, ...CLAIMS]
