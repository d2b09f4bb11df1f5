// /.well-known: RFC 8414 and RFC 7517. What the metadata says is what works. Security row 43.
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { Jwks, ResourceMetadata, ServerMetadata } from '../../../src/apis/oauth/metadata-wire.ts'
import { ERRORS } from '../../../src/core/errors.ts'
import { assertionOf, newProof, newSigner } from './assertions.ts'
import { authorize, exchange, form, newBrowser, newClient, newGrant, newUser, ORIGIN, type Params, rows, send, token } from './harness.ts'
import { claimsOf, consentedCode, IDENTITY, signIn, userinfo } from './openid.ts'

const get = async (path: string) => (await send(path)).json()

test('RFC 7517: the public keys alone, kept for five minutes, good for checking a token', async () => {
  const response = await send('/.well-known/jwks.json')
  expect(response.headers.get('cache-control')).toBe('public, max-age=300')
  const jwks = await response.json()
  Jwks.parse(jwks)
  expect(JSON.stringify(jwks)).not.toContain('"d"')
  const { tokens } = await newGrant()
  const verified = await jwtVerify(tokens.access_token, createLocalJWKSet(jwks as JSONWebKeySet), {
    issuer: ORIGIN,
    audience: ORIGIN,
    typ: 'at+jwt',
  })
  expect(verified.payload.iss).toBe(ORIGIN)
})

describe('RFC 8414', () => {
  const metadata = async () => ServerMetadata.parse(await get('/.well-known/oauth-authorization-server'))

  test('§3.3: the issuer is the origin', async () => {
    expect((await metadata()).issuer).toBe(ORIGIN)
  })

  test('every endpoint is there', async () => {
    const endpoints = Object.entries(await metadata()).filter(([name]) => /_endpoint$|^jwks_uri$/.test(name))
    expect(endpoints).toHaveLength(9)
    for (const [name, url] of endpoints as [string, string][]) {
      expect(url.startsWith(`${ORIGIN}/`)).toBe(true)
      const method = /token|revocation|introspection|device|pushed/.test(name) ? 'POST' : 'GET'
      expect([404, 405], name).not.toContain((await send(url.slice(ORIGIN.length), { method })).status)
    }
  })

  test('every grant type and way of client authentication is known at the token endpoint', async () => {
    const { grant_types_supported, token_endpoint_auth_methods_supported } = await metadata()
    for (const grant_type of grant_types_supported) {
      expect(await (await token({ grant_type })).json()).not.toMatchObject({ error: 'unsupported_grant_type' })
    }
    for (const method of token_endpoint_auth_methods_supported) {
      const { params, headers } = await newProof(method)
      const reply = await token({ grant_type: 'refresh_token', refresh_token: 'x', ...params }, headers)
      expect(await reply.json(), method).toMatchObject({ error: 'invalid_grant' })
    }
  })

  test('every algorithm of an assertion is taken', async () => {
    const { token_endpoint_auth_signing_alg_values_supported } = await metadata()
    for (const alg of token_endpoint_auth_signing_alg_values_supported) {
      const client = await newSigner(alg)
      const reply = await token({ grant_type: 'refresh_token', refresh_token: 'x', ...(await assertionOf(client)) })
      expect(await reply.json(), alg).toMatchObject({ error: 'invalid_grant' })
    }
  })

  test('every claim is available, in the ID token or from userinfo', async () => {
    const { claims_supported } = await metadata()
    const client = await newClient({ more: { claims: 'role custom_data.plan' } })
    const { tokens, userId } = await signIn(IDENTITY, { nonce: 'n' }, client)
    await rows(`UPDATE users SET custom_data = '{"plan":1}' WHERE id = ?`, userId)
    const info = (await (await userinfo(tokens.access_token)).json()) as object
    const had = new Set([...Object.keys(info), ...Object.keys(claimsOf(tokens))])
    expect([...had].sort()).toEqual([...new Set(claims_supported)].sort())
  })

  test('every scope is granted to who may have it', async () => {
    const { scopes_supported } = await metadata()
    const all = await newClient()
    const machine = await newClient({ method: 'client_secret_post', grantTypes: 'client_credentials' })
    const root = await newUser('super_admin')
    const browser = await newBrowser(root)
    for (const scope of scopes_supported) {
      const own = { grant_type: 'client_credentials', client_id: machine.id, client_secret: machine.secret, scope }
      const reply = scope.startsWith('client:') ? await token(own) : await exchange(all, await consentedCode(browser, root, all, { scope }))
      expect(reply.status, scope).toBe(200)
    }
  })

  test('every response mode, response type and prompt is understood, and nothing else', async () => {
    const { response_modes_supported, response_types_supported, prompt_values_supported } = await metadata()
    const all = await newClient()
    const { cookie } = await newBrowser(await newUser())
    const refused = async (changes: Params) => (await authorize(all, cookie, changes)).headers.get('location')?.includes('error=') ?? false
    for (const response_mode of response_modes_supported) expect(await refused({ response_mode })).toBe(false)
    for (const response_type of response_types_supported) expect(await refused({ response_type })).toBe(false)
    for (const prompt of prompt_values_supported) expect(await refused({ prompt }), prompt).toBe(false)
    for (const changes of [{ response_mode: 'fragment' }, { response_type: 'id_token' }]) expect(await refused(changes)).toBe(true)
  })

  test('the ways of client authentication count at revocation and introspection as well', async () => {
    const { revocation_endpoint_auth_methods_supported, introspection_endpoint_auth_methods_supported } = await metadata()
    const ask = async (path: string, method: string) => {
      const { params, headers } = await newProof(method)
      return (await form(path, { token: 'x', ...params }, headers)).status
    }
    for (const method of revocation_endpoint_auth_methods_supported) expect(await ask('/oauth/revoke', method), method).toBe(200)
    for (const method of introspection_endpoint_auth_methods_supported) expect(await ask('/oauth/introspect', method), method).toBe(200)
    expect(await ask('/oauth/introspect', 'none')).toBe(401)
  })

  test('OpenID Connect Discovery §4: the same document at its other address', async () => {
    expect(await get('/.well-known/openid-configuration')).toEqual(await metadata())
  })
})

test('RFC 6749 appendix A.7: error codes are printable and need no quoting', () => {
  for (const [, code] of Object.values(ERRORS)) expect(code).toMatch(/^[a-z_]+$/)
})

test('RFC 9728: a client that is refused finds the server, and what it may ask for, from the challenge alone', async () => {
  const challenge = (await send('/user/me')).headers.get('www-authenticate') ?? ''
  const [, at = ''] = /resource_metadata="([^"]+)"/.exec(challenge) ?? []
  const resource = ResourceMetadata.parse(await get(at.slice(ORIGIN.length)))
  expect([resource.resource, resource.authorization_servers]).toEqual([ORIGIN, [ORIGIN]])
  const [, scope = ''] = /scope="([^"]+)"/.exec(challenge) ?? []
  expect(resource.scopes_supported).toContain(scope)
})
