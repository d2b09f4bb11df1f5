/** DPoP (RFC 9449) at the token endpoint and with a token: each part of a proof left out, invalid and used again. */
import { generateKeyPairSync } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import { INSPECTOR } from './clients.ts'
import { newDpopKey, type ProofChanges } from './proofs.ts'
import type { Row } from './row.ts'
import type { Changes, Side } from './side.ts'

const key = await newDpopKey()
const other = await newDpopKey()
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const OWN = { grant_type: 'client_credentials', scope: 'client:profile:read' }

const send = (side: Side, dpop: string) => side.token(OWN, { client: 'the-service', headers: { dpop } })
const proof = (name: string, changes: ProofChanges | ((side: Side) => ProofChanges | Promise<ProofChanges>)): Row => [
  `dpop: ${name}`,
  async (side) => send(side, await side.proof(key, 'token', typeof changes === 'function' ? await changes(side) : changes)),
]
const now = () => Math.floor(Date.now() / 1000)

const PROOFS: Row[] = [
  proof('a right proof', {}),
  proof('without nonce', { nonce: undefined }),
  proof('a nonce that is none', { nonce: 'nonsense' }),
  proof('an empty nonce', { nonce: '' }),
  proof('a nonce that is a number', { claims: { nonce: 42 } }),
  proof('the type of an access token', { header: { typ: 'at+jwt' } }),
  proof('without type', { header: { typ: undefined } }),
  proof('HS256', { header: { alg: 'HS256' }, signedBy: new Uint8Array(32) }),
  proof('without jwk', { header: { jwk: undefined } }),
  proof('a private key in jwk', { header: { jwk: pair.privateKey.export({ format: 'jwk' }) } }),
  proof('a symmetric key in jwk', { header: { jwk: { kty: 'oct', k: 'AAAA' } } }),
  proof('signed by another key', { signedBy: other.privateKey }),
  proof('GET in htm', { htm: 'GET' }),
  proof('post in small letters in htm', { htm: 'post' }),
  proof('without htm', { claims: { htm: undefined } }),
  proof('another path in htu', (side) => ({ htu: side.endpoint('revocation') })),
  proof('another host in htu', { htu: 'https://evil.example/token' }),
  proof('a query in htu', (side) => ({ htu: `${side.endpoint('token')}?a=b` })),
  proof('a fragment in htu', (side) => ({ htu: `${side.endpoint('token')}#a` })),
  proof('capitals in the scheme of htu', (side) => ({ htu: side.endpoint('token').replace('http', 'HTTP') })),
  proof('a slash after htu', (side) => ({ htu: `${side.endpoint('token')}/` })),
  proof('no URL in htu', { htu: 'token' }),
  proof('without htu', { claims: { htu: undefined } }),
  proof('an hour old', () => ({ claims: { iat: now() - 3600 } })),
  proof('an hour ahead', () => ({ claims: { iat: now() + 3600 } })),
  proof('ten seconds old', () => ({ claims: { iat: now() - 10 } })),
  proof('without iat', { claims: { iat: undefined } }),
  proof('text in iat', { claims: { iat: 'now' } }),
  proof('without jti', { claims: { jti: undefined } }),
  proof('an empty jti', { claims: { jti: '' } }),
  proof('a number in jti', { claims: { jti: 42 } }),
  proof('claims that are unknown', { claims: { foo: 'bar' } }),
  ['dpop: none of it a JWT', (side) => send(side, 'nonsense')],
  ['dpop: an empty header', (side) => send(side, '')],
  ['dpop: two proofs', async (side) => send(side, `${await side.proof(key, 'token')}, ${await side.proof(key, 'token')}`)],
  [
    'dpop: one proof twice',
    async (side) => {
      const dpop = await side.proof(key, 'token')
      await send(side, dpop)
      return send(side, dpop)
    },
  ],
  [
    'dpop: one jti, two keys',
    async (side) => {
      const claims = { jti: crypto.randomUUID() }
      await send(side, await side.proof(key, 'token', { claims }))
      return send(side, await side.proof(other, 'token', { claims }))
    },
  ],
]

const withProof = async (side: Side, by = key) => ({ dpop: await side.proof(by, 'token') })

/** Tokens of `the-spa`, or of a client of its own, bound to the key. */
async function bound(side: Side, client = 'the-spa') {
  const { json } = await side.exchange({}, { client, headers: await withProof(side) }, { client_id: client })
  return { access: String(json.access_token), refresh: String(json.refresh_token) }
}
const redeem = (name: string, by: typeof key | null, asked: Changes = {}, client = 'the-spa'): Row => [
  `dpop: code ${name}`,
  async (side) => side.exchange({}, { client, headers: by ? await withProof(side, by) : {} }, { client_id: client, ...asked }),
]
const jkt = await calculateJwkThumbprint(key.jwk)
const otherJkt = await calculateJwkThumbprint(other.jwk)

const renew = (name: string, by: typeof key | null, client = 'the-spa'): Row => [
  `dpop: refresh ${name}`,
  async (side) => side.refresh((await bound(side, client)).refresh, {}, { client, headers: by ? await withProof(side, by) : {} }),
]

const GRANTS: Row[] = [
  redeem('with a proof', key),
  redeem('of a client that must, with a proof', key, {}, 'the-bound'),
  redeem('of a client that must, without', null, {}, 'the-bound'),
  redeem('with dpop_jkt and its key', key, { dpop_jkt: jkt }),
  redeem('with dpop_jkt and another key', other, { dpop_jkt: jkt }),
  redeem('with dpop_jkt and no proof', null, { dpop_jkt: jkt }),
  ['dpop: a dpop_jkt that is none', (side) => side.authorize({ dpop_jkt: 'nonsense' })],
  ['dpop: dpop_jkt twice', (side) => side.authorize({ dpop_jkt: [jkt, jkt] })],
  renew('with its key', key),
  renew('with another key', other),
  renew('without a proof', null),
  renew('of a client that must, with its key', key, 'the-bound'),
  renew('of a client that must, without', null, 'the-bound'),
  [
    'dpop: refresh of an unbound token with a proof',
    async (side) => side.refresh((await side.tokens()).refresh_token, {}, { headers: await withProof(side) }),
  ],
  [
    'dpop: refresh of one with a client secret by another key',
    async (side) => {
      const client = 'the-web'
      return side.refresh((await bound(side, client)).refresh, {}, { client, headers: await withProof(side, other) })
    },
  ],
  [
    'dpop: pushed with a proof, then another key',
    async (side) => {
      const headers = { dpop: await side.proof(key, 'pushed_authorization_request') }
      const request_uri = await side.reference({}, { headers })
      const { code = '' } = (await side.authorizeWith({ client_id: 'the-spa', request_uri })).params
      return side.redeem(code, {}, { headers: await withProof(side, other) })
    },
  ],
  [
    'dpop: pushed with a proof of another key than dpop_jkt',
    async (side) => side.push({ dpop_jkt: otherJkt }, { headers: { dpop: await side.proof(key, 'pushed_authorization_request') } }),
  ],
  ['dpop: pushed with a proof for the token endpoint', async (side) => side.push({}, { headers: await withProof(side) })],
]

const hashOf = async (token: string) =>
  Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token))).toString('base64url')

/** Userinfo with a bound token and a proof that is right but for the changes. */
const use = (name: string, changes: ProofChanges = {}, { by = key, scheme = 'DPoP' } = {}): Row => [
  `dpop: userinfo ${name}`,
  async (side) => {
    const { access } = await bound(side)
    const { claims, ...rest } = changes
    const dpop = await side.proof(by, 'userinfo', { htm: 'GET', claims: { ath: await hashOf(access), ...claims }, ...rest })
    return side.userinfo(undefined, { headers: { authorization: `${scheme} ${access}`, dpop } })
  },
]

const USES: Row[] = [
  use('with its key'),
  use('dpop in small letters', {}, { scheme: 'dpop' }),
  use('as a bearer token, with a proof', {}, { scheme: 'Bearer' }),
  use('with another key', {}, { by: other }),
  use('without ath', { claims: { ath: undefined } }),
  use('with the ath of another token', { claims: { ath: jkt } }),
  use('without nonce', { nonce: undefined }),
  use('with POST in htm', { htm: 'POST' }),
  ['dpop: userinfo as a bearer token', async (side) => side.userinfo(`Bearer ${(await bound(side)).access}`)],
  ['dpop: userinfo without a proof', async (side) => side.userinfo(`DPoP ${(await bound(side)).access}`)],
  [
    'dpop: userinfo of an unbound token',
    async (side) => {
      const { access_token } = await side.tokens()
      const dpop = await side.proof(key, 'userinfo', { htm: 'GET', claims: { ath: await hashOf(access_token) } })
      return side.userinfo(undefined, { headers: { authorization: `DPoP ${access_token}`, dpop } })
    },
  ],
  [
    'dpop: userinfo with one proof twice',
    async (side) => {
      const { access } = await bound(side)
      const dpop = await side.proof(key, 'userinfo', { htm: 'GET', claims: { ath: await hashOf(access) } })
      const headers = { authorization: `DPoP ${access}`, dpop }
      await side.userinfo(undefined, { headers })
      return side.userinfo(undefined, { headers })
    },
  ],
  [
    'dpop: introspect a bound token',
    async (side) => side.post('introspection', { token: (await bound(side)).access }, { client: INSPECTOR }),
  ],
  ['dpop: revoke a bound token without a proof', async (side) => side.post('revocation', { token: (await bound(side)).access })],
  [
    'dpop: revoke a bound token, then introspect it',
    async (side) => {
      const { access, refresh } = await bound(side)
      await side.post('revocation', { token: refresh })
      return side.post('introspection', { token: access }, { client: INSPECTOR })
    },
  ],
]

export const DPOP_ROWS: readonly Row[] = [...PROOFS, ...GRANTS, ...USES]
