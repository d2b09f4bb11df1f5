/** Userinfo (RFC 6750), revocation (RFC 7009), introspection (RFC 7662) and sign-out (RP-Initiated Logout). */
import { CALLBACK, GOODBYE, INSPECTOR } from './clients.ts'
import type { Row } from './row.ts'
import type { Changes, How, Side, Tokens } from './side.ts'

const opened = async (side: Side, scope?: string) => `Bearer ${(await side.tokens(scope)).access_token}`

const USERINFO: Row[] = [
  ['userinfo: with openid', async (side) => side.userinfo(await opened(side, 'openid'))],
  ['userinfo: with openid and email', async (side) => side.userinfo(await opened(side))],
  ['userinfo: by POST', async (side) => side.userinfo(await opened(side), { method: 'POST' })],
  ['userinfo: bearer in small letters', async (side) => side.userinfo((await opened(side)).replace('B', 'b'))],
  [
    'userinfo: of a client with pairwise subjects',
    async (side) => side.userinfo(`Bearer ${(await side.tokens('openid email', 'the-private')).access_token}`),
  ],
  [
    'userinfo: single claims',
    async (side) => {
      const { json } = await side.exchange(
        {},
        {},
        { scope: 'openid', claims: '{"userinfo":{"email":null,"name":{"essential":true}},"id_token":{}}' },
      )
      return side.userinfo(`Bearer ${json.access_token}`)
    },
  ],
  [
    'userinfo: a single claim that the client is not registered for',
    async (side) => {
      const asked = { client_id: 'the-private', scope: 'openid', claims: '{"userinfo":{"phone_number":null}}' }
      const { json } = await side.exchange({}, { client: 'the-private' }, asked)
      return side.userinfo(`Bearer ${json.access_token}`)
    },
  ],
  ['userinfo: no token', (side) => side.userinfo(undefined)],
  ['userinfo: a token that is unknown', (side) => side.userinfo('Bearer nonsense')],
  ['userinfo: another scheme', (side) => side.userinfo('Basic abc')],
  ['userinfo: a scheme without a token', (side) => side.userinfo('Bearer')],
  ['userinfo: two tokens in the header', (side) => side.userinfo('Bearer a b')],
  ['userinfo: a token without openid', async (side) => side.userinfo(await opened(side, 'delegated:profile:read'))],
  ['userinfo: a refresh token', async (side) => side.userinfo(`Bearer ${(await side.tokens()).refresh_token}`)],
  ['userinfo: an ID token', async (side) => side.userinfo(`Bearer ${(await side.tokens()).id_token}`)],
  ["userinfo: a client's own token", async (side) => side.userinfo(`Bearer ${await side.ownToken()}`)],
  [
    'userinfo: token in the query',
    async (side) => side.userinfo(undefined, { query: `?access_token=${(await side.tokens()).access_token}` }),
  ],
  ['userinfo: token in the form', async (side) => side.userinfo(undefined, form((await side.tokens()).access_token))],
  ['userinfo: an unknown token in the form', (side) => side.userinfo(undefined, form('nonsense'))],
  [
    'userinfo: token in header and form',
    async (side) => {
      const { access_token } = await side.tokens()
      return side.userinfo(undefined, { ...form(access_token), headers: { authorization: `Bearer ${access_token}` } })
    },
  ],
]

function form(access_token: string): RequestInit {
  return { method: 'POST', body: new URLSearchParams({ access_token }) }
}

type Pick = (tokens: Tokens) => string
const refreshToken: Pick = (tokens) => tokens.refresh_token
const accessToken: Pick = (tokens) => tokens.access_token

/** Revokes what `pick` picks; returns what `then` sees of the same grant afterwards. */
async function revoked(side: Side, pick: Pick, then: (tokens: Tokens) => ReturnType<Row[1]>, how: How = {}) {
  const tokens = await side.tokens()
  await side.post('revocation', { token: pick(tokens) }, how)
  return then(tokens)
}
const revoke = (name: string, token: (side: Side) => Promise<string> | string, changes: Changes = {}, how: How = {}): Row => [
  `revoke: ${name}`,
  async (side) => side.post('revocation', { token: await token(side), ...changes }, how),
]

const REVOKE: Row[] = [
  revoke('a refresh token', async (side) => (await side.tokens()).refresh_token),
  revoke('an access token', async (side) => (await side.tokens()).access_token),
  revoke('with the wrong hint', async (side) => (await side.tokens()).refresh_token, { token_type_hint: 'access_token' }),
  revoke('with an unknown hint', async (side) => (await side.tokens()).refresh_token, { token_type_hint: 'nonsense' }),
  revoke('an unknown token', () => 'nonsense'),
  revoke('without token', () => '', { token: undefined }),
  revoke('token twice', () => '', { token: ['a', 'b'] }),
  revoke("another public client's", async (side) => (await side.tokens()).refresh_token, {}, { client: 'the-other' }),
  revoke("another client's, by one with a secret", async (side) => (await side.tokens()).refresh_token, {}, { client: 'the-web' }),
  revoke("a client's own token", (side) => side.ownToken(), {}, { client: 'the-service' }),
  revoke('without a client', () => 'nonsense', {}, { client: null }),
  ['revoke: a wrong secret', (side) => side.post('revocation', { token: 'x' }, { client: null, headers: side.basic('the-web', 'wrong') })],
  ['revoke: GET', (side) => side.send(`${side.endpoint('revocation')}?token=x&client_id=the-spa`)],
  ['revoke: the refresh token, then it is used', (side) => revoked(side, refreshToken, (t) => side.refresh(t.refresh_token))],
  [
    'revoke: the refresh token, then the access token',
    (side) => revoked(side, refreshToken, (t) => side.userinfo(`Bearer ${t.access_token}`)),
  ],
  ['revoke: the access token, then it is used', (side) => revoked(side, accessToken, (t) => side.userinfo(`Bearer ${t.access_token}`))],
  ['revoke: the access token, then the refresh token', (side) => revoked(side, accessToken, (t) => side.refresh(t.refresh_token))],
  [
    "revoke: another client's, then it is used",
    (side) => revoked(side, refreshToken, (t) => side.refresh(t.refresh_token), { client: 'the-other' }),
  ],
]

const introspect = (
  name: string,
  token: (side: Side) => Promise<string> | string,
  changes: Changes = {},
  client: string | null = INSPECTOR,
): Row => [`introspect: ${name}`, async (side) => side.post('introspection', { token: await token(side), ...changes }, { client })]

const INTROSPECT: Row[] = [
  introspect('an access token', async (side) => (await side.tokens()).access_token),
  introspect('a refresh token', async (side) => (await side.tokens()).refresh_token),
  introspect('with the wrong hint', async (side) => (await side.tokens()).refresh_token, { token_type_hint: 'access_token' }),
  introspect("a client's own token", (side) => side.ownToken()),
  introspect('by its own client', async (side) => (await side.tokens('openid', 'the-web')).access_token, {}, 'the-web'),
  introspect('by another client', async (side) => (await side.tokens()).access_token, {}, 'the-web'),
  introspect('by a public client', async (side) => (await side.tokens()).access_token, {}, 'the-spa'),
  introspect('an unknown token', () => 'nonsense'),
  introspect('without token', () => '', { token: undefined }),
  introspect('without a client', () => 'nonsense', {}, null),
  [
    'introspect: a wrong secret',
    (side) => side.post('introspection', { token: 'x' }, { client: null, headers: side.basic(INSPECTOR, 'wrong') }),
  ],
  ['introspect: GET', (side) => side.send(`${side.endpoint('introspection')}?token=x`, { headers: side.basic(INSPECTOR) })],
  [
    'introspect: a revoked token',
    (side) => revoked(side, refreshToken, (t) => side.post('introspection', { token: t.refresh_token }, { client: INSPECTOR })),
  ],
  [
    'introspect: a rotated token',
    async (side) => {
      const { refresh_token } = await side.tokens()
      await side.refresh(refresh_token)
      return side.post('introspection', { token: refresh_token }, { client: INSPECTOR })
    },
  ],
]

const logout = (name: string, changes: Changes, how?: How): Row => [`logout: ${name}`, (side) => side.logout(changes, how)]
const hinted = (name: string, changes: Changes): Row => [
  `logout: ${name}`,
  async (side) => side.logout({ id_token_hint: (await side.tokens()).id_token, ...changes }),
]

const LOGOUT: Row[] = [
  logout('nobody is signed in', {}),
  logout('by POST', {}, { method: 'POST' }),
  logout('somebody is signed in', {}, { as: 'person' }),
  logout(
    'a client and its URI, somebody is signed in',
    { client_id: 'the-spa', post_logout_redirect_uri: GOODBYE, state: 'x' },
    { as: 'person' },
  ),
  hinted('a hint and its URI, nobody is signed in', { post_logout_redirect_uri: GOODBYE, state: 'x' }),
  logout('an id_token_hint that is none', { id_token_hint: 'nonsense' }),
  logout('a URI without a client', { post_logout_redirect_uri: GOODBYE }),
  logout('a URI that is not registered', { client_id: 'the-spa', post_logout_redirect_uri: 'https://evil.example/' }),
  logout('a URI that is almost registered', { client_id: 'the-spa', post_logout_redirect_uri: `${GOODBYE}/` }),
  logout("a URI of the sign-in's", { client_id: 'the-spa', post_logout_redirect_uri: CALLBACK }),
  logout('an unknown client', { client_id: 'nobody-knows', post_logout_redirect_uri: GOODBYE }),
  logout('client_id twice', { client_id: ['the-spa', 'the-spa'] }),
  hinted('a hint of another client', { client_id: 'the-other' }),
  hinted('a hint, and a URI that is not registered', { post_logout_redirect_uri: 'https://evil.example/' }),
]

export const RESOURCE_ROWS: readonly Row[] = [...USERINFO, ...REVOKE, ...INTROSPECT, ...LOGOUT]
