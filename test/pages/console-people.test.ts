// The console's People: what is seen and done by scope and rank, why somebody cannot sign in, acts on several, notes, and 100,000
// people. Bad input in its forms is in bad-input.test.ts.
import { beforeAll, describe, expect, test } from 'vitest'
import { newId, toHex } from '../../src/ids.ts'
import { answer, idOf, newName, pendingLogIn } from '../support/actors.ts'
import { giveRole, signedInAdmin } from '../support/admins.ts'
import { personWithApp, wrongCodeOf } from '../support/authenticator.ts'
import { spend } from '../support/budget.ts'
import { copyOf } from '../support/copies.ts'
import { Client, db, ORIGIN } from '../support/kith.ts'
import { alertIn, browserOf, fillIn, follow, formOf, formsOf, headingOf, noticeIn, open, send } from '../support/pages.ts'
import { type Person, signedInPerson, verifiedPerson } from '../support/people.ts'

const SENSITIVE = 'admin:profile:sensitive'
/** Each act with the scope that the API asks for it. */
const ACTS: Readonly<Record<string, string>> = {
  verify: `${SENSITIVE}:low:write`,
  unverify: `${SENSITIVE}:low:write`,
  restrict: `${SENSITIVE}:medium:write`,
  unrestrict: `${SENSITIVE}:medium:write`,
  'sign-out': `${SENSITIVE}:medium:write`,
  'end-session': `${SENSITIVE}:medium:write`,
  ban: `${SENSITIVE}:high:write`,
  unban: `${SENSITIVE}:high:write`,
  factors: `${SENSITIVE}:high:write`,
  delete: `${SENSITIVE}:extreme:write`,
  restore: `${SENSITIVE}:extreme:write`,
  resend: 'admin:profile:write',
  reset: 'admin:profile:write',
  names: 'admin:profile:write',
  role: 'admin:profile:write',
}

let root: Person
let original: Person
beforeAll(async () => {
  root = await signedInAdmin('people_root', 'super_admin')
  original = await signedInPerson('people_somebody')
})

const somebody = () => copyOf(original, newName('people'))
const pageOf = ({ id }: { id: string }, act = '') => `/admin/people/${id}${act && `/${act}`}`
const userRow = ({ id }: Person) => db.prepare('SELECT * FROM users WHERE id = ?').bind(idOf(id)).first<Record<string, unknown>>()
const setRow = ({ id }: Person, sets: string) => db.prepare(`UPDATE users SET ${sets} WHERE id = ?`).bind(idOf(id)).run()

/** An administrator with these scopes alone. */
async function adminWith(scopes: string, ranking = 50): Promise<Person> {
  const role = newName('role')
  await db.prepare('INSERT INTO roles VALUES (?1, ?1, ?2, ?1, ?3, 0, 1, 1, NULL)').bind(role, ranking, `delegated:all ${scopes}`).run()
  const person = await verifiedPerson(newName('people_admin'))
  await giveRole(person, role)
  await browserOf(person, person.client)
  return person
}

describe('by scope and rank', () => {
  test('the page offers exactly the acts of the scopes that the viewer holds, and each opens with its scope alone', async () => {
    const target = await somebody()
    for (const scope of new Set(Object.values(ACTS))) {
      const admin = await adminWith(`admin:profile:read ${scope}`)
      const { text } = await open(admin.client, pageOf(target))
      const offered = Object.keys(ACTS).filter((act) => text.includes(`href="${pageOf(target, act)}"`))
      expect(offered.map((act) => ACTS[act])).toEqual(offered.map(() => scope))
      expect(offered.length).toBeGreaterThan(0)
      for (const [act, needed] of Object.entries(ACTS)) {
        expect([act, (await admin.client.get(pageOf(target, act))).status]).toEqual([act, needed === scope ? 200 : 403])
      }
    }
  })

  test('whoever may only read sees no act, box or form; whoever may not read sees nothing', async () => {
    const target = await somebody()
    const reader = await adminWith('admin:profile:read')
    expect(formsOf(await open(reader.client, pageOf(target)))).toEqual([])
    expect((await open(reader.client, '/admin/people')).text).not.toContain('type="checkbox"')
    const other = await adminWith('admin:roles:read')
    for (const path of ['/admin/people', pageOf(target), pageOf(target, 'sessions'), pageOf(target, 'activity')]) {
      expect((await other.client.get(path)).status).toBe(403)
      expect((await target.client.get(path)).status).toBe(403)
    }
  })

  test('nobody acts on their own rank or above: not offered, not asked, and refused if it is sent all the same', async () => {
    const admin = await adminWith('admin:profile:all', 50)
    const target = await somebody()
    const forms = await Promise.all(['ban', 'delete'].map(async (act) => formOf(await open(admin.client, pageOf(target, act)))))
    // Promoted between the page and the form.
    await setRow(target, "role = 'super_admin'")
    for (const form of forms) {
      const reply = await send(admin.client, form, 'term' in form.fields ? { term: 'week' } : {})
      expect([reply.status, alertIn(reply)]).toEqual([403, 'Nothing has changed: the rank is not below yours.'])
    }
    expect(await userRow(target)).toMatchObject({ banned_at: null, deleted_at: null })
    const page = await open(admin.client, pageOf(target))
    expect(page.text).toContain('you can look but not act')
    expect(formsOf(page)).toEqual([])
    expect((await admin.client.get(pageOf(target, 'ban'))).status).toBe(403)
  })

  test('whoever loses the scope between the page and the form changes nothing', async () => {
    const admin = await adminWith(`admin:profile:read ${SENSITIVE}:high:write`)
    const target = await somebody()
    const form = formOf(await open(admin.client, pageOf(target, 'ban')))
    await db
      .prepare("UPDATE roles SET scopes = 'delegated:all admin:profile:read' WHERE id = (SELECT role FROM users WHERE id = ?)")
      .bind(idOf(admin.id))
      .run()
    expect((await send(admin.client, form, { term: 'week' })).status).toBe(403)
    expect(await userRow(target)).toMatchObject({ banned_at: null })
  })

  test('what needs a fresh sign-in leads there and back', async () => {
    const target = await somebody()
    const admin = await adminWith('admin:profile:all')
    const form = formOf(await open(admin.client, pageOf(target, 'sign-out')))
    await db.prepare('UPDATE sessions SET authenticated_at = 0 WHERE user_id = ?').bind(idOf(admin.id)).run()
    const reply = await send(admin.client, form)
    expect(reply.headers.get('location')).toBe(`/sign-in?${new URLSearchParams({ return_to: pageOf(target, 'sign-out'), reauth: '1' })}`)
  })

  test('an unknown id, a malformed one and a stranger are not told apart from nothing', async () => {
    for (const id of ['f'.repeat(24), '0'.repeat(24)]) expect((await root.client.get(`/admin/people/${id}`)).status).toBe(404)
    expect((await root.client.get('/admin/people/nobody')).status).toBe(404)
    expect((await new Client().get(pageOf(original))).headers.get('location')).toMatch(/^\/sign-in/)
  })
})

describe('why somebody cannot sign in', () => {
  test.each([
    ["email_verified_at = NULL, email_key = 'a@b.example'", 'the email address is not verified'],
    ["banned_at = 1, banned_until = 1893456000000, banned_reason = 'Spam'", 'banned until'],
    ['banned_at = 1', 'banned for good by an administrator.'],
    ["deleted_at = 1893456000000, deleted_reason = 'admin'", 'an administrator deleted the account'],
    ["deleted_at = 1893456000000, deleted_reason = 'self'", 'Signing in restores it'],
    ['restricted_at = 1', 'Can sign in but change little'],
  ])('%s', async (sets, words) => {
    const target = await somebody()
    await setRow(target, sets)
    expect((await open(root.client, pageOf(target))).text).toContain(words)
  })

  test('strangers have used up the tries; there is a factor and no recovery code; nothing at all', async () => {
    const target = await somebody()
    expect((await open(root.client, pageOf(target))).text).toContain('Nothing keeps this person from signing in.')
    const counter = 'INSERT INTO attempt_counters (key, count, window_ends_at, last_at, stamp) VALUES (?, 30, 4e12, 0, 0)'
    await db
      .prepare(counter)
      .bind(`password-day:${idOf(target.id)}`)
      .run()
    await db.prepare("INSERT INTO second_factors VALUES (?, 'totp', 1)").bind(idOf(target.id)).run()
    await db.prepare('DELETE FROM credentials WHERE user_id = ?').bind(idOf(target.id)).run()
    const { text } = await open(root.client, pageOf(target))
    for (const words of ['Too many wrong passwords', 'no recovery code left', 'no password, passkey or linked account'])
      expect(text).toContain(words)
  })
})

test('a role is shown by its name, in the list and on the page', async () => {
  const target = await somebody()
  await setRow(target, "role = 'super_admin'")
  const name = await db.prepare("SELECT display_name FROM roles WHERE id = 'super_admin'").first<string>('display_name')
  expect((await open(root.client, `/admin/people?q=${target.username}`)).text).toMatch(new RegExp(`<td[^>]*>${name}</td>`))
  expect((await open(root.client, pageOf(target))).text).toMatch(new RegExp(`<dd><bdi[^>]*>${name}</bdi></dd>`))
})

test('a wrong day or choice in the address counts as none', async () => {
  const { status, text } = await root.client.get('/admin/people?q=Anna+Smith&from=yesterday&to=2026-13-40&role=%20&state=x&verified=x')
  expect([status, text.includes('value="Anna Smith"')]).toEqual([200, true])
})

describe('hints of the newest events', () => {
  const happened = (target: Person, type: string, detail: string | null = null, ago = 60_000) =>
    db
      .prepare('INSERT INTO audit_events (id, user_id, type, detail, created_at) VALUES (?, ?, ?, ?, ?)')
      .bind(newId(), idOf(target.id), type, detail, Date.now() - ago)
      .run()
  const stateOf = async (target: Person) => (await open(root.client, pageOf(target))).text
  const HALFWAY = 'Passed the first step of signing in but not the second'
  const TRIES = 'wrong passwords within 15 minutes'

  test('stopped at the second step, for as long as there is one and no sign-in follows; the activity says what failed', async () => {
    const target = await personWithApp('people_halfway')
    await answer(await pendingLogIn(target), wrongCodeOf(target.secret))
    await new Client().post('/user/login', { username: target.username, password: 'Not-it-at-all-7' })
    const text = await stateOf(target)
    for (const words of [HALFWAY, 'At the second step', 'Wrong password']) expect(text).toContain(words)
    expect(text).not.toContain('Nothing keeps this person')
    await happened(target, 'sign_in')
    expect(await stateOf(target)).not.toContain(HALFWAY)
    const other = await somebody()
    await happened(other, 'sign_in_challenged')
    expect(await stateOf(other)).not.toContain(HALFWAY)
  })

  test('half the wrong passwords that a network has, lately and with nothing that sets them back', async () => {
    const target = await somebody()
    await happened(target, 'sign_in_failed', 'password', 16 * 60_000)
    for (let failed = 0; failed < 4; failed++) await happened(target, 'sign_in_failed', 'password')
    expect(await stateOf(target)).not.toContain(TRIES)
    await happened(target, 'sign_in_failed', 'password')
    expect(await stateOf(target)).toContain(`At least 5 ${TRIES}. After 10, a network has to wait`)
    await happened(target, 'password_reset')
    expect(await stateOf(target)).not.toContain(TRIES)
  })
})

test('only factors that are on can be removed, and the single one is chosen', async () => {
  const target = await personWithApp('people_factors')
  const optionsIn = async () => [...(await stateOfFactors()).matchAll(/<option value="(\w+)"/g)].map(([, kind]) => kind)
  const stateOfFactors = async () => (await open(root.client, pageOf(target, 'factors'))).text
  expect(await optionsIn()).toEqual(['totp'])
  expect(await stateOfFactors()).toContain('the recovery codes go too')
  await db.prepare("INSERT INTO second_factors VALUES (?, 'email', 1)").bind(idOf(target.id)).run()
  expect(await optionsIn()).toEqual(['totp', 'email', 'all'])
  const other = await somebody()
  expect((await open(root.client, pageOf(other))).text).not.toContain(pageOf(other, 'factors'))
})

describe('acts', () => {
  test('a ban for a week with a reason, sent twice, is one event; lifting it undoes it', async () => {
    const target = await somebody()
    const form = formOf(await open(root.client, pageOf(target, 'ban')))
    for (let sent = 0; sent < 2; sent++) expect((await send(root.client, form, { term: 'week', reason: 'Spam' })).status).toBe(303)
    const { banned_until: until } = (await userRow(target)) ?? {}
    expect(Number(until) - Date.now()).toBeGreaterThan(6.9 * 86_400_000)
    const events = await db
      .prepare("SELECT COUNT(*) AS n FROM audit_events WHERE user_id = ? AND type = 'banned'")
      .bind(idOf(target.id))
      .first('n')
    expect(events).toBe(1)
    expect(noticeIn(await follow(root.client, await fillIn(root.client, pageOf(target, 'unban'))))).toBe('The ban is lifted.')
    expect(await userRow(target)).toMatchObject({ banned_at: null })
  })

  test('a date that is missing or over is named at its field', async () => {
    const target = await somebody()
    for (const until of ['', '2020-01-01', 'soon']) {
      const reply = await fillIn(root.client, pageOf(target, 'ban'), { term: 'date', until })
      expect([reply.status, alertIn(reply)]).toEqual([400, 'To end it on a date, enter a date in the future.'])
      expect(reply.text).toContain('id="until-error"')
    }
  })

  test('a code that a ban or a deletion makes useless is refused in words, on a page from before', async () => {
    for (const [sets, words] of [
      ['banned_at = 1', 'This person is banned and cannot sign in. Lift the ban first.'],
      ["deleted_at = 1893456000000, deleted_reason = 'admin'", 'This account is deleted, so nobody can sign in to it. Restore it first.'],
    ] as const) {
      const target = await somebody()
      const form = formOf(await open(root.client, pageOf(target, 'reset')))
      await setRow(target, sets)
      const reply = await send(root.client, form)
      expect([reply.status, alertIn(reply)]).toEqual([400, words])
    }
  })

  test('an administrator restores what an administrator deleted; its owner cannot', async () => {
    const target = await somebody()
    await fillIn(root.client, pageOf(target, 'delete'))
    expect((await new Client().post('/user/login', { username: target.username, password: target.password })).status).toBe(401)
    await fillIn(root.client, pageOf(target, 'restore'))
    expect(await userRow(target)).toMatchObject({ deleted_at: null, deleted_reason: null })
    expect((await new Client().post('/user/login', { username: target.username, password: target.password })).status).toBe(200)
  })
})

describe('acts on several', () => {
  const several = (act: string, people: readonly { id: string }[]) =>
    `/admin/people/several/${act}?${new URLSearchParams(people.map(({ id }) => ['person', id]))}`

  test('goes through all of them, ten at a time; a step that is repeated does nothing twice', async () => {
    const people = await Promise.all(Array.from({ length: 12 }, somebody))
    const question = formOf(await open(root.client, several('sign-out', people)))
    const first = await send(root.client, question)
    expect([headingOf(first), first.text.includes('10 of 12')]).toEqual(['Working…', true])
    const epochs = async () => (await Promise.all(people.map(userRow))).map((row) => row?.epoch)
    const before = await epochs()
    const again = await send(root.client, question)
    expect(again.text.match(/Already done/g)).toHaveLength(10)
    expect(await epochs()).toEqual(before)
    const last = await send(root.client, formOf(first))
    expect([headingOf(last), last.text.match(/>Done</g)?.length]).toEqual(['Finished', 12])
  })

  test('marks those whom the rank forbids, and leaves them alone', async () => {
    const [below, above] = [await somebody(), await somebody()]
    await setRow(above, "role = 'super_admin'")
    const page = await open(root.client, several('ban', [below, above]))
    expect(page.text.match(/Not below your rank/g)).toHaveLength(1)
    await send(root.client, formOf(page), { reason: 'Spam' })
    expect(await userRow(below)).toMatchObject({ banned_reason: 'Spam' })
    expect(await userRow(above)).toMatchObject({ banned_at: null })
  })

  test('nobody chosen leads back to the list, which says so', async () => {
    const reply = await root.client.get('/admin/people/several/ban?person=nobody')
    expect(noticeIn(await follow(root.client, reply))).toBe('Choose somebody in the list first.')
  })
})

describe('notes', () => {
  const TEXT = 'Threatened a colleague on the phone.'

  test('are for whoever outranks the person, and nowhere in what the person can see', async () => {
    const target = await somebody()
    await setRow(target, "role = 'admin'")
    const added = await fillIn(root.client, pageOf(target), { note: TEXT }, pageOf(target, 'notes'))
    expect(added.headers.get('location')).toBe(`${pageOf(target)}?notice=note_added#notes`)
    expect((await open(root.client, pageOf(target))).text).toContain(TEXT)
    // They may look at their own page in the console.
    for (const path of [pageOf(target), '/account/activity', '/user/audit', `/user/admin-api/audit?target=${target.id}`, '/user/me'])
      expect((await target.client.get(path)).text).not.toMatch(/Threatened|note_added/)
    // Nor whom the author has written about, in the author's own trail.
    expect((await open(root.client, pageOf(root, 'activity'))).text).toContain(target.id)
    for (const path of [pageOf(root), pageOf(root, 'activity'), `/user/admin-api/audit?target=${root.id}`])
      expect((await target.client.get(path)).text, path).not.toContain(target.id)
    const exported = await fillIn(target.client, '/account/export', { password: target.password, archive: 'none' })
    expect([exported.status, /Threatened|note_added/.test(exported.text)]).toEqual([200, false])
    // Nor in the log of everybody, which they may read as administrators.
    const query = `?type=note_added&actor=${root.id}`
    const log = await open(target.client, `/admin/audit${query}`)
    const file = await send(target.client, formOf(log, '/admin/audit/file'))
    const { json } = await target.client.get(`/user/admin-api/audit-log${query}`)
    const [latest] = json.data.records
    expect(latest).toMatchObject({ type: 'note_added', actor: root.id, detail: null })
    expect(
      [log.text.replace(/<header.*?<\/header>/s, ''), file.text].map((text) => [text.includes(root.username), text.includes(target.id)]),
    ).toEqual([
      [true, false],
      [true, false],
    ])
    expect((await root.client.get(`/user/admin-api/audit-log${query}`)).json.data.records[0].detail).toBe(target.id)
    expect((await target.client.get(`/user/admin-api/notes?target=${target.id}`)).status).toBe(403)
  })

  test('each is removed by its author alone, and a note that is sent twice is one', async () => {
    const target = await somebody()
    const form = formOf(await open(root.client, pageOf(target)), pageOf(target, 'notes'))
    for (let sent = 0; sent < 2; sent++) await send(root.client, form, { note: TEXT })
    const { json } = await root.client.get(`/user/admin-api/notes?target=${target.id}`)
    expect(json.data.records).toMatchObject([{ text: TEXT, authorName: root.username }])
    const other = await adminWith('admin:profile:all')
    const page = await open(other.client, pageOf(target))
    expect(formsOf(page).map(({ action }) => action)).toEqual([pageOf(target, 'notes')])
    const body = { target: target.id, note: json.data.records[0]._id }
    expect((await other.client.fetch('/user/admin-api/notes', { method: 'DELETE', body })).status).toBe(404)
    expect((await root.client.fetch('/user/admin-api/notes', { method: 'DELETE', body })).status).toBe(200)
  })
})

test('100,000 people: a page costs what it shows, and looks at a bounded number however few match', async () => {
  const first = newId()
  await db
    .prepare(
      `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)
       INSERT INTO users (id, username, username_key, role, banned_at, email_verified_at, created_at, updated_at)
       SELECT ?1 + i, 'many_' || i, 'many_' || i, 'user', iif(i % 3, NULL, 1), 1, 1, 1 FROM n`,
    )
    .bind(first)
    .run()
  const rows = async (query: string) => {
    const { status, counts, text } = await spend(root.client, 'GET', `/admin/people${query}`, undefined, { origin: ORIGIN })
    expect([status, counts.d1RoundTrips]).toEqual([200, 1])
    return { rows: counts.rowsRead, text }
  }
  for (const query of ['', '?state=banned', '?role=user', `?after=${toHex(first + 50_000)}`])
    expect((await rows(query)).rows).toBeLessThan(100)
  // A third of all people are banned, and none of them has this role.
  const rare = await rows('?state=banned&role=owner')
  expect(rare.rows).toBeLessThan(1_600)
  expect(rare.text).toContain('Nobody matches so far.')
  expect(rare.text).toMatch(/href="\/admin\/people\?role=owner&amp;state=banned&amp;after=[0-9a-f]{24}"/)
}, 30_000)
