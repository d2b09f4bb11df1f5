// Clients whose id is the URL of their metadata (draft-ietf-oauth-client-id-metadata-document): which URLs are fetched, which
// documents are taken and for how long, and that a client follows its document. What leaves the Worker is mocked: `fetch`.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { DEVICE_GRANT } from '../../../src/core/oauth/clients.ts'
import { SELF_REGISTERED_SCOPES } from '../../../src/core/oauth/self-registration.ts'
import { sha256 } from '../../../src/crypto.ts'
import { clock } from '../../platform/clock.ts'
import { putApi } from '../../support/apis.ts'
import { runCron } from '../../support/cron.ts'
import { Client } from '../../support/kith.ts'
import { atTheLine, raceOf64 } from '../../support/start-line.ts'
import { assertionOf, keyFor, newSigner, type Signer } from './assertions.ts'
import {
  authorizePath,
  CHALLENGE,
  errorOf,
  form,
  newBrowser,
  newEnv,
  newUser,
  ORIGIN,
  type Params,
  platform,
  productionEnv,
  redirected,
  refresh,
  rows,
  send,
  type TestClient,
  type TokenReply,
  token,
  VERIFIER,
} from './harness.ts'

const LOCAL = 'http://localhost:4321/client.json'
const SETTING = { CLIENT_DOCUMENTS: `* tools.example:8443 ${LOCAL}` }
const ENV = newEnv(SETTING)
const SECOND = 1000
const MINUTE = 60 * SECOND
const DAY = 24 * 60 * MINUTE

type Answer = (signal: AbortSignal) => Response | Promise<Response>

/** What Kith has fetched since the last test. */
let asked: string[] = []
const answers = new Map<string, Answer>()
let apps = 0

/** An app that publishes its document at its own host. */
function newApp(fields: object = {}, headers: Record<string, string> = {}) {
  apps += 1
  const host = `app${apps}.example`
  const app = {
    id: `https://${host}/oauth/client.json`,
    secret: '',
    redirectUri: `https://${host}/cb`,
    document: {} as Record<string, unknown>,
    headers,
    answer: null as Answer | null,
  }
  app.document = { client_id: app.id, client_name: `App ${apps}`, redirect_uris: [app.redirectUri], ...fields }
  answers.set(app.id, (signal) => (app.answer ? app.answer(signal) : Response.json(app.document, { headers: app.headers })))
  return app
}

beforeEach(() => {
  platform.reset()
  clock.freeze()
  asked = []
  vi.stubGlobal('fetch', async (url: string, { signal, redirect }: RequestInit) => {
    expect(redirect).toBe('manual')
    asked.push(url)
    const answer = answers.get(url)
    if (!answer) throw new TypeError('no such host')
    return answer(signal as AbortSignal)
  })
})
afterEach(() => {
  clock.restore()
  vi.unstubAllGlobals()
})

const json = async (reply: Response) => (await reply.json()) as Record<string, string>
const rowOf = async (id: string) => (await rows<Record<string, unknown>>('SELECT * FROM oauth_clients WHERE id = ?', id))[0] ?? null

interface Person {
  readonly userId: number
  readonly cookie: string
}

async function newPerson(): Promise<Person> {
  const userId = await newUser()
  return { userId, cookie: (await newBrowser(userId)).cookie }
}

const ask = (app: TestClient, cookie: string | null = null, changes: Params = {}, env = ENV) =>
  send(authorizePath(app, changes), cookie === null ? {} : { headers: { cookie } }, env)

/** Where the browser is sent: a page of Kith, or back to the app. */
const pathOf = (reply: Response) => new URL(reply.headers.get('location') ?? 'none:', 'https://kith.test').pathname
const askedAnew = async (app: TestClient, { cookie }: Person) => pathOf(await ask(app, cookie)) === '/consent'

async function agree(app: TestClient, { userId }: Person): Promise<void> {
  await ask(app)
  const scopes = SELF_REGISTERED_SCOPES.join(' ')
  const now = Date.now() + 1
  await rows(
    'INSERT INTO consents (user_id, client_id, scopes, created_at, updated_at) VALUES (?, ?, ?, ?, ?)',
    userId,
    app.id,
    scopes,
    now,
    now,
  )
}

async function newTokens(app: TestClient, person: Person, proof: () => Promise<Params> = async () => ({})): Promise<TokenReply> {
  await agree(app, person)
  const { code } = redirected(await ask(app, person.cookie, { scope: 'openid delegated:profile:read' })).params
  const params = { grant_type: 'authorization_code', client_id: app.id, redirect_uri: app.redirectUri, code, code_verifier: VERIFIER }
  const reply = await token({ ...params, ...(await proof()) }, {}, ENV)
  expect(reply.status, JSON.stringify(await reply.clone().json())).toBe(200)
  return (await reply.json()) as TokenReply
}

describe('a client with a document', () => {
  test('is known at once: its users are asked, get tokens, and refresh them', async () => {
    const app = newApp()
    expect(pathOf(await ask(app))).toBe('/sign-in')
    const person = await newPerson()
    expect(await askedAnew(app, person)).toBe(true)
    const tokens = await newTokens(app, person)
    expect((await refresh(app, tokens.refresh_token, {}, ENV)).status).toBe(200)
    expect(asked).toEqual([app.id])
  })

  test.each([
    ['a single host', ['https://one.example/cb', 'https://one.example/other'], false],
    ['hosts that people have not agreed to', ['https://one.example/cb', 'https://two.example/cb'], true],
    ['an app on the device as well', ['https://one.example/cb', 'com.example.one:/cb'], true],
  ])('that leads to %s: whether its users are asked again', async (_what, redirect_uris, isAsked) => {
    const app = { ...newApp({ redirect_uris }), redirectUri: redirect_uris[0] ?? '' }
    const person = await newPerson()
    await agree(app, person)
    expect(await askedAnew(app, person)).toBe(isAsked)
    const { params } = redirected(await ask(app, person.cookie, { prompt: 'none' }))
    expect(params.error).toBe(isAsked ? 'consent_required' : undefined)
  })

  test('has what its document says, and nothing that only the operator gives', async () => {
    const app = newApp({
      scope: 'openid email admin:all delegated:profile:read delegated:session:write orders:read',
      grant_types: ['authorization_code', 'client_credentials', 'password', DEVICE_GRANT],
      first_party: true,
      may_change_addresses: true,
      native_development: true,
      require_pkce: false,
      claims: ['role'],
      security_profile: 'none',
      source: 'operator',
      client_uri: 'https://app.example/',
      logo_uri: 'javascript:alert(1)',
      contacts: ['somebody@app.example'],
    })
    await ask(app)
    expect(await rowOf(app.id)).toMatchObject({
      source: 'document',
      name: app.document.client_name,
      scopes: 'openid email delegated:profile:read',
      grant_types: `authorization_code ${DEVICE_GRANT}`,
      token_endpoint_auth_method: 'none',
      first_party: 0,
      may_change_addresses: 0,
      native_development: 0,
      require_pkce: 1,
      claims: '',
      secret_hash: null,
      client_uri: 'https://app.example/',
      logo_uri: null,
    })
  })

  test('without a name has that of its host', async () => {
    const app = newApp({ client_name: undefined })
    await ask(app)
    expect(await rowOf(app.id)).toMatchObject({ name: new URL(app.id).host })
  })

  test('pushes requests, and asks for a device', async () => {
    const app = newApp({ grant_types: ['authorization_code', 'refresh_token', DEVICE_GRANT] })
    const request = { client_id: app.id, redirect_uri: app.redirectUri, response_type: 'code', code_challenge: CHALLENGE }
    expect((await form('/oauth/par', { ...request, code_challenge_method: 'S256' }, {}, ENV)).status).toBe(201)
    const other = newApp({ grant_types: [DEVICE_GRANT], redirect_uris: undefined })
    expect((await form('/oauth/device_authorization', { client_id: other.id }, {}, ENV)).status).toBe(200)
    expect(asked).toEqual([app.id, other.id])
  })

  test('64 first requests at once make one client, and all go on', async () => {
    const app = newApp()
    const replies = await raceOf64(
      () => new Client().get(authorizePath(app), { ...atTheLine, env: { ...atTheLine.env, ...SETTING } }),
      /INSERT INTO oauth_clients/,
    )
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([303]))
    expect(await rows('SELECT id FROM oauth_clients WHERE id = ?', app.id)).toHaveLength(1)
  })

  test.each([
    ['failStatement', 1],
    ['failStatement', 2],
    ['loseReply', 1],
    ['loseReply', 2],
  ] as const)('%s at operation %i of its first request: it is there afterwards, once', async (fault, nth) => {
    const app = newApp()
    platform.faults[fault](nth)
    const reply = await ask(app)
    expect(platform.faults.fired).toBe(1)
    // The commit recovers by itself; a read does not.
    if (nth === 1) expect(await errorOf(reply)).toEqual([503, 'temporarily_unavailable'])
    else expect(reply.status).toBe(303)
    expect((await ask(app)).status).toBe(303)
    expect(await rowOf(app.id)).toMatchObject({ source: 'document' })
  })

  test('is shown to the person by the host of its document, with a warning if it leads elsewhere', async () => {
    const [ELSEWHERE, ON_DEVICE] = ['a different place than its details come from', 'any other program can pretend to be it']
    const { cookie } = await newPerson()
    const app = newApp({ redirect_uris: [] })
    const own = app.redirectUri
    const others = ['https://elsewhere.example/cb', 'http://127.0.0.1/cb', 'com.example.app:/cb']
    app.document.redirect_uris = [own, ...others]
    for (const [redirectUri, warning] of [own, ...others].map((uri, n) => [uri, [null, ELSEWHERE, ON_DEVICE, ON_DEVICE][n]] as const)) {
      const path = authorizePath({ ...app, redirectUri }).replace('/oauth/authorize', '/consent')
      const text = await (await send(path, { headers: { cookie } }, ENV)).text()
      expect(text).toContain(`Its details come from <strong>${new URL(app.id).host}</strong>. Nobody here has checked who is behind it.`)
      for (const each of [ELSEWHERE, ON_DEVICE]) expect(text.includes(each), redirectUri).toBe(each === warning)
    }
  })

  test('is among the connected apps of its users, who can disconnect it', async () => {
    const [app, { userId, cookie }] = [newApp(), await newPerson()]
    const tokens = await newTokens(app, { userId, cookie })
    const apps = await (await send('/user/apps', { headers: { cookie } }, ENV)).text()
    expect(apps).toContain(app.id)
    const init = { method: 'DELETE', headers: { cookie, origin: ORIGIN } }
    expect((await send(`/user/apps/${encodeURIComponent(app.id)}`, init, ENV)).status).toBe(200)
    expect((await refresh(app, tokens.refresh_token, {}, ENV)).status).toBe(400)
  })

  test('is announced in the metadata if the operator allows it', async () => {
    for (const path of ['oauth-authorization-server', 'openid-configuration']) {
      const of = async (env: typeof ENV) => json(await send(`/.well-known/${path}`, {}, env))
      expect(await of(ENV)).toMatchObject({ client_id_metadata_document_supported: true })
      expect(await of(platform.env)).not.toHaveProperty('client_id_metadata_document_supported')
    }
  })

  test('on this machine is taken if it is listed exactly', async () => {
    answers.set(LOCAL, () => Response.json({ client_id: LOCAL, redirect_uris: ['http://localhost:4321/cb'] }))
    expect(pathOf(await ask({ id: LOCAL, secret: '', redirectUri: 'http://localhost:9999/cb' }))).toBe('/sign-in')
    for (const id of [`${LOCAL}x`, LOCAL.replace('4321', '4322'), 'http://127.0.0.1:4321/client.json']) {
      expect(await errorOf(await ask({ id, secret: '', redirectUri: 'http://localhost:4321/cb' })), id).toEqual([400, 'invalid_request'])
    }
    expect(asked).toEqual([LOCAL])
  })
})

describe('what is not fetched', () => {
  const refusedUnseen = async (id: string, env = ENV) => {
    const redirectUri = 'https://app.example/cb'
    expect(await errorOf(await ask({ id, secret: '', redirectUri }, null, {}, env)), id).toEqual([400, 'invalid_request'])
    const params = { client_id: id, redirect_uri: redirectUri, response_type: 'code' }
    expect(await errorOf(await form('/oauth/par', params, {}, env)), id).toEqual([401, 'invalid_client'])
    expect(await errorOf(await form('/oauth/device_authorization', { client_id: id }, {}, env)), id).toEqual([401, 'invalid_client'])
    expect(asked).toEqual([])
    expect(await rowOf(id)).toBeNull()
  }

  test('any document, unless the operator allows it', async () => {
    const app = newApp()
    for (const env of [platform.env, productionEnv(), newEnv({ CLIENT_DOCUMENTS: 'other.example' })]) await refusedUnseen(app.id, env)
    await refusedUnseen(app.id, newEnv({ CLIENT_DOCUMENTS: `x${new URL(app.id).host}` }))
    expect((await ask(app, null, {}, newEnv({ CLIENT_DOCUMENTS: `other.example, ${new URL(app.id).host}` }))).status).toBe(303)
  })

  test('one of a host that is no longer allowed; earlier grants go on', async () => {
    const [app, person] = [newApp(), await newPerson()]
    const tokens = await newTokens(app, person)
    expect(await errorOf(await ask(app, person.cookie, {}, platform.env))).toEqual([400, 'invalid_request'])
    const consent = await send(
      authorizePath(app).replace('/oauth/authorize', '/consent'),
      { headers: { cookie: person.cookie } },
      platform.env,
    )
    expect(consent.status).toBe(400)
    expect((await refresh(app, tokens.refresh_token, {}, platform.env)).status).toBe(200)
  })

  test.each([
    ['http://app.example/client.json'],
    ['ftp://app.example/client.json'],
    ['https://app.example'],
    ['https://app.example/'],
    ['https://app.example/client.json#fragment'],
    ['https://app.example/client.json#'],
    ['https://user@app.example/client.json'],
    ['https://user:secret@app.example/client.json'],
    ['https://app.example/a/../client.json'],
    ['https://app.example/./client.json'],
    ['https://app.example/%2e%2e/client.json'],
    ['https://app.example/..'],
    ['https:/app.example/client.json'],
    ['https:///app.example/client.json'],
    ['https://app.example\\client.json'],
    ['https://App.example/client.json'],
    ['HTTPS://app.example/client.json'],
    ['https://app.example:443/client.json'],
    ['https://app.example:8443/client.json'],
    ['https://tools.example:8444/client.json'],
    ['https://app.example/client json'],
    ['https://app.example/client\n.json'],
    ['https://app.example./client.json'],
    ['https://\u0430pp.example/client.json'],
    [`https://app.example/${'x'.repeat(256)}`],
    // Names and addresses that lead inward.
    ['https://localhost/client.json'],
    ['https://app.localhost/client.json'],
    ['https://printer.local/client.json'],
    ['https://metadata.google.internal/client.json'],
    ['https://router.home.arpa/client.json'],
    ['https://intranet/client.json'],
    ['https://127.0.0.1/client.json'],
    ['https://127.1/client.json'],
    ['https://0/client.json'],
    ['https://2130706433/client.json'],
    ['https://0x7f000001/client.json'],
    ['https://0x7f.1/client.json'],
    ['https://0177.0.0.1/client.json'],
    ['https://10.0.0.1/client.json'],
    ['https://172.16.0.1/client.json'],
    ['https://192.168.1.1/client.json'],
    ['https://169.254.169.254/latest/meta-data'],
    ['https://100.64.0.1/client.json'],
    ['https://203.0.113.9/client.json'],
    ['https://\uff11\uff12\uff17.0.0.1/client.json'],
    ['https://[::1]/client.json'],
    ['https://[::]/client.json'],
    ['https://[::ffff:127.0.0.1]/client.json'],
    ['https://[::ffff:7f00:1]/client.json'],
    ['https://[64:ff9b::7f00:1]/client.json'],
    ['https://[fe80::1]/client.json'],
    ['https://[fc00::1]/client.json'],
    ['https://[fd00:ec2::254]/latest/meta-data'],
    ['https://[2001:db8::1]/client.json'],
  ])('%j', async (id) => {
    await refusedUnseen(id)
  })

  test("Kith's own hosts, which serve what users have uploaded", async () => {
    const files = { FILES_ORIGIN: 'https://files.kith.example', ORIGIN: 'https://id.kith.example', HOST_ROOMS: 'api.kith.example=mxit' }
    const env = newEnv({ ...SETTING, ...files, CLIENT_DOCUMENTS: '* files.kith.example' })
    for (const host of ['files', 'id', 'api']) {
      const params = { client_id: `https://${host}.kith.example/files/1/client.json`, redirect_uri: 'https://app.example/cb' }
      const init = { method: 'POST', body: new URLSearchParams(params) }
      expect((await send('/oauth/par', init, env)).status, host).toBe(401)
    }
    expect(asked).toEqual([])
  })

  test('anything for a network that has used up its requests, however it authenticates', async () => {
    const app = newApp()
    const env = newEnv({ ...SETTING, NETWORK_LIMITS: 'on' })
    platform.faults.limiter('deny')
    const basic = { authorization: `Basic ${btoa(`${encodeURIComponent(app.id)}:secret`)}` }
    const replies = [
      await ask(app, null, {}, env),
      await send(authorizePath(app).replace('/oauth/authorize', '/consent'), {}, env),
      await form('/oauth/par', { client_id: app.id }, {}, env),
      await form('/oauth/par', {}, basic, env),
      await form('/oauth/device_authorization', {}, basic, env),
    ]
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 429))
    expect(asked).toEqual([])
  })

  test('anything for the id of a registered client, or for a token request of a client that nobody knows', async () => {
    const app = newApp()
    await token({ grant_type: 'refresh_token', client_id: app.id, refresh_token: 'x' }, {}, ENV)
    const key = await keyFor('ES256')
    await token({ grant_type: 'refresh_token', refresh_token: 'x', ...(await assertionOf({ ...app, alg: 'ES256', key })) }, {}, ENV)
    await ask({ id: 'nobody', secret: '', redirectUri: app.redirectUri })
    expect(asked).toEqual([])
  })
})

describe('a document is refused, and nobody signs in,', () => {
  const endless = () => new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(new Uint8Array(1024).fill(32)) })
  const of = (app: ReturnType<typeof newApp>, fields: object) => Response.json({ ...app.document, ...fields })

  test.each<[what: string, answer: (app: ReturnType<typeof newApp>) => Response, why: RegExp]>([
    ['that is not there', () => new Response('{}', { status: 404 }), /status 404/],
    ['that has moved', () => new Response(null, { status: 302, headers: { location: 'https://app.example/other.json' } }), /status 302/],
    ['that has moved inward', () => new Response(null, { status: 307, headers: { location: 'https://127.0.0.1/' } }), /status 307/],
    ['with another success than 200', (app) => Response.json(app.document, { status: 201 }), /status 201/],
    ['as text', (app) => new Response(JSON.stringify(app.document), { headers: { 'content-type': 'text/html' } }), /application\/json/],
    [
      'as a script',
      (app) => new Response(JSON.stringify(app.document), { headers: { 'content-type': 'application/javascript' } }),
      /application\/json/,
    ],
    ['without a type', (app) => new Response(new TextEncoder().encode(JSON.stringify(app.document))), /application\/json/],
    ['that is broken', () => new Response('{"client_id": ', { headers: { 'content-type': 'application/json' } }), /no JSON object/],
    ['that is empty', () => new Response('', { headers: { 'content-type': 'application/json' } }), /no JSON object/],
    ['that is a list', (app) => Response.json([app.document]), /no JSON object/],
    ['of more than 5 KB', (app) => of(app, { padding: 'x'.repeat(5 * 1024) }), /a long answer/],
    ['that never ends', () => new Response(endless(), { headers: { 'content-type': 'application/json' } }), /a long answer/],
    ['without a client_id', (app) => of(app, { client_id: undefined }), /client_id/],
    ['of another client', (app) => of(app, { client_id: 'https://other.example/client.json' }), /client_id/],
    ['whose client_id parsers read the same', (app) => of(app, { client_id: app.id.replace('/oauth', ':443/oauth') }), /client_id/],
    ['with a secret', (app) => of(app, { client_secret: 'x' }), /client_secret/],
    ['with the end of a secret', (app) => of(app, { client_secret_expires_at: 0 }), /client_secret/],
    ...['client_secret_basic', 'client_secret_post', 'client_secret_jwt'].map(
      (method): [string, (app: ReturnType<typeof newApp>) => Response, RegExp] => [
        `for ${method}`,
        (app) => of(app, { token_endpoint_auth_method: method }),
        /token_endpoint_auth_method/,
      ],
    ),
    ['for a method that nobody knows', (app) => of(app, { token_endpoint_auth_method: 'tls_client_auth' }), /token_endpoint_auth_method/],
    ['without a redirect URI', (app) => of(app, { redirect_uris: undefined }), /redirect_uris/],
    ['with a script as redirect URI', (app) => of(app, { redirect_uris: ['javascript:alert(1)'] }), /redirect_uris/],
    ['with a redirect URI without TLS', (app) => of(app, { redirect_uris: ['http://app.example/cb'] }), /redirect_uris/],
    [
      'with a scheme that any app may claim',
      (app) => of(app, { redirect_uris: ['myapp://cb'], native_development: true }),
      /redirect_uris/,
    ],
    ['with redirect URIs that are no list', (app) => of(app, { redirect_uris: 'https://app.example/cb' }), /redirect_uris/],
    ['with other grants alone', (app) => of(app, { grant_types: ['client_credentials'] }), /grant_types/],
    ['for another response type', (app) => of(app, { response_types: ['token'] }), /response_types/],
    ['with keys, but no use for them', (app) => of(app, { jwks_uri: 'https://app.example/jwks' }), /jwks/],
    [
      'with keys at an address',
      (app) => of(app, { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://10.0.0.1/' }),
      /jwks_uri/,
    ],
    ['that leads to another document', (app) => of(app, { sector_identifier_uri: 'https://victim.example/' }), /sector_identifier_uri/],
    ['without the keys that it needs', (app) => of(app, { token_endpoint_auth_method: 'private_key_jwt' }), /jwks/],
    [
      'with a private key',
      (app) => of(app, { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [{ kty: 'EC', d: 'AA' }] } }),
      /jwks/,
    ],
  ])('%s', async (_what, answer, why) => {
    const app = newApp()
    app.answer = () => answer(app)
    const reply = await ask(app)
    expect(await errorOf(reply.clone())).toEqual([400, 'invalid_request'])
    expect((await json(reply)).error_description).toMatch(why)
    expect(await errorOf(await form('/oauth/device_authorization', { client_id: app.id }, {}, ENV))).toEqual([401, 'invalid_client'])
    expect(asked, 'left alone for a while').toEqual([app.id])
    expect(await rowOf(app.id)).toBeNull()
  })

  test.each<[string, Answer]>([
    ['whose server is down', () => Promise.reject(new TypeError('down'))],
    ['whose server fails', () => new Response(null, { status: 500 })],
    ['whose server is busy', () => new Response(null, { status: 429 })],
  ])('%s: for now; it is asked again after 5 seconds', async (_what, answer) => {
    const app = newApp()
    app.answer = answer
    for (const _ of [1, 2, 3]) {
      const reply = await ask(app)
      expect([...(await errorOf(reply.clone())), reply.headers.get('retry-after')]).toEqual([503, 'temporarily_unavailable', '10'])
    }
    expect(asked).toHaveLength(1)
    app.answer = null
    clock.advance(5 * SECOND)
    expect((await ask(app)).status).toBe(303)
  })

  test.each([
    [
      'the answer',
      (signal: AbortSignal) => new Promise<Response>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    ],
    [
      'its end',
      () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) }), { headers: { 'content-type': 'application/json' } }),
    ],
  ])('whose server takes longer than 2 seconds for %s', async (_what, answer) => {
    clock.restore()
    const app = newApp()
    app.answer = answer as Answer
    const before = performance.now()
    expect(await errorOf(await ask(app))).toEqual([503, 'temporarily_unavailable'])
    expect(performance.now() - before).toBeLessThan(4 * SECOND)
  })

  test('with a page that says so to a person, and shows nothing of what the document or the URL says', async () => {
    const app = newApp()
    app.answer = () => Response.json({ ...app.document, redirect_uris: ['javascript:alert("Call 555-0100")'] })
    const page = await send(authorizePath(app), { headers: { accept: 'text/html' } }, ENV)
    const text = await page.text()
    expect([page.status, page.headers.get('content-type')]).toEqual([400, 'text/html; charset=utf-8'])
    expect(text).toContain('The metadata document of the client cannot be used')
    expect(text).not.toContain('555-0100')
    expect(text).not.toContain(new URL(app.id).host)
  })
})

describe('how long a document is used without asking', () => {
  test.each<[control: string | undefined, age: string | undefined, seconds: number]>([
    [undefined, undefined, 300],
    ['max-age=600', undefined, 600],
    ['public, max-age=600', '540', 60],
    ['max-age=600', '300', 300],
    ['max-age=600, s-maxage=1200', undefined, 1200],
    ['max-age=86400', undefined, 3600],
    ['max-age=1', undefined, 60],
    ['max-age=x', undefined, 300],
    ['no-store', undefined, 60],
    ['no-cache, max-age=600', undefined, 60],
  ])('%s, Age %s: %i s', async (control, age, seconds) => {
    const app = newApp({}, { ...(control && { 'cache-control': control }), ...(age && { age }) })
    await ask(app)
    clock.advance(seconds * SECOND - 1)
    await ask(app)
    expect(asked).toHaveLength(1)
    clock.advance(1)
    await ask(app)
    expect(asked).toHaveLength(2)
  })

  const anotherIsolate = () => {
    const get = (kv: KVNamespace, name: keyof KVNamespace) => {
      const value = kv[name]
      return typeof value === 'function' ? (value as () => unknown).bind(kv) : value
    }
    return { ...newEnv(SETTING), KV: new Proxy(platform.env.KV, { get: get as never }) }
  }

  test('the next isolate has it from KV, and judges it again', async () => {
    const app = newApp()
    await ask(app)
    clock.advance(2 * MINUTE)
    expect((await ask(app, null, {}, anotherIsolate())).status).toBe(303)
    expect(asked).toHaveLength(1)
    const stored = { fetchedAt: Date.now(), lifeMs: DAY, body: { ...app.document, client_id: 'https://evil.example/c.json' } }
    await platform.env.KV.put(`upstream:client_metadata:${sha256(app.id)}`, JSON.stringify(stored))
    clock.advance(2 * MINUTE)
    expect((await ask(app, null, {}, anotherIsolate())).status).toBe(303)
    expect(asked).toHaveLength(2)
  })

  test('what was fetched from its URL as the keys of another client is no document', async () => {
    const app = newApp()
    const key = await keyFor('ES256')
    app.answer = () => new Response(JSON.stringify({ ...app.document, keys: [key.jwk] }), { headers: { 'content-type': 'text/plain' } })
    const other = await newSigner('ES256', { jwksUri: app.id })
    const params = { grant_type: 'client_credentials', ...(await assertionOf(other)) }
    expect((await token(params, {}, ENV)).status).toBe(200)
    clock.advance(2 * MINUTE)
    const reply = await ask(app, null, {}, anotherIsolate())
    expect(await errorOf(reply)).toEqual([400, 'invalid_request'])
    expect(await rowOf(app.id)).toBeNull()
  })

  test('an older document, as another isolate still has it, changes nothing', async () => {
    const app = newApp()
    const [early, late] = [anotherIsolate(), anotherIsolate()]
    await ask(app, null, {}, early)
    clock.advance(MINUTE)
    await platform.env.KV.delete(`upstream:client_metadata:${sha256(app.id)}`)
    app.document = { ...app.document, redirect_uris: [app.redirectUri, 'https://new.example/cb'] }
    await ask(app, null, {}, late)
    const after = await rowOf(app.id)
    await ask(app, null, {}, early)
    expect(asked).toHaveLength(2)
    expect(await rowOf(app.id)).toEqual(after)
    expect(JSON.parse(String(after?.redirect_uris))).toHaveLength(2)
  })

  test('without KV it works', async () => {
    const app = newApp()
    for (const operation of ['get', 'put'] as const) platform.faults.kv(operation, 'throw')
    expect((await ask(app)).status).toBe(303)
  })
})

describe('a client follows its document', () => {
  const renewed = async (app: ReturnType<typeof newApp>, fields: object) => {
    app.document = { ...app.document, ...fields }
    clock.advance(6 * MINUTE)
    return ask(app)
  }

  test('a new redirect URI or another way to prove itself voids consents; a new name does not', async () => {
    const [app, person] = [newApp(), await newPerson()]
    await agree(app, person)
    await renewed(app, { client_name: 'Renamed' })
    expect(await rowOf(app.id)).toMatchObject({ name: 'Renamed' })
    expect(await askedAnew(app, person)).toBe(false)
    await renewed(app, { redirect_uris: [app.redirectUri, 'https://elsewhere.example/cb'] })
    expect(await askedAnew(app, person)).toBe(true)
  })

  test("its users' subjects stay as they are: what would change them is refused", async () => {
    const app = newApp()
    await ask(app)
    const reply = await renewed(app, { subject_type: 'pairwise', client_name: 'Renamed' })
    expect(await errorOf(reply.clone())).toEqual([400, 'invalid_request'])
    expect((await json(reply)).error_description).toMatch(/subject_type/)
    expect(await rowOf(app.id)).toMatchObject({ subject_type: 'public', name: `App ${apps}` })
  })

  test('a redirect URI that is gone is refused, and a code for it, too', async () => {
    const [app, person] = [newApp(), await newPerson()]
    await agree(app, person)
    const before = app.redirectUri
    app.redirectUri = 'https://elsewhere.example/cb'
    await renewed(app, { redirect_uris: [app.redirectUri] })
    expect(await errorOf(await ask({ ...app, redirectUri: before }, person.cookie))).toEqual([400, 'invalid_request'])
  })

  test('that is gone or broken: what was granted goes on, nothing new is', async () => {
    const [app, person] = [newApp(), await newPerson()]
    const tokens = await newTokens(app, person)
    app.answer = () => new Response(null, { status: 404 })
    clock.advance(6 * MINUTE)
    expect(await errorOf(await ask(app, person.cookie))).toEqual([400, 'invalid_request'])
    const consent = authorizePath(app).replace('/oauth/authorize', '/consent')
    expect((await send(consent, { headers: { cookie: person.cookie } }, ENV)).status).toBe(400)
    expect((await refresh(app, tokens.refresh_token, {}, ENV)).status).toBe(200)
    app.answer = null
    clock.advance(6 * MINUTE)
    expect(pathOf(await ask(app, person.cookie))).toBe('/cb')
  })

  test.each([
    ['failStatement', 2],
    ['loseReply', 2],
  ] as const)('%s at operation %i of a change: it is made, once', async (fault, nth) => {
    const app = newApp()
    await ask(app)
    app.document = { ...app.document, client_name: 'Renamed' }
    clock.advance(6 * MINUTE)
    platform.faults[fault](nth)
    expect((await ask(app)).status).toBe(303)
    expect(platform.faults.fired).toBe(1)
    expect(await rowOf(app.id)).toMatchObject({ name: 'Renamed' })
  })

  test('an administrator changes it meanwhile: that stays', async () => {
    const app = newApp()
    await ask(app)
    await rows('UPDATE oauth_clients SET disabled_at = 1, updated_at = updated_at + 1 WHERE id = ?', app.id)
    expect(await errorOf(await renewed(app, { client_name: 'Renamed' }))).toEqual([400, 'invalid_request'])
    expect(await rowOf(app.id)).toMatchObject({ disabled_at: 1, name: `App ${apps}` })
    expect(asked).toHaveLength(1)
  })
})

describe('a client that signs its assertions', () => {
  async function newSigningApp(): Promise<ReturnType<typeof newApp> & Signer> {
    const key = await keyFor('ES256')
    const app = newApp({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] } })
    return Object.assign(app, { alg: 'ES256', key })
  }
  const refreshed = async (app: Signer, refresh_token: string) =>
    token({ grant_type: 'refresh_token', refresh_token, ...(await assertionOf(app)) }, {}, ENV)

  test('proves itself with the keys of its document, everywhere', async () => {
    const app = await newSigningApp()
    const tokens = await newTokens(app, await newPerson(), () => assertionOf(app))
    expect((await refreshed(app, tokens.refresh_token)).status).toBe(200)
    const request = { redirect_uri: app.redirectUri, response_type: 'code', code_challenge: CHALLENGE, code_challenge_method: 'S256' }
    expect((await form('/oauth/par', { ...request, ...(await assertionOf(app)) }, {}, ENV)).status).toBe(201)
    expect(await errorOf(await form('/oauth/par', { client_id: app.id, ...request }, {}, ENV))).toEqual([401, 'invalid_client'])
  })

  test('with other keys from now on: the old one counts no longer, also for what was granted before', async () => {
    const app = await newSigningApp()
    const { refresh_token } = await newTokens(app, await newPerson(), () => assertionOf(app))
    const next = await keyFor('ES256', 'next')
    app.document = { ...app.document, jwks: { keys: [next.jwk] } }
    clock.advance(6 * MINUTE)
    expect(await errorOf(await refreshed(app, refresh_token))).toEqual([401, 'invalid_client'])
    expect((await refreshed({ ...app, key: next }, refresh_token)).status).toBe(200)
  })

  test('and whose document does not answer goes on with the keys that are known', async () => {
    const app = await newSigningApp()
    const { refresh_token } = await newTokens(app, await newPerson(), () => assertionOf(app))
    app.answer = () => Promise.reject(new TypeError('down'))
    clock.advance(6 * MINUTE)
    expect((await refreshed(app, refresh_token)).status).toBe(200)
  })
})

describe('the sweep', () => {
  const sources = ['document', 'dynamic'] as const

  async function newSelfRegistered(source: (typeof sources)[number]): Promise<TestClient> {
    const app = newApp()
    await ask(app)
    if (source === 'document') return app
    await rows("UPDATE oauth_clients SET source = 'dynamic', id = ? WHERE id = ?", `client-${apps}`, app.id)
    return { ...app, id: `client-${apps}` }
  }

  test.each(sources)('removes a %s client that nobody has used for 30 days, and no other', async (source) => {
    const [unused, used, disabled] = [await newSelfRegistered(source), await newSelfRegistered(source), await newSelfRegistered(source)]
    const person = await newPerson()
    await rows(
      'INSERT INTO consents (user_id, client_id, scopes, created_at, updated_at) VALUES (?, ?, ?, 1, 1)',
      person.userId,
      used.id,
      'openid',
    )
    await rows('UPDATE oauth_clients SET disabled_at = 1 WHERE id = ?', disabled.id)
    await rows(
      "INSERT INTO oauth_clients (id, name, token_endpoint_auth_method, redirect_uris, grant_types, scopes, created_at, updated_at) VALUES (?, 'x', 'none', '[]', '', '', 0, 0)",
      `operated-${source}`,
    )
    clock.advance(30 * DAY)
    await runCron()
    expect(await rowOf(unused.id)).not.toBeNull()
    clock.advance(1)
    for (const _ of [1, 2]) await runCron()
    expect(await rowOf(unused.id)).toBeNull()
    expect(await rowOf(used.id)).not.toBeNull()
    expect(await rowOf(`operated-${source}`)).not.toBeNull()
    // It would come back.
    expect((await rowOf(disabled.id)) !== null).toBe(source === 'document')
  })

  test.each(sources)('a %s client that an administrator has made more of stays', async (source) => {
    const [trusted, machine, server] = [await newSelfRegistered(source), await newSelfRegistered(source), await newSelfRegistered(source)]
    await rows('UPDATE oauth_clients SET first_party = 1 WHERE id = ?', trusted.id)
    await rows("UPDATE oauth_clients SET grant_types = grant_types || ' client_credentials' WHERE id = ?", machine.id)
    await putApi({ resource: `https://${source}.example/`, serverClientId: server.id })
    clock.advance(31 * DAY)
    for (const _ of [1, 2]) await runCron()
    for (const { id } of [trusted, machine, server]) expect(await rowOf(id), id).not.toBeNull()
  })

  test('a code that is not exchanged yet keeps its client', async () => {
    const app = newApp()
    const person = await newPerson()
    await agree(app, person)
    clock.advance(31 * DAY)
    const { cookie } = await newBrowser(person.userId as never)
    expect(redirected(await ask(app, cookie)).params.code).toBeDefined()
    await rows('DELETE FROM consents WHERE client_id = ?', app.id)
    for (const _ of [1, 2]) await runCron()
    expect(await rowOf(app.id)).not.toBeNull()
  })

  test('a removed client with a document is there again with its next request', async () => {
    const app = newApp()
    await ask(app)
    clock.advance(31 * DAY)
    for (const _ of [1, 2]) await runCron()
    expect(await rowOf(app.id)).toBeNull()
    expect((await ask(app)).status).toBe(303)
    expect(await rowOf(app.id)).not.toBeNull()
  })
})
