// Every statement that the Worker sends is looked at as SQLite means to run it (design §7): no table is read from one end
// to the other, outside a short list. All routes are visited, and the sweep; a route that is not makes this fail.
import { beforeAll, describe, expect, test } from 'vitest'
import { sha256 } from '../../src/crypto.ts'
import { Client, db, newestCode, platform } from '../support/kith.ts'
import { logIn, PASSWORD, type Person, signedInPerson, verifiedPerson } from '../support/people.ts'
import { allRoutes, nameOf } from '../support/routes.ts'
import { clientToken, newOAuthClient, userToken } from '../support/tokens.ts'
import { visitAdministration } from './admin-visits.ts'
import { visitEpixel } from './epixel-visits.ts'
import { visitAuthenticator } from './factor-visits.ts'
import { visitDeletion, visitEmailChange, visitGraph, visitPeople } from './graph-visits.ts'
import { visitMedia } from './media-visits.ts'
import { visitMirrorfly } from './mirrorfly-visits.ts'
import { visitMovida } from './movida-visits.ts'
import { visitMxit } from './mxit-visits.ts'
import { visitPages } from './page-visits.ts'
import { statements, visit, visited, visitSweep } from './visits.ts'

/** Table -> why reading all of it is right. */
const MAY_BE_SCANNED: Readonly<Record<string, string>> = {
  roles: 'as few as an app has of them, and listed as a whole',
  edge_work: 'a row per act on very many edges that is still going on; read in the order of its key, with a LIMIT',
  'u USING INDEX users_active': 'a page by its number alone: counts entries of the index off, up to the page',
}

/** What a statement says that may sort -> why that is little, however much there is. */
const MAY_SORT: Readonly<Record<string, string>> = {
  'FROM json_each(?) j JOIN users': 'the order of the ids that were sent, at most 100',
  'WITH near AS': 'suggestions: the users of at most 200 edges',
  'WITH found AS': 'search: as many people as it shows, of at most as many strings as it looks at',
  'm CROSS JOIN users u NOT INDEXED': 'whom an administrator looks for: of at most as many strings as are looked at',
  'DELETE FROM known_sources': 'the networks that one account knows: eleven at most',
  'FROM roles ORDER BY': 'as few as an app has of them',
}

const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

async function visitAccounts(): Promise<Person> {
  const anyone = new Client()
  const body = { username: 'plan_person', firstName: 'Plan', lastName: 'Person', email: 'plan_person@example.com', password: PASSWORD }
  const { json } = await visit(anyone, 'POST', '/user/create', body)
  await visit(anyone, 'GET', `/user/resend-verification?target=${json.data.user._id}`)
  const code = await newestCode(body.email)
  await visit(anyone, 'GET', `/user/verify-email?target=${json.data.user._id}&code=${code}`)
  await visit(anyone, 'POST', '/user/verify-email', { code }, [400])
  await visit(anyone, 'POST', '/user/login', { username: body.username, password: 'wrong' }, [401])
  await visit(anyone, 'POST', '/user/login', { email: body.email, password: 'wrong' }, [401])
  await visit(anyone, 'POST', '/user/login', { username: body.username, email: body.email, password: 'wrong' }, [401])
  await visit(anyone, 'GET', `/user/code?email=${body.email}`)
  await visit(anyone, 'POST', '/user/code', { email: body.email })
  await visit(anyone, 'POST', '/user/reset-password', { code: await newestCode(body.email), password: 'battery-staple-horse-correct' })
  const person = {
    id: json.data.user._id,
    username: body.username,
    email: body.email,
    password: 'battery-staple-horse-correct',
    client: anyone,
  }
  await visit(anyone, 'POST', '/user/login', { username: person.username, password: person.password })
  return person
}

async function visitOwn({ client, username, password }: Person): Promise<void> {
  await visit(client, 'GET', '/user/me')
  await visit(client, 'PATCH', '/user/me', { bio: 'Plans queries.', username: 'plan_person_2' })
  await visit(client, 'PATCH', '/user/me', { password: 'horse-battery-correct-staple', currentPassword: password })
  await visit(client, 'GET', '/user/session-state')
  await visit(client, 'GET', '/user/login-history')
  await visit(client, 'GET', '/user/sessions')
  await visit(client, 'DELETE', '/user/sessions/ffffffffffffffffffffffff', undefined, [404])
  await visit(client, 'POST', '/user/2fa', { state: true })
  expect(username).toBe('plan_person')
}

async function visitSecondFactor(): Promise<void> {
  const person = await signedInPerson('plan_second')
  await visit(person.client, 'POST', '/user/2fa', { state: true })
  const client = new Client()
  const pending = await visit(client, 'POST', '/user/login', { username: person.username, password: person.password })
  const { sessionHash, user } = pending.json.data
  await visit(client, 'POST', '/user/do-2fa', { target: user._id, sessionHash, code: '000000' }, [200, 400])
  await visit(client, 'POST', '/user/do-2fa', { target: user._id, sessionHash, code: await newestCode(person.email) })
  await visit(client, 'POST', '/user/2fa', { state: false })
}

async function visitOAuth(): Promise<void> {
  const person = await signedInPerson('plan_oauth')
  const callback = 'https://app.kith.test/callback'
  const clientId = await newOAuthClient()
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: callback,
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
  })
  const redirect = await visit(person.client, 'GET', `/oauth/authorize?${query}`)
  const code = new URL(redirect.headers.get('location') ?? '').searchParams.get('code') ?? ''
  const exchange = { grant_type: 'authorization_code', client_id: clientId, redirect_uri: callback, code, code_verifier: VERIFIER }
  const program = new Client()
  const { json } = await visit(program, 'POST', '/oauth/token', new URLSearchParams(exchange))
  const refresh = { grant_type: 'refresh_token', client_id: clientId, refresh_token: json.refresh_token }
  // As a token from before migration 0016, which is adopted.
  await db.prepare('UPDATE refresh_tokens SET family_hash = NULL').run()
  const next = await visit(program, 'POST', '/oauth/token', new URLSearchParams(refresh))
  const again = { ...refresh, refresh_token: next.json.refresh_token }
  await visit(program, 'POST', '/oauth/token', new URLSearchParams(again))
  await visit(program, 'POST', '/oauth/token', new URLSearchParams(refresh), [400])
  await visit(program, 'POST', '/oauth/token', new URLSearchParams(exchange), [400])
  await visitOpenId(person)
  const secret = 'a-secret-of-many-random-bits'
  const service = await newOAuthClient('client:all', { token_endpoint_auth_method: 'client_secret_post', secret_hash: sha256(secret) })
  const credentials = { grant_type: 'client_credentials', client_id: service, client_secret: secret }
  await visit(program, 'POST', '/oauth/token', new URLSearchParams(credentials))
  program.token = await userToken(person)
  await visit(program, 'GET', '/user/me')
  program.token = await clientToken()
  await visit(program, 'GET', '/user/me', undefined, [403])
}

async function visitOpenId({ client }: Person): Promise<void> {
  const callback = 'https://app.kith.test/callback'
  const secret = 'a-secret-of-many-random-bits'
  const clientId = await newOAuthClient('*', { token_endpoint_auth_method: 'client_secret_post', secret_hash: sha256(secret) })
  const own = { client_id: clientId, client_secret: secret }
  const request = { response_type: 'code', client_id: clientId, redirect_uri: callback, scope: 'openid', code_challenge: CHALLENGE }
  const redirect = await visit(
    client,
    'POST',
    '/oauth/authorize',
    new URLSearchParams({ ...request, code_challenge_method: 'S256' }),
    [303],
  )
  const code = new URL(redirect.headers.get('location') ?? '').searchParams.get('code') ?? ''
  const program = new Client()
  const exchange = { ...own, grant_type: 'authorization_code', redirect_uri: callback, code, code_verifier: VERIFIER }
  const { json } = await visit(program, 'POST', '/oauth/token', new URLSearchParams(exchange))
  for (const path of ['/oauth/introspect', '/oauth/token/introspect']) {
    for (const token of [json.access_token, json.refresh_token]) await visit(program, 'POST', path, new URLSearchParams({ ...own, token }))
  }
  program.token = json.access_token
  await visit(program, 'GET', '/oauth/userinfo')
  await visit(program, 'POST', '/oauth/userinfo')
  await visit(new Client(), 'POST', '/oauth/revoke', new URLSearchParams({ ...own, token: json.refresh_token }))
  await visit(client, 'POST', '/oauth/logout', new URLSearchParams({ client_id: clientId }), [303])
  await visit(client, 'GET', `/oauth/logout?id_token_hint=${json.id_token}`, undefined, [303])
}

async function visitRest(): Promise<void> {
  const anyone = new Client()
  const paths = [
    '/health',
    '/user/scopes',
    '/system/version',
    '/system/settings-insecure',
    '/system/countries-insecure',
    '/',
    '/docs',
    '/docs/oauth',
    '/dev/mailbox',
  ]
  const wellKnown = ['jwks.json', 'oauth-authorization-server', 'openid-configuration'].map((name) => `/.well-known/${name}`)
  for (const path of [...paths, ...wellKnown]) await visit(anyone, 'GET', path)
  const person = await signedInPerson('plan_leaver')
  const elsewhere = new Client()
  await logIn(person, elsewhere)
  const { json } = await visit(person.client, 'GET', '/user/sessions')
  const other = json.data.records.find(({ current }: { current: boolean }) => !current)
  await visit(person.client, 'DELETE', `/user/sessions/${other._id}`)
  await visit(person.client, 'POST', '/user/logout')
  await visit(person.client, 'GET', '/user/logout')
  await logIn(person)
  await visit(person.client, 'POST', '/user/logout-all')
  await logIn(person)
  const token = await userToken(person)
  const program = new Client()
  program.token = token
  await visit(program, 'GET', '/user/logout-all')
}

const isNoTable = (detail: string) => /^SCAN ((\d+ )?CONSTANT|\d+-ROW VALUES)/.test(detail) || detail.includes('VIRTUAL TABLE')

/** What SQLite reads from one end to the other. A subquery that it has in hand, constant rows and a JSON list are no tables. */
function scansOf(sql: string, plan: readonly { detail: string }[]): string[] {
  const inHand = new Set(plan.flatMap(({ detail }) => /^(?:MATERIALIZE|CO-ROUTINE) (\w+)/.exec(detail)?.[1] ?? []))
  for (const [, name = '', alias = ''] of sql.matchAll(/\b(?:FROM|JOIN)\s+(\w+)\s+(\w+)/g)) if (inHand.has(name)) inHand.add(alias)
  return plan.flatMap(({ detail }) => {
    const name = /^SCAN (\w+)/.exec(detail)?.[1]
    return name === undefined || inHand.has(name) || isNoTable(detail) ? [] : [detail]
  })
}

async function planOf(sql: string, params: readonly unknown[] = []): Promise<{ detail: string }[]> {
  const explained = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).bind(...params)
  return (await explained.all<{ detail: string }>()).results
}

const oneLine = (sql: string) => sql.replace(/\s+/g, ' ').trim()

describe('query plans', () => {
  beforeAll(async () => {
    platform.reset()
    await verifiedPerson('plan_bystander')
    const person = await visitAccounts()
    await visitOwn(person)
    await visitSecondFactor()
    await visitAuthenticator()
    await visitOAuth()
    await visitRest()
    await visitGraph()
    await visitPeople()
    await visitEmailChange()
    await visitAdministration()
    await visitPages()
    await visitDeletion()
    await visitMedia()
    await visitMovida()
    await visitMirrorfly()
    await visitMxit()
    await visitEpixel()
    await visitSweep()
  })

  test('every route was visited', () => {
    expect(allRoutes.map(nameOf).filter((name) => !visited.has(name))).toEqual([])
    expect(statements.size).toBeGreaterThan(150)
  })

  test('a scan would be seen', async () => {
    const explain = async (sql: string) => scansOf(sql, await planOf(sql))
    expect(await explain("SELECT 1 FROM users o WHERE o.bio = 'x'")).toEqual(['SCAN o'])
    expect(await explain('SELECT id FROM users ORDER BY username_key')).toHaveLength(1)
    expect(await explain('SELECT j.value FROM json_each(1) j JOIN users u ON u.bio = j.value')).toHaveLength(1)
    expect(await explain('DELETE FROM sessions WHERE id IN (SELECT 1)')).toEqual([])
  })

  test('no statement scans a table', async () => {
    const scans: string[] = []
    for (const [sql, params] of statements) {
      const found = scansOf(sql, await planOf(sql, params))
      const forbidden = found.filter((detail) => !Object.keys(MAY_BE_SCANNED).some((table) => detail.startsWith(`SCAN ${table}`)))
      for (const detail of forbidden) scans.push(`${detail} in ${oneLine(sql)}`)
    }
    expect(scans).toEqual([])
  })

  test('no statement sorts more than it reads by an index', async () => {
    const sorts: string[] = []
    for (const [sql, params] of statements) {
      const plan = await planOf(sql, params)
      if (plan.some(({ detail }) => detail.includes('TEMP B-TREE'))) sorts.push(oneLine(sql))
    }
    expect(sorts.filter((sql) => !Object.keys(MAY_SORT).some((text) => sql.includes(text)))).toEqual([])
    for (const text of Object.keys(MAY_SORT)) expect(sorts.some((sql) => sql.includes(text))).toBe(true)
  })
})
