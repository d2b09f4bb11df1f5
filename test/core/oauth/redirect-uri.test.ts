// Redirect URIs: RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §2.1 and §4.1.3. Security row 32.
import { describe, expect, test } from 'vitest'
import {
  appendToRedirectUri,
  isAcceptableRedirectUri,
  isLoopbackRedirectUri,
  isRegisteredRedirectUri,
} from '../../../src/core/oauth/redirect-uri.ts'

const REGISTERED = [
  'https://app.example/cb',
  'https://app.example/q?a=1',
  'http://127.0.0.1/cb',
  'http://[::1]:1/cb',
  'http://localhost/',
  'com.example.app:/cb',
]

/** Ways of saying nearly the same, for any URI. */
function nearly(uri: string): string[] {
  const [scheme = '', rest = ''] = uri.split(/:(.*)/s)
  const [, authority = '', path = ''] = /^\/\/([^/]*)(.*)$/.exec(rest) ?? []
  const of = (a: string, p = path) => `${scheme}://${a}${p}`
  return [
    `${uri}/`,
    `${uri}?`,
    `${uri}#`,
    `${uri}#x`,
    `${uri}?x=1`,
    `${uri}&x=1`,
    `${uri}/../evil`,
    `${uri}/..`,
    `${uri};x`,
    `${uri}%00`,
    `${uri}%0d%0a`,
    `${uri}\n`,
    `${uri}\t`,
    `${uri} `,
    ` ${uri}`,
    `\t${uri}`,
    `${uri}\0`,
    `${uri}\\`,
    `${uri}@evil.example`,
    `${uri}.evil.example`,
    uri.slice(0, -1),
    uri.toUpperCase(),
    `x${uri}`,
    `${uri},${uri}`,
    `javascript:${uri}`,
    encodeURIComponent(uri),
    uri.replaceAll('/', '\\'),
    of(`user@${authority}`),
    of(`user:pass@${authority}`),
    of(`${authority}@evil.example`),
    of(`${authority}:443@evil.example`),
    of(`${authority}.evil.example`),
    of(`evil.example\\@${authority}`),
    of(`evil.example#@${authority}`),
    of(`evil.example?@${authority}`),
    of(`${authority}.`),
    of(`sub.${authority}`),
    of(`${authority}:`),
    of(`${authority}:x`),
    of(`${authority}:99999`),
    of(`${authority}:-1`),
    of(`${authority}%2eevil`),
    of(authority.toUpperCase()),
    of(authority, `/.${path}`),
    of(authority, `/x/..${path}`),
    of(authority, `/${path}`),
    of(authority, path.toUpperCase()),
    of(authority, `${path}%2e`),
    of(authority, path.replace('c', '%63')),
    `${scheme}:${authority}${path}`,
    `${scheme}:/${authority}${path}`,
    `${scheme}:///${authority}${path}`,
    `//${authority}${path}`,
    `${authority}${path}`,
    `ftp://${authority}${path}`,
    path,
    '',
  ].filter((text) => text !== uri)
}

const NEVER = [
  'javascript:alert(1)',
  'JavaScript:alert(1)',
  'javascript://app.example/cb%0aalert(1)',
  'data:text/html,x',
  'vbscript:x',
  'file:///etc/passwd',
  'blob:https://app.example/x',
  'about:blank',
  'http://app.example/cb',
  'http://evil.example/cb',
  'https:evil.example',
  'https:/evil.example',
  'https:///evil.example/',
  'https://',
  'https:///',
  'https://?',
  'https://:443/',
  'https://@app.example/cb',
  'https://a:b@app.example/cb',
  'https://app.example/cb#',
  'https://\u0430pp.example/cb',
  'https://app\u3002example/cb',
  'https://app.example\u2215cb',
  'https://app.exa\u200bmple/cb',
  'https://*.example/cb',
  'http://127.0.0.2/cb',
  'http://127.1/cb',
  'http://0x7f000001/cb',
  'http://2130706433/cb',
  'http://0.0.0.0/cb',
  'http://[::]/cb',
  'http://[::ffff:127.0.0.1]/cb',
  'http://[0:0:0:0:0:0:0:1]/cb',
  'http://localhost.evil.example/cb',
  'http://localhost:80@evil.example/cb',
  'http://localhost:1:2/cb',
  'http://LOCALHOST/cb',
  'http://127.0.0.1.evil.example/',
  'http://127.0.0.1:80.evil.example/',
  'http://127.0.0.1:99999/cb',
  'http://localhost\\@evil.example/',
  'app:/cb',
  'com.example.app:cb',
  'com.example.app://cb',
  'urn:ietf:wg:oauth:2.0:oob',
  'com.example.app:/cb#x',
  'mailto:a@b.example',
  'intent:#Intent;end',
  '/cb',
  '//evil.example',
  'cb',
  '',
  ' ',
  '\0',
  'https://app.example/"',
  'https://app.example/<x>',
  'https://app.example/{x}',
  'https://app.example/a b',
]

describe('which are acceptable at all', () => {
  for (const uri of NEVER) test(`not ${JSON.stringify(uri)}`, () => expect(isAcceptableRedirectUri(uri)).toBe(false))
  for (const uri of REGISTERED) test(uri, () => expect(isAcceptableRedirectUri(uri)).toBe(true))
  test('a bad one does not count even when it is registered', () => {
    for (const uri of NEVER) expect(isRegisteredRedirectUri([uri], uri), uri).toBe(false)
  })
})

describe('which is registered', () => {
  test('the very same string', () => {
    for (const uri of REGISTERED) expect(isRegisteredRedirectUri(REGISTERED, uri)).toBe(true)
  })

  test('nothing that comes near it', () => {
    const corpus = REGISTERED.flatMap((uri) => nearly(uri).map((near) => [uri, near] as const))
    expect(corpus.length).toBeGreaterThan(300)
    for (const [uri, near] of corpus) expect(isRegisteredRedirectUri([uri], near), `${near} for ${uri}`).toBe(false)
  })

  test('RFC 8252 §7.3: loopback addresses with any port, and nothing else of them', () => {
    const is = (registered: string, uri: string) => isRegisteredRedirectUri([registered], uri)
    expect(is('http://127.0.0.1/cb', 'http://127.0.0.1:1/cb')).toBe(true)
    expect(is('http://127.0.0.1:8080/cb?a=1', 'http://127.0.0.1:65535/cb?a=1')).toBe(true)
    expect(is('http://[::1]:1/cb', 'http://[::1]/cb')).toBe(true)
    expect(is('http://localhost', 'http://localhost:3000')).toBe(true)
    expect(is('http://localhost:3000', 'http://127.0.0.1:3000')).toBe(false)
    expect(is('http://127.0.0.1/cb', 'http://127.0.0.1:1/other')).toBe(false)
    expect(is('http://127.0.0.1/cb', 'https://127.0.0.1:1/cb')).toBe(false)
    expect(is('https://localhost/cb', 'https://localhost:1/cb')).toBe(false)
    expect(is('https://app.example/cb', 'https://app.example:444/cb')).toBe(false)
  })

  test('what counts as loopback', () => {
    expect(REGISTERED.filter(isLoopbackRedirectUri)).toEqual(REGISTERED.slice(2, 5))
  })
})

test('RFC 6749 §4.1.2: parameters go behind the query that is there, and come back as they were', () => {
  const params = { code: 'a b+c', state: '&=#%\u00e9', none: undefined }
  for (const uri of [
    'https://a.example/cb',
    'https://a.example/cb?',
    'https://a.example/cb?x=1',
    'https://a.example/cb?x=1&',
    'com.example.app:/cb',
  ]) {
    const result = appendToRedirectUri(uri, params)
    expect(result.startsWith(uri)).toBe(true)
    const read = new URL(result).searchParams
    expect([read.get('code'), read.get('state'), read.has('none')]).toEqual([params.code, params.state, false])
  }
})
