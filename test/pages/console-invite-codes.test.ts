// The console's section of invite codes, and the API that revokes one: who sees what, and what revoking means.
import { beforeAll, describe, expect, test } from 'vitest'
import { rows } from '../support/actors.ts'
import { signedInAdmin } from '../support/admins.ts'
import { Client, db } from '../support/kith.ts'
import { alertIn, browserOf, formOf, noticeIn, open, send } from '../support/pages.ts'
import { type Person, signedIn, signedInPerson, signUpBody, verifiedPerson } from '../support/people.ts'
import { idOf } from '../support/tokens.ts'

const SECTION = '/admin/invite-codes'
const PAGE = { headers: { 'sec-fetch-site': 'same-origin' } }
const OLD_ENOUGH = { env: { INVITE_CODE_WINDOW_SECONDS: '0' } }

let boss: Person
let owner: Person
let browser: Client

beforeAll(async () => {
  boss = await signedInAdmin('codes_boss')
  owner = await signedInPerson('codes_owner')
  browser = await browserOf(boss)
})

const codesOf = async (person: Person): Promise<{ code: string; revokedAt?: string; targetId?: string }[]> =>
  (await person.client.get('/user/invite-codes', OLD_ENOUGH)).json.data.inviteCodes
const unusedOf = async (person: Person): Promise<string> =>
  (await codesOf(person)).find(({ revokedAt, targetId }) => !revokedAt && !targetId)?.code ?? ''
const join = (username: string, inviteCode: string) => new Client().post('/user/create', { ...signUpBody(username), inviteCode })
const revoke = (client: Client, code: unknown) => client.post('/user/admin-api/revoke-invite-code', { code }, PAGE)
const revokePath = (code: string) => `${SECTION}/revoke?code=${code}`
const events = (person: Person) =>
  rows("SELECT actor_id, detail FROM audit_events WHERE type = 'invite_code_revoked' AND user_id = ?", idOf(person))

/** Signed in with a role of these scopes. */
async function withScopes(username: string, scopes: string, ranking = 50): Promise<Person> {
  const person = await verifiedPerson(username)
  await db
    .prepare(
      "INSERT INTO roles (id, display_name, ranking, description, scopes, system, created_at, updated_at) VALUES (?1, 'R', ?3, '', ?2, 0, 0, 0)",
    )
    .bind(username, `delegated:all ${scopes}`, ranking)
    .run()
  await db.prepare('UPDATE users SET role = ?, epoch = epoch + 1 WHERE id = ?').bind(username, idOf(person)).run()
  return signedIn(person)
}

describe('a code that is revoked', () => {
  test('creates no account any more, and its owner gets no other one in its place', async () => {
    const before = await codesOf(owner)
    const code = before[0]?.code ?? ''
    const question = await open(browser, revokePath(code))
    expect(question.text).toContain(code)
    expect(question.text).toContain('@codes_owner')
    const reply = await send(browser, formOf(question))
    expect(reply.headers.get('location')).toBe(`${SECTION}?notice=invite_code_revoked`)
    expect(noticeIn(await open(browser, reply.headers.get('location') ?? ''))).toBe('The invite code is revoked.')
    expect((await join('codes_refused', code)).json).toMatchObject({ error: 'InvalidInviteCode' })
    const after = await codesOf(owner)
    expect(after.map((row) => row.code)).toEqual(before.map((row) => row.code))
    expect(after[0]).toMatchObject({ revokedAt: expect.any(String) })
    // Its owner sees it, and cannot share it.
    const own = await (await browserOf(owner)).get('/account/invites', OLD_ENOUGH)
    expect(own.text).toContain('Revoked')
    expect(own.text).not.toContain(`invite_code=${code}`)
    expect(own.text).toContain(`invite_code=${after[1]?.code}`)
  })

  test('stays revoked when asked again, and is in the trail once', async () => {
    const code = await unusedOf(owner)
    const before = (await events(owner)).length
    for (let round = 0; round < 2; round++) expect((await revoke(boss.client, code)).json).toEqual({ ok: 1 })
    expect((await events(owner)).slice(before)).toEqual([{ actor_id: idOf(boss), detail: code }])
    // The page leads to the list, which says what has become of it.
    const reply = await browser.get(revokePath(code), PAGE)
    expect([reply.status, reply.headers.get('location')]).toEqual([303, `${SECTION}?q=${code}`])
  })

  test('by one of 64 at the same time as a sign-up uses it: it is used or revoked, never both', async () => {
    const racer = await signedInPerson('codes_racer')
    const code = (await codesOf(racer))[0]?.code ?? ''
    const [joined, ...replies] = await Promise.all([
      join('codes_joined', code),
      ...Array.from({ length: 64 }, () => revoke(boss.client, code)),
    ])
    const [row] = await rows<{ used: number; revoked: number }>(
      'SELECT used_by IS NOT NULL AS used, revoked_at IS NOT NULL AS revoked FROM invite_codes WHERE code = ?',
      code,
    )
    const isUsed = joined?.status === 201
    expect(row).toEqual({ used: Number(isUsed), revoked: Number(!isUsed) })
    expect(await events(racer)).toHaveLength(isUsed ? 0 : 1)
    if (isUsed) expect(replies.some(({ status }) => status === 200)).toBe(false)
    else expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]))
  })
})

describe('a code that has been used', () => {
  test('is listed with whoever used it, and is not revoked, also by a form that was open before', async () => {
    const host = await signedInPerson('codes_host')
    const code = await unusedOf(host)
    const question = formOf(await open(browser, revokePath(code)))
    expect((await join('codes_guest', code)).status).toBe(201)
    const refused = await send(browser, question)
    expect([refused.status, alertIn(refused)]).toEqual([400, expect.stringContaining('already signed up with this code')])
    expect((await revoke(boss.client, code)).json).toMatchObject({ error: 'InvalidInviteCode' })
    expect(await events(host)).toEqual([])
    for (const query of [code, code.toLowerCase().replaceAll('-', ''), 'codes_guest', '@codes_host', host.email, host.id]) {
      const { text } = await open(browser, `${SECTION}?q=${encodeURIComponent(query)}`)
      expect(text, query).toContain(code)
      expect(text, query).toContain('@codes_guest')
      expect(text, query).not.toContain('@codes_owner')
      expect(text, query).not.toContain(revokePath(code))
    }
  })
})

describe('the list', () => {
  test('has all codes, newest first, 25 to a page', async () => {
    for (let index = 0; index < 6; index++) await codesOf(await signedInPerson(`codes_many_${index}`))
    const seen: string[] = []
    for (let path: string | undefined = SECTION; path; ) {
      const { text } = await open(browser, path)
      const codes = [...text.matchAll(/<th scope="row"><code>([^<]+)/g)].map(([, code]) => code ?? '')
      expect(codes.length).toBeLessThanOrEqual(25)
      seen.push(...codes)
      path = /\/admin\/invite-codes\?after=[0-9a-f]{24}/.exec(text)?.[0]
    }
    const stored = await rows<{ code: string }>('SELECT code FROM invite_codes ORDER BY rowid DESC')
    expect(seen.length).toBeGreaterThan(25)
    expect(seen).toEqual(stored.map(({ code }) => code))
  })

  test('takes nonsense for a search that finds nothing, or for the beginning', async () => {
    const nothing = await open(browser, `${SECTION}?q=${encodeURIComponent('"><script>alert(1)</script>')}`)
    expect(nothing.text).toContain('No invite codes found')
    expect(nothing.text).not.toContain('<script>alert')
    expect((await open(browser, `${SECTION}?after=nothing&q=%20`)).text).toContain('<th scope="row">')
  })
})

describe('who may', () => {
  test.each([
    ['admin:profile:read', 200, 403],
    ['admin:profile:all', 200, 200],
    ['admin:profile:write', 403, 200],
    ['admin:client:all admin:roles:all admin:audit:read', 403, 403],
  ])('with %s: see %i, revoke %i', async (scopes, see, end) => {
    const viewer = await withScopes(`codes_${scopes.replace(/\W/g, '_').slice(6, 24)}`, scopes)
    const code = await unusedOf(owner)
    const client = await browserOf(viewer)
    const list = await client.get(`${SECTION}?q=${code}`, PAGE)
    expect(list.status).toBe(see)
    if (see === 200) expect(list.text.includes(revokePath(code))).toBe(end === 200)
    expect((await client.get(revokePath(code), PAGE)).status).toBe(end)
    if (end === 403) expect((await revoke(viewer.client, code)).status).toBe(403)
  })

  test('codes of a rank that is not below can be seen and not revoked', async () => {
    const helper = await withScopes('codes_helper', 'admin:profile:all')
    const code = await unusedOf(boss)
    const client = await browserOf(helper)
    const { text } = await open(client, `${SECTION}?q=${code}`)
    expect(text).toContain(code)
    expect(text).not.toContain(revokePath(code))
    expect((await client.get(revokePath(code), PAGE)).status).toBe(403)
    expect((await revoke(helper.client, code)).status).toBe(403)
    // A form that was open before its owner was promoted.
    const theirs = await unusedOf(owner)
    const question = formOf(await open(client, revokePath(theirs)))
    await db.prepare("UPDATE users SET role = 'admin' WHERE id = ?").bind(idOf(owner)).run()
    const refused = await send(client, question)
    await db.prepare("UPDATE users SET role = 'user' WHERE id = ?").bind(idOf(owner)).run()
    expect([refused.status, alertIn(refused)]).toEqual([403, expect.stringContaining('the rank is not below yours')])
    expect((await codesOf(owner)).find((row) => row.code === theirs)).not.toHaveProperty('revokedAt')
    // Nor one's own.
    expect((await revoke(boss.client, code)).status).toBe(403)
  })

  test('a code that is none is not found, and what is no code is refused', async () => {
    for (const code of ['AA-0000-0000000000000', '', '💥']) expect((await revoke(boss.client, code)).status).toBe(404)
    for (const code of ['A'.repeat(129), 7, null]) expect((await revoke(boss.client, code)).status).toBe(400)
    for (const query of ['', '?code=', `?code=${'A'.repeat(129)}`, '?code=%00'])
      expect((await browser.get(`${SECTION}/revoke${query}`, PAGE)).status).toBe(404)
  })
})

test('an account that is too new for codes reads from when it has some', async () => {
  const client = await browserOf(await signedInPerson('codes_young'))
  const page = await client.get('/account/invites', { env: { INVITE_CODE_WINDOW_SECONDS: '86400' } })
  expect(page.status).toBe(200)
  expect(page.text).toMatch(/Your account is very new. You can see your codes here from <time datetime="[^"]+"/)
  expect(page.text).not.toContain('invite_code=')
})
