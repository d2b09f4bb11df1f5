/**
 * The token endpoint: each grant and each way of client authentication, valid and invalid (RFC 6749 §2.3, §4 to §6, RFC 7636).
 */
import { CALLBACK } from './clients.ts'
import type { Row } from './row.ts'
import type { Changes, How, Side } from './side.ts'

const exchange = (name: string, changes: Changes, how?: How, asked?: Changes): Row => [
  `code: ${name}`,
  (side) => side.exchange(changes, how, asked),
]

const CODE: Row[] = [
  exchange('of a public client', {}),
  exchange('of a client with client_secret_basic', {}, { client: 'the-web' }),
  exchange('of a client with client_secret_post', {}, { client: 'the-post' }),
  exchange('of a client without refresh tokens', {}, { client: 'the-brief' }),
  exchange('without openid', {}, {}, { scope: 'delegated:profile:read' }),
  exchange('without code', { code: undefined }),
  exchange('empty code', { code: '' }),
  exchange('a code that is unknown', { code: 'nonsense' }),
  exchange('without redirect_uri', { redirect_uri: undefined }),
  exchange('another redirect_uri', { redirect_uri: `${CALLBACK}/` }),
  exchange('without code_verifier', { code_verifier: undefined }),
  exchange('a wrong code_verifier', { code_verifier: 'A'.repeat(43) }),
  exchange('a short code_verifier', { code_verifier: 'A'.repeat(42) }),
  exchange('a long code_verifier', { code_verifier: 'A'.repeat(129) }),
  exchange('a code_verifier with other characters', { code_verifier: `${'A'.repeat(43)} +` }),
  exchange('code_verifier twice', { code_verifier: ['A'.repeat(43), 'B'.repeat(43)] }),
  exchange('a parameter that is unknown', { foo: 'bar' }),
  ["code: another client's", async (side) => side.redeem(await side.code(), {}, { client: 'the-other' })],
  ['code: used twice', async (side) => twice(side).then(({ second }) => second)],
  [
    'code: used twice, then the access token of the first time',
    async (side) => side.userinfo(`Bearer ${(await twice(side)).first.access_token}`),
  ],
  [
    'code: used twice, then the refresh token of the first time',
    async (side) => side.refresh(String((await twice(side)).first.refresh_token)),
  ],
  ['code: right after a wrong verifier', async (side) => afterWrong(side, { code_verifier: 'A'.repeat(43) })],
  ['code: right after a wrong redirect_uri', async (side) => afterWrong(side, { redirect_uri: 'https://app.example/other' })],
]

async function twice(side: Side) {
  const code = await side.code()
  const first = await side.redeem(code)
  return { first: first.json, second: await side.redeem(code) }
}

async function afterWrong(side: Side, changes: Changes) {
  const code = await side.code()
  await side.redeem(code, changes)
  return side.redeem(code)
}

const refresh = (name: string, changes: Changes, how?: How, scope?: string): Row => [
  `refresh: ${name}`,
  async (side) => side.refresh((await side.tokens(scope, how?.client ?? 'the-spa')).refresh_token, changes, how),
]

const REFRESH: Row[] = [
  refresh('of a public client', {}),
  refresh('of a client with client_secret_basic', {}, { client: 'the-web' }),
  refresh('of a client with client_secret_post', {}, { client: 'the-post' }),
  refresh('without openid', {}, {}, 'delegated:profile:read'),
  refresh('without refresh_token', { refresh_token: undefined }),
  refresh('a token that is unknown', { refresh_token: 'nonsense' }),
  refresh('a narrower scope', { scope: 'openid' }),
  refresh('a narrower scope without openid', { scope: 'email' }),
  refresh('the same scope', { scope: 'openid email' }),
  refresh('a wider scope', { scope: 'openid email profile' }),
  refresh('a scope that is unknown', { scope: 'openid no:such:scope' }),
  ["refresh: another client's", async (side) => side.refresh((await side.tokens()).refresh_token, {}, { client: 'the-other' })],
  ['refresh: with an access token', async (side) => side.refresh((await side.tokens()).access_token)],
  ['refresh: used twice', async (side) => (await rotated(side, 1)).again],
  ['refresh: the grandparent', async (side) => (await rotated(side, 2)).again],
  ['refresh: the grandparent, then the newest', async (side) => side.refresh((await rotated(side, 2)).newest)],
]

/** Refreshes a number of times, and then presents the first token again. */
async function rotated(side: Side, times: number) {
  const { refresh_token: first } = await side.tokens()
  let newest = first
  for (let i = 0; i < times; i++) newest = String((await side.refresh(newest)).json.refresh_token)
  return { newest, again: await side.refresh(first) }
}

const OWN = { grant_type: 'client_credentials', scope: 'client:profile:read' }
const service = (name: string, form: Changes, how: How = { client: 'the-service' }): Row => [
  `client credentials: ${name}`,
  (side) => side.token({ ...OWN, ...form }, how),
]

const CLIENT_CREDENTIALS: Row[] = [
  service('right', { scope: 'client:profile:read' }),
  service('without scope', { scope: undefined }),
  service('a scope beyond the client', { scope: 'client:oauth:introspect' }),
  service('a scope that is unknown', { scope: 'no:such:scope' }),
  service('openid', { scope: 'openid' }),
  service('a client without this grant', {}, { client: 'the-web' }),
  service('a public client', {}, { client: 'the-spa' }),
]

const basic = (name: string, authorization: (side: Side) => string): Row => [
  `authentication: ${name}`,
  (side) => side.token(OWN, { client: null, headers: { authorization: authorization(side) } }),
]
const ID = 'the-service'

const AUTHENTICATION: Row[] = [
  basic('a wrong secret by Basic', (side) => side.basic(ID, 'wrong').authorization),
  basic('an empty secret by Basic', (side) => side.basic(ID, '').authorization),
  basic('an unknown client by Basic', (side) => side.basic('nobody-knows', 'x').authorization),
  basic('Basic without a colon', () => `Basic ${btoa(ID)}`),
  basic('Basic that is not base64', () => 'Basic ???'),
  basic('Basic without anything', () => 'Basic'),
  basic('another scheme', () => 'Bearer abc'),
  basic('basic in small letters', (side) => side.basic(ID).authorization.replace('Basic', 'basic')),
  basic('id and secret percent-encoded', (side) => `Basic ${btoa(`%74he-service:${side.secret(ID)}`)}`),
  basic('a broken percent-encoding', () => `Basic ${btoa(`${ID}:%zz`)}`),
  ['authentication: none at all', (side) => side.token(OWN, { client: null })],
  ['authentication: client_id alone of a client with a secret', (side) => side.token({ ...OWN, client_id: ID }, { client: null })],
  ['authentication: an unknown client_id', (side) => side.token({ ...OWN, client_id: 'nobody-knows' }, { client: null })],
  ['authentication: client_secret_post of one that is registered for basic', (side) => post(side, ID, side.secret(ID))],
  ['authentication: a wrong secret in the body', (side) => post(side, 'the-post', 'wrong')],
  ['authentication: a secret of a public client', (side) => side.exchange({ client_secret: 'any' })],
  ['authentication: Basic and a secret in the body', (side) => side.token({ ...OWN, client_secret: side.secret(ID) }, { client: ID })],
  ['authentication: Basic and the same client_id', (side) => side.token({ ...OWN, client_id: ID }, { client: ID })],
  ['authentication: Basic and another client_id', (side) => side.token({ ...OWN, client_id: 'the-web' }, { client: ID })],
  [
    'authentication: client_id twice',
    (side) => side.exchange({ client_id: ['the-spa', 'the-spa'] }, { client: null }, { client_id: 'the-spa' }),
  ],
]

function post(side: Side, client_id: string, client_secret: string) {
  return side.token({ ...OWN, client_id, client_secret }, { client: null })
}

const REQUEST: Row[] = [
  ['token: without grant_type', (side) => side.token({})],
  ['token: empty grant_type', (side) => side.token({ grant_type: '' })],
  ['token: an unknown grant_type', (side) => side.token({ grant_type: 'nonsense' })],
  ['token: the password grant', (side) => side.token({ grant_type: 'password', username: 'alice', password: 'x' })],
  ['token: grant_type twice', (side) => side.token({ grant_type: ['refresh_token', 'refresh_token'], refresh_token: 'x' })],
  ['token: an unknown grant_type and a wrong client', (side) => side.token({ grant_type: 'nonsense' }, { client: 'nobody-knows' })],
  ['token: GET', (side) => side.send(`${side.endpoint('token')}?grant_type=client_credentials`, { headers: side.basic(ID) })],
  ['token: PUT', (side) => side.send(side.endpoint('token'), { method: 'PUT', headers: side.basic(ID), body: new URLSearchParams(OWN) })],
  ['token: JSON', (side) => typed(side, 'application/json', JSON.stringify(OWN))],
  ['token: text', (side) => typed(side, 'text/plain', FORM)],
  ['token: a form with a charset', (side) => typed(side, 'application/x-www-form-urlencoded; charset=UTF-8', FORM)],
  ['token: an empty body', (side) => typed(side, 'application/x-www-form-urlencoded', '')],
  [
    'token: parameters in the query',
    (side) =>
      side.send(`${side.endpoint('token')}?grant_type=client_credentials`, {
        method: 'POST',
        headers: side.basic(ID),
        body: new URLSearchParams(),
      }),
  ],
]

const FORM = String(new URLSearchParams(OWN))

function typed(side: Side, type: string, body: string) {
  return side.send(side.endpoint('token'), { method: 'POST', headers: { ...side.basic(ID), 'content-type': type }, body })
}

export const TOKEN_ROWS: readonly Row[] = [...CODE, ...REFRESH, ...CLIENT_CREDENTIALS, ...AUTHENTICATION, ...REQUEST]
