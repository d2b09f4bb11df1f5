/** A walk through the console's roles, clients, APIs and machine clients: every page and form, each within its budget. */
import { beforeAll, test } from 'vitest'
import { signedInAdmin } from '../../support/admins.ts'
import { spend } from '../../support/budget.ts'
import { type Client, ORIGIN, platform } from '../../support/kith.ts'
import { browserOf, formOf } from '../../support/pages.ts'
import { expectWithin } from '../index.ts'

export function walkConsoleClients(): void {
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
    client = await browserOf(await signedInAdmin('clients_walk', 'super_admin'))
  })

  test('roles', async () => {
    await fill('/admin/roles/new', {
      id: 'walked',
      displayName: 'Walked',
      ranking: '900',
      description: 'Walks.',
      'scope delegated:all': 'on',
    })
    await look('/admin/roles')
    await look('/admin/roles/role?id=walked')
    await fill('/admin/roles/edit?id=walked', { description: 'Walks on.' })
    await fill('/admin/roles/delete?id=walked')
  })

  test('APIs', async () => {
    const resource = 'https://walked.example.com/'
    const query = `?resource=${encodeURIComponent(resource)}`
    await fill('/admin/apis/new', { resource, name: 'Walked', scopes: 'walk:read: See your walks' })
    await look('/admin/apis')
    await fill(`/admin/apis/edit${query}`, { name: 'Walked on' })
    await fill(`/admin/apis/disable${query}`)
    await fill(`/admin/apis/enable${query}`)
    await fill(`/admin/apis/delete${query}`)
  })

  test('clients', async () => {
    await look('/admin/clients/new')
    const redirect_uris = 'https://walked.example.com/callback'
    await fill('/admin/clients/new?kind=web', { client_id: 'walked-app', client_name: 'Walked', redirect_uris }, 200)
    await look('/admin/clients')
    await look('/admin/clients/client?id=walked-app')
    await fill('/admin/clients/edit?id=walked-app', { client_name: 'Walked on' })
    await fill('/admin/clients/rotate?id=walked-app', {}, 200)
    for (const act of ['disable', 'enable', 'delete']) await fill(`/admin/clients/${act}?id=walked-app`)
  })

  test('machine clients', async () => {
    const { text } = await fill('/admin/machines/new', { kind: 'robot', name: 'walked_robot' }, 200)
    if (!text.includes('kith_rb_')) throw new Error('no password')
    const id = /\/admin\/machines\/revoke\?id=([0-9a-f]{24})/.exec((await look('/admin/machines')).text)?.[1]
    await fill(`/admin/machines/revoke?id=${id}`)
  })
}
