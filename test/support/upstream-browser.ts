/** A browser whose Kith offers the given providers, and its way through one of them. */
import { expect } from 'vitest'
import type { Bindings } from '../../src/config.ts'
import { rows } from './actors.ts'
import { Client, type Options, type Reply } from './kith.ts'
import { fillIn, formOf, open, type PageForm, refreshOf, send } from './pages.ts'
import { environmentOf, type StandIn } from './upstream.ts'

type About = NonNullable<Parameters<StandIn['visit']>[1]>

export class UpstreamBrowser extends Client {
  readonly env: Partial<Bindings>

  constructor(providers: StandIn | readonly StandIn[], changes: Partial<Bindings> = {}) {
    super()
    this.env = { ...environmentOf(...[providers].flat()), ...changes }
  }

  override fetch(path: string, options: Options = {}): Promise<Reply> {
    return super.fetch(path, { ...options, env: { ...this.env, ...options.env } })
  }
}

/** Leaves for the provider from a page of ours: where the browser is sent. */
export async function leaveBy(client: Client, form: PageForm): Promise<string> {
  const left = await send(client, form)
  expect(left.status, left.text).toBe(200)
  return refreshOf(left)
}

export async function leaveToSignIn(client: Client, { id }: StandIn, page = '/sign-in'): Promise<string> {
  return leaveBy(client, formOf(await open(client, page), `/sign-in/with/${id}`))
}

/** The provider sends the browser back. */
export const comeBack = (client: Client, { id }: StandIn, answer: URLSearchParams) =>
  client.get(`/upstream/${id}/callback?${answer}`, { headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' } })

/** The whole way, from the page to sign in: what Kith replies to the provider's answer. */
export async function signInWith(client: Client, provider: StandIn, about?: About, page?: string): Promise<Reply> {
  return comeBack(client, provider, provider.visit(await leaveToSignIn(client, provider, page), about))
}

/** Connects the provider on the account page. */
export async function linkWith(client: Client, provider: StandIn, about?: About): Promise<Reply> {
  const page = await open(client, '/account/providers')
  return comeBack(client, provider, provider.visit(await leaveBy(client, formOf(page, '/account/providers/link')), about))
}

/** Signs up through the provider: with a verified address the browser is signed in afterwards. */
export async function signUpWith(client: Client, provider: StandIn, about: About, values: Record<string, string> = {}): Promise<Reply> {
  const reply = await signInWith(client, provider, about)
  expect(reply.headers.get('location')).toBe('/sign-up/with')
  return fillIn(client, '/sign-up/with', values)
}

/** Whom the identities of an issuer sign in, by subject. */
export async function identitiesOf({ base }: StandIn): Promise<Record<string, string>> {
  const found = await rows<{ subject: string; username: string }>(
    'SELECT i.subject, u.username FROM upstream_identities i JOIN users u ON u.id = i.user_id WHERE i.issuer = ? ORDER BY i.id',
    base,
  )
  return Object.fromEntries(found.map(({ subject, username }) => [subject, username]))
}

/** Who is signed in; null for nobody. */
export async function whoIs(client: Client): Promise<string | null> {
  const reply = await client.get('/user/me', { headers: { 'sec-fetch-site': 'same-origin' } })
  return reply.status === 200 ? reply.json.data.user.username : null
}
