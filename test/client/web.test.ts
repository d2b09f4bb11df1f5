// Sessions of a server-rendered app, against the real Kith: many requests of one person, on one store.
import type { KithError } from '@kith/client'
import { memoryStore, type WebSession, webSessions } from '@kith/client/web'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newBrowser, newClient, newUser, ORIGIN, platform, rows, send } from '../apis/oauth/harness.ts'
import { clock } from '../platform/clock.ts'

const APP = 'https://shop.example'
const CALLBACK = `${APP}/callback`

beforeEach(() => platform.reset())
afterEach(() => clock.restore())

async function newApp() {
  const client = await newClient({ method: 'client_secret_basic', redirectUris: [CALLBACK], postLogoutRedirectUris: [`${APP}/`] })
  const userId = await newUser()
  const { cookie } = await newBrowser(userId)
  const sent: string[] = []
  const store = memoryStore()
  const options = { origin: ORIGIN, clientId: client.id, redirectUri: CALLBACK, postLogoutRedirectUri: `${APP}/`, store }
  async function fetch(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url)
    sent.push(pathname)
    const body = request.body === null ? null : await request.arrayBuffer()
    return send(pathname + search, { method: request.method, headers: request.headers, body })
  }
  /** Where Kith sends the browser of the person, who is signed in there. */
  const visit = async (url: string) => {
    const reply = await send(url.slice(ORIGIN.length), { headers: { cookie }, redirect: 'manual' })
    return reply.headers.get('location') ?? ''
  }
  const sessions = webSessions({ ...options, clientSecret: client.secret, fetch })
  const signedIn = async (): Promise<WebSession> => {
    const session = sessions.open()
    await session.handleRedirect(await visit(await session.signIn()))
    return session
  }
  const count = (path: string) => sent.filter((one) => one === path).length
  return { client, userId, store, options, fetch, visit, sessions, signedIn, count }
}

const failureOf = (work: Promise<unknown>): Promise<KithError> =>
  work.then(
    () => expect.fail('it succeeded'),
    (error) => error,
  )

test('a sign-in leads back to where the person was, and gives the session a new id', async () => {
  const { sessions, store, userId, visit } = await newApp()
  const session = sessions.open('not-an-id')
  expect(session.id).toMatch(/^[\w-]{43}$/)
  expect(await session.current()).toEqual({ status: 'signed_out', reason: 'never' })
  const url = await session.signIn({ returnTo: '/orders?page=2' })
  const before = session.id
  // Each request opens it anew.
  const callback = sessions.open(before)
  expect(await callback.handleRedirect(await visit(url))).toEqual({ returnTo: '/orders?page=2' })
  expect(callback.id).not.toBe(before)
  expect(await sessions.open(before).current()).toMatchObject({ status: 'signed_out' })
  const next = sessions.open(callback.id)
  expect(await next.current()).toMatchObject({ status: 'signed_in' })
  const { user } = await next.kith.get('/user/me')
  expect(Number.parseInt(user._id, 16)).toBe(userId)
  for (const part of ['session', 'sign-in']) expect(store.get(before, `kith:${part}`)).toBeUndefined()
})

test('many requests at once refresh once, and all go on', async () => {
  const { sessions, signedIn, count } = await newApp()
  const { id } = await signedIn()
  clock.freeze()
  clock.advance(11 * 60_000)
  const before = count('/oauth/token')
  const replies = await Promise.all(Array.from({ length: 64 }, () => sessions.open(id).kith.get('/user/me')))
  expect(replies).toHaveLength(64)
  expect(count('/oauth/token')).toBe(before + 1)
})

test('a callback that the browser sends 64 times is exchanged once, and its session goes on', async () => {
  const { sessions, visit, count } = await newApp()
  const session = sessions.open()
  const callback = await visit(await session.signIn())
  const all = await Promise.allSettled(
    Array.from({ length: 64 }, async () => {
      const mine = sessions.open(session.id)
      await mine.handleRedirect(callback)
      return mine.id
    }),
  )
  const won = all.filter((one) => one.status === 'fulfilled')
  expect(won).toHaveLength(1)
  expect(count('/oauth/token')).toBe(1)
  const { user } = await sessions.open(won[0]?.value).kith.get('/user/me')
  expect(user._id).toBeDefined()
})

test('a callback of somebody else signs nobody in', async () => {
  const { sessions, visit, count } = await newApp()
  const callback = await visit(await sessions.open().signIn())
  const victim = sessions.open()
  expect(await failureOf(victim.handleRedirect(callback))).toMatchObject({ kind: 'sign_in_failed', reason: 'other_browser' })
  await victim.signIn()
  expect(await failureOf(victim.handleRedirect(callback))).toMatchObject({ kind: 'sign_in_failed', reason: 'state_lost' })
  expect(count('/oauth/token')).toBe(0)
})

test('a sign-out ends the grant and leads to Kith; no request of the same person brings it back', async () => {
  const { sessions, signedIn, client } = await newApp()
  const session = await signedIn()
  const others = Array.from({ length: 8 }, () => sessions.open(session.id))
  const [url] = await Promise.all([session.signOut(), ...others.map(({ kith }) => kith.get('/user/me').catch(() => null))])
  expect(new URL(url).pathname).toBe('/oauth/logout')
  expect(new URL(url).searchParams.get('post_logout_redirect_uri')).toBe(`${APP}/`)
  expect(await sessions.open(session.id).current()).toMatchObject({ status: 'signed_out' })
  const live = 'SELECT id FROM sessions WHERE client_id = ? AND revoked_at IS NULL'
  expect(await rows(live, client.id)).toEqual([])
})

test('without its secret the app gets nothing', async () => {
  const { options, fetch, visit } = await newApp()
  for (const secret of [{}, { clientSecret: 'wrong' }]) {
    const session = webSessions({ ...options, ...secret, fetch }).open()
    const callback = await visit(await session.signIn())
    expect(await failureOf(session.handleRedirect(callback))).toMatchObject({
      kind: 'sign_in_failed',
      reason: 'refused',
      code: 'invalid_client',
    })
  }
})

test('sign-ins that nobody finishes do not fill the store in memory, and cost nobody their session', async () => {
  const { sessions, signedIn, store } = await newApp()
  const session = await signedIn()
  const [first, last] = ['first', 'last']
  store.set(first, 'kith:sign-in:app', 'x')
  for (let at = 0; at < 10_000; at++) store.set(`id ${at}`, 'kith:sign-in:app', 'x')
  store.set(last, 'kith:sign-in:app', 'x')
  expect([store.get(first, 'kith:sign-in:app'), store.get(last, 'kith:sign-in:app')]).toEqual([undefined, 'x'])
  expect(await sessions.open(session.id).current()).toMatchObject({ status: 'signed_in' })
})

test('the store in memory forgets what nobody has used for a while', () => {
  let now = 0
  const store = memoryStore({ maxIdleSeconds: 60, now: () => now })
  store.set('a', 'field', '1')
  store.set('b', 'field', '2')
  now = 59_000
  expect(store.get('a', 'field')).toBe('1')
  now = 61_000
  expect([store.get('a', 'field'), store.get('b', 'field')]).toEqual(['1', undefined])
  store.delete('a')
  expect(store.get('a', 'field')).toBeUndefined()
})
