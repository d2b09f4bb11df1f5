// /.well-known: RFC 8414 and RFC 7517. What the metadata says is what works. Security row 43.
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { OAUTH_ERRORS } from '../../../src/apis/oauth/errors.ts'
import { Jwks, ServerMetadata } from '../../../src/apis/oauth/metadata-wire.ts'
import { newClient, newGrant, ORIGIN, platform, send, token } from './harness.ts'

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

  test('§3.3: the issuer is the origin, and it costs no database', async () => {
    const { counts } = await platform.counts.measure(() => send('/.well-known/oauth-authorization-server'))
    expect(counts.d1RoundTrips).toBe(0)
    expect((await metadata()).issuer).toBe(ORIGIN)
  })

  test('every endpoint is there', async () => {
    const endpoints = Object.entries(await metadata()).filter(([name]) => /_endpoint$|^jwks_uri$/.test(name))
    expect(endpoints).toHaveLength(7)
    for (const [name, url] of endpoints as [string, string][]) {
      expect(url.startsWith(`${ORIGIN}/`)).toBe(true)
      const method = /token|revocation|introspection/.test(name) ? 'POST' : 'GET'
      expect([404, 405], name).not.toContain((await send(url.slice(ORIGIN.length), { method })).status)
    }
  })

  test('every grant type and way of client authentication is known at the token endpoint', async () => {
    const { grant_types_supported, token_endpoint_auth_methods_supported } = await metadata()
    for (const grant_type of grant_types_supported) {
      expect(await (await token({ grant_type })).json()).not.toMatchObject({ error: 'unsupported_grant_type' })
    }
    for (const method of token_endpoint_auth_methods_supported) {
      const client = await newClient({ method })
      const params = { grant_type: 'refresh_token', refresh_token: 'x' }
      const headers: Record<string, string> =
        method === 'client_secret_basic' ? { authorization: `Basic ${btoa(`${client.id}:${client.secret}`)}` } : {}
      const body =
        { none: { client_id: client.id }, client_secret_post: { client_id: client.id, client_secret: client.secret } }[method] ?? {}
      expect(await (await token({ ...params, ...body }, headers)).json(), method).toMatchObject({ error: 'invalid_grant' })
    }
  })

  test('OpenID Connect Discovery §4: the same document at its other address', async () => {
    expect(await get('/.well-known/openid-configuration')).toEqual(await metadata())
  })
})

test('RFC 6749 appendix A.7: error codes are printable and need no quoting', () => {
  for (const [, code] of Object.values(OAUTH_ERRORS)) expect(code).toMatch(/^[a-z_]+$/)
})
