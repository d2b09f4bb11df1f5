// Redirect URIs: RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §2.1 and §4.1.3. Security row 32.
import { describe, expect, test } from 'vitest'
import {
  appendToRedirectUri,
  isAcceptableRedirectUri,
  isLoopbackRedirectUri,
  isRegisteredRedirectUri,
} from '../../../src/core/oauth/redirect-uri.ts'
import { DEVELOPMENT, NEVER, nearly, REGISTERED } from '../../support/redirect-uris.ts'

describe('which are acceptable at all', () => {
  for (const uri of NEVER) test(`not ${JSON.stringify(uri)}`, () => expect(isAcceptableRedirectUri(uri)).toBe(false))
  for (const uri of REGISTERED) test(uri, () => expect(isAcceptableRedirectUri(uri)).toBe(true))
  for (const uri of DEVELOPMENT) {
    test(`${uri}: only of a native app in development`, () => {
      expect([isAcceptableRedirectUri(uri), isAcceptableRedirectUri(uri, { nativeDevelopment: true })]).toEqual([false, true])
      expect([isRegisteredRedirectUri([uri], uri), isRegisteredRedirectUri([uri], uri, { nativeDevelopment: true })]).toEqual([false, true])
    })
  }
  test('a browser never runs or opens one, even of a native app in development', () => {
    const opened = [
      'intent://x',
      'content://x/y',
      'view-source://x',
      'ftp://app.example/',
      'ws://app.example',
      'chrome-extension://abc/cb',
      'ms-settings://x',
    ]
    for (const uri of [...NEVER, ...opened]) expect(isAcceptableRedirectUri(uri, { nativeDevelopment: true }), uri).toBe(false)
  })
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
