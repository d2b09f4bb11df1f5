// OpenID Connect Front-Channel Logout 1.0: the page after a sign-out loads the pages of the clients that were signed in through
// the browser, and those alone, before it goes on.
import { decodeJwt } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { exchange, newClient, newCode, rows, type TestClient, type TokenReply } from '../apis/oauth/harness.ts'
import { Client, ORIGIN, type Reply } from '../support/kith.ts'
import { browserOf, formOf, headingOf, open, send, unescapeHtml } from '../support/pages.ts'
import { type Person, verifiedPerson } from '../support/people.ts'

const BYE = 'https://shop.example/bye'
let person: Person
let shop: TestClient
let forum: TestClient

beforeAll(async () => {
  person = await verifiedPerson('front_channel')
  shop = await newClient({
    redirectUris: ['https://shop.example/cb'],
    postLogoutRedirectUris: [BYE],
    more: { frontchannel_logout_uri: 'https://shop.example/out?a=1' },
  })
  forum = await newClient({
    redirectUris: ['https://forum.example:8443/cb'],
    more: { frontchannel_logout_uri: 'https://forum.example:8443/out' },
  })
})

const cookieOf = (client: Client) => [...client.cookies].map(([name, value]) => `${name}=${value}`).join('; ')

/** Signs the browser's user in to a client. */
async function enter(client: Client, app: TestClient): Promise<TokenReply & { sid: string }> {
  const code = await newCode(app, cookieOf(client), { scope: 'openid' })
  const tokens = (await (await exchange(app, code)).json()) as TokenReply
  return { ...tokens, sid: String(decodeJwt(tokens.id_token).sid) }
}

const framesOf = ({ text }: Reply) => [...text.matchAll(/<iframe src="([^"]*)"/g)].map(([, url = '']) => unescapeHtml(url))
const refreshOf = ({ text }: Reply) => unescapeHtml(/http-equiv="refresh" content="([^"]*)"/.exec(text)?.[1] ?? '') || null
const frameSources = (reply: Reply) => /frame-src ([^;]*)/.exec(reply.headers.get('content-security-policy') ?? '')?.[1] ?? null
const frameOf = (uri: string, sid: string) => `${uri}iss=${encodeURIComponent(ORIGIN)}&sid=${sid}`

/** The page on which a sign-out ends. */
async function landing(client: Client, reply: Reply): Promise<Reply> {
  expect(reply.status).toBe(303)
  return client.get((reply.headers.get('location') ?? '').replace(ORIGIN, ''))
}

describe('the page after a sign-out', () => {
  test('loads the page of each client in a frame, with iss and sid, and may load no other', async () => {
    const client = await browserOf(person)
    const first = await enter(client, shop)
    const newest = await enter(client, shop)
    const { sid } = await enter(client, forum)
    expect(first.sid).not.toBe(newest.sid)
    await enter(client, await newClient())
    const page = await landing(client, await send(client, formOf(await open(client, '/sign-out'))))
    expect(headingOf(page)).toBe('You are signed out')
    expect(framesOf(page)).toEqual([frameOf('https://forum.example:8443/out?', sid), frameOf('https://shop.example/out?a=1&', newest.sid)])
    expect(frameSources(page)).toBe('https://forum.example:8443 https://shop.example')
    expect(page.text.match(/<iframe [^>]*hidden="" sandbox="allow-scripts allow-same-origin allow-forms"/g)).toHaveLength(2)
    expect(refreshOf(page)).toBeNull()
    expect(client.cookies.has('__Host-kith_session')).toBe(false)
  })

  test('then goes on to the client that asked: after a moment by itself, or by the link', async () => {
    const client = await browserOf(person)
    const { sid } = await enter(client, shop)
    const query = new URLSearchParams({ client_id: shop.id, post_logout_redirect_uri: BYE, state: 'a&b' })
    const page = await landing(client, await send(client, formOf(await open(client, `/sign-out?${query}`))))
    expect(framesOf(page)).toEqual([frameOf('https://shop.example/out?a=1&', sid)])
    expect(refreshOf(page)).toBe(`3;url=${BYE}?state=a%26b`)
    expect(page.text).toContain(`href="${BYE}?state=a%26b"`)
  })

  test('the same after a sign-out that a client’s ID token allows without a question', async () => {
    const client = await browserOf(person)
    const { id_token, sid } = await enter(client, shop)
    const query = new URLSearchParams({ id_token_hint: id_token, post_logout_redirect_uri: BYE })
    const page = await landing(client, await client.get(`/oauth/logout?${query}`))
    expect([framesOf(page), refreshOf(page)]).toEqual([[frameOf('https://shop.example/out?a=1&', sid)], `3;url=${BYE}`])
  })

  test('has no frames, and is not shown on the way, without such a client', async () => {
    const client = await browserOf(person)
    const app = await newClient({ postLogoutRedirectUris: [BYE] })
    const { id_token } = await enter(client, app)
    const query = new URLSearchParams({ id_token_hint: id_token, post_logout_redirect_uri: BYE })
    expect((await client.get(`/oauth/logout?${query}`)).headers.get('location')).toBe(BYE)
    const page = await open(client, '/sign-out')
    expect([framesOf(page), frameSources(page)]).toEqual([[], null])
  })

  test('leaves out grants that have ended, disabled clients, and those of other browsers', async () => {
    const [client, another] = [await browserOf(person), await browserOf(person)]
    const app = await newClient({ more: { frontchannel_logout_uri: 'https://off.example/out' } })
    await enter(client, app)
    await rows('UPDATE oauth_clients SET disabled_at = 1 WHERE id = ?', app.id)
    const ended = await enter(client, forum)
    await rows('UPDATE sessions SET revoked_at = 1 WHERE id = ?', Number.parseInt(ended.sid, 16))
    await enter(another, shop)
    const { sid } = await enter(client, shop)
    const page = await landing(client, await send(client, formOf(await open(client, '/sign-out'))))
    expect(framesOf(page)).toEqual([frameOf('https://shop.example/out?a=1&', sid)])
  })

  test('tells nothing about a session to somebody who names it', async () => {
    const client = await browserOf(person)
    await enter(client, shop)
    const reply = await send(client, formOf(await open(client, '/sign-out')))
    const ended = new URL(reply.headers.get('location') ?? '', ORIGIN).searchParams.get('ended') ?? ''
    const [id = '', ticket = ''] = [ended.slice(0, 24), ended.slice(25)]
    const others = `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`
    for (const forged of [id, `${id}.`, `${id}.x`, `${others}.${ticket}`, `.${ticket}`, '%00']) {
      const page = await new Client().get(`/sign-out?${new URLSearchParams({ ended: forged })}`)
      expect([forged, page.status, framesOf(page)]).toEqual([forged, 200, []])
    }
    const [, at = ''] = /^(\d+)/.exec(ticket) ?? []
    const old = await new Client().get(`/sign-out?${new URLSearchParams({ ended: ended.replace(at, String(Number(at) - 1)) })}`)
    expect(framesOf(old)).toEqual([])
  })
})
