/** A walk through signing in and up through other providers, and through what is connected, each within its budget. */
import { expect, test } from 'vitest'
import { rows } from '../../support/actors.ts'
import { type Spent, spend } from '../../support/budget.ts'
import { type Body, newestCode, ORIGIN } from '../../support/kith.ts'
import { formOf, linkNamed, refreshOf } from '../../support/pages.ts'
import { PASSWORD, verifiedPerson } from '../../support/people.ts'
import { StandIn } from '../../support/upstream.ts'
import { comeBack, leaveBy, UpstreamBrowser } from '../../support/upstream-browser.ts'
import { expectWithin } from '../index.ts'
import { routeOf } from '../visits.ts'

type About = NonNullable<Parameters<StandIn['visit']>[1]>
const PAGE = '/account/providers'

async function ask(client: UpstreamBrowser, method: string, path: string, body?: Body, status = 303): Promise<Spent> {
  const page = await spend(client, method, path, body, { origin: ORIGIN }, client.env)
  client.keepCookies(page.headers)
  expectWithin(routeOf(method, path.split('?')[0] ?? ''), page, status)
  return page
}

const look = (client: UpstreamBrowser, path: string) => ask(client, 'GET', path, undefined, 200)

/** Opens a page and sends its form to `action`, or to the page itself. */
async function fill(
  client: UpstreamBrowser,
  page: string,
  values: Record<string, string> = {},
  { action = page.split('?')[0], status = 303 } = {},
): Promise<Spent> {
  const form = formOf(await look(client, page), action)
  return ask(client, 'POST', form.action, new URLSearchParams({ ...form.fields, ...values }), status)
}

/** From a page with a button to the provider and back, as the browser goes. */
async function go(client: UpstreamBrowser, provider: StandIn, about: About, page = '/sign-in', action = `/sign-in/with/${provider.id}`) {
  const left = await fill(client, page, {}, { action, status: 200 })
  return ask(client, 'GET', `/upstream/${provider.id}/callback?${provider.visit(refreshOf(left), about)}`)
}

export function walkUpstream(): void {
  test('an account that another provider signs in', async () => {
    const [first, second] = [new StandIn(), new StandIn({ name: 'Second' })]
    const both = () => new UpstreamBrowser([first, second])
    const client = both()
    const about = { sub: 'of-plan', email: 'of_upstream@example.com', email_verified: true, given_name: 'O', family_name: 'F' }
    await go(client, first, about)
    await fill(client, '/sign-up/with', { username: 'of_upstream' })
    const form = formOf(await look(client, PAGE), `${PAGE}/link`)
    await go(client, second, { sub: 'of-plan' }, PAGE, `${PAGE}/link`)
    // Connected already.
    await comeBack(client, second, second.visit(await leaveBy(client, form), { sub: 'of-plan' }))
    expect(
      (await spend(client, 'GET', '/user/providers', undefined, { 'sec-fetch-site': 'same-origin' }, client.env)).json.data,
    ).toMatchObject({
      records: [{ name: 'Example' }, { name: 'Second' }],
      available: [],
    })
    const unlink = linkNamed({ ...(await look(client, PAGE)), bytes: new Uint8Array() }, 'Disconnect')
    await fill(client, unlink)
    await ask(client, 'GET', `${PAGE}/link`)
    const [left] = await rows<{ id: string }>("SELECT printf('%024x', id) AS id FROM upstream_identities WHERE subject = 'of-plan'")
    // The last one stays.
    const path = `/user/providers/${left?.id}`
    expect((await client.delete(path, { headers: { origin: ORIGIN } })).status).toBe(403)
    await rows("UPDATE credentials SET password_hash = 'x' WHERE user_id = (SELECT id FROM users WHERE username = 'of_upstream')")
    expectWithin('DELETE /user/providers/:id', await spend(client, 'DELETE', path, undefined, { origin: ORIGIN }, client.env), 200)
    const posted = both()
    await ask(posted, 'POST', `/upstream/${first.id}/callback`, new URLSearchParams({ code: 'a', state: 'b' }))
    await ask(posted, 'GET', `/sign-in/with/${first.id}`)
  })

  test('an account with a password, once connected, and its second factor', async () => {
    const provider = new StandIn()
    const person = await verifiedPerson('upstream_owner')
    const client = new UpstreamBrowser(provider)
    const about = { sub: 'owner', email: person.email, email_verified: true }
    await go(client, provider, about)
    await fill(
      client,
      linkNamed({ ...(await look(client, '/sign-in/connect')), bytes: new Uint8Array() }, 'Sign in'),
      { password: PASSWORD },
      { action: '/sign-in' },
    )
    await fill(client, '/sign-in/connect')
    await go(new UpstreamBrowser(provider), provider, about)
    await fill(client, '/account/two-step', { codes: 'on' }, { action: '/account/two-step/email' })
    const other = new UpstreamBrowser(provider)
    await go(other, provider, about)
    await fill(other, '/sign-in/code', { code: await newestCode(person.email) })
  })

  test('an address that the provider has not verified', async () => {
    const provider = new StandIn()
    const client = new UpstreamBrowser(provider)
    const about = { sub: 'unproved', email: 'unproved_upstream@example.com' }
    await go(client, provider, about)
    await fill(client, '/sign-up/with', { givenName: 'U', familyName: 'P', username: 'unproved_up' })
    await go(new UpstreamBrowser(provider), provider, about)
  })
}
