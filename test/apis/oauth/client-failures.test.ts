// Whose limit the failures of a client count against: its own once it has proved who it is, from any network, and that of the network
// until then. Otherwise strangers could use up what a client has.
import { beforeEach, describe, expect, test } from 'vitest'
import { DEVICE_GRANT, TOKEN_EXCHANGE } from '../../../src/core/oauth/clients.ts'
import { ACCESS_TOKEN_TYPE } from '../../../src/core/oauth/token-exchange.ts'
import { assertionOf, newSigner } from './assertions.ts'
import { errorOf, form, newClient, newEnv, type Params, platform, token } from './harness.ts'
import { basicOf } from './openid.ts'

beforeEach(() => platform.reset())

/** Bindings under which every failure is counted, and none is too many. */
function newCounter() {
  const counted: string[] = []
  const LIMIT_OTHER = { limit: async ({ key }: { key: string }) => ({ success: counted.push(key) > 0 }) }
  return { counted, env: { ...newEnv({ NETWORK_LIMITS: 'on' }), LIMIT_OTHER } }
}

test('failures of a client that has authenticated count against it, others against the network', async () => {
  const client = await newSigner('ES256')
  const { counted, env } = newCounter()
  const fail = async (proof: Params) => errorOf(await token({ grant_type: 'refresh_token', refresh_token: 'x', ...proof }, {}, env))
  expect(await fail(await assertionOf(client))).toEqual([400, 'invalid_grant'])
  expect(counted).toEqual([expect.stringContaining(client.id)])
  const wrong = await assertionOf(client, { aud: 'https://other.example' })
  expect(await fail(wrong)).toEqual([401, 'invalid_client'])
  expect(counted.slice(1)).toEqual([expect.not.stringContaining(client.id)])
})

describe('refusals of a wrong secret count against the network, whatever is wrong beside it', () => {
  const EXCHANGED = { grant_type: TOKEN_EXCHANGE, subject_token: 'x', subject_token_type: ACCESS_TOKEN_TYPE }
  test.each<[string, string, Params]>([
    ['an exchange without a target', '/oauth/token', EXCHANGED],
    ['an exchange for two', '/oauth/token', { ...EXCHANGED, resource: 'https://a.example/', audience: 'https://b.example/' }],
    ['an exchange of another type', '/oauth/token', { ...EXCHANGED, subject_token_type: 'x' }],
    ['an exchange with an actor_token', '/oauth/token', { ...EXCHANGED, actor_token: 'x' }],
    ['a resource that is none', '/oauth/token', { grant_type: 'client_credentials', resource: 'x' }],
    ['a scope that is none', '/oauth/token', { grant_type: 'client_credentials', scope: 'a"b' }],
    ['a refresh token that is none', '/oauth/token', { grant_type: 'refresh_token', refresh_token: 'x', scope: 'a"b', resource: 'x' }],
    ['a code that is none', '/oauth/token', { grant_type: 'authorization_code', code: 'x', redirect_uri: 'x', resource: 'x' }],
    ['a device code that is none', '/oauth/token', { grant_type: DEVICE_GRANT, device_code: 'x', resource: 'x' }],
    ['a device that asks', '/oauth/device_authorization', { scope: 'a"b', resource: 'x' }],
    ['a pushed request', '/oauth/par', { response_type: 'x', scope: 'a"b', resource: 'x', claims: 'x' }],
    ['a revocation', '/oauth/revoke', { token: 'x' }],
    ['an introspection', '/oauth/introspect', { token: 'x' }],
  ])('%s', async (_what, path, params) => {
    const client = await newClient({ method: 'client_secret_basic' })
    const { counted, env } = newCounter()
    const wrong = { authorization: `Basic ${btoa(`${client.id}:wrong`)}` }
    expect((await form(path, params, wrong, env)).status).toBeGreaterThanOrEqual(400)
    expect(counted.filter((key) => key.includes(client.id))).toEqual([])
    expect(counted.at(-1)).toContain('client failures')
  })
})

test('whatever a client does wrong once it has authenticated counts against it', async () => {
  const client = await newClient({ method: 'client_secret_basic' })
  const { counted, env } = newCounter()
  expect(await errorOf(await form('/oauth/par', { response_type: 'x' }, basicOf(client), env))).toEqual([400, 'invalid_request'])
  expect(counted).toEqual([`client ${client.id}`])
})
