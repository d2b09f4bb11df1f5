// Kith as two widely used client libraries see it: openid-client (certified by the OpenID Foundation) and oauth4webapi,
// unmodified and at their defaults. Their requests go to the Worker, and the libraries themselves check the answers.
//
//                                 openid-client                  oauth4webapi
//   discovery, code, refresh      discovery, code with PKCE …    a public client, by RFC 8414 …
//   RFC 9126 pushed requests      a pushed authorization request everything at once
//   RFC 9101 request objects      a signed request object …      everything at once
//   RFC 9449 DPoP with nonces     pushed request, code, /user/me … dpop_jkt, code, refresh …; everything at once
//   RFC 7523 client assertions    PrivateKeyJwt or ClientSecretJwt … (both)
//   RFC 8628 device grant         the device grant for an API …  the device grant, from the code to the tokens
//   RFC 8707 resource             the device grant for an API …  everything at once
//   RFC 8693 token exchange       the device grant for an API …  everything at once
//   RFC 7591 registration         dynamic registration …         neither needs more
//   pairwise subjects, claims     pairwise subjects …
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { beforeAll, describe, expect, test } from 'vitest'
import { DEVICE_GRANT, TOKEN_EXCHANGE } from '../../src/core/oauth/clients.ts'
import { ACCESS_TOKEN_TYPE } from '../../src/core/oauth/token-exchange.ts'
import { keyFor, newSigner, type Signer } from '../apis/oauth/assertions.ts'
import { newBrowser, newClient, newEnv, ORIGIN, send, type TestClient } from '../apis/oauth/harness.ts'
import { newPerson } from '../apis/oauth/openid.ts'
import { ORDERS, putApi } from '../support/apis.ts'
import { browserOf, fillIn, formOf, send as sendForm } from '../support/pages.ts'
import { verifiedPerson } from '../support/people.ts'

const BYE = 'https://rp.example/bye'
const SCOPE = 'openid profile email'
let confidential: TestClient
let publicClient: TestClient

beforeAll(async () => {
  const common = {
    idTokenAlg: 'RS256' as const,
    postLogoutRedirectUris: [BYE],
    scopes: `${SCOPE} delegated:profile:read client:oauth:introspect`,
  }
  const grantTypes = 'authorization_code refresh_token client_credentials'
  confidential = await newClient({ ...common, grantTypes, method: 'client_secret_basic' })
  publicClient = await newClient(common)
})

/** What the libraries call instead of the network. */
const toWorker = async (url: string, init: object) => {
  expect(url.startsWith(`${ORIGIN}/`)).toBe(true)
  const { body, ...rest } = init as RequestInit
  return send(url.slice(ORIGIN.length), { ...rest, ...(body ? { body: body instanceof URLSearchParams ? body.toString() : body } : {}) })
}

/** Once more with the nonce, as oauth4webapi's documentation has it. */
const proved = async <T>(work: () => Promise<T>): Promise<T> =>
  work().catch((error) => {
    if (oauth.isDPoPNonceError(error)) return work()
    throw error
  })

async function goTo(url: URL, cookie: string): Promise<URL> {
  const response = await send(`${url.pathname}${url.search}`, { headers: { cookie } })
  return new URL(response.headers.get('location') ?? '', ORIGIN)
}

test('openid-client: discovery, code with PKCE, state, nonce and max_age, userinfo, refresh, introspection, revocation, sign-out', async () => {
  const { cookie } = await newBrowser(await newPerson())
  const options = { [openid.customFetch]: toWorker }
  const config = await openid.discovery(new URL(ORIGIN), confidential.id, undefined, openid.ClientSecretBasic(confidential.secret), options)
  const [pkceCodeVerifier, expectedState, expectedNonce] = [openid.randomPKCECodeVerifier(), openid.randomState(), openid.randomNonce()]
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: confidential.redirectUri,
    scope: SCOPE,
    state: expectedState,
    nonce: expectedNonce,
    max_age: '3600',
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  })
  const checks = { pkceCodeVerifier, expectedState, expectedNonce, maxAge: 3600, idTokenExpected: true }
  const tokens = await openid.authorizationCodeGrant(config, await goTo(url, cookie), checks)
  const sub = tokens.claims()?.sub ?? ''
  expect(await openid.fetchUserInfo(config, tokens.access_token, sub)).toMatchObject({
    sub,
    name: 'Ada King Lovelace',
    email_verified: true,
  })
  const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
  expect(refreshed.claims()?.sub).toBe(sub)
  expect(await openid.tokenIntrospection(config, refreshed.access_token)).toMatchObject({ active: true, sub, scope: SCOPE })
  await openid.tokenRevocation(config, refreshed.refresh_token ?? '')
  expect(await openid.tokenIntrospection(config, refreshed.access_token)).toEqual({ active: false })
  await expect(openid.fetchUserInfo(config, refreshed.access_token, sub)).rejects.toThrow()
  const logout = openid.buildEndSessionUrl(config, { post_logout_redirect_uri: BYE, id_token_hint: refreshed.id_token ?? '', state: 'x' })
  expect((await goTo(logout, cookie)).href).toBe(`${BYE}?state=x`)
  expect((await goTo(url, cookie)).pathname).toBe('/sign-in')
  const machine = await openid.clientCredentialsGrant(config, { scope: 'client:oauth:introspect' })
  expect(machine.expires_in).toBe(600)
})

test('oauth4webapi: a public client, by RFC 8414, with iss and every check of its own', async () => {
  const { cookie } = await newBrowser(await newPerson())
  const options = { [oauth.customFetch]: toWorker }
  const issuer = new URL(ORIGIN)
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options }))
  const client = { client_id: publicClient.id }
  const [verifier, state, nonce] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState(), oauth.generateRandomNonce()]
  const query = new URLSearchParams({
    client_id: publicClient.id,
    redirect_uri: publicClient.redirectUri,
    response_type: 'code',
    scope: SCOPE,
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  const callback = await goTo(new URL(`${as.authorization_endpoint}?${query}`), cookie)
  const params = oauth.validateAuthResponse(as, client, callback, state)
  const none = oauth.None()
  const request = await oauth.authorizationCodeGrantRequest(as, client, none, params, publicClient.redirectUri, verifier, options)
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, request, { expectedNonce: nonce, requireIdToken: true })
  await oauth.validateApplicationLevelSignature(as, request, options)
  const sub = oauth.getValidatedIdTokenClaims(tokens)?.sub ?? ''
  const info = await oauth.userInfoRequest(as, client, tokens.access_token, options)
  expect(await oauth.processUserInfoResponse(as, client, sub, info)).toMatchObject({ sub, given_name: 'Ada' })
  const api = new Request(`${ORIGIN}/user/me`, { headers: { authorization: `Bearer ${tokens.access_token}` } })
  expect(await oauth.validateJwtAccessToken(as, api, ORIGIN, options)).toMatchObject({ sub, client_id: publicClient.id })
  const again = await oauth.refreshTokenGrantRequest(as, client, none, tokens.refresh_token ?? '', options)
  const refreshed = await oauth.processRefreshTokenResponse(as, client, again)
  await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, none, refreshed.access_token, options))
  const dead = await oauth.refreshTokenGrantRequest(as, client, none, refreshed.refresh_token ?? '', options)
  await expect(oauth.processRefreshTokenResponse(as, client, dead)).rejects.toMatchObject({ error: 'invalid_grant' })
})

test('openid-client: pairwise subjects, single claims, and userinfo of the very same person', async () => {
  const more = { subject_type: 'pairwise' }
  const client = await newClient({ scopes: 'openid email', idTokenAlg: 'RS256', redirectUris: ['https://rp.example/cb'], more })
  const { cookie } = await newBrowser(await newPerson())
  const options = { [openid.customFetch]: toWorker }
  const config = await openid.discovery(new URL(ORIGIN), client.id, undefined, openid.None(), options)
  expect(config.serverMetadata()).toMatchObject({ subject_types_supported: ['public', 'pairwise'], claims_parameter_supported: true })
  const [pkceCodeVerifier, expectedState] = [openid.randomPKCECodeVerifier(), openid.randomState()]
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: client.redirectUri,
    scope: 'openid',
    state: expectedState,
    claims: JSON.stringify({ userinfo: { email: null } }),
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  })
  const tokens = await openid.authorizationCodeGrant(config, await goTo(url, cookie), { pkceCodeVerifier, expectedState })
  const sub = tokens.claims()?.sub ?? ''
  expect(sub).toMatch(/^[0-9a-f]{32}$/)
  const info = await openid.fetchUserInfo(config, tokens.access_token, sub)
  expect(info).toEqual({ sub, email: expect.stringContaining('@example.com') })
  expect((await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')).claims()?.sub).toBe(sub)
})

test('openid-client: a pushed authorization request', async () => {
  const { cookie } = await newBrowser(await newPerson())
  const options = { [openid.customFetch]: toWorker }
  const config = await openid.discovery(new URL(ORIGIN), confidential.id, undefined, openid.ClientSecretBasic(confidential.secret), options)
  const [pkceCodeVerifier, expectedState] = [openid.randomPKCECodeVerifier(), openid.randomState()]
  const url = await openid.buildAuthorizationUrlWithPAR(config, {
    redirect_uri: confidential.redirectUri,
    scope: SCOPE,
    state: expectedState,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  })
  expect([...url.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri'])
  const tokens = await openid.authorizationCodeGrant(config, await goTo(url, cookie), { pkceCodeVerifier, expectedState })
  expect(tokens.claims()?.aud).toBe(confidential.id)
})

test('openid-client: a signed request object, sent by the browser and pushed, for a client that must sign', async () => {
  const signer = await newSigner('ES256', { scopes: SCOPE, idTokenAlg: 'RS256', more: { require_signed_requests: 1 } })
  const { cookie } = await newBrowser(await newPerson())
  const key = { key: signer.key?.privateKey as CryptoKey, kid: signer.key?.kid ?? '' }
  const options = { [openid.customFetch]: toWorker }
  const config = await openid.discovery(new URL(ORIGIN), signer.id, undefined, openid.PrivateKeyJwt(key), options)
  const [pkceCodeVerifier, expectedState] = [openid.randomPKCECodeVerifier(), openid.randomState()]
  const signed = await openid.buildAuthorizationUrlWithJAR(
    config,
    {
      redirect_uri: signer.redirectUri,
      scope: SCOPE,
      state: expectedState,
      max_age: '3600',
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    },
    key,
  )
  expect([...signed.searchParams.keys()].sort()).toEqual(['client_id', 'request'])
  const pushed = await openid.buildAuthorizationUrlWithPAR(config, signed.searchParams)
  for (const url of [signed, pushed]) {
    const tokens = await openid.authorizationCodeGrant(config, await goTo(url, cookie), { pkceCodeVerifier, expectedState, maxAge: 3600 })
    expect(tokens.claims()?.aud).toBe(signer.id)
  }
})

test('openid-client: dynamic registration, and what it registers works', async () => {
  const bindings = newEnv({ DYNAMIC_REGISTRATION: 'open' })
  const toOpenWorker = async (url: string, init: object) => {
    const { body, ...rest } = init as RequestInit
    return send(url.slice(ORIGIN.length), { ...rest, ...(body ? { body: String(body) } : {}) }, bindings)
  }
  const redirect_uri = 'https://rp.example/registered'
  const metadata = { redirect_uris: [redirect_uri], client_name: 'Registered', scope: 'openid' }
  const config = await openid.dynamicClientRegistration(new URL(ORIGIN), metadata, undefined, { [openid.customFetch]: toOpenWorker })
  expect(config.clientMetadata()).toMatchObject({ ...metadata, client_secret: expect.any(String) })
  const state = openid.randomState()
  const url = await openid.buildAuthorizationUrlWithPAR(config, {
    redirect_uri,
    scope: 'openid',
    state,
    code_challenge: await openid.calculatePKCECodeChallenge(openid.randomPKCECodeVerifier()),
    code_challenge_method: 'S256',
  })
  const { cookie } = await newBrowser(await newPerson())
  expect((await goTo(url, cookie)).pathname, 'the person is asked').toBe('/consent')
})

test('oauth4webapi: the device grant, from the code to the tokens', async () => {
  const television = await newClient({ grantTypes: `${DEVICE_GRANT} refresh_token`, redirectUris: [], scopes: SCOPE })
  const options = { [oauth.customFetch]: toWorker }
  const issuer = new URL(ORIGIN)
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options))
  const [client, none] = [{ client_id: television.id }, oauth.None()]
  const asked = await oauth.deviceAuthorizationRequest(as, client, none, { scope: SCOPE }, options)
  const { device_code, user_code, interval } = await oauth.processDeviceAuthorizationResponse(as, client, asked)
  expect(interval).toBe(5)
  const poll = async () =>
    oauth.processDeviceCodeResponse(as, client, await oauth.deviceCodeGrantRequest(as, client, none, device_code, options))
  await expect(poll()).rejects.toMatchObject({ error: 'authorization_pending' })
  await expect(poll()).rejects.toMatchObject({ error: 'slow_down' })
  const browser = await browserOf(await verifiedPerson('library_device'))
  const question = await fillIn(browser, '/device', { code: user_code })
  await sendForm(browser, formOf(question, '/device/answer'), { answer: 'allow' })
  const tokens = await poll()
  expect(oauth.getValidatedIdTokenClaims(tokens)).toMatchObject({ aud: television.id, iss: ORIGIN })
  expect(tokens.refresh_token).toBeDefined()
})

test.each(['ES256', 'Ed25519', 'HS256'])('openid-client: PrivateKeyJwt or ClientSecretJwt, with %s, at every endpoint', async (alg) => {
  const signer = await newSigner(alg, { idTokenAlg: 'RS256', scopes: `${SCOPE} client:oauth:introspect` })
  const { cookie } = await newBrowser(await newPerson())
  const authentication = signer.key
    ? openid.PrivateKeyJwt({ key: signer.key.privateKey, kid: signer.key.kid })
    : openid.ClientSecretJwt(signer.secret)
  const options = { [openid.customFetch]: toWorker }
  const config = await openid.discovery(new URL(ORIGIN), signer.id, undefined, authentication, options)
  const [pkceCodeVerifier, expectedState] = [openid.randomPKCECodeVerifier(), openid.randomState()]
  const url = await openid.buildAuthorizationUrlWithPAR(config, {
    redirect_uri: signer.redirectUri,
    scope: SCOPE,
    state: expectedState,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  })
  const tokens = await openid.authorizationCodeGrant(config, await goTo(url, cookie), { pkceCodeVerifier, expectedState })
  expect(tokens.claims()?.aud).toBe(signer.id)
  const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
  expect(await openid.tokenIntrospection(config, refreshed.access_token)).toMatchObject({ active: true, client_id: signer.id })
  await openid.tokenRevocation(config, refreshed.refresh_token ?? '')
  expect(await openid.tokenIntrospection(config, refreshed.access_token)).toEqual({ active: false })
  expect((await openid.clientCredentialsGrant(config, { scope: 'client:oauth:introspect' })).expires_in).toBe(600)
})

test.each(['PS256', 'ES384', 'HS256'])('oauth4webapi: PrivateKeyJwt or ClientSecretJwt, with %s', async (alg) => {
  const signer = await newSigner(alg, { scopes: 'client:oauth:introspect' })
  const options = { [oauth.customFetch]: toWorker }
  const issuer = new URL(ORIGIN)
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options }))
  const authentication = signer.key
    ? oauth.PrivateKeyJwt({ key: signer.key.privateKey, kid: signer.key.kid })
    : oauth.ClientSecretJwt(signer.secret)
  const client = { client_id: signer.id }
  const response = await oauth.clientCredentialsGrantRequest(as, client, authentication, new URLSearchParams(), options)
  const { access_token } = await oauth.processClientCredentialsResponse(as, client, response)
  const asked = await oauth.introspectionRequest(as, client, authentication, access_token, options)
  expect(await oauth.processIntrospectionResponse(as, client, asked)).toMatchObject({ active: true, client_id: signer.id })
})

describe('DPoP with nonces (RFC 9449)', () => {
  test('openid-client: pushed request, code, /user/me, userinfo, refresh and a token of its own, bound to one key', async () => {
    const { cookie } = await newBrowser(await newPerson())
    const options = { [openid.customFetch]: toWorker }
    const config = await openid.discovery(
      new URL(ORIGIN),
      confidential.id,
      undefined,
      openid.ClientSecretBasic(confidential.secret),
      options,
    )
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'))
    const [pkceCodeVerifier, expectedState] = [openid.randomPKCECodeVerifier(), openid.randomState()]
    const params = {
      redirect_uri: confidential.redirectUri,
      scope: `${SCOPE} delegated:profile:read`,
      state: expectedState,
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    }
    const url = await openid.buildAuthorizationUrlWithPAR(config, params, { DPoP })
    const tokens = await openid.authorizationCodeGrant(config, await goTo(url, cookie), { pkceCodeVerifier, expectedState }, undefined, {
      DPoP,
    })
    expect(tokens.token_type).toBe('dpop')
    const sub = tokens.claims()?.sub ?? ''
    const me = () =>
      openid.fetchProtectedResource(config, tokens.access_token, new URL('/user/me', ORIGIN), 'GET', undefined, undefined, { DPoP })
    for (let n = 0; n < 2; n += 1) expect((await me()).status).toBe(200)
    expect(await openid.fetchUserInfo(config, tokens.access_token, sub, { DPoP })).toMatchObject({ sub })
    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '', undefined, { DPoP })
    expect(await openid.tokenIntrospection(config, refreshed.access_token)).toMatchObject({
      token_type: 'DPoP',
      cnf: { jkt: await DPoP.calculateThumbprint() },
    })
    await expect(openid.refreshTokenGrant(config, refreshed.refresh_token ?? '')).rejects.toMatchObject({ error: 'invalid_grant' })
    const machine = await openid.clientCredentialsGrant(config, { scope: 'client:oauth:introspect' }, { DPoP })
    expect(machine.token_type).toBe('dpop')
    await openid.tokenRevocation(config, refreshed.refresh_token ?? '')
    await expect(openid.fetchUserInfo(config, refreshed.access_token, sub, { DPoP })).rejects.toThrow()
  })

  test.each(['ES256', 'Ed25519'])(
    'oauth4webapi: dpop_jkt, code, refresh and /user/me, with %s and its own check of token and proof',
    async (alg) => {
      const { cookie } = await newBrowser(await newPerson())
      const options = { [oauth.customFetch]: toWorker }
      const issuer = new URL(ORIGIN)
      const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options }))
      const [client, none]: [oauth.Client, oauth.ClientAuth] = [{ client_id: publicClient.id }, oauth.None()]
      const DPoP = oauth.DPoP(client, await oauth.generateKeyPair(alg))
      const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()]
      const query = new URLSearchParams({
        client_id: publicClient.id,
        redirect_uri: publicClient.redirectUri,
        response_type: 'code',
        scope: 'openid delegated:profile:read',
        state,
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        dpop_jkt: await DPoP.calculateThumbprint(),
      })
      const callback = await goTo(new URL(`${as.authorization_endpoint}?${query}`), cookie)
      const params = oauth.validateAuthResponse(as, client, callback, state)
      const tokens = await proved(async () =>
        oauth.processAuthorizationCodeResponse(
          as,
          client,
          await oauth.authorizationCodeGrantRequest(as, client, none, params, publicClient.redirectUri, verifier, { DPoP, ...options }),
        ),
      )
      const refreshed = await proved(async () =>
        oauth.processRefreshTokenResponse(
          as,
          client,
          await oauth.refreshTokenGrantRequest(as, client, none, tokens.refresh_token ?? '', { DPoP, ...options }),
        ),
      )
      expect([tokens.token_type, refreshed.token_type]).toEqual(['dpop', 'dpop'])
      const seen: Request[] = []
      const watched = (url: string, init: object) => {
        seen.push(new Request(url, init))
        return toWorker(url, init)
      }
      const api = new URL('/user/me', ORIGIN)
      const reply = await proved(() =>
        oauth.protectedResourceRequest(refreshed.access_token, 'GET', api, undefined, null, { DPoP, [oauth.customFetch]: watched }),
      )
      expect(reply.status).toBe(200)
      const [request] = seen.slice(-1)
      const checks = { requireDPoP: true, ...options }
      expect(await oauth.validateJwtAccessToken(as, request as Request, ORIGIN, checks)).toMatchObject({ client_id: publicClient.id })
      const dead = oauth.refreshTokenGrantRequest(as, client, none, refreshed.refresh_token ?? '', options)
      await expect(dead.then((answer) => oauth.processRefreshTokenResponse(as, client, answer))).rejects.toMatchObject({
        error: 'invalid_grant',
      })
    },
  )
})

describe('APIs of the team (RFC 8707) and the server of one that calls the next (RFC 8693)', () => {
  const STOCK = 'https://stock.example/'
  const STOCK_SCOPE = `${STOCK}| ${STOCK}|stock:read`
  const API_SCOPES = `openid ${ORDERS}| ${ORDERS}|orders:read ${STOCK_SCOPE}`
  const BOTH = 'openid orders:read stock:read'
  let server: Signer
  let stock: TestClient

  beforeAll(async () => {
    server = await newSigner('ES256', { grantTypes: TOKEN_EXCHANGE, scopes: STOCK_SCOPE, redirectUris: [] })
    stock = await newClient({ method: 'client_secret_basic', grantTypes: 'client_credentials', scopes: '', redirectUris: [] })
    await putApi({ serverClientId: server.id })
    const scopes = JSON.stringify([{ name: 'stock:read', description: 'See what is in stock' }])
    await putApi({ resource: STOCK, name: 'Stock', scopes, serverClientId: stock.id })
  })

  test('openid-client: the device grant for an API with DPoP, refresh, token exchange, introspection by the APIs', async () => {
    const television = await newClient({
      grantTypes: `${DEVICE_GRANT} refresh_token`,
      redirectUris: [],
      scopes: API_SCOPES,
      idTokenAlg: 'RS256',
    })
    const options = { [openid.customFetch]: toWorker }
    const discover = (id: string, authentication: openid.ClientAuth) =>
      openid.discovery(new URL(ORIGIN), id, undefined, authentication, options)
    const config = await discover(television.id, openid.None())
    const asked = new URLSearchParams([['scope', BOTH], ...[ORDERS, STOCK].map((resource) => ['resource', resource])])
    const device = await openid.initiateDeviceAuthorization(config, asked)
    const browser = await browserOf(await verifiedPerson('library_api'))
    const question = await fillIn(browser, '/device', { code: device.user_code })
    await sendForm(browser, formOf(question, '/device/answer'), { answer: 'allow' })
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair())
    // The person has answered, so the first poll need not wait.
    const tokens = await openid.pollDeviceAuthorizationGrant(config, { ...device, interval: 0.001 }, { resource: ORDERS }, { DPoP })
    expect([tokens.token_type, tokens.scope, tokens.claims()?.aud]).toEqual(['dpop', 'orders:read', television.id])
    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '', { resource: ORDERS }, { DPoP })

    const orders = await discover(server.id, openid.PrivateKeyJwt({ key: server.key?.privateKey as CryptoKey, kid: server.key?.kid ?? '' }))
    const subject = { subject_token: refreshed.access_token, subject_token_type: ACCESS_TOKEN_TYPE }
    expect(await openid.tokenIntrospection(orders, refreshed.access_token)).toMatchObject({ active: true, aud: ORDERS, token_type: 'DPoP' })
    const own = openid.getDPoPHandle(orders, await openid.randomDPoPKeyPair())
    const traded = await openid.genericGrantRequest(orders, TOKEN_EXCHANGE, { ...subject, resource: STOCK }, { DPoP: own })
    expect(traded).toMatchObject({ issued_token_type: ACCESS_TOKEN_TYPE, token_type: 'dpop', scope: 'stock:read' })

    const next = await discover(stock.id, openid.ClientSecretBasic(stock.secret))
    expect(await openid.tokenIntrospection(next, traded.access_token)).toMatchObject({
      active: true,
      aud: STOCK,
      act: { sub: server.id },
      cnf: { jkt: await own.calculateThumbprint() },
    })
    await openid.tokenRevocation(config, refreshed.refresh_token ?? '')
    expect(await openid.tokenIntrospection(next, traded.access_token)).toEqual({ active: false })
    await expect(openid.genericGrantRequest(orders, TOKEN_EXCHANGE, { ...subject, resource: STOCK })).rejects.toMatchObject({
      error: 'invalid_request',
    })
  })

  test('oauth4webapi: everything at once: a signed request, pushed with DPoP and an assertion, for two APIs; then an exchange', async () => {
    const key = await keyFor('ES256')
    const app = await newSigner('ES256', { scopes: API_SCOPES, idTokenAlg: 'RS256', more: { require_signed_requests: 1 } })
    const { cookie } = await newBrowser(await newPerson())
    const options = { [oauth.customFetch]: toWorker }
    const issuer = new URL(ORIGIN)
    const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options))
    const client: oauth.Client = { client_id: app.id }
    const signing = { key: key.privateKey, kid: key.kid }
    const authentication = oauth.PrivateKeyJwt(signing)
    const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'))
    const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()]
    const params = new URLSearchParams({
      redirect_uri: app.redirectUri,
      response_type: 'code',
      scope: BOTH,
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    for (const resource of [ORDERS, STOCK]) params.append('resource', resource)
    const request = await oauth.issueRequestObject(as, client, params, signing)
    const pushed = await proved(async () =>
      oauth.processPushedAuthorizationResponse(
        as,
        client,
        await oauth.pushedAuthorizationRequest(as, client, authentication, { request, client_id: app.id }, { DPoP, ...options }),
      ),
    )
    const query = new URLSearchParams({ client_id: app.id, request_uri: pushed.request_uri })
    const callback = await goTo(new URL(`${as.authorization_endpoint}?${query}`), cookie)
    const answer = oauth.validateAuthResponse(as, client, callback, state)
    const forOrders = { additionalParameters: { resource: ORDERS }, ...options }
    const tokens = await proved(async () =>
      oauth.processAuthorizationCodeResponse(
        as,
        client,
        await oauth.authorizationCodeGrantRequest(as, client, authentication, answer, app.redirectUri, verifier, { DPoP, ...forOrders }),
      ),
    )
    expect([tokens.token_type, tokens.scope]).toEqual(['dpop', 'orders:read'])
    const refreshed = await proved(async () =>
      oauth.processRefreshTokenResponse(
        as,
        client,
        await oauth.refreshTokenGrantRequest(as, client, authentication, tokens.refresh_token ?? '', { DPoP, ...forOrders }),
      ),
    )
    const traded = await oauth.processGenericTokenEndpointResponse(
      as,
      { client_id: server.id },
      await oauth.genericTokenEndpointRequest(
        as,
        { client_id: server.id },
        authentication,
        TOKEN_EXCHANGE,
        { subject_token: refreshed.access_token, subject_token_type: ACCESS_TOKEN_TYPE, resource: STOCK },
        options,
      ),
    )
    expect(traded).toMatchObject({ token_type: 'bearer', scope: 'stock:read' })
    const call = new Request(STOCK, { headers: { authorization: `Bearer ${traded.access_token}` } })
    expect(await oauth.validateJwtAccessToken(as, call, STOCK, options)).toMatchObject({
      sub: oauth.getValidatedIdTokenClaims(tokens)?.sub,
      client_id: server.id,
      act: { sub: server.id },
      scope: 'stock:read',
    })
    await expect(oauth.validateJwtAccessToken(as, call, ORDERS, options)).rejects.toThrow()
  })
})

test('openid-client and oauth4webapi: FAPI 2.0, with PrivateKeyJwt, a pushed request, DPoP with nonces, and a refresh token that stays', async () => {
  const signer = await newSigner('PS256', { scopes: `${SCOPE} delegated:profile:read`, more: { security_profile: 'fapi2' } })
  const { cookie } = await newBrowser(await newPerson())
  const options = { [openid.customFetch]: toWorker }
  const key = { key: signer.key?.privateKey as CryptoKey, kid: signer.key?.kid ?? '' }
  const config = await openid.discovery(
    new URL(ORIGIN),
    signer.id,
    { id_token_signed_response_alg: 'ES256' },
    openid.PrivateKeyJwt(key),
    options,
  )
  const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('PS256'))
  const [pkceCodeVerifier, expectedState, expectedNonce] = [openid.randomPKCECodeVerifier(), openid.randomState(), openid.randomNonce()]
  const url = await openid.buildAuthorizationUrlWithPAR(
    config,
    {
      redirect_uri: signer.redirectUri,
      scope: `${SCOPE} delegated:profile:read`,
      state: expectedState,
      nonce: expectedNonce,
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    },
    { DPoP },
  )
  expect([...url.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri'])
  const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true }
  const tokens = await openid.authorizationCodeGrant(config, await goTo(url, cookie), checks, undefined, { DPoP })
  const me = (access: string) =>
    openid.fetchProtectedResource(config, access, new URL('/user/me', ORIGIN), 'GET', undefined, undefined, { DPoP })
  expect([tokens.token_type, (await me(tokens.access_token)).status]).toEqual(['dpop', 200])
  const sub = tokens.claims()?.sub ?? ''
  expect(await openid.fetchUserInfo(config, tokens.access_token, sub, { DPoP })).toMatchObject({ sub })
  for (let uses = 0; uses < 2; uses += 1) {
    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '', undefined, { DPoP })
    expect([refreshed.refresh_token, (await me(refreshed.access_token)).status]).toEqual([tokens.refresh_token, 200])
  }
  // The other library, with the same keys of the client: its own proof of another key opens nothing.
  const issuer = new URL(ORIGIN)
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options))
  const client = { client_id: signer.id }
  const stolen = { DPoP: oauth.DPoP({}, await oauth.generateKeyPair('ES256')), ...options }
  const request = () => oauth.refreshTokenGrantRequest(as, client, oauth.PrivateKeyJwt(key), tokens.refresh_token ?? '', stolen)
  const first = await request()
  await expect(oauth.processRefreshTokenResponse(as, client, first)).rejects.toMatchObject({ error: 'use_dpop_nonce' })
  await expect(oauth.processRefreshTokenResponse(as, client, await request())).rejects.toMatchObject({ error: 'invalid_grant' })
})
