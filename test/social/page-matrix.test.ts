// The privacy matrix of the pages (wire §6.11; security rows 56, 58, 59): what each page about people shows of somebody, by how
// the two stand, public or private, in every state. Written here once, independent of the source.
import { beforeAll, describe, expect, test } from 'vitest'
import { signedInAdmin } from '../support/admins.ts'
import { clearGraph, putBlock, putEdge, setColumns } from '../support/graph.ts'
import { Client, type Reply } from '../support/kith.ts'
import { type Person, signedInPerson } from '../support/people.ts'
import { columnsIn, fill, makeRole } from './canaries.ts'

const TARGET = 'canary_on_pages'
const PROFILE = `/@${TARGET}`
const LINK = 'https://example.net/canary-link'
let target: Person
let viewer: Person
let admin: Person
let third: Person

beforeAll(async () => {
  await makeRole()
  target = await signedInPerson(TARGET)
  viewer = await signedInPerson('looks_at_pages')
  admin = await signedInAdmin('admin_of_pages')
  third = await signedInPerson('between_on_pages')
})

const KINDS = ['self', 'follower', 'requested', 'stranger', 'blocked-by-viewer', 'blocks-viewer', 'admin', 'anonymous'] as const
type Kind = (typeof KINDS)[number]

/** Of everybody who exists for the viewer, in every list. */
const OUT = ['given_name', 'family_name', 'avatar_key'].sort()
/** On the profile of an account that is open to the viewer. */
const IN = [...OUT, 'bio', 'designation', 'organization', 'pronouns', 'status_message', 'custom_link'].sort()
const HIDDEN = null

/** Public, private; null: the page is that of a name that nobody has. In the order of KINDS. */
const ON_PROFILE = [
  [IN, IN],
  [IN, IN],
  [IN, OUT],
  [IN, OUT],
  [OUT, OUT],
  [HIDDEN, HIDDEN],
  [IN, IN],
  [IN, OUT],
] as const

/** Whether a list has the target in it, in the order of KINDS. `/people/requests`: where the target has asked to follow the viewer. */
const IN_LISTS: Readonly<Record<string, readonly (0 | 1)[]>> = {
  //                               self follower requested stranger blocked blocks admin
  '/people/followers': /*       */ [0, 1, 1, 1, 0, 0, 1],
  '/people/following': /*       */ [0, 1, 0, 0, 0, 0, 0],
  '/people/requests': /*        */ [0, 1, 1, 1, 0, 0, 1],
  '/people/requests/sent': /*   */ [0, 0, 1, 0, 0, 0, 0],
  '/people/blocks': /*          */ [0, 0, 0, 0, 1, 0, 0],
  '/people/suggestions': /*     */ [0, 0, 0, 1, 0, 0, 1],
  [`/people?q=${TARGET.slice(0, 9)}`]: [1, 1, 1, 1, 0, 0, 1],
}

const ANONYMOUS = new Client()
const viewerOf = (kind: Kind): Person | null => (kind === 'anonymous' ? null : kind === 'self' ? target : kind === 'admin' ? admin : viewer)

async function arrange(kind: Kind, columns: Readonly<Record<string, string | number | null>>, asked = false): Promise<Client> {
  await clearGraph()
  const by = viewerOf(kind)
  await putEdge(target, third)
  await putEdge(third, target)
  if (by && kind !== 'self') await putEdge(by, third)
  if (by && kind !== 'self') await putEdge(target, by, !asked)
  if (by && kind === 'follower') await putEdge(by, target)
  if (by && kind === 'requested') await putEdge(by, target, false)
  if (by && kind === 'blocked-by-viewer') await putBlock(by, target)
  if (by && kind === 'blocks-viewer') await putBlock(target, by)
  const present = { banned_at: null, banned_until: null, deleted_at: null, deleted_reason: null, custom_link: LINK }
  await fill(target, { ...present, ...columns })
  return by?.client ?? ANONYMOUS
}

/** Without the header, which shows the viewer. */
async function look(client: Client, path: string): Promise<{ page: Reply; columns: string[] }> {
  const page = await client.get(path, { headers: { accept: 'text/html' } })
  const text = page.text.replace(/<header>.*?<\/header>/s, '')
  const link = text.includes(LINK) ? ['custom_link'] : []
  return { page, columns: [...columnsIn({ headers: page.headers, text }), ...link].sort() }
}

describe.each(KINDS.map((kind, column) => [kind, column] as const))('to %s', (kind, column) => {
  test.each([0, 1] as const)('the profile shows what it may (private: %i), to whoever is restricted as well', async (isPrivate) => {
    for (const restricted_at of kind === 'anonymous' ? [null] : [null, 1]) {
      const client = await arrange(kind, { is_private: isPrivate })
      const by = viewerOf(kind)
      if (by && kind !== 'self') await setColumns(by, { restricted_at })
      const { page, columns } = await look(client, PROFILE)
      const expected = ON_PROFILE[column]?.[isPrivate] ?? null
      expect(page.status).toBe(expected === null ? 404 : 200)
      expect(columns).toEqual(expected ?? [])
      if (by && kind !== 'self') await setColumns(by, { restricted_at: null })
    }
  })

  test.each(kind === 'anonymous' ? [] : Object.keys(IN_LISTS))('%s shows names and picture at most', async (path) => {
    for (const isPrivate of [0, 1]) {
      const client = await arrange(kind, { is_private: isPrivate }, path === '/people/requests')
      const { page, columns } = await look(client, path)
      expect(page.status).toBe(200)
      const isIn = IN_LISTS[path]?.[column] === 1
      expect(columns).toEqual(isIn ? OUT : [])
      // An empty list leads to the viewer's own profile.
      if (kind !== 'self') expect(page.text.includes(`href="${PROFILE}"`)).toBe(isIn)
    }
  })
})

/** Ways to be hidden from everybody, as the database has them. */
const STATES: Readonly<Record<string, Readonly<Record<string, string | number | null>>>> = {
  banned: { banned_at: 1 },
  'banned for a time': { banned_at: 1, banned_until: Date.now() + 1e9 },
  'deleted by themselves': { deleted_at: Date.now(), deleted_reason: 'self' },
  'deleted by an administrator': { deleted_at: Date.now(), deleted_reason: 'admin' },
  'never verified': { email_verified_at: null },
}

test.each(Object.entries(STATES))('whoever is %s is on no page, for anybody', async (_, state) => {
  for (const kind of KINDS.filter((one) => one !== 'self')) {
    for (const isPrivate of [0, 1]) {
      const client = await arrange(kind, { ...state, is_private: isPrivate })
      for (const path of kind === 'anonymous' ? [PROFILE] : [PROFILE, ...Object.keys(IN_LISTS)]) {
        const { page, columns } = await look(client, path)
        expect([path, page.status, columns]).toEqual([path, path === PROFILE ? 404 : 200, []])
        expect(page.text).not.toContain(TARGET)
      }
    }
  }
})
