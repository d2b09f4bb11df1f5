// `npm start` and what people do next: the commands of the guides, the demo data, the operator, a second start.
import * as openid from 'openid-client'
import { beforeAll, expect, test } from 'vitest'
import { Demo } from './demo.ts'
import { freePort } from './free-port.ts'

const PEOPLE = ['alice_demo', 'bob_demo', 'carol_demo', 'dan_demo', 'root_admin']

const startedAt = Date.now()
const kith = new Demo('npm start')
const { project } = kith
let firstStartMs: number

beforeAll(() => {
  firstStartMs = Date.now() - startedAt
})

// biome-ignore lint/suspicious/noExplicitAny: a reply's shape is what tests find out
async function get(path: string, cookie: string): Promise<any> {
  return await (await fetch(kith.origin + path, { headers: { cookie } })).json()
}

async function token(client: { client_id: string; client_secret: string }, form: Record<string, string>) {
  const authorization = `Basic ${btoa(`${client.client_id}:${client.client_secret}`)}`
  const reply = await fetch(`${kith.origin}/oauth/token`, { method: 'POST', headers: { authorization }, body: new URLSearchParams(form) })
  return { status: reply.status, body: (await reply.json()) as Record<string, unknown> }
}

test('it is ready within half a minute on an empty store', () => {
  expect(firstStartMs).toBeLessThan(30_000)
})

test('the banner says which demo person is the administrator', () => {
  const marked = kith.server
    .output()
    .split('\n')
    .filter((line) => line.includes('administrator'))
  expect(marked).toEqual([expect.stringMatching(/^ +root_admin /)])
})

test('npm run journey: against nothing it says so and exits 1', async () => {
  const { code, output } = await project.run(process.execPath, ['scripts/journey.ts', `http://localhost:${await freePort()}`])
  expect(output).toContain('Start it with: npm start')
  expect(code).toBe(1)
})

test('the commands of the README work as they are pasted', async () => {
  const output = await kith.paste('README.md')
  expect(output).toContain('"username":"alice_demo"')
  expect(output).toContain('"editableFields"')
  expect(output).toContain('15. ')
  expect(output).toContain('The journey is complete.')
})

test('demo.json: the people can sign in, carol is private, root_admin is super_admin', async () => {
  const demo = project.demo()
  expect(demo.origin).toBe(kith.origin)
  expect(Object.keys(demo.users)).toEqual(PEOPLE)
  for (const name of PEOPLE) {
    const { user } = (await get('/user/me', await kith.cookieOf(name))).data
    expect({ id: user._id, email: user.email }).toEqual({ id: demo.users[name].id, email: demo.users[name].email })
    expect(user).toMatchObject({
      username: name,
      emailVerified: true,
      isPrivate: name === 'carol_demo',
      role: name === 'root_admin' ? 'super_admin' : 'user',
    })
  }
})

test('demo.json: demo-service gets a token for itself', async () => {
  const client = project.demo().clients['demo-service']
  const { status, body } = await token(client, { grant_type: 'client_credentials' })
  expect(status).toBe(200)
  expect(body).toMatchObject({ token_type: 'Bearer', scope: client.scope })
})

test('demo.json: demo-mxit gets a code without PKCE, and tokens of an hour', async () => {
  const client = project.demo().clients['demo-mxit']
  const query = new URLSearchParams({ response_type: 'code', client_id: 'demo-mxit', redirect_uri: client.redirect_uri })
  const headers = { cookie: await kith.cookieOf('dan_demo') }
  const redirect = await fetch(`${kith.origin}/oauth/authorize?${query}`, { headers, redirect: 'manual' })
  const code = new URL(redirect.headers.get('location') ?? '').searchParams.get('code') ?? ''
  const { status, body } = await token(client, { grant_type: 'authorization_code', code, redirect_uri: client.redirect_uri })
  expect(status).toBe(200)
  expect(body).toMatchObject({ expires_in: 3600, scope: 'delegated:all' })
})

test('openid-client, unmodified: discovery, code with PKCE, userinfo, refresh, introspection, revocation, sign-out', async () => {
  const { clients } = project.demo()
  const execute = [openid.allowInsecureRequests]
  const issuer = new URL(kith.origin)
  const config = await openid.discovery(issuer, 'demo-spa', undefined, openid.None(), { execute })
  const [pkceCodeVerifier, expectedState, expectedNonce] = [openid.randomPKCECodeVerifier(), openid.randomState(), openid.randomNonce()]
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: clients['demo-spa'].redirect_uri,
    scope: 'openid email',
    state: expectedState,
    nonce: expectedNonce,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  })
  const headers = { cookie: await kith.cookieOf('alice_demo') }
  const goTo = async (to: URL) => new URL((await fetch(to, { headers, redirect: 'manual' })).headers.get('location') ?? '', kith.origin)
  const tokens = await openid.authorizationCodeGrant(config, await goTo(url), {
    pkceCodeVerifier,
    expectedState,
    expectedNonce,
    idTokenExpected: true,
  })
  const sub = tokens.claims()?.sub ?? ''
  expect(sub).toBe(project.demo().users.alice_demo.id)
  expect(await openid.fetchUserInfo(config, tokens.access_token, sub)).toEqual({ sub, email: 'alice@example.com', email_verified: true })
  const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
  const { client_id, client_secret } = clients['demo-service']
  const service = await openid.discovery(issuer, client_id, undefined, openid.ClientSecretBasic(client_secret), { execute })
  expect(await openid.tokenIntrospection(service, refreshed.access_token)).toMatchObject({ active: true, sub, scope: 'openid email' })
  await openid.tokenRevocation(config, refreshed.refresh_token ?? '')
  expect(await openid.tokenIntrospection(service, refreshed.access_token)).toEqual({ active: false })
  const bye = 'http://localhost:5173/'
  const logout = openid.buildEndSessionUrl(config, { id_token_hint: refreshed.id_token ?? '', post_logout_redirect_uri: bye })
  expect((await goTo(logout)).href).toBe(bye)
  expect((await goTo(url)).pathname).toBe('/sign-in')
})

test('npm run operator -- promote: only a verified user, and the old session ends', async () => {
  const operator = (...args: string[]) => project.run(process.execPath, ['scripts/operator.ts', ...args])
  await kith.post('/user/create', {
    username: 'unproved',
    firstName: 'U',
    lastName: 'P',
    email: "u'p@example.com",
    password: 'zx81-spectrum-ql',
  })
  expect(await operator('promote', "u'p@example.com")).toMatchObject({ code: 1, output: expect.stringContaining('has not verified') })
  expect(await operator('promote', 'nobody@example.com')).toMatchObject({ code: 1, output: expect.stringContaining('No user has') })
  expect(await operator('promote', "' OR 1=1 --")).toMatchObject({ code: 1, output: expect.stringContaining('is not an email address') })

  const before = await kith.cookieOf('dan_demo')
  const promoted = await operator('promote', 'Dan@Example.com')
  expect(promoted.output).toContain('dan_demo')
  expect(promoted.code).toBe(0)
  expect(await get('/user/me', before)).toMatchObject({ ok: 0, error: 'Unauthorized' })
  expect((await get('/user/me', await kith.cookieOf('dan_demo'))).data.user.role).toBe('super_admin')
  expect(await operator('promote', 'dan@example.com')).toMatchObject({ code: 0, output: expect.stringContaining('already') })

  const [one, all] = [await operator('promote', '--help'), await operator('--help')]
  for (const { code, output } of [one, all]) expect([code, output]).toEqual([0, expect.stringMatching(/^Usage: [\s\S]* promote <email>/)])
  expect([one, all].map(({ output }) => output.includes('client create'))).toEqual([false, true])
  for (const [word, what] of [
    ['frobnicate', 'command'],
    ['--frobnicate', 'option'],
  ] as const) {
    const told = expect.stringMatching(new RegExp(`^Unknown ${what}: ${word}\n[^\n]*\n.* promote, user, .*\n.*--help[^\n]*\n$`))
    expect(await operator(word)).toEqual({ code: 1, output: told })
  }
})

test('npm run operator -- user: finds people and helps them to sign in, and they see it', async () => {
  const user = (...args: string[]) => project.run(process.execPath, ['scripts/operator.ts', 'user', ...args])
  const { id } = project.demo().users.bob_demo
  for (const text of ['BOB@example.com', 'bob']) {
    expect(await user('find', text)).toMatchObject({ code: 0, output: expect.stringContaining(`${id} bob_demo`) })
  }
  expect((await user('find', "' OR 1=1 --")).output).toContain('No users found')
  for (const wrong of [
    ['show', 'bob'],
    ['show'],
    ['frobnicate', id],
    ['remove-2fa', id, 'sms'],
    ['end-sessions', id, 'x'],
    ['show', id, id],
  ]) {
    expect(await user(...wrong), wrong.join(' ')).toMatchObject({ code: 1 })
  }
  const [one, other] = [await kith.cookieOf('bob_demo'), await kith.cookieOf('bob_demo')]
  const [, session = ''] = /([0-9a-f]{24}) browser/.exec((await user('show', 'bob_demo')).output) ?? []
  expect(await user('end-sessions', 'bob@example.com', session)).toMatchObject({ code: 0 })
  expect(await get('/user/me', other)).toMatchObject({ ok: 0, error: 'Unauthorized' })
  expect((await get('/user/me', one)).ok).toBe(1)
  expect((await kith.post('/user/2fa', { state: true }, { cookie: one })).status).toBe(200)
  expect(await user('remove-2fa', id)).toMatchObject({ code: 0, output: expect.stringContaining('no longer has email') })
  expect((await user('remove-2fa', id)).output).toContain('has no second factor; nothing was changed')
  expect((await user('remove-2fa', id, 'passkey')).output).toContain('has no passkey; nothing was changed')
  expect(await get('/user/me', one)).toMatchObject({ ok: 0, error: 'Unauthorized' })
  expect(await user('send-reset', id)).toMatchObject({ code: 0, output: expect.stringContaining('bob@example.com') })
  expect((await user('resend-verification', id)).output).toContain('has already verified the address')
  const last = await kith.cookieOf('bob_demo')
  expect(await user('end-sessions', id)).toMatchObject({ code: 0, output: expect.stringContaining('everywhere') })
  expect(await get('/user/me', last)).toMatchObject({ ok: 0, error: 'Unauthorized' })
  const { records } = (await get('/user/audit', await kith.cookieOf('bob_demo'))).data
  const types = records.filter(({ userAgent }: { userAgent: string }) => userAgent === 'operator').map(({ type }: { type: string }) => type)
  expect(types).toEqual(['signed_out_everywhere', 'password_reset_requested', 'second_factor_off', 'session_revoked'])
  const headers = { accept: 'application/json' }
  const mails = await (await fetch(`${kith.origin}/dev/mailbox?to=bob@example.com`, { headers })).text()
  for (const said of ['One of your devices was signed out', 'Two-step sign-in was turned off', 'Your devices and apps were all signed out'])
    expect(mails).toContain(said)
})

test('npm run operator -- user end-sessions: of a deleted person it says so', async () => {
  const { password } = project.demo().users.carol_demo
  const headers = { cookie: await kith.cookieOf('carol_demo'), 'content-type': 'application/json' }
  expect((await fetch(`${kith.origin}/user/me`, { method: 'DELETE', headers, body: JSON.stringify({ password }) })).status).toBe(200)
  const ended = await project.run(process.execPath, ['scripts/operator.ts', 'user', 'end-sessions', 'carol_demo'])
  expect(ended).toMatchObject({ code: 1, output: expect.stringContaining('carol_demo is deleted') })
  expect((await kith.logIn('carol_demo')).status).toBe(200)
})

test('npm run operator -- client: registers, changes and ends clients by the rules of the API', async () => {
  const client = async (...args: string[]) => {
    const { code, output } = await project.run(process.execPath, ['scripts/operator.ts', 'client', ...args])
    const secret = /kith_cs_[\w-]+/.exec(output)?.[0] ?? ''
    return { code, output, secret }
  }
  const form = { grant_type: 'client_credentials' }
  const status = async (client_secret: string) => (await token({ client_id: 'op-service', client_secret }, form)).status
  const wrong = [
    ['create', 'op-x', '--name', 'X'],
    ['create', 'op-x', '--name', 'X', '--scope', 'delegated:everything'],
    [
      'create',
      'op-x',
      '--name',
      'X',
      '--scope',
      'delegated:all',
      '--redirect-uri',
      'https://a.example/',
      '--redirect-uri',
      'http://evil.example/',
    ],
    ['create', 'op-x', '--name', 'X', '--scope', 'delegated:all'],
    ['create', 'op-x', '--name', 'X', '--scope', 'delegated:all', '--redirect-uri', 'https://a.example/', '--no-pkce'],
    ['create', 'demo-spa', '--name', 'X', '--scope', 'delegated:all', '--redirect-uri', 'https://a.example/'],
    ['update', 'demo-service', '--auth-method', 'private_key_jwt', '--jwks', 'no-such-file.json'],
    ['show', "' OR 1=1 --"],
    ['frobnicate'],
  ]
  const told = [
    '--name, and --scope or --api',
    '--scope: "delegated:everything" names unknown scopes: delegated:everything',
    '--redirect-uri: "http://evil.example/" must be https',
    '--redirect-uri: must name',
    '--no-pkce: a public client requires PKCE',
    'is taken',
    '--jwks: no-such-file.json cannot be read as JSON',
  ]
  const texts = [...told, 'No client has', 'Unknown command: client frobnicate']
  for (const [index, args] of wrong.entries()) {
    expect(await client(...args)).toMatchObject({ code: 1, output: expect.stringContaining(texts[index] ?? '?') })
  }
  const service = ['--grant-type', 'client_credentials', '--auth-method', 'client_secret_basic', '--scope', 'client:profile:read']
  const made = await client('create', 'op-service', '--name', 'It\'s a  "service"; --?', ...service)
  expect(made).toMatchObject({ code: 0, output: expect.stringContaining('client_name                  It\'s a  "service"; --?\n') })
  expect(await status(made.secret)).toBe(200)
  expect(made.output).toContain('op-service is a confidential client: it sends its secret by HTTP Basic or in the body')
  expect(made.output).toMatch(
    new RegExp(`\\n {2}issuer +${kith.origin}\\n {2}discovery +${kith.origin}/[\\s\\S]*\\n {2}client_secret +${made.secret}\\n`),
  )
  const page = ['--name', 'P', '--auth-method', 'none', '--scope', 'openid', '--redirect-uri', 'http://localhost:9401/callback']
  expect((await client('create', 'op-page', ...page)).output).not.toContain('CORS_ORIGINS')
  expect((await client('update', 'op-page', '--redirect-uri', 'https://app.example.com/callback')).output).toContain(
    'Not in CORS_ORIGINS: https://app.example.com\n',
  )
  const signer = await client('create', 'op-signer', '--name', 'S', ...service.with(3, 'client_secret_jwt'))
  expect(signer.output).toContain('it signs an assertion with its secret (HS256) for each request')
  const options = { execute: [openid.allowInsecureRequests] }
  const signing = await openid.discovery(new URL(kith.origin), 'op-signer', undefined, openid.ClientSecretJwt(signer.secret), options)
  expect((await openid.clientCredentialsGrant(signing)).expires_in).toBe(600)
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  const { publicKey, privateKey } = pair as CryptoKeyPair
  project.write('jwks.json', JSON.stringify({ keys: [await crypto.subtle.exportKey('jwk', publicKey)] }))
  const keyed = await client('update', 'op-signer', '--auth-method', 'private_key_jwt', '--jwks', 'jwks.json')
  expect(keyed).toMatchObject({ code: 0, secret: '', output: expect.stringContaining('it signs an assertion with its private key') })
  const fapi = ['update', 'op-signer', '--security-profile', 'fapi2']
  expect((await client(...fapi)).output).toMatch(/dpop_bound_access_tokens +true\nsecurity_profile +fapi2/)
  expect((await client(...fapi, '--no-dpop-bound')).output).toContain('--no-dpop-bound: security_profile fapi2 requires true')
  expect((await client('update', 'op-signer', '--auth-method', 'client_secret_jwt')).output).toContain(
    '--auth-method: security_profile fapi2',
  )
  expect((await client('update', 'op-signer', '--security-profile', 'none', '--no-dpop-bound')).code).toBe(0)
  const withKey = await openid.discovery(new URL(kith.origin), 'op-signer', undefined, openid.PrivateKeyJwt(privateKey), options)
  expect((await openid.clientCredentialsGrant(withKey)).expires_in).toBe(600)
  const rotated = await client('rotate-secret', 'op-service')
  expect([await status(made.secret), await status(rotated.secret)]).toEqual([401, 200])
  expect(project.read('.wrangler/demo.json')).not.toContain('op-service')
  expect(await client('update', 'op-service', '--access-token-seconds', '60')).toMatchObject({ code: 0, secret: '' })
  expect((await client('update', 'op-service', '--access-token-seconds', '60')).output).toContain('nothing was changed')
  expect(await client('disable', 'op-service')).toMatchObject({ code: 0, output: expect.stringMatching(/disabled +true/) })
  expect(await status(rotated.secret)).toBe(401)
  expect((await client('enable', 'op-service')).code).toBe(0)
  expect(await status(rotated.secret)).toBe(200)
  expect((await client('list')).output).toMatch(/demo-spa[\s\S]*op-service/)
  expect((await client('delete', 'op-service')).code).toBe(0)
  expect(await status(rotated.secret)).toBe(401)
  expect((await client('show', 'op-service')).output).toContain('No client has')
})

test('the client of docs/fapi.md has all that the profile asks for', async () => {
  const output = await kith.paste('docs/fapi.md')
  expect(output).toContain('my-bank is a confidential client')
  expect(output).toMatch(/^dpop_bound_access_tokens +true$/m)
})

test('every client of docs/clients.md is made by its command, and says which kind it is', async () => {
  const output = await kith.paste('docs/clients.md')
  expect(output.match(/^my-[\w-]+ is a \w+ client/gm)).toEqual([
    'my-spa is a public client',
    'my-web is a confidential client',
    'my-old-web is a confidential client',
    'my-app-dev is a public client',
    'my-tv is a public client',
    'my-signer is a confidential client',
    // Once more, with where it is told of sign-outs.
    'my-web is a confidential client',
  ])
  expect(output).toMatch(/^backchannel_logout_uri +https:\/\/www\.example\.com\/backchannel-logout$/m)
  expect(output.match(/^PKCE \(S256\) is (not )?required/gm)).toEqual([
    'PKCE (S256) is required',
    'PKCE (S256) is not required',
    'PKCE (S256) is required',
    'PKCE (S256) is required',
  ])
  expect(output).toContain(
    'my-tv is a public client: it has no secret.\nIts ID tokens are signed with RS256.\nPeople are asked for their consent.',
  )
  expect(output).toContain(`  device_authorization_endpoint         ${kith.origin}/oauth/device_authorization\n`)
  expect(output).toMatch(/"request_uri":"urn:ietf:params:oauth:request_uri:/)
  expect(output).toMatch(/"user_code":"[A-Z-]+"/)
  expect(output).toContain('any app on a device can claim its redirect URIs')
  expect(output).toContain('my-signer is a confidential client: it signs an assertion with its private key for each request')
})

test('npm start takes no arguments: it says how it is used, and starts nothing', async () => {
  const start = (...args: string[]) => project.run(process.execPath, ['scripts/start.ts', ...args])
  expect(await start('--help')).toEqual({ code: 0, output: expect.stringMatching(/^Usage: npm start\n[\s\S]*PORT=8788 npm start/) })
  for (const args of [['--port', '8790'], ['8790'], ['--help', '--port=8790']]) {
    const { code, output } = await start(...args)
    expect([code, output]).toEqual([1, expect.stringMatching(/^npm start takes no arguments, but got .+\n\nUsage: npm start\n/)])
  }
})

test('a port that is taken is named', async () => {
  const { port } = new URL(kith.origin)
  const { code, output } = await project.run(process.execPath, ['scripts/start.ts'], { PORT: port })
  expect(output).toContain(`Port ${port} is taken`)
  expect(code).toBe(1)
})

test('a second start completes .dev.vars, keeps the data, and keeps demo.json right', async () => {
  const demo = project.demo()
  const { password } = demo.users.bob_demo
  const cookie = await kith.cookieOf('bob_demo')
  const headers = { cookie, 'content-type': 'application/json' }
  const body = JSON.stringify({ username: 'bob_renamed', password: 'something-else-entirely', currentPassword: password })
  expect((await fetch(`${kith.origin}/user/me`, { method: 'PATCH', headers, body })).status).toBe(200)

  await kith.server.stop()
  await expect(fetch(`${kith.origin}/health`)).rejects.toThrow()
  const lines = project.read('.dev.vars').split('\n')
  const kept = lines.filter((line) => !line.startsWith('CORS_ORIGINS='))
  // As they were before there were keys for RS256.
  const old = kept.map((line) => line.replace(/,\{[^{}]*"kty":"RSA"[^{}]*\}/, ''))
  project.write('.dev.vars', old.join('\n'))

  await kith.start()
  const isOfKeys = (line: string) => line.startsWith('SIGNING_KEYS=')
  const completed = project.read('.dev.vars').split('\n')
  const others = old.filter((line) => line !== '' && !isOfKeys(line))
  expect(completed.filter((line) => !isOfKeys(line))).toEqual([...others, "CORS_ORIGINS='http://localhost:5173 http://localhost:6274'", ''])
  const [before = '', after = ''] = [old, completed].map((all) => all.find(isOfKeys))
  expect(after.startsWith(before.slice(0, -"]}'".length))).toBe(true)
  expect(after).toMatch(/,\{"kid":"dev-[\w-]+-rs256","kty":"RSA",[^{}]*\}\]\}'$/)
  expect(project.demo()).toEqual({ ...demo, origin: kith.origin })
  expect((await kith.logIn('alice_demo')).status).toBe(200)
  expect((await kith.logIn('bob_demo', 'something-else-entirely')).status).toBe(401)
  expect((await kith.logIn('bob_demo', password)).status).toBe(200)
})

test.each<[what: string, command: [string, ...string[]], signal: NodeJS.Signals, to: 'it' | 'all']>([
  ['npm start gets SIGTERM', ['npm', 'start'], 'SIGTERM', 'it'],
  ['npm start ends by Ctrl-C', ['npm', 'start'], 'SIGINT', 'all'],
  ['its script gets SIGINT', [process.execPath, 'scripts/start.ts'], 'SIGINT', 'it'],
])('%s: no process of it is left', async (_, command, signal, to) => {
  await kith.server.stop()
  expect(await kith.server.ending()).toEqual([])
  const server = await project.start(command)
  process.kill(to === 'all' ? -server.pid : server.pid, signal)
  expect(await server.ending()).toEqual([])
  await expect(fetch(`${server.origin}/health`)).rejects.toThrow()
})

test('a start with wrong settings names each once, without a stack trace, and ends', async () => {
  await kith.server.stop()
  project.write(
    '.dev.vars',
    `${project.read('.dev.vars')}UPSTREAM_PROVIDERS='[{ "id": "staff", "preset": "googel" }]'\nEMAIL_SIGN_IN='maybe'\n`,
  )
  const { code, output } = await project.run(process.execPath, ['scripts/start.ts'], { PORT: String(await freePort()) })
  expect(code).toBe(1)
  expect(output.split('UPSTREAM_PROVIDERS: entry 1: preset: must be google, microsoft, apple or github')).toHaveLength(2)
  expect(output.split('EMAIL_SIGN_IN: ')).toHaveLength(2)
  expect(output).not.toMatch(/^ +at /m)
})
