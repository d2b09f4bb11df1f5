/** Pushed authorization requests (RFC 9126) and request objects (RFC 9101). */
import { generateKeyPairSync } from 'node:crypto'
import { CALLBACK, SALARIES } from './clients.ts'
import type { SignedChanges } from './proofs.ts'
import type { Row } from './row.ts'
import { CHALLENGE, type Changes, type How } from './side.ts'

const push = (name: string, changes: Changes = {}, how?: How): Row => [`push: ${name}`, (side) => side.push(changes, how)]
const URN = 'urn:ietf:params:oauth:request_uri:'

const PUSH: Row[] = [
  push('of a public client'),
  push('of a client with client_secret_basic', {}, { client: 'the-web' }),
  push('of a client with client_secret_basic, without client_id', { client_id: undefined }, { client: 'the-web' }),
  push('of a client with client_secret_post', {}, { client: 'the-post' }),
  push('of a client with private_key_jwt', {}, { client: 'the-signer' }),
  push('without a client', {}, { client: null }),
  push('an unknown client', { client_id: 'nobody-knows' }, { client: null }),
  push('client_id alone of a client with a secret', { client_id: 'the-web' }, { client: null }),
  push('another client_id than the one that authenticates', { client_id: 'the-spa' }, { client: 'the-web' }),
  ['push: a wrong secret', (side) => side.push({}, { client: null, headers: side.basic('the-web', 'wrong') })],
  push('a client without this grant', {}, { client: 'the-service' }),
  push('a request_uri', { request_uri: `${URN}abc` }),
  push('without redirect_uri', { redirect_uri: undefined }),
  push('a redirect_uri that is not registered', { redirect_uri: 'https://evil.example/callback' }),
  push('without response_type', { response_type: undefined }),
  push('an unknown response_type', { response_type: 'nonsense' }),
  push('without code_challenge', { code_challenge: undefined }),
  push('plain', { code_challenge_method: 'plain' }),
  push('only a scope that is unknown', { scope: 'no:such:scope' }),
  push('a scope beyond the client', { scope: 'openid client:profile:read' }),
  push('prompt none login', { prompt: 'none login' }),
  push('max_age -1', { max_age: '-1' }),
  push('claims that are no JSON', { claims: '{' }),
  push('a resource that is unknown', { resource: SALARIES }),
  push('state twice', { state: ['a', 'b'] }),
  push('a parameter that is unknown', { foo: 'bar' }),
  ['push: GET', (side) => side.send(side.endpoint('pushed_authorization_request'))],
  [
    'push: JSON',
    (side) =>
      side.send(side.endpoint('pushed_authorization_request'), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ client_id: 'the-spa' }),
      }),
  ],
]

/** A reference of `the-spa`, used with these parameters beside it. */
const brought = (name: string, beside: Changes = {}, pushed: Changes = {}, as?: How['as']): Row => [
  `pushed: ${name}`,
  async (side) => side.authorizeWith({ client_id: 'the-spa', request_uri: await side.reference(pushed), ...beside }, as),
]

const PUSHED: Row[] = [
  brought('right'),
  brought('nobody is signed in', {}, {}, 'nobody'),
  brought('with other parameters beside it', { scope: 'email', state: 'other', redirect_uri: 'https://evil.example/' }),
  brought("another client's", { client_id: 'the-other' }),
  brought('without client_id', { client_id: undefined }),
  brought('an unknown one', { request_uri: `${URN}nonsense` }),
  brought('an empty one', { request_uri: URN }),
  brought('prompt none', {}, { prompt: 'none' }, 'nobody'),
  [
    'pushed: used twice',
    async (side) => {
      const request_uri = await side.reference()
      await side.authorizeWith({ client_id: 'the-spa', request_uri })
      return side.authorizeWith({ client_id: 'the-spa', request_uri })
    },
  ],
  [
    'pushed: tried by another client, then used',
    async (side) => {
      const request_uri = await side.reference()
      await side.authorizeWith({ client_id: 'the-other', request_uri })
      return side.authorizeWith({ client_id: 'the-spa', request_uri })
    },
  ],
  [
    'pushed: the code, exchanged',
    async (side) => {
      const { code = '' } = (await side.authorizeWith({ client_id: 'the-spa', request_uri: await side.reference() })).params
      return side.redeem(code)
    },
  ],
  ['pushed: a client that must, without', (side) => side.authorize({ client_id: 'the-pushed' })],
  [
    'pushed: a client that must',
    async (side) => side.authorizeWith({ client_id: 'the-pushed', request_uri: await side.reference({}, { client: 'the-pushed' }) }),
  ],
]

const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const now = () => Math.floor(Date.now() / 1000)

const object = (name: string, changes: SignedChanges = {}, beside: Changes = {}, client = 'the-signer'): Row => [
  `request object: ${name}`,
  async (side) => side.authorizeWith({ client_id: client, request: await side.requestObject(client, changes), ...beside }),
]
const claim = (name: string, claims: SignedChanges['claims']): Row => object(name, { claims: claims ?? {} })

const OBJECTS: Row[] = [
  object('right'),
  object('with other parameters beside it', {}, { scope: 'email', state: 'other', redirect_uri: 'https://evil.example/' }),
  object('of a client that must sign', {}, {}, 'the-signed'),
  ['request object: a client that must sign, without', (side) => side.authorize({ client_id: 'the-signed' })],
  object('signed by another key', { key: foreign }),
  object('an unknown kid', { header: { kid: 'other' } }),
  object('HS256', { header: { alg: 'HS256' }, key: new Uint8Array(32) }),
  ['request object: alg none', (side) => side.authorizeWith({ client_id: 'the-signer', request: unsigned(side.issuer) })],
  ['request object: no JWT', (side) => side.authorizeWith({ client_id: 'the-signer', request: 'nonsense' })],
  ['request object: encrypted', (side) => side.authorizeWith({ client_id: 'the-signer', request: 'e30.e30.e30.e30.e30' })],
  object('the type JWT', { header: { typ: 'JWT' } }),
  object('without type', { header: { typ: undefined } }),
  claim('another iss', { iss: 'the-spa' }),
  claim('without iss', { iss: undefined }),
  claim('another aud', { aud: 'https://evil.example' }),
  claim('without aud', { aud: undefined }),
  claim('expired', { exp: 1 }),
  claim('without exp', { exp: undefined }),
  object('not yet valid', { claims: { nbf: now() + 3600 } }),
  object('issued in an hour', { claims: { iat: now() + 3600, exp: now() + 3660 } }),
  claim("another client's client_id", { client_id: 'the-spa' }),
  claim('without client_id', { client_id: undefined }),
  claim('a request inside', { request: 'e30.e30.e30' }),
  claim('a request_uri inside', { request_uri: `${URN}abc` }),
  object('redirect_uri outside alone', { claims: { redirect_uri: undefined } }, { redirect_uri: CALLBACK }),
  object('code_challenge outside alone', { claims: { code_challenge: undefined } }, { code_challenge: CHALLENGE }),
  claim('a scope that is a list', { scope: ['openid'] }),
  claim('max_age as a number', { max_age: 3600 }),
  claim('claims as an object', { claims: { userinfo: { email: null } } }),
  claim('an unknown response_type', { response_type: 'nonsense' }),
  claim('a redirect_uri that is not registered', { redirect_uri: 'https://evil.example/' }),
  object('of a public client', {}, {}, 'the-spa'),
  object('of an unknown client', {}, {}, 'nobody-knows'),
  [
    'request object: with a request_uri',
    async (side) =>
      side.authorizeWith({ client_id: 'the-signer', request: await side.requestObject('the-signer'), request_uri: `${URN}abc` }),
  ],
  [
    'request object: pushed, then brought',
    async (side) => {
      const form = { request: await side.requestObject('the-signed') }
      const { json } = await side.post('pushed_authorization_request', form, { client: 'the-signed' })
      return side.authorizeWith({ client_id: 'the-signed', request_uri: String(json.request_uri) })
    },
  ],
  [
    'request object: pushed, signed by another key',
    async (side) => {
      const form = { request: await side.requestObject('the-signed', { key: foreign }) }
      return side.post('pushed_authorization_request', form, { client: 'the-signed' })
    },
  ],
  [
    "request object: pushed, another client's",
    async (side) =>
      side.post('pushed_authorization_request', { request: await side.requestObject('the-signer') }, { client: 'the-signed' }),
  ],
  ['request object: pushed without, by a client that must sign', (side) => side.push({}, { client: 'the-signed' })],
]

function unsigned(aud: string): string {
  const claims = { iss: 'the-signer', aud, client_id: 'the-signer', exp: now() + 60, response_type: 'code', redirect_uri: CALLBACK }
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none', typ: 'oauth-authz-req+jwt' })}.${part(claims)}.`
}

export const PUSHED_ROWS: readonly Row[] = [...PUSH, ...PUSHED, ...OBJECTS]
