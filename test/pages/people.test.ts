// The pages about other people: what a profile shows to whom, the lists, and each act as a form.
import { beforeAll, describe, expect, test } from 'vitest'
import { makeCrowd, putEdges } from '../social/crowd.ts'
import { newName } from '../support/actors.ts'
import { signedInAdmin } from '../support/admins.ts'
import { clearGraph, putBlock, putEdge, setColumns } from '../support/graph.ts'
import { Client, db, platform, type Reply } from '../support/kith.ts'
import { browserOf, follow, formOf, formsOf, headingOf, noticeIn, open, send } from '../support/pages.ts'
import { type Person, verifiedPerson } from '../support/people.ts'
import { asTold } from '../support/replies.ts'
import { idOf } from '../support/tokens.ts'

let alice: Person
let bob: Person
/** Bob's browser. */
let browser: Client

const NOBODY = 'f'.repeat(24)
const PUBLIC = { is_private: 0, restricted_at: null, banned_at: null, deleted_at: null, email_verified_at: 1 } as const

beforeAll(async () => {
  alice = await verifiedPerson('alice_of_pages')
  bob = await verifiedPerson('bob_of_the_pages')
  browser = await browserOf(bob)
})

async function arrange(columns: Readonly<Record<string, string | number | null>> = {}): Promise<void> {
  await clearGraph()
  await setColumns(bob, PUBLIC)
  await setColumns(alice, { ...PUBLIC, bio: 'Lives by the sea.', ...columns })
}

const PROFILE = '/@alice_of_pages'
const actions = (page: Reply) => formsOf(page).map(({ action }) => action)
/** Presses the button of that act, on that page, for that person or entry. */
async function press(page: string, action: string, id?: string): Promise<Reply> {
  const form = formsOf(await open(browser, page)).find((one) => one.action === action && (id === undefined || one.fields.id === id))
  if (!form) throw new Error(`no ${action} on ${page}`)
  return send(browser, form)
}
const edge = async (from: Person, to: Person) =>
  db.prepare('SELECT id, approved_at FROM follows WHERE follower_id = ? AND followed_id = ?').bind(idOf(from), idOf(to)).first()
const hex = (id: number) => id.toString(16).padStart(24, '0')

describe('a profile', () => {
  test('of a public account is for everybody, whatever the case of the name; strangers are led to the sign-in', async () => {
    await arrange({
      verified_at: 1,
      custom_link: 'https://example.com/alice',
      status_message: 'At sea',
      availability: 2,
      mood: 4,
      designation: 'Sailor',
    })
    for (const path of [PROFILE, '/@ALICE_of_pages', '/%40alice_of_pages']) {
      const page = await open(new Client(), path)
      for (const text of ['Lives by the sea.', 'At sea', 'Busy', 'Happy', 'Sailor', 'Verified', '0 followers'])
        expect(page.text).toContain(text)
      expect(headingOf(page)).toContain('Test Person')
      expect(page.text).toContain('<a href="https://example.com/alice" rel="nofollow ugc noopener"')
      expect(page.text).toContain('href="/sign-in?return_to=%2F%40alice_of_pages"')
      expect(page.text).toContain('<meta property="og:title" content="Test Person (@alice_of_pages)"/>')
      expect(page.text).toContain('<meta name="robots" content="noindex"/>')
      expect(formsOf(page)).toEqual([])
    }
  })

  test('of a private account shows names and counts, and more to its followers', async () => {
    await arrange({ is_private: 1 })
    const seen = [await open(new Client(), PROFILE), await open(browser, PROFILE)]
    for (const page of seen) {
      expect(page.text).not.toContain('Lives by the sea.')
      expect(page.text).toContain('This account is private')
    }
    expect(seen[1]?.text).toContain('>Ask to follow</button>')
    const asked = await press(PROFILE, '/people/follow')
    expect(asked.headers.get('location')).toBe(`${PROFILE}?notice=follow_requested`)
    expect((await follow(browser, asked)).text).toContain('You have asked to follow this account')
    await db.prepare('UPDATE follows SET approved_at = 1').run()
    expect((await open(browser, PROFILE)).text).toContain('Lives by the sea.')
  })

  test('says who follows the viewer, and answers a request where it is read; to nobody else', async () => {
    await arrange()
    const id = await putEdge(alice, bob, false)
    const other = await browserOf(await verifiedPerson(newName('looks_on_idly')))
    expect((await open(browser, PROFILE)).text).toContain('asks to follow you')
    for (const client of [other, new Client()]) expect((await open(client, PROFILE)).text).not.toMatch(/asks to follow you|Follows you/)
    expect((await press(PROFILE, '/people/requests/accept', hex(id))).headers.get('location')).toBe(`${PROFILE}?notice=request_accepted`)
    const accepted = await open(browser, PROFILE)
    expect(accepted.text).toContain('<span class="tag plain">Follows you</span>')
    expect(accepted.text).not.toContain('asks to follow you')
    expect((await open(other, PROFILE)).text).not.toContain('Follows you')
  })

  test('leads administrators to the console', async () => {
    await arrange()
    const admin = await signedInAdmin('admin_sees_alice')
    const link = `href="/admin/people/${alice.id}"`
    expect((await open(admin.client, PROFILE)).text).toContain(link)
    expect((await open(browser, PROFILE)).text).not.toContain(link)
  })

  test("one's own leads to the pages that change it", async () => {
    await arrange()
    const page = await open(browser, `/@${bob.username}`)
    expect(actions(page)).toEqual([])
    for (const path of ['/account/profile', '/account/picture']) expect(page.text).toContain(`class="button secondary" href="${path}"`)
  })

  test('of whoever is hidden is that of a name that nobody has, byte for byte, for strangers and for the person who is signed in', async () => {
    const ways = [
      { banned_at: 1 },
      { deleted_at: 1 },
      { email_verified_at: null },
      { banned_at: 1, deleted_at: 1, is_private: 1 },
      'blocks bob',
      'blocks bob, privately',
    ] as const
    for (const way of ways) {
      await arrange(typeof way === 'string' ? { is_private: way === 'blocks bob' ? 0 : 1 } : way)
      if (typeof way === 'string') await putBlock(alice, bob)
      for (const client of typeof way === 'string' ? [browser] : [browser, new Client()]) {
        const [hidden, nobody] = await Promise.all(
          [PROFILE, '/@nobody_of_pages'].map(async (path) => asTold(await client.get(path, { headers: { accept: 'text/html' } }))),
        )
        expect(hidden?.status).toBe(404)
        expect(JSON.stringify(hidden).replaceAll('alice_of_pages', '')).toBe(JSON.stringify(nobody).replaceAll('nobody_of_pages', ''))
      }
    }
  })

  test('a cookie that names somebody proves nothing: what is seen is what strangers see', async () => {
    await arrange({ is_private: 1 })
    await putEdge(bob, alice)
    const forged = new Client()
    forged.cookies.set('__Host-kith_session', `${NOBODY}.${bob.id}.${'x'.repeat(43)}`)
    expect((await open(forged, PROFILE)).text).not.toContain('Lives by the sea.')
    // Nor does it show the account that it names, if that is hidden.
    await setColumns(bob, { banned_at: 1 })
    expect((await forged.get(`/@${bob.username}`)).status).toBe(404)
  })

  test.each([
    'алиса_страница',
    'alice_of_pages%00',
    'alice%2Fof_pages',
    'alice.of.pages',
    'a'.repeat(65),
    'a'.repeat(3_000),
    '',
    '@alice_of_pages',
    '%E0%A4',
  ])('/@%s is no page', async (name) => {
    expect((await new Client().get(`/@${encodeURI(decodeSafely(name))}`, { headers: { accept: 'text/html' } })).status).toBe(404)
  })

  test('nothing else at the root is one, and it takes no forms', async () => {
    await arrange()
    for (const path of ['/alice_of_pages', `${PROFILE}/`, `${PROFILE}/followers`, '/x@alice_of_pages', '/@/alice_of_pages']) {
      expect((await new Client().get(path)).status, path).toBe(404)
    }
    expect((await browser.post(PROFILE, new URLSearchParams(), { headers: { origin: 'https://kith.test' } })).status).toBe(405)
  })

  test('text of the person is text, each in its own direction', async () => {
    const evil = '"><script>alert(1)</script>\u202e'
    await arrange({
      bio: evil,
      status_message: evil,
      designation: evil,
      pronouns: evil,
      given_name: evil,
      custom_link: 'javascript:alert(1)',
    })
    const { text } = await open(browser, PROFILE)
    expect(text.replace(/<script src="\/assets\/pages\.js[^>]*><\/script>/, '')).not.toMatch(/<script|javascript:/)
    const body = text.replace(/<head>.*<\/head>/s, '').replace(/\s(aria-label|src)="[^"]*"/g, '')
    for (const [before] of body.matchAll(/<[^>]*>[^<>]*alert\(1\)/g)) expect(before).toMatch(/^<(bdi|p)[^>]* dir="auto"/)
    await setColumns(alice, { given_name: 'Test', pronouns: null, designation: null, status_message: null, custom_link: null })
  })

  test('a stranger cannot read names without end, nor whoever makes up a cookie', async () => {
    const forged = new Client()
    forged.cookies.set('__Host-kith_session', `${NOBODY}.${bob.id}.${'x'.repeat(43)}`)
    for (const client of [new Client(), forged]) {
      let last = 404
      for (let n = 0; n < 62 && last === 404; n++) last = (await client.get(`/@stranger_no_${n}`, { env: { NETWORK_LIMITS: 'on' } })).status
      expect(last).toBe(429)
    }
  })

  test('a signed-in account counts what it reads, as in the API', async () => {
    await arrange()
    await db.prepare("DELETE FROM attempt_counters WHERE key LIKE 'account-people:%'").run()
    await open(browser, PROFILE)
    const counter = () =>
      db
        .prepare('SELECT count FROM attempt_counters WHERE key = ?')
        .bind(`account-people:${idOf(bob)}`)
        .first()
    expect(await counter()).toMatchObject({ count: 1 })
    await db.prepare("UPDATE attempt_counters SET count = 10000 WHERE key LIKE 'account-people:%'").run()
    expect((await browser.get(PROFILE, { headers: { accept: 'text/html' } })).status).toBe(429)
    await db.prepare("DELETE FROM attempt_counters WHERE key LIKE 'account-people:%'").run()
  })
})

describe('an act', () => {
  test('follow, unfollow, block, unblock, on the profile', async () => {
    await arrange()
    expect(noticeIn(await follow(browser, await press(PROFILE, '/people/follow')))).toBe('You follow them from now on.')
    expect(await edge(bob, alice)).toMatchObject({ approved_at: expect.any(Number) })
    await press(PROFILE, '/people/unfollow')
    expect(await edge(bob, alice)).toBeNull()
    const blocked = await follow(browser, await press(PROFILE, '/people/block'))
    expect(blocked.text).toContain('You have blocked this person')
    expect(blocked.text).not.toContain('Lives by the sea.')
    expect(actions(blocked)).toEqual(['/people/unblock'])
    expect(actions(await follow(browser, await press(PROFILE, '/people/unblock')))).toEqual(['/people/follow', '/people/block'])
  })

  test('accept, refuse, remove', async () => {
    await arrange()
    const carol = await verifiedPerson(newName('carol_asks'))
    await setColumns(bob, { is_private: 1 })
    const [first, second] = [await putEdge(alice, bob, false), await putEdge(carol, bob, false)]
    const requests = await open(browser, '/people/requests')
    expect(requests.text).toContain('<span class="count">2</span>')
    await press('/people/requests', '/people/requests/accept', hex(first))
    const refused = await press('/people/requests', '/people/requests/refuse', hex(second))
    expect(refused.headers.get('location')).toBe('/people/requests?notice=request_refused')
    expect((await follow(browser, refused)).text).toContain('No requests')
    expect(await edge(carol, bob)).toBeNull()
    await press('/people/followers', '/people/followers/remove', hex(first))
    expect(await edge(alice, bob)).toBeNull()
  })

  test('that is repeated, out of date or about somebody else changes nothing, and gets the answer of an unknown id', async () => {
    await arrange()
    const carol = await verifiedPerson(newName('carol_and_alice'))
    const others = hex(await putEdge(carol, alice, false))
    const form = formOf(await open(browser, PROFILE), '/people/follow')
    const paths = ['accept', 'refuse'].map((name) => `/people/requests/${name}`)
    await putEdge(carol, bob, false)
    const forms = [...formsOf(await open(browser, '/people/requests')).filter(({ action }) => paths.includes(action)), form]
    expect(forms).toHaveLength(3)
    for (const one of forms) {
      const answers = []
      for (const id of [others, NOBODY, 'x', bob.id]) answers.push(asTold(await send(browser, one, { id })))
      for (const answer of answers) expect(answer).toEqual(answers[0])
      expect(answers[0]?.status).toBe(303)
      // Without the token of this browser nothing happens.
      expect((await send(browser, one, { form_token: `test-1~${'x'.repeat(43)}` })).headers.get('location')).toContain('people_changed')
    }
    expect(await edge(carol, alice)).toMatchObject({ approved_at: null })
    expect(await edge(bob, alice)).toBeNull()
    for (let times = 0; times < 2; times++) expect((await send(browser, form)).headers.get('location')).toBe(`${PROFILE}?notice=followed`)
    await putBlock(bob, alice)
    expect((await send(browser, form)).headers.get('location')).toBe(`${PROFILE}?notice=people_changed`)
  })

  test('that is pressed 64 times at once is done once', async () => {
    await arrange()
    const form = formOf(await open(browser, PROFILE), '/people/follow')
    const replies = await Promise.all(Array.from({ length: 64 }, () => send(browser, form)))
    for (const { status } of replies) expect(status).toBe(303)
    expect(await db.prepare('SELECT COUNT(*) AS edges FROM follows').first()).toEqual({ edges: 1 })
  })

  test.each([
    'https://evil.example',
    '//evil.example',
    '/account',
    '/@x/../../admin',
    '/people/../account',
    '/people\\..',
    '/peopleless',
    'people',
  ])('leads back to pages about people alone: not to %s', async (back) => {
    await arrange()
    const form = formOf(await open(browser, PROFILE), '/people/follow')
    for (const id of [form.fields.id ?? '', NOBODY]) {
      expect((await send(browser, form, { back, id })).headers.get('location')).toBe('/people?notice=people_changed')
    }
    expect(await edge(bob, alice)).toBeNull()
  })

  test('comes from our own page, and from who is signed in', async () => {
    await arrange()
    const form = formOf(await open(browser, PROFILE), '/people/follow')
    expect((await send(browser, form, {}, { headers: { origin: 'https://evil.example' } })).status).toBe(403)
    expect((await send(new Client(), form)).headers.get('location')).toBe('/sign-in?return_to=%2Fpeople%2Ffollow')
    expect((await browser.get('/people/follow')).headers.get('location')).toBe('/people')
    const carol = await browserOf(await verifiedPerson(newName('carol_elsewhere')))
    expect((await send(carol, form)).headers.get('location')).toContain('people_changed')
    expect(await edge(bob, alice)).toBeNull()
  })

  test('is not offered to a restricted person, who may still block', async () => {
    await arrange()
    const form = formOf(await open(browser, PROFILE), '/people/follow')
    await setColumns(bob, { restricted_at: 1 })
    const page = await open(browser, PROFILE)
    expect(actions(page)).toEqual(['/people/block'])
    expect(page.text).toContain('Your account is restricted')
    expect((await send(browser, form)).status).toBe(403)
    expect((await press(PROFILE, '/people/block')).headers.get('location')).toContain('person_blocked')
  })

  test('beyond the daily limit says when it goes on', async () => {
    await arrange()
    const form = formOf(await open(browser, PROFILE), '/people/follow')
    expect((await send(browser, form)).status).toBe(303)
    await db.prepare("UPDATE attempt_counters SET count = 400 WHERE key LIKE 'account-follow:%'").run()
    const refused = await send(browser, form)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, expect.stringMatching(/^\d+$/)])
    await db.prepare("DELETE FROM attempt_counters WHERE key LIKE 'account-follow:%'").run()
  })
})

describe('a list', () => {
  const EMPTY = {
    '/people': 'Who are you looking for?',
    '/people?q=nobody_is_called_this': 'Nobody found',
    '/people/suggestions': 'No suggestions yet',
    '/people/followers': 'Nobody follows you yet',
    '/people/following': 'You follow nobody yet',
    '/people/requests': 'No requests',
    '/people/requests/sent': 'Nothing is waiting',
    '/people/blocks': 'You have blocked nobody',
  }
  test.each(Object.entries(EMPTY))('%s says what to do when it is empty', async (path, text) => {
    await arrange()
    const page = await open(browser, path)
    expect(page.text).toContain(`<h2>${text}</h2>`)
    expect(formsOf(page)).toEqual([])
  })

  test('search finds a pasted user name, and takes any text', async () => {
    await arrange()
    const page = await open(browser, '/people?q=%20%40Alice_of_pages')
    expect(page.text).toContain('href="/@alice_of_pages"')
    expect((await press('/people?q=alice_of_pages', '/people/follow')).headers.get('location')).toBe(
      '/people?q=alice_of_pages&notice=followed',
    )
    for (const q of ['<script>', '\0', '\u202e', 'x'.repeat(5_000), '%', "'--", 'علی', '🦊'.repeat(200), '@', '   ']) {
      expect((await open(browser, `/people?${new URLSearchParams({ q })}`)).text).not.toContain('<script>')
    }
    expect((await open(browser, '/people?q=alice_of_pages&q=b')).status).toBe(200)
  })

  test('a page of 1,000 followers has 25, leads to all of them, and costs a page', async () => {
    await arrange()
    const crowd = await makeCrowd(1_000)
    await putEdges(crowd.map((id) => [id, idOf(bob)]))
    const found = new Set<string>()
    let path: string | undefined = '/people/followers'
    for (let pages = 0; path !== undefined && pages < 41; pages++) {
      platform.counts.reset()
      const page: Reply = await open(browser, path)
      expect(platform.counts.d1RoundTrips).toBe(1)
      expect(platform.counts.rowsRead).toBeLessThanOrEqual(3 * 25 + 12)
      const shown = formsOf(page).filter(({ action }) => action === '/people/followers/remove')
      expect(shown).toHaveLength(25)
      for (const { fields } of shown) found.add(fields.id ?? '')
      path = /href="(\/people\/followers\?after=[0-9a-f]{24})"/.exec(page.text)?.[1]
    }
    expect(found.size).toBe(1_000)
    expect((await open(browser, '/people/followers?after=nonsense')).status).toBe(200)
  })

  test('names of every script, long ones and none, stay in their row and in their direction', async () => {
    await arrange()
    const names = ['علی', 'さくら', 'Ольга', '🦊', 'x'.repeat(255), '\u202eabc', null]
    const ids = await makeCrowd(names.length)
    for (const [n, name] of names.entries()) {
      await db.prepare('UPDATE users SET given_name = ?, family_name = NULL WHERE id = ?').bind(name, ids[n]).run()
    }
    await putEdges(ids.map((id) => [id, idOf(bob)]))
    const { text } = await open(browser, '/people/followers')
    for (const name of names.filter((one) => one !== null)) expect(text).toContain(`<strong><bdi dir="auto">${name}</bdi></strong>`)
    expect(text).toMatch(/<strong><bdi dir="auto">crowd\d+_6<\/bdi><\/strong>/)
    // Nobody has a picture: initials, or nothing to read.
    expect(text.match(/<img class="face" src="data:image\/svg\+xml,/g)?.length).toBeGreaterThanOrEqual(names.length)
  })
})

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
