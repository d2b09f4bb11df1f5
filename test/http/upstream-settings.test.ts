// UPSTREAM_PROVIDERS and its secrets: what is wrong is named at the start, not at the first sign-in.
import { describe, expect, test } from 'vitest'
import { type Bindings, ConfigError, getConfig } from '../../src/config.ts'
import { upstreamProviders } from '../../src/core/upstream/providers.ts'
import { platform } from '../support/kith.ts'

const SECRET = 'secret-that-must-never-be-shown'
const GITHUB = { id: 'github', preset: 'github', clientId: 'Iv1.abc' }
const COMPANY = { id: 'company', name: 'Example Ltd', issuer: 'https://login.example.com/realms/staff', clientId: 'kith' }
const APPLE = { id: 'apple', preset: 'apple', clientId: 'com.example.kith', teamId: 'TEAM000000', keyId: 'KEY0000000' }

const P256 = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2
OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r
1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G
-----END PRIVATE KEY-----`

function configured(providers: unknown, secrets: Record<string, string> = {}, changes: Record<string, string> = {}) {
  const UPSTREAM_PROVIDERS = typeof providers === 'string' ? providers : JSON.stringify(providers)
  return getConfig({ ...platform.env, UPSTREAM_PROVIDERS, ...secrets, ...changes } as Bindings)
}

function problemsOf(...settings: Parameters<typeof configured>): readonly string[] {
  try {
    configured(...settings)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    expect(error.message).not.toContain(SECRET)
    return error.problems
  }
}

describe('UPSTREAM_PROVIDERS', () => {
  test('unset or empty: there are none', () => {
    expect(getConfig({ ...platform.env } as Bindings).upstream).toEqual([])
    expect(configured('').upstream).toEqual([])
    expect(configured([]).upstream).toEqual([])
  })

  test('keeps the order, knows the names of presets, and takes each secret', () => {
    const providers = [
      { id: 'google', preset: 'google', clientId: 'g' },
      COMPANY,
      { ...GITHUB, name: 'Octocat' },
      APPLE,
      { id: 'microsoft', preset: 'microsoft', clientId: 'm' },
    ]
    const secrets = {
      UPSTREAM_SECRET_GOOGLE: SECRET,
      UPSTREAM_SECRET_COMPANY: SECRET,
      UPSTREAM_SECRET_GITHUB: SECRET,
      UPSTREAM_SECRET_APPLE: P256,
      UPSTREAM_SECRET_MICROSOFT: SECRET,
    }
    const config = configured(providers, secrets)
    expect(upstreamProviders(config)).toEqual([
      { id: 'google', name: 'Google' },
      { id: 'company', name: 'Example Ltd' },
      { id: 'github', name: 'Octocat' },
      { id: 'apple', name: 'Apple' },
      { id: 'microsoft', name: 'Microsoft' },
    ])
    expect(config.upstream).toMatchObject([
      { secret: SECRET, trustsEmail: true },
      { preset: 'oidc', issuer: COMPANY.issuer },
      {},
      { secret: P256 },
      { tenant: 'common' },
    ])
  })

  test.each<[string, unknown, string]>([
    ['text that is no JSON', '[{', 'is not JSON'],
    ['an object', {}, 'must be a JSON array'],
    ['an entry that is no object', ['google'], 'entry 1: must be of type object'],
    ['an unknown preset', [{ ...GITHUB, preset: 'facebook' }], 'entry 1: preset: must be google, microsoft, apple or github'],
    ['no id', [{ ...GITHUB, id: undefined }], 'entry 1: id: is required'],
    ['an id that is no part of a URL', [{ ...GITHUB, id: 'git/hub' }], 'entry 1: id: must begin with'],
    ['an id with capitals', [{ ...GITHUB, id: 'GitHub' }], 'entry 1: id: must begin with'],
    ['an id with a hyphen, which no variable has', [{ ...GITHUB, id: 'git-hub' }], 'entry 1: id: must begin with'],
    ['no client', [GITHUB, { ...COMPANY, clientId: '' }], 'entry 2: clientId: must be printable ASCII'],
    ['a misspelled field', [{ ...GITHUB, clientID: 'x' }], 'entry 1: must not have clientID'],
    ['a field of another preset', [{ ...GITHUB, tenant: 'common' }], 'entry 1: must not have tenant'],
    ['no name for a provider without preset', [{ ...COMPANY, name: undefined }], 'entry 1: name: is required'],
    ['a blank name', [{ ...COMPANY, name: ' ' }], 'entry 1: name: must have 1 to 40 characters'],
    ['no issuer', [{ ...COMPANY, issuer: undefined }], 'entry 1: issuer: is required'],
    ['an issuer without TLS', [{ ...COMPANY, issuer: 'http://login.example.com' }], 'entry 1: issuer: must be an https URL'],
    ['an issuer that only looks local', [{ ...COMPANY, issuer: 'http://localhost.example.com' }], 'entry 1: issuer: must be an https URL'],
    ['an issuer with a query', [{ ...COMPANY, issuer: 'https://login.example.com/?a=1' }], 'entry 1: issuer: must be an https URL'],
    ['an issuer with a password', [{ ...COMPANY, issuer: 'https://a:b@login.example.com' }], 'entry 1: issuer: must be an https URL'],
    ['an issuer for a preset', [{ ...GITHUB, issuer: 'https://github.example.com' }], 'entry 1: must not have issuer'],
    ['scopes as text', [{ ...GITHUB, scopes: 'read:user' }], 'entry 1: scopes: must be of type array'],
    ['a scope with a space', [{ ...GITHUB, scopes: ['read:user user:email'] }], 'entry 1: scopes: 0: must be a scope'],
    [
      'a tenant by its domain',
      [{ id: 'ms', preset: 'microsoft', clientId: 'm', tenant: 'example.com' }],
      'entry 1: tenant: must be common,',
    ],
    ['a team that is none', [{ ...APPLE, teamId: 'team' }], 'entry 1: teamId: must have 10 capital letters or digits'],
    ['no key', [{ ...APPLE, keyId: undefined }], 'entry 1: keyId: is required'],
    ['one id twice', [GITHUB, { ...COMPANY, id: 'github' }], 'entry 2: id: github is also the id of entry 1'],
  ])('%s is refused by name', (_what, providers, wanted) => {
    const secrets = { UPSTREAM_SECRET_GITHUB: SECRET, UPSTREAM_SECRET_COMPANY: SECRET, UPSTREAM_SECRET_APPLE: P256 }
    const problems = problemsOf(providers, secrets)
    expect(problems).toHaveLength(1)
    expect(problems[0]?.startsWith(`UPSTREAM_PROVIDERS: ${wanted}`), problems[0]).toBe(true)
  })

  test('every wrong entry is named at once', () => {
    expect(problemsOf([{ ...GITHUB, id: '' }, COMPANY, { ...COMPANY, id: 'b', issuer: 'x' }])).toHaveLength(2)
  })

  test('an issuer on this machine is for development', () => {
    const local = { ...COMPANY, issuer: 'http://localhost:9000/realm' }
    const secrets = { UPSTREAM_SECRET_COMPANY: SECRET }
    expect(problemsOf([local], secrets, { ENVIRONMENT: 'development', SCRYPT_LN: '15' })).toEqual([])
    expect(problemsOf([local], secrets, { ENVIRONMENT: 'production' })).toContain('UPSTREAM_PROVIDERS: issuers must be https in production')
  })
})

describe('UPSTREAM_SECRET_<ID>', () => {
  test('is required of a confidential client, by its name', () => {
    expect(problemsOf([GITHUB, COMPANY])).toEqual(['UPSTREAM_SECRET_GITHUB: is missing', 'UPSTREAM_SECRET_COMPANY: is missing'])
    expect(problemsOf([GITHUB], { UPSTREAM_SECRET_GITHUB: '' })).toEqual(['UPSTREAM_SECRET_GITHUB: is missing'])
  })

  test('is not there for a public client', () => {
    const open = { ...COMPANY, tokenEndpointAuthMethod: 'none' }
    expect(configured([open]).upstream).toMatchObject([{ secret: null }])
    expect(problemsOf([open], { UPSTREAM_SECRET_COMPANY: SECRET })).toEqual([
      'UPSTREAM_SECRET_COMPANY: is set, but the client authenticates with none',
    ])
  })

  test.each<[string, string]>([
    ['a secret instead of a key', SECRET],
    ['a public key', P256.replaceAll('PRIVATE', 'PUBLIC')],
    ['another form of PEM', P256.replaceAll('PRIVATE', 'EC PRIVATE')],
    ['a key that is cut off', P256.replace('1P087G', '')],
    [
      'a key of another curve',
      `-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----`,
    ],
  ])('for Apple: %s is refused', (_what, secret) => {
    expect(problemsOf([APPLE], { UPSTREAM_SECRET_APPLE: secret })).toEqual([
      "UPSTREAM_SECRET_APPLE: must be Apple's private key (P-256, PKCS #8) as PEM",
    ])
  })

  test('for Apple: the key may be on one line', () => {
    for (const spelled of [P256, `${P256}\n`, P256.replaceAll('\n', '\r\n'), P256.replaceAll('\n', '\\n')]) {
      expect(problemsOf([APPLE], { UPSTREAM_SECRET_APPLE: spelled })).toEqual([])
    }
  })
})
