/** A walk through the console's section of webhooks, with a full log. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { newId } from '../../../src/ids.ts'
import { signedInAdmin } from '../../support/admins.ts'
import { spend } from '../../support/budget.ts'
import { type Client, db, ORIGIN, platform } from '../../support/kith.ts'
import { browserOf, formOf } from '../../support/pages.ts'
import { noEndpoints } from '../../support/webhooks.ts'
import { expectWithin } from '../index.ts'

export function walkConsoleWebhooks(): void {
  let client: Client

  const ask = async (method: string, path: string, status: number, body?: URLSearchParams) => {
    const spent = await spend(client, method, path, body, { origin: ORIGIN })
    client.keepCookies(spent.headers)
    expectWithin(`${method} ${path.split('?')[0]}`, spent, status)
    return spent
  }
  const look = (path: string) => ask('GET', path, 200)
  const fill = async (path: string, values: Record<string, string> = {}, status = 303) => {
    const form = formOf(await look(path))
    return ask('POST', form.action, status, new URLSearchParams({ ...form.fields, ...values }))
  }

  beforeAll(async () => {
    platform.reset()
    client = await browserOf(await signedInAdmin('webhooks_walk', 'super_admin'))
  })

  afterAll(async () => {
    vi.unstubAllGlobals()
    await noEndpoints()
  })

  test('an endpoint from its form to its end, with a log of several pages', async () => {
    vi.stubGlobal('fetch', async () => new Response(null, { status: 204 }))
    const NEW = { url: 'https://walked.example.com/kith', 'event user.purged': 'on' }
    const { text } = await fill('/admin/webhooks/new', NEW, 200)
    const id = /\/webhook\?id=([0-9a-f]{24})/.exec(text)?.[1] ?? ''
    const about = (act: string) => `/admin/webhooks/${act}?id=${id}`
    await db.batch([
      db.prepare("INSERT INTO events (id, type, user_id, data, created_at) VALUES (9000, 'user.purged', 1, '{}', 1)"),
      db
        .prepare(
          'INSERT INTO event_deliveries (id, endpoint_id, event_id, user_id, created_at) SELECT value, ?, 9000, value, 1 FROM json_each(?)',
        )
        .bind(Number.parseInt(id, 16), JSON.stringify(Array.from({ length: 30 }, () => newId()))),
    ])
    await look('/admin/webhooks')
    const page = await look(about('webhook'))
    await look(`/admin/webhooks/webhook?${/id=[0-9a-f]{24}&amp;after=[0-9a-f]{24}/.exec(page.text)?.[0].replace('&amp;', '&')}`)
    for (const state of ['waiting', 'delivered', 'failed']) await look(`${about('webhook')}&state=${state}`)
    await fill(/\/admin\/webhooks\/replay\?id=[0-9a-f]{24}/.exec(page.text)?.[0] ?? '')
    await fill(about('edit'), { description: 'Walked on' })
    await fill(about('rotate'), {}, 200)
    for (const act of ['test', 'retry', 'disable', 'enable', 'delete']) await fill(about(act))
    expect((await look('/admin/webhooks')).text).not.toContain('walked')
  })
}
