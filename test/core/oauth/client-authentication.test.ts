// Client authentication: RFC 6749 §2.3, RFC 7617. Security row 37.
import { describe, expect, test } from 'vitest'
import {
  ASSERTION_METHODS,
  ASSERTION_TYPE,
  authenticateClient,
  decodeBasic,
  readClientCredentials,
  SECRET_METHODS,
} from '../../../src/core/oauth/client-authentication.ts'
import { toColumns } from '../../../src/core/oauth/client-columns.ts'
import { DEFAULTS } from '../../../src/core/oauth/client-metadata.ts'
import { sha256 } from '../../../src/crypto.ts'
import type { OAuthClientRow } from '../../../src/store/db/oauth-clients.ts'

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
const SECRET = 's'.repeat(43)

describe('decodeBasic', () => {
  const good: Record<string, [string, string]> = {
    'demo:secret': ['demo', 'secret'],
    'demo:': ['demo', ''],
    'a%3Ab:c%3Ad': ['a:b', 'c:d'],
    'demo:a:b': ['demo', 'a:b'],
    'a+b:c+d': ['a b', 'c d'],
    'a%2Bb:c%25d': ['a+b', 'c%d'],
  }
  for (const [text, [clientId, secret]] of Object.entries(good)) {
    test(`RFC 6749 §2.3.1: ${text}`, () => expect(decodeBasic(basic(text))).toEqual({ clientId, secret }))
  }
  test('RFC 7617 §2: the scheme in any case', () =>
    expect(decodeBasic(basic('a:b').replace('Basic', 'bASIC  '))).toEqual({ clientId: 'a', secret: 'b' }))

  const bad = [
    '',
    'Basic',
    'Basic ',
    'Basic',
    'Bearer YTpi',
    'Basic YTpi YTpi',
    'Basic YTpi,',
    'BasicYTpi',
    'Basic ====',
    'Basic YT-_',
    basic('noseparator'),
    basic(':x'),
    basic('%:x'),
    basic('%e9:x'),
    basic('a%00:x'),
    basic('a:%0a'),
    basic('a\nb:x'),
    basic('\u00e9:x'),
    'Basic /////w==',
    'Digest username="a"',
  ]
  for (const header of bad) test(`refused: ${JSON.stringify(header)}`, () => expect(decodeBasic(header)).toBeNull())
})

describe('readClientCredentials', () => {
  const read = (authorization?: string, clientId?: string, clientSecret?: string) =>
    readClientCredentials({ authorization, clientId, clientSecret })
  test('one way each', () => {
    expect(read(undefined, 'a')).toEqual({ method: 'none', clientId: 'a', secret: null })
    expect(read(undefined, 'a', 'b')).toEqual({ method: 'client_secret_post', clientId: 'a', secret: 'b' })
    expect(read(basic('a:b'))).toEqual({ method: 'client_secret_basic', clientId: 'a', secret: 'b' })
    expect(read(basic('a:b'), 'a')).toEqual({ method: 'client_secret_basic', clientId: 'a', secret: 'b' })
  })
  test('RFC 6749 §2.3.1: an empty secret is none', () => {
    expect(read(basic('a:'))).toEqual({ method: 'none', clientId: 'a', secret: null })
  })
  test('an assertion, which names the client, is alone and of the one type', () => {
    const jwt = `e30.${btoa('{"sub":"a"}')}.x`
    const assert = (changes: object) =>
      readClientCredentials({
        authorization: undefined,
        clientId: undefined,
        clientSecret: undefined,
        assertionType: ASSERTION_TYPE,
        assertion: jwt,
        ...changes,
      })
    const credentials = { method: 'assertion', clientId: 'a', secret: null, assertion: jwt }
    expect(assert({})).toEqual(credentials)
    expect(assert({ clientId: 'b' })).toEqual({ ...credentials, clientId: 'b' })
    for (const both of [{ clientSecret: 'x' }, { authorization: basic('a:b') }, { assertion: undefined }, { assertionType: undefined }]) {
      expect(() => assert(both)).toThrow(expect.objectContaining({ code: 'invalid_request' }))
    }
    for (const wrong of [
      { assertionType: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' },
      { assertion: 'x' },
      { assertion: 'e30.e30.x' },
    ]) {
      expect(() => assert(wrong)).toThrow(expect.objectContaining({ code: 'invalid_client' }))
    }
  })
  test('none, several, or contradictory', () => {
    const refusals: [code: string, said: RegExp, input: Parameters<typeof read>][] = [
      ['invalid_client', /client_id is missing/, []],
      ['invalid_client', /./, [undefined, undefined, 'b']],
      ['invalid_request', /not in both/, [basic('a:b'), 'a', 'b']],
      ['invalid_client', /not the one in the header/, [basic('a:b'), 'c']],
      ['invalid_client', /not HTTP Basic/, ['Bearer x', 'a']],
    ]
    for (const [code, said, input] of refusals) {
      const refused = expect.objectContaining({ code, message: expect.stringMatching(said) })
      expect(() => read(...input), String(said)).toThrow(refused)
    }
  })
})

describe('authenticateClient: registered way x tried way x secret', () => {
  const methods = ['none', ...SECRET_METHODS] as const
  const row = (changes: Partial<OAuthClientRow>): OAuthClientRow => ({
    ...toColumns({ ...DEFAULTS, name: 'A', scopes: ['*'] }),
    id: 'a',
    source: 'operator',
    secretHash: sha256(SECRET),
    epoch: 0,
    disabledAt: null,
    ...changes,
  })
  const refusal = expect.objectContaining({ code: 'invalid_client' })

  for (const registered of methods) {
    for (const method of methods) {
      for (const secret of [SECRET, 'wrong', '', null]) {
        const isBare = method === 'none'
        // Either way of sending the secret works, whichever the client is registered with.
        const right = registered === 'none' ? isBare : !isBare && secret === SECRET
        test(`${registered}, ${method}, ${secret}: ${right ? 'in' : 'out'}`, () => {
          const client = row({ tokenEndpointAuthMethod: registered, secretHash: registered === 'none' ? null : sha256(SECRET) })
          const authenticate = () => authenticateClient(client, { method, clientId: 'a', secret })
          if (right) expect(authenticate().id).toBe('a')
          else expect(authenticate).toThrow(refusal)
          if (registered === 'none' && !isBare) expect(authenticate).toThrow(/The client is public/)
          if (registered !== 'none' && isBare) expect(authenticate).toThrow(/The client has a secret/)
        })
      }
    }
  }

  test('unknown, disabled, without a stored secret, with an unknown way', () => {
    const tried = { method: 'client_secret_post', clientId: 'a', secret: SECRET } as const
    const post = { tokenEndpointAuthMethod: 'client_secret_post' }
    expect(authenticateClient(row(post), tried).id).toBe('a')
    for (const client of [
      null,
      row({ ...post, disabledAt: 1 }),
      row({ ...post, secretHash: null }),
      row({ tokenEndpointAuthMethod: 'machine_key' }),
    ]) {
      expect(() => authenticateClient(client, tried)).toThrow(refusal)
      expect(() => authenticateClient(client, tried)).toThrow('The client is unknown, or its secret is wrong')
    }
    expect(() => authenticateClient(row({ ...post, secretHash: sha256('') }), { ...tried, secret: null, method: 'none' })).toThrow(refusal)
  })

  test('an assertion counts only once it is claimed, and only for a client that is registered so; then nothing else does', () => {
    const asserted = { method: 'assertion', clientId: 'a', secret: null, assertion: 'x.y.z' } as const
    for (const registered of ['none', ...SECRET_METHODS, ...ASSERTION_METHODS]) {
      const client = row({ tokenEndpointAuthMethod: registered })
      const isRight = (ASSERTION_METHODS as readonly string[]).includes(registered)
      if (isRight) expect(authenticateClient(client, asserted, true).id).toBe('a')
      else expect(() => authenticateClient(client, asserted, true)).toThrow(refusal)
      expect(() => authenticateClient(client, asserted)).toThrow(refusal)
      expect(() => authenticateClient({ ...client, disabledAt: 1 }, asserted, true)).toThrow(refusal)
      if (!isRight) continue
      for (const method of ['none', ...SECRET_METHODS] as const) {
        const tried = { method, clientId: 'a', secret: method === 'none' ? null : SECRET }
        expect(() => authenticateClient(client, tried, true)).toThrow('registered to authenticate by a client assertion')
      }
    }
  })
})
