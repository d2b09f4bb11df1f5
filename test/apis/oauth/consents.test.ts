// Consent, response modes, and the rules that send a browser to a page. Security row 41; OpenID Connect Core §3.1.2.4.
import { createHash } from 'node:crypto'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { planChange, planCtxOf } from '../../../src/core/oauth/client-plans.ts'
import { SUBMIT_SCRIPT, SUBMIT_SCRIPT_HASH } from '../../../src/http/authorization-response.ts'
import { findRegisteredClient, isClientOfVersion, updateClient } from '../../../src/store/db/client-registration.ts'
import { clock } from '../../platform/clock.ts'
import { atTheLine, whileAtTheLine } from '../../support/start-line.ts'
import {
  authorize,
  authorizePath,
  CHALLENGE,
  exchange,
  newBrowser,
  newClient,
  newCtx,
  ORIGIN,
  type Params,
  platform,
  productionEnv,
  redirected,
  rows,
  send,
  type TestClient,
} from './harness.ts'
import { consentOf, newPerson, sentTo } from './openid.ts'

let third: TestClient
beforeAll(async () => {
  third = await newClient({ firstParty: 0, scopes: 'openid profile email delegated:profile:read' })
})
beforeEach(() => {
  platform.reset()
  return () => clock.restore()
})

const PARAMS = { response_type: 'code', state: 'xyz', code_challenge: CHALLENGE, code_challenge_method: 'S256' }

async function newVisitor(client = third, params: Params = { scope: 'openid profile' }) {
  const userId = await newPerson()
  const browser = await newBrowser(userId)
  const ask = (changes: Params = {}) => authorize(client, browser.cookie, { ...params, ...changes })
  const page = (changes: Params = {}, who = client) => consentOf(browser, userId, who, { ...PARAMS, ...params, ...changes })
  return { userId, browser, ask, page }
}

describe('consent', () => {
  test('is asked for with the same parameters, given once, and remembered for what it covers', async () => {
    const { ask, page, userId } = await newVisitor()
    const first = await ask()
    expect([first.status, sentTo(first).path]).toEqual([303, '/consent'])
    expect(Object.fromEntries(sentTo(first).query)).toMatchObject({ client_id: third.id, scope: 'openid profile', state: 'xyz' })
    const question = await page().describe()
    expect(question).toMatchObject({ client: { id: third.id, name: 'Test' }, redirectUri: third.redirectUri, user: { id: userId } })
    expect(question.newScopes).toEqual([
      { scope: 'openid', description: 'Know who you are', area: 'Who you are', group: 'identity', claims: [], resource: null },
      {
        scope: 'profile',
        description: 'See your name and the rest of your profile',
        area: 'Who you are',
        group: 'identity',
        claims: [],
        resource: null,
      },
    ])
    const response = await page().decide(question.ticket)
    expect(response).toMatchObject({ redirectUri: third.redirectUri, mode: 'query', params: { state: 'xyz', iss: ORIGIN } })
    expect((await exchange(third, response.params.code ?? '')).status).toBe(200)
    expect(redirected(await ask()).params.code).toBeDefined()
    expect(redirected(await ask({ scope: 'openid', prompt: 'none' })).params.code).toBeDefined()
    expect(sentTo(await ask({ scope: 'openid email' })).path).toBe('/consent')
    expect(redirected(await ask({ scope: 'openid email', prompt: 'none' })).params.error).toBe('consent_required')
    expect(sentTo(await ask({ prompt: 'consent' })).path).toBe('/consent')
  })

  test('grows by what is new, in one row and one event each', async () => {
    const { page, userId } = await newVisitor()
    await page().decide((await page().describe()).ticket)
    const more = page({ scope: 'openid email' })
    const question = await more.describe()
    expect([question.newScopes, question.grantedScopes].map((list) => list.map(({ scope }) => scope))).toEqual([['email'], ['openid']])
    await more.decide(question.ticket)
    expect(await rows('SELECT scopes FROM consents WHERE user_id = ?', userId)).toEqual([{ scopes: 'openid profile email' }])
    expect(await rows(`SELECT detail FROM audit_events WHERE user_id = ? AND type = 'consent_given'`, userId)).toHaveLength(2)
  })

  test('taken back between the look at it and the code, it gives none', async () => {
    const { page, userId, browser } = await newVisitor()
    await page().decide((await page().describe()).ticket)
    const bindings = { ...platform.env, ...atTheLine.env }
    const start = async () => {
      const response = await send(authorizePath(third, { ...PARAMS, scope: 'openid' }), { headers: { cookie: browser.cookie } }, bindings)
      return { status: response.status, headers: response.headers, text: '', json: redirected(response).params, bytes: new Uint8Array() }
    }
    const withdraw = () => rows('DELETE FROM consents WHERE user_id = ?', userId)
    const reply = await whileAtTheLine(start, /INSERT INTO authorization_codes/, withdraw)
    expect([reply.json.error, reply.json.code]).toEqual(['login_required', undefined])
    expect(
      await rows('SELECT 1 FROM authorization_codes WHERE user_id = ? AND consumed_at IS NULL AND scope = ?', userId, 'openid'),
    ).toEqual([])
  })

  test('counts no longer once the client has another address; what is agreed to then is all there is', async () => {
    const moved = await newClient({ firstParty: 0, scopes: 'openid profile email' })
    clock.freeze()
    const { ask, page, userId } = await newVisitor(moved)
    await page().decide((await page().describe()).ticket)
    expect(redirected(await ask()).params.code).toBeDefined()
    clock.advance(1000)
    const { db } = newCtx()
    const before = await db.one(findRegisteredClient(moved.id))
    if (!before) throw new Error('no client')
    const planCtx = () => planCtxOf(newCtx())
    const { row } = await planChange(before, { redirectUris: [moved.redirectUri, 'https://elsewhere.example/'] }, planCtx())
    await db.one(updateClient(row, isClientOfVersion(moved.id, before.updatedAt)))
    expect(sentTo(await ask()).path).toBe('/consent')
    expect(redirected(await ask({ prompt: 'none' })).params.error).toBe('consent_required')
    clock.advance(1000)
    const again = page({ scope: 'email' })
    await again.decide((await again.describe()).ticket)
    expect(await rows('SELECT scopes FROM consents WHERE user_id = ?', userId)).toEqual([{ scopes: 'email' }])
    const renamed = await planChange(row, { name: 'Renamed', redirectUris: [moved.redirectUri] }, planCtx())
    expect(renamed.row.consentsSince).toBe(row.consentsSince)
  })

  test('two at once lose nothing of each other', async () => {
    const { page, userId } = await newVisitor()
    const pages = ['openid', 'profile', 'email', 'delegated:profile:read'].map((scope) => page({ scope }))
    const tickets = await Promise.all(pages.map(async (one) => (await one.describe()).ticket))
    await Promise.all(pages.map((one, index) => one.decide(tickets[index] ?? '')))
    const [row] = await rows<{ scopes: string }>('SELECT scopes FROM consents WHERE user_id = ?', userId)
    expect(row?.scopes.split(' ').sort()).toEqual(['delegated:profile:read', 'email', 'openid', 'profile'])
  })

  test('a part of it taken back between the look at it and the code: it gives none; extended meanwhile, it does', async () => {
    const { page, userId, browser } = await newVisitor()
    await page().decide((await page().describe()).ticket)
    const bindings = { ...platform.env, ...atTheLine.env }
    const start = async () => {
      const response = await send(
        authorizePath(third, { ...PARAMS, scope: 'openid profile' }),
        { headers: { cookie: browser.cookie } },
        bindings,
      )
      return { status: response.status, headers: response.headers, text: '', json: redirected(response).params, bytes: new Uint8Array() }
    }
    const change = (scopes: string) => () => rows('UPDATE consents SET scopes = ? WHERE user_id = ?', scopes, userId)
    const extended = await whileAtTheLine(start, /INSERT INTO authorization_codes/, change('openid profile email'))
    expect(extended.json.code).toBeTruthy()
    for (const scopes of ['openid email', 'openid profiles', 'openid']) {
      await change('openid profile')()
      const reply = await whileAtTheLine(start, /INSERT INTO authorization_codes/, change(scopes))
      expect([reply.json.error, reply.json.code]).toEqual(['login_required', undefined])
    }
  })

  test('a denial reaches the client and is not remembered', async () => {
    const { page, userId } = await newVisitor()
    const response = await page().decide((await page().describe()).ticket, false)
    expect(response.params).toMatchObject({ error: 'access_denied', state: 'xyz', iss: ORIGIN })
    expect(await rows('SELECT 1 FROM consents WHERE user_id = ?', userId)).toEqual([])
  })

  test('a ticket counts for one session, client, address, set of scopes and ten minutes', async () => {
    clock.freeze()
    const [one, other] = [await newVisitor(), await newVisitor()]
    const rival = await newClient({ firstParty: 0 })
    const { ticket } = await one.page().describe()
    const refused = expect.objectContaining({ code: 'cross_site_request' })
    await expect(other.page().decide(ticket)).rejects.toEqual(refused)
    await expect(one.page({ scope: 'openid profile email' }).decide(ticket)).rejects.toEqual(refused)
    await expect(one.page({}, rival).decide(ticket)).rejects.toEqual(refused)
    for (const forged of ['', 'x', `${ticket}x`, ticket.replace(/^\d/, '9')])
      await expect(one.page().decide(forged)).rejects.toEqual(refused)
    clock.advance(601_000)
    await expect(one.page().decide(ticket)).rejects.toEqual(refused)
    expect(await rows('SELECT 1 FROM consents WHERE user_id IN (?, ?)', one.userId, other.userId)).toEqual([])
  })

  test('somebody who has signed out in the meantime grants nothing', async () => {
    const { page, userId } = await newVisitor()
    const { ticket } = await page().describe()
    await rows('UPDATE sessions SET revoked_at = 1 WHERE user_id = ?', userId)
    await expect(page().decide(ticket)).rejects.toMatchObject({ cause: { code: 'login_required' } })
    expect(await rows('SELECT 1 FROM consents WHERE user_id = ?', userId)).toEqual([])
  })

  test('F2: a lost reply of the commit gives one consent and one code', async () => {
    const { page, userId } = await newVisitor()
    const { ticket } = await page().describe()
    platform.faults.loseReply(2)
    const { params } = await page().decide(ticket)
    expect((await exchange(third, params.code ?? '')).status).toBe(200)
    expect(await rows(`SELECT 1 FROM audit_events WHERE user_id = ? AND type = 'consent_given'`, userId)).toHaveLength(1)
  })

  test('RFC 8252 §8.6: of a public client that its address does not prove, it is asked for each time', async () => {
    const app = await newClient({ firstParty: 0, redirectUris: ['com.example.app:/cb'] })
    const { ask, page, browser } = await newVisitor(app, { scope: 'openid' })
    await page().decide((await page().describe()).ticket)
    expect(sentTo(await ask()).path).toBe('/consent')
    const loopback = await newClient({ firstParty: 1, redirectUris: ['http://localhost:5173/cb'] })
    const inProduction = await send(authorizePath(loopback), { headers: { cookie: browser.cookie } }, productionEnv())
    expect(sentTo(inProduction).path).toBe('/consent')
  })

  test('never for an unknown client or address', async () => {
    const { page } = await newVisitor()
    await expect(page({ redirect_uri: 'https://evil.example/cb' }).describe()).rejects.toMatchObject({ code: 'invalid_request' })
    await expect(page({ client_id: 'nobody' }).describe()).rejects.toMatchObject({ code: 'invalid_request' })
  })
})

describe('sign-in', () => {
  test('whoever is not signed in goes to the page, and comes back to the same request', async () => {
    const response = await authorize(third, null, { scope: 'openid', login_hint: 'ada' })
    const { path, query } = sentTo(response)
    expect([response.status, path, query.get('login_hint')]).toEqual([303, '/sign-in', 'ada'])
    const back = new URL(query.get('return_to') ?? '', ORIGIN)
    expect([back.origin, back.pathname]).toEqual([ORIGIN, '/oauth/authorize'])
    expect(Object.fromEntries(back.searchParams)).toMatchObject({ client_id: third.id, state: 'xyz', scope: 'openid' })
  })

  test('a ticket of one request does not work for another', async () => {
    const first = await newClient()
    const browser = await newBrowser(await newPerson())
    await rows('UPDATE sessions SET authenticated_at = authenticated_at - 60000 WHERE id = ?', browser.sessionId)
    const ask = (changes: Params) => authorize(first, browser.cookie, { prompt: 'login', ...changes })
    const returnTo = new URL(sentTo(await ask({ state: 'a' })).query.get('return_to') ?? '', ORIGIN)
    const reauthentication = returnTo.searchParams.get('reauthentication') ?? ''
    await rows('UPDATE sessions SET authenticated_at = ? WHERE id = ?', Date.now() + 1, browser.sessionId)
    expect(redirected(await ask({ state: 'a', reauthentication })).params.code).toBeDefined()
    for (const changes of [{ state: 'b', reauthentication }, { state: 'a', reauthentication: `${reauthentication}x` }, { state: 'a' }]) {
      expect(sentTo(await ask(changes)).path).toBe('/sign-in')
    }
  })

  test('Core §3.1.2.1: prompt and max_age that make no sense', async () => {
    const { ask } = await newVisitor()
    for (const prompt of ['none login', 'consent none', 'none whatever'])
      expect(redirected(await ask({ prompt })).params.error).toBe('invalid_request')
    for (const max_age of ['-1', '1.5', 'x', '9'.repeat(11)])
      expect(redirected(await ask({ max_age })).params.error).toBe('invalid_request')
    expect(redirected(await ask({ nonce: 'n'.repeat(1_025) })).params.error).toBe('invalid_request')
    expect(sentTo(await ask({ prompt: 'select_account' })).path).toBe('/sign-in')
    expect(sentTo(await ask({ max_age: '0', prompt: 'consent' })).path).toMatch(/sign-in|consent/)
  })

  test('offline_access asks for nothing more than the grant type gives', async () => {
    const first = await newClient()
    const browser = await newBrowser(await newPerson())
    const code = redirected(await authorize(first, browser.cookie, { scope: 'openid offline_access' })).params.code ?? ''
    expect(await (await exchange(first, code)).json()).toMatchObject({ scope: 'openid', refresh_token: expect.any(String) })
  })
})

describe('form_post', () => {
  test('a form with the parameters, a button, and one script that the policy allows by its hash', async () => {
    const first = await newClient()
    const { cookie } = await newBrowser(await newPerson())
    const state = `"><script>alert(1)</script>&'`
    const response = await authorize(first, cookie, { response_mode: 'form_post', state })
    const text = await response.text()
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8'])
    expect(text).toContain(`<form method="post" action="${first.redirectUri}">`)
    expect(text).toMatch(/<input type="hidden" name="code" value="[\w-]{43}">/)
    expect(text).toContain(`name="iss" value="${ORIGIN}"`)
    expect(text).toContain('<button type="submit">Continue</button>')
    expect(text.match(/<script/g)).toHaveLength(1)
    expect(text).toContain('value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;&#39;"')
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).toContain(`script-src '${SUBMIT_SCRIPT_HASH}'`)
    expect(policy).not.toContain('unsafe')
    expect(SUBMIT_SCRIPT_HASH).toBe(`sha256-${createHash('sha256').update(SUBMIT_SCRIPT).digest('base64')}`)
    expect(text).toContain(`<script>${SUBMIT_SCRIPT}</script>`)
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  test('errors go the same way; an unknown mode goes by query', async () => {
    const first = await newClient()
    const denied = await authorize(first, null, { response_mode: 'form_post', prompt: 'none' })
    expect(await denied.text()).toContain('name="error" value="login_required"')
    for (const response_mode of ['fragment', 'web_message', 'jwt']) {
      expect(redirected(await authorize(first, null, { response_mode })).params).toMatchObject({ error: 'invalid_request', state: 'xyz' })
    }
  })
})
