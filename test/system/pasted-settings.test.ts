// The console shows settings of a client to paste, whose values another administrator, or a client that registered itself, chose.
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import type { Kind } from '../../src/pages/console/clients/kinds.ts'
import { snippetsFor } from '../../src/pages/console/clients/snippets.ts'

const RESOURCE = "https://api.example/$(touch$IFS./owned)'%22;`id`/"
/** In a shell, in Kotlin and in Spring. */
const PLACEHOLDER = '$'.concat('{CLIENT_SECRET}')
const NAMES = ['`id>owned`', PLACEHOLDER, "'$(id)'", '!!', 'orders:read']
const SETTINGS = {
  issuer: 'https://kith.example',
  clientId: "https://app.example/$(id)?a=1&b='2'",
  authMethod: 'client_secret_basic',
  redirectUris: ['com.example.app:/$x'],
  postLogoutRedirectUris: [],
  scopes: ['openid'],
  apiScopes: NAMES.map((name) => ({ resource: RESOURCE, name })),
} as const
const SCOPE = ['openid', ...NAMES].join(' ')

const textOf = (kind: Kind, library: RegExp, more: object = {}) =>
  snippetsFor(kind, { ...SETTINGS, ...more }).find((snippet) => library.test(snippet.library))?.text ?? ''

/** The words that a shell hands to `curl`. */
function pasted(command: string): string[] {
  const script = `curl() { printf '%s\\0' "$@"; }\n${command}`
  return execFileSync('sh', ['-c', script], { env: { CLIENT_SECRET: 's3cret' }, encoding: 'utf8' })
    .split('\0')
    .slice(0, -1)
}

test('a shell hands to curl what is registered, and runs nothing of it', () => {
  const request = ['-d', 'grant_type=client_credentials', '--data-urlencode', `scope=${SCOPE}`, '--data-urlencode', `resource=${RESOURCE}`]
  const url = 'https://kith.example/oauth/token'
  expect(pasted(textOf('service', /curl/))).toEqual([url, '-u', `${SETTINGS.clientId}:s3cret`, ...request])
  expect(pasted(textOf('service', /curl/, { clientId: 'my-app', authMethod: 'client_secret_post' }))).toEqual(
    [url, '-d', 'client_id=my-app', '-d', 'client_secret=s3cret'].concat(request),
  )
  expect(pasted(textOf('device', /curl/))).toEqual([
    'https://kith.example/oauth/device_authorization',
    ...['--data-urlencode', `client_id=${SETTINGS.clientId}`, '--data-urlencode', `scope=${SCOPE}`],
  ])
})

test('Kotlin and Spring find no template and no placeholder, but for the secret', () => {
  expect(textOf('native', /Android/)).toContain(`\\${PLACEHOLDER}`)
  expect(textOf('native', /Android/)).not.toMatch(/(?<!\\)\$/)
  expect(textOf('web', /Spring/)).toContain(`"\\\\${PLACEHOLDER}"`)
  expect(textOf('web', /Spring/).match(/(?<!\\\\)\$\{\w+\}/g)).toEqual([PLACEHOLDER])
})
