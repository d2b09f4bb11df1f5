// The team's own APIs: which resource indicators (RFC 8707 §2) and scope names (RFC 6749 §3.3) they may have.
import { beforeAll, describe, expect, test } from 'vitest'
import { planApi } from '../../../src/core/oauth/api-plans.ts'
import { apiResource, apiScopeName, apiScopes, toApi } from '../../../src/core/oauth/apis.ts'
import { SCOPES } from '../../../src/core/scopes.ts'
import { findApi, findApis } from '../../../src/store/db/apis.ts'
import { ORDERS, putApi } from '../../support/apis.ts'
import { platform } from '../../support/kith.ts'
import { newCtx } from '../../support/tokens.ts'

beforeAll(() => platform.reset())

describe('a resource indicator', () => {
  const GOOD = [
    'https://orders.example.com',
    'https://orders.example.com/',
    'https://api.example.com/v1/orders?tenant=7',
    'https://[2001:db8::1]:8443/mcp',
    'http://localhost:3000/mcp',
    'http://127.0.0.1:8787',
  ]
  const BAD = [
    '',
    'orders',
    '/orders',
    '//orders.example.com/',
    'urn:example:orders',
    'http://orders.example.com/',
    'https://orders.example.com/#part',
    'https://orders.example.com/#',
    'https://user@orders.example.com/',
    'https://orders.example.com/ x',
    'https://orders.example.com/|orders:read',
    'https://orders.example.com/"x"',
    'https:orders.example.com',
    'https:///orders',
    ' https://orders.example.com/',
    'https://orders.example.com/\n',
    `https://orders.example.com/${'a'.repeat(256)}`,
  ]
  for (const uri of GOOD) test(uri, () => expect(apiResource.safeParse(uri)).toMatchObject({ success: true, data: uri }))
  for (const uri of BAD) test(`not ${JSON.stringify(uri.slice(0, 60))}`, () => expect(apiResource.safeParse(uri).success).toBe(false))
})

test('an API on loopback is for development', () => {
  const plan = (environment: 'production' | 'development', resource: string) => () =>
    planApi({ resource, name: 'Mine' }, true, { now: 1, config: { environment, origin: 'http://localhost:8787' } })
  expect(plan('development', 'http://localhost:3000/mcp')()).toMatchObject({ resource: 'http://localhost:3000/mcp' })
  expect(plan('production', 'http://localhost:3000/mcp')).toThrow(
    expect.objectContaining({ fields: [expect.objectContaining({ path: 'resource' })] }),
  )
  expect(plan('development', 'http://localhost:8787/mcp'), "Kith's own").toThrow()
})

describe('the name of a scope', () => {
  test('is a scope-token that no list and no resource can be confused with', () => {
    for (const name of ['orders:read', 'orders', 'https://x.example/orders.read', 'a+b', "it's", 'read_all', '{x}', '[x]', '~']) {
      expect(apiScopeName.safeParse(name).success, name).toBe(true)
    }
    for (const name of ['', 'orders read', 'a,b', 'a|b', 'a"b', 'a\\b', 'größe', 'a\tb', 'a'.repeat(65)]) {
      expect(apiScopeName.safeParse(name).success, name).toBe(false)
    }
  })

  test("is never one of Kith's, so no token for an API can be taken for one with a right in Kith", () => {
    for (const name of [...Object.keys(SCOPES), 'offline_access']) expect(apiScopeName.safeParse(name).success, name).toBe(false)
  })

  test('belongs to one scope of the API', () => {
    const scope = { name: 'orders:read', description: 'See your orders' }
    expect(apiScopes.safeParse([scope]).success).toBe(true)
    expect(apiScopes.safeParse([scope, { ...scope, description: 'Again' }]).success).toBe(false)
  })
})

test('APIs are found by their resource, several in one statement, and only by exactly it', async () => {
  await putApi()
  await putApi({
    resource: 'https://stock.example/',
    scopes: '[]',
    claims: 'role locale',
    openToAll: 1,
    disabledAt: 5,
    accessTokenSeconds: 120,
  })
  const { db } = newCtx()
  const found = await db.one(findApis([ORDERS, 'https://nobody.example/', 'https://stock.example/', 'https://orders.example']))
  expect(found.map(toApi)).toEqual([
    {
      resource: ORDERS,
      name: 'Orders',
      scopes: [
        { name: 'orders:read', description: 'See your orders' },
        { name: 'orders:write', description: 'Place orders for you' },
      ],
      claims: [],
      accessTokenSeconds: null,
      isOpenToAll: false,
      serverClientId: null,
      isEnabled: true,
    },
    expect.objectContaining({ claims: ['role', 'locale'], accessTokenSeconds: 120, isOpenToAll: true, isEnabled: false, scopes: [] }),
  ])
  expect(await db.one(findApi('https://orders.example'))).toBeNull()
})
