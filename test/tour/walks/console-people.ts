/** Budgets of the console's People, for somebody with a long past. */
import { beforeAll, expect, test } from 'vitest'
import { newId } from '../../../src/ids.ts'
import { signedInAdmin } from '../../support/admins.ts'
import { personWithApp } from '../../support/authenticator.ts'
import { type Spent, spend } from '../../support/budget.ts'
import { db, ORIGIN, platform } from '../../support/kith.ts'
import { formOf } from '../../support/pages.ts'
import { type Person, signUp } from '../../support/people.ts'
import { idOf } from '../../support/tokens.ts'
import { expectWithin } from '../index.ts'
import { routeOf } from '../visits.ts'

export function walkConsolePeople(): void {
  let admin: Person
  let person: Person

  const ask = async (method: string, path: string, body?: URLSearchParams, status = 200, name = '') => {
    const spent = await spend(admin.client, method, path, body, { origin: ORIGIN })
    expectWithin(`${routeOf(method, path.split('?')[0] ?? '')}${name}`, spent, status)
    return spent
  }
  const look = (path: string, name = '') => ask('GET', path, undefined, 200, name)
  const fill = async (page: string, values: Record<string, string> = {}, action: string | undefined = page.split('?')[0], status = 303) => {
    const form = formOf((await look(page)) as Spent, action)
    return ask('POST', form.action, new URLSearchParams({ ...form.fields, ...values }), status)
  }

  beforeAll(async () => {
    platform.reset()
    admin = await signedInAdmin('people_admin', 'super_admin')
    person = await personWithApp('people_target')
    const event =
      "INSERT INTO audit_events (id, user_id, type, user_agent, place, created_at) SELECT value, ?2, 'sign_in', '', '', 0 FROM json_each(?1)"
    const note = "INSERT INTO admin_notes (id, user_id, author_id, text, created_at) SELECT value, ?2, 0, 'Called.', 0 FROM json_each(?1)"
    const session = `
      INSERT INTO sessions (id, user_id, scope, epoch, created_at, expires_at, idle_expires_at, last_used_at, authenticated_at, amr)
      SELECT value, ?2, 'delegated:all', (SELECT epoch FROM users WHERE id = ?2), 0, 9e15, 9e15, 0, 0, 'pwd' FROM json_each(?1)`
    const many = () => JSON.stringify(Array.from({ length: 60 }, () => newId()))
    await db.batch([event, note, session].map((sql) => db.prepare(sql).bind(many(), idOf(person))))
    const invite =
      'INSERT INTO invite_codes (code, owner_id, slot, created_at, updated_at, used_by) SELECT key, ?2, key, 0, 0, value FROM json_each(?1)'
    const { results } = await db.prepare('SELECT id FROM users WHERE id <> ? ORDER BY id LIMIT 40').bind(idOf(person)).all<{ id: number }>()
    await db
      .prepare(invite)
      .bind(JSON.stringify(results.map(({ id }) => id)), idOf(person))
      .run()
    const unused = "INSERT INTO invite_codes (code, owner_id, slot, created_at, updated_at) VALUES ('WA-0000-0000000000001', ?, 99, 0, 0)"
    await db.prepare(unused).bind(idOf(person)).run()
  })

  test('the list, whatever the filter', async () => {
    const filters = ['', '?state=banned', '?state=restricted', '?state=unverified', '?state=deleted']
    for (const query of [...filters, '?verified=yes', '?role=owner', '?from=2026-01-01&to=2030-01-01']) await look(`/admin/people${query}`)
    await look('/admin/people?state=active', ' with a filter')
    for (const query of ['?q=people_', `?q=${person.email}`]) await look(`/admin/people${query}`, ' with a query')
  })

  test('a person, and the lists about them', async () => {
    const path = `/admin/people/${person.id}`
    const { text } = await look(path)
    expect(text).toContain(person.email)
    for (const list of ['sessions', 'activity', 'invitations']) await look(`${path}/${list}`)
  })

  test('invite codes, the newest, those of a search, and one revoked', async () => {
    const { text } = await look('/admin/invite-codes')
    const next = /\/admin\/invite-codes\?after=[0-9a-f]{24}/.exec(text)?.[0]
    await look(next ?? 'the next page')
    for (const query of [person.username, person.email, person.id, 'wa-0000-0000000000001']) {
      expect((await look(`/admin/invite-codes?q=${query}`, ' with a query')).text).toContain('WA-0000-0000000000001')
    }
    await fill('/admin/invite-codes/revoke?code=wa-0000-0000000000001')
  })

  test('notes', async () => {
    const path = `/admin/people/${person.id}`
    await fill(path, { note: 'Asked for an invoice.' }, `${path}/notes`)
    await fill(path, {}, `${path}/notes/remove`)
  })

  test('each act', async () => {
    const path = `/admin/people/${person.id}`
    const week = { term: 'week', reason: 'Spam' }
    const session = /end-session\?session=[0-9a-f]{24}/.exec((await look(path)).text)?.[0]
    await fill(`${path}/${session}`, {})
    for (const name of ['verify', 'unverify']) await fill(`${path}/${name}`)
    await fill(`${path}/reset`)
    await fill(`${path}/restrict`, week)
    await fill(`${path}/unrestrict`)
    await fill(`${path}/ban`, week)
    await fill(`${path}/unban`)
    await fill(`${path}/names`, { username: 'people_target2' })
    await fill(`${path}/factors`, { kind: 'all' })
    await fill(`${path}/sign-out`)
    await fill(`${path}/role`, { role: 'owner' })
    await fill(`${path}/delete`)
    await fill(`${path}/restore`)
    const waiting = await signUp('people_waiting')
    await db.prepare("DELETE FROM attempt_counters WHERE key LIKE 'mail:%'").run()
    await fill(`/admin/people/${waiting.id}/resend`)
  })

  test('each act on several', async () => {
    for (const name of ['verify', 'restrict', 'unrestrict', 'ban', 'unban', 'sign-out', 'delete']) {
      await fill(`/admin/people/several/${name}?person=${person.id}`, {}, `/admin/people/several/${name}`, 200)
    }
  })
}
