// The privacy matrix of the room mxit (design §5; security rows 55 to 59): every kind of viewer including apps and nobody, public
// and private, every route that shows somebody. The expectations are written here; a value shown to the wrong viewer is found
// anywhere in the reply.
import { beforeAll, describe, expect, test } from 'vitest'
import { mxitIdOf, type OldClient, oldClient, personalClient } from '../apis/mxit/harness.ts'
import { signedInAdmin } from '../support/admins.ts'
import { clearGraph, putBlock, putEdge } from '../support/graph.ts'
import type { Reply } from '../support/kith.ts'
import { type Person, signedInPerson } from '../support/people.ts'
import { clientToken, userToken } from '../support/tokens.ts'
import { COLUMNS, columnsIn, fill, makeRole } from './canaries.ts'

const KINDS = ['self', 'follower', 'requested', 'stranger', 'blocked-by-viewer', 'blocks-viewer', 'admin', 'app', 'nobody'] as const
type Kind = (typeof KINDS)[number]

/** `name`: name and picture, with an empty status. `status`: only the message. `404`, `403`, `401`: refused. `-`: absent. */
type Cell = 'own' | 'in' | 'name' | 'id' | 'status' | 'empty status' | 'display name' | 'picture' | '-' | 401 | 403 | 404
type Cells = readonly [publicly: Cell, privately: Cell]
const OWN: Cells = ['own', 'own']
const IN: Cells = ['in', 'in']
const OPEN: Cells = ['in', 'name']
const NONE: Cells = ['-', '-']
const ID: Cells = ['id', 'id']
const both = (cell: Cell): Cells => [cell, cell]

/** In the order of KINDS. */
const EXPECTED: Readonly<Record<string, readonly Cells[]>> = {
  //                     self  follower requested stranger blocked    blocks     admin app        nobody
  lookup: /*        */ [ID, ID, ID, ID, both(403), both(404), ID, ID, both(401)],
  profile: /*       */ [OWN, IN, OPEN, OPEN, both(403), both(404), OWN, OPEN, both(401)],
  // Whoever asks: these routes read no token.
  'public status': /* */ KINDS.map((): Cells => ['status', 'empty status']),
  'public name': /*   */ KINDS.map(() => both('display name')),
  'public picture': /**/ KINDS.map(() => both('picture')),
  '@Connections': /*  */ [NONE, IN, NONE, NONE, NONE, NONE, OWN, both(403), both(401)],
  '@Friends': /*      */ [NONE, IN, NONE, NONE, NONE, NONE, OWN, both(403), both(401)],
  '@Pending': /*      */ [NONE, NONE, OPEN, NONE, NONE, NONE, NONE, both(403), both(401)],
  '@Invites': /*      */ [NONE, NONE, NONE, OPEN, NONE, NONE, NONE, both(403), both(401)],
  '@Blocked': /*      */ [NONE, NONE, NONE, NONE, both('name'), NONE, NONE, both(403), both(401)],
  '@All': /*          */ [NONE, IN, OPEN, OPEN, both('name'), NONE, OWN, both(403), both(401)],
  suggestions: /*   */ [NONE, NONE, NONE, OPEN, NONE, NONE, NONE, both(403), both(401)],
}

let target: Person
let viewer: Person
let admin: Person
let third: Person
const clients = {} as Record<Kind, OldClient>

beforeAll(async () => {
  await makeRole()
  target = await signedInPerson('canary_target')
  viewer = await signedInPerson('looks_at_target')
  admin = await signedInAdmin('admin_looks_on')
  third = await signedInPerson('stands_between')
  const ofViewer = await personalClient(viewer)
  for (const kind of KINDS) clients[kind] = ofViewer
  clients.self = await personalClient(target)
  clients.admin = oldClient(await userToken(admin, ['admin:all', 'delegated:all']))
  clients.app = oldClient(await clientToken(['client:profile:read']))
  clients.nobody = oldClient(null)
})

const viewerOf = (kind: Kind) => (kind === 'self' ? target : kind === 'admin' ? admin : viewer)

/** Edges that would show the target to anyone allowed to see it; they exist across a block too, as after a fault. */
async function arrange(kind: Kind, isPrivate: boolean, list: string): Promise<void> {
  await clearGraph()
  await fill(target, { is_private: isPrivate ? 1 : 0, deleted_at: null, deleted_reason: null })
  const by = viewerOf(kind)
  if (kind === 'app' || kind === 'nobody' || kind === 'self') return
  await putEdge(by, third)
  await putEdge(third, target)
  if (kind === 'follower' || kind === 'admin') await putEdge(by, target)
  if (kind === 'follower' || kind === 'admin') await putEdge(target, by)
  if (kind === 'requested') await putEdge(by, target, false)
  if (kind === 'stranger' && (list === '@Invites' || list === '@All')) await putEdge(target, by, false)
  if (kind === 'blocked-by-viewer') await putBlock(by, target)
  if (kind === 'blocks-viewer') {
    await putBlock(target, by)
    await putEdge(by, target)
    await putEdge(target, by)
  }
}

function ask(route: string, client: OldClient, name: string): Promise<Reply> {
  const paths: Readonly<Record<string, string>> = {
    lookup: `/user/lookup/${name}`,
    profile: `/user/profile/${name}`,
    'public status': `/user/public/statusmessage/${name}`,
    'public name': `/user/public/displayname/${name}`,
    'public picture': `/user/public/avatar/${name}`,
    suggestions: '/user/socialgraph/suggestions',
  }
  return client.call('GET', paths[route] ?? `/user/socialgraph/contactlist?filter=${route}`)
}

const EMPTY = '/Date(0+0000)/'
const NAME = { DisplayName: COLUMNS.display_name, AvatarId: COLUMNS.avatar_key }
const NO_STATE = { Availability: 4, IsOnline: false, LastModified: EMPTY, LastOnline: EMPTY, Mood: 0, StatusMessage: '' }
const STATE = {
  ...NO_STATE,
  Availability: 2,
  IsOnline: true,
  LastModified: `/Date(${COLUMNS.status_updated_at}+0000)/`,
  Mood: 6,
  StatusMessage: COLUMNS.status_message,
}
const SEEN = {
  State: STATE,
  AboutMe: COLUMNS.about,
  Title: COLUMNS.title,
  RegisteredCountryCode: COLUMNS.country_code,
  StatusMessage: COLUMNS.status_message,
}
const UNSEEN = {
  State: NO_STATE,
  AboutMe: '',
  Title: '',
  RegisteredCountryCode: '',
  StatusMessage: '',
  Age: 0,
  RegistrationDate: EMPTY,
  LanguageCode: '',
}

/** The profile, as each may see it; for a contact, the fields that contacts have. */
const SHOWN: Readonly<Record<string, Record<string, unknown>>> = {
  own: {
    ...SEEN,
    Age: expect.any(Number),
    LanguageCode: 'canary',
    State: { ...STATE, LastOnline: `/Date(${COLUMNS.last_seen_at}+0000)/` },
  },
  in: { ...SEEN, Age: 0, RegistrationDate: EMPTY, LanguageCode: '' },
  name: UNSEEN,
}
/** Columns that may leave a trace in the reply. */
const NAMES = ['given_name', 'family_name', 'display_name', 'avatar_key']
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  own: [...NAMES, 'about', 'title', 'country_code', 'status_message', 'status_updated_at', 'last_seen_at', 'created_at', 'locale'],
  in: [...NAMES, 'about', 'title', 'country_code', 'status_message', 'status_updated_at'],
  name: NAMES,
  status: ['status_message'],
  'display name': ['display_name'],
}

function expectNoLeak(reply: Reply, allowed: readonly string[]): void {
  const leaks = columnsIn(reply).filter((column) => !allowed.includes(column))
  expect(leaks, `leaks in ${reply.text}`).toEqual([])
}

function expectCell(reply: Reply, cell: Cell): void {
  expect(reply.status, reply.text.slice(0, 300)).toBe(typeof cell === 'number' ? cell : 200)
  expectNoLeak(reply, ALLOWED[cell] ?? [])
  if (typeof cell === 'number') expect(Object.keys(reply.json)).toEqual(['error', 'error_description'])
  else if (cell in TEXTS) expect(reply.json).toBe(TEXTS[cell]?.())
  else if (cell === 'picture') expect(reply.headers.get('content-type')).toBe('image/png')
  else expectPerson(reply, cell)
}

const TEXTS: Readonly<Record<string, () => unknown>> = {
  id: () => mxitIdOf(target),
  status: () => COLUMNS.status_message,
  'empty status': () => '',
  'display name': () => COLUMNS.display_name,
}

function expectPerson({ json }: Reply, cell: Cell): void {
  const list = Array.isArray(json) ? json : (json.Contacts ?? [json])
  const found = list.filter(({ UserId }: { UserId: string }) => UserId === mxitIdOf(target))
  expect(found).toHaveLength(cell === '-' ? 0 : 1)
  if (cell === '-') return
  const fields = Object.entries(SHOWN[cell] ?? {}).filter(([name]) => name in found[0])
  expect(found[0]).toMatchObject({ ...NAME, ...Object.fromEntries(fields) })
  for (const tail of ['Email', 'MobileNumber', 'DateOfBirth', 'WhereAmI']) expect(found[0]).not.toHaveProperty(tail)
}

describe('the privacy matrix of the room mxit', () => {
  for (const [column, kind] of KINDS.entries()) {
    for (const isPrivate of [false, true]) {
      test(`a ${isPrivate ? 'private' : 'public'} account, to ${kind}`, async () => {
        for (const [route, cells] of Object.entries(EXPECTED)) {
          await arrange(kind, isPrivate, route)
          const cell = cells[column]?.[isPrivate ? 1 : 0] as Cell
          for (const name of [target.username, mxitIdOf(target)]) {
            const reply = await ask(route, clients[kind], name)
            try {
              expectCell(reply, cell)
            } catch (error) {
              throw new Error(`${route} ${name}, expected ${cell}: ${(error as Error).message}`, { cause: error })
            }
          }
        }
      })
    }
  }

  test('banned, deleted and unverified people are hidden from everybody', async () => {
    for (const sets of [{ banned_at: 1, banned_until: null }, { deleted_at: 1 }, { email_verified_at: null }]) {
      await clearGraph()
      await fill(target, { ...sets })
      await putEdge(viewer, target)
      await putEdge(target, viewer)
      for (const kind of ['stranger', 'app', 'nobody'] as const) {
        for (const route of ['lookup', 'profile', 'public status', 'public name', 'public picture']) {
          const reply = await ask(route, clients[kind], target.username)
          expect(reply.status, `${route} ${kind}`).toBe(kind === 'nobody' && !route.startsWith('public') ? 401 : 404)
          expectNoLeak(reply, [])
        }
      }
      for (const list of ['@All', '@Connections', '@Friends']) expect((await ask(list, clients.stranger, '')).json.Contacts).toEqual([])
    }
  })
})
