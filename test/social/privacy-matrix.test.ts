// The privacy matrix (wire §6.11; design §5; security rows 56, 58, 59): every kind of viewer, public and private, every route
// that shows a user, every field. The expectations are written here once, independent of the tables in the source. A value shown
// to the wrong viewer is found anywhere in the reply.
import { beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { signedInAdmin } from '../support/admins.ts'
import { clearGraph, putBlock, putEdge, setColumns } from '../support/graph.ts'
import { db, type Reply } from '../support/kith.ts'
import { type Person, signedInPerson } from '../support/people.ts'
import { nameOf, userRoutes } from '../support/routes.ts'
import { COLUMNS, CUSTOM_DATA, columnsIn, fill, iso, makeRole, ROLE } from './canaries.ts'
import { LISTS, QUESTIONS } from './reads.ts'

const TARGET = 'canary_target'
let target: Person
let viewer: Person
let admin: Person
let third: Person

beforeAll(async () => {
  await makeRole()
  target = await signedInPerson(TARGET)
  viewer = await signedInPerson('looks_at_target')
  admin = await signedInAdmin('admin_looks_on')
  third = await signedInPerson('stands_between')
})

// --- what is expected ------------------------------------------------------------------------------------------

/** Each key of a user on the wire: the least audience that may know it, its value for them, and for everybody else. */
const FIELDS: Readonly<Record<string, readonly ['everybody' | 'insider' | 'owner', unknown, unknown?]>> = {
  _id: ['everybody', 'the id'],
  username: ['everybody', TARGET],
  firstName: ['everybody', COLUMNS.given_name],
  middleName: ['everybody', COLUMNS.middle_name],
  lastName: ['everybody', COLUMNS.family_name],
  profilePictureUrl: ['everybody', `https://avatars.kith.test/${COLUMNS.avatar_key}/512.webp`],
  followerCount: ['everybody', COLUMNS.follower_count],
  followingCount: ['everybody', COLUMNS.following_count],
  isPrivate: ['everybody', 'whether it is private'],
  gender: ['insider', COLUMNS.gender],
  role: ['insider', ROLE],
  bio: ['insider', COLUMNS.bio],
  designation: ['insider', COLUMNS.designation],
  organization: ['insider', COLUMNS.organization],
  pronouns: ['insider', COLUMNS.pronouns],
  verified: ['insider', true],
  verifiedDate: ['insider', iso('verified_at')],
  customLink: ['insider', COLUMNS.custom_link],
  isSubscribed: ['insider', true],
  subscriptionTier: ['insider', COLUMNS.subscription_tier],
  subscriptionExpiry: ['insider', iso('subscription_expires_at')],
  status: [
    'insider',
    {
      statusMessage: COLUMNS.status_message,
      availability: 'busy',
      mood: 'invincible',
      expiresAt: iso('status_expires_at'),
      updatedAt: iso('status_updated_at'),
    },
  ],
  isBanned: ['owner', false],
  isRestricted: ['owner', true],
  email: ['owner', COLUMNS.email],
  phone: ['owner', COLUMNS.phone],
  // An insider sees that it exists, but not its content (wire §6.11).
  customData: ['owner', CUSTOM_DATA, {}],
}

/** Where a wire field comes from, if not from a column of the same name. */
const SOURCES: Readonly<Record<string, readonly string[]>> = {
  firstName: ['given_name'],
  lastName: ['family_name'],
  profilePictureUrl: ['avatar_key'],
  verifiedDate: ['verified_at'],
  subscriptionExpiry: ['subscription_expires_at'],
  status: ['status_message', 'status_updated_at', 'status_expires_at'],
  // The key reveals the address too.
  email: ['email', 'email_key'],
}

type Audience = 'owner' | 'insider' | 'everybody'
const NEAR: Readonly<Record<Audience, readonly Audience[]>> = {
  owner: ['everybody', 'insider', 'owner'],
  insider: ['everybody', 'insider'],
  everybody: ['everybody'],
}

const KINDS = ['self', 'follower', 'requested', 'stranger', 'blocked-by-viewer', 'blocks-viewer', 'admin'] as const
type Kind = (typeof KINDS)[number]

/**
 * What a viewer gets: the target as an audience sees it (`self` and `admin`: owner; `in`: insider; `out`: everybody), a reply
 * without the target (`-`), its user name alone (`name`; `trail`, in records of what happened), one that says only how the two
 * stand (`flags`), everything (`all`), or a refusal.
 */
type Cell =
  | 'own'
  | 'in'
  | 'out'
  | 'name'
  | 'trail'
  | '-'
  | 'flags'
  | 'all'
  | '403 Blocked'
  | '403 Forbidden'
  | '403 InsufficientPrivileges'
  | '404 NotFound'
/** Public, private. */
type Cells = readonly [Cell, Cell]

const OWN: Cells = ['own', 'own']
const IN: Cells = ['in', 'in']
const OPEN: Cells = ['in', 'out']
const OUT: Cells = ['out', 'out']
const NAME: Cells = ['name', 'name']
const NONE: Cells = ['-', '-']
const FLAGS: Cells = ['flags', 'flags']
const BLOCKED: Cells = ['403 Blocked', '403 Blocked']
const HIDDEN: Cells = ['404 NotFound', '404 NotFound']
const REFUSED: Cells = ['403 InsufficientPrivileges', '403 InsufficientPrivileges']
const CLOSED: Cells = ['-', '403 Forbidden']

/** In the order of KINDS. */
const EXPECTED: Readonly<Record<string, readonly Cells[]>> = {
  //                                      self   follower requested stranger blocked blocks admin
  'GET /user/:userId{[0-9a-f]{24}}': /**/ [OWN, IN, OPEN, OPEN, BLOCKED, HIDDEN, OWN],
  'GET /user/info/:userId': /*         */ [OWN, IN, OPEN, OPEN, BLOCKED, HIDDEN, OWN],
  'GET /user/by-username/:username': /**/ [OWN, IN, OPEN, OPEN, BLOCKED, HIDDEN, OWN],
  'GET /user/followers': /*            */ [NONE, IN, OPEN, OPEN, NONE, NONE, OWN],
  'GET /user/following': /*            */ [NONE, IN, NONE, NONE, NONE, NONE, NONE],
  'GET /user/follow-requests': /*      */ [NONE, IN, OPEN, OPEN, NONE, NONE, OWN],
  // The target's own lists.
  'GET /user/:userId/followers': /*    */ [NONE, NONE, CLOSED, CLOSED, BLOCKED, HIDDEN, NONE],
  'GET /user/:userId/following': /*    */ [NONE, NONE, CLOSED, CLOSED, BLOCKED, HIDDEN, NONE],
  // Somebody else's lists that contain the target.
  'GET /user/:userId/followers of a third': [OWN, IN, OPEN, OPEN, NONE, NONE, OWN],
  'GET /user/:userId/following of a third': [OWN, IN, OPEN, OPEN, NONE, NONE, OWN],
  'POST /user/lookup': /*              */ [OWN, IN, OPEN, OPEN, OUT, NONE, OWN],
  'POST /user/lookup of several': /*   */ [OWN, IN, OPEN, OPEN, OUT, NONE, OWN],
  'POST /user/search by name': /*      */ [OWN, IN, OPEN, OPEN, NONE, NONE, OWN],
  'POST /user/search by id': /*        */ [OWN, IN, OPEN, OPEN, NONE, NONE, OWN],
  'POST /user/search by prefix': /*    */ [OWN, IN, OPEN, OPEN, NONE, NONE, OWN],
  'GET /user/suggestions': /*          */ [NONE, NONE, NONE, OPEN, NONE, NONE, OWN],
  'GET /user/blocks': /*               */ [NONE, NONE, NONE, NONE, OUT, NONE, NONE],
  'POST /user/export': /*              */ [['all', 'all'], NAME, NAME, NAME, NAME, NONE, NAME],
  'POST /user/relationships': /*       */ [FLAGS, FLAGS, FLAGS, FLAGS, FLAGS, NONE, FLAGS],
  'GET /user/follow-status': /*        */ [FLAGS, FLAGS, FLAGS, FLAGS, FLAGS, FLAGS, FLAGS],
  'GET /user/follow-status/:userId': /**/ [FLAGS, FLAGS, FLAGS, FLAGS, FLAGS, FLAGS, FLAGS],
  'GET /user/admin-api/user-info': /*  */ [REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, ['all', 'all']],
  'POST /user/admin-api/user-info': /* */ [REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, ['all', 'all']],
  'POST /user/admin-api/retrieve-user-info': /**/ [REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, ['all', 'all']],
  'POST /user/admin-api/search': /*    */ [REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, ['all', 'all']],
  'GET /user/admin-api/audit-log': /*  */ [REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, ['trail', 'trail']],
  'GET /user/admin-api/list': /*       */ [REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, ['all', 'all']],
}

/** Replies whose user can only be the caller, or somebody an administrator has just acted on. */
const OF_ONESELF = [
  'POST /user/create',
  'POST /user/login',
  'POST /user/do-2fa',
  'POST /user/passkeys/sign-in',
  'POST /user/sign-in-code/confirm',
  'GET /user/me',
  'PATCH /user/me',
  'GET /user/session-state',
]
const OF_AN_ACT = /^(POST|PUT|PATCH) \/user\/admin-api\/(create|update|custom-data|subscription|ban|restrict|verify|restore)$/
/** The account of a service, which is not a person's. */
const OF_MACHINES = ['POST /machine/admin-api/create']
/** Those whom the caller imports: their ids and user names. */
const OF_AN_IMPORT = ['POST /user/admin-api/import/people']

// --- how it is asked -------------------------------------------------------------------------------------------

const QUERIES: Readonly<Record<string, (by: Person) => Promise<Reply>>> = {
  ...Object.fromEntries(Object.entries(QUESTIONS).map(([route, ask]) => [route, (by: Person) => ask(by, target, third)])),
  ...Object.fromEntries(Object.entries(LISTS).map(([route, ask]) => [route, (by: Person) => ask(by, third)])),
  'POST /user/export': async (by) => {
    await db.prepare("DELETE FROM attempt_counters WHERE key LIKE 'export:%'").run()
    return by.client.post('/user/export')
  },
  'GET /user/admin-api/user-info': (by) => by.client.get(`/user/admin-api/user-info?target=${target.id}`),
  'POST /user/admin-api/user-info': (by) => by.client.post('/user/admin-api/user-info', { targets: [target.id] }),
  'POST /user/admin-api/retrieve-user-info': (by) => by.client.post('/user/admin-api/retrieve-user-info', { targets: [target.id] }),
  'POST /user/admin-api/search': (by) => by.client.post('/user/admin-api/search', { query: target.username }),
  'GET /user/admin-api/audit-log': (by) => by.client.get(`/user/admin-api/audit-log?person=${target.id}`),
  'GET /user/admin-api/list': (by) => by.client.get('/user/admin-api/list?limit=100'),
}

const viewerOf = (kind: Kind) => (kind === 'self' ? target : kind === 'admin' ? admin : viewer)

/**
 * The target is everywhere it can be: it follows the third and is followed, and follows the viewer or has asked to. This holds
 * across a block too, as after a fault: the predicate alone has to hide it.
 */
async function arrange(kind: Kind, isPrivate: boolean, asked: boolean): Promise<void> {
  await clearGraph()
  const by = viewerOf(kind)
  await putEdge(target, third)
  await putEdge(third, target)
  if (kind !== 'self') await putEdge(by, third)
  if (kind !== 'self') await putEdge(target, by, !asked)
  if (kind === 'follower') await putEdge(by, target)
  if (kind === 'requested') await putEdge(by, target, false)
  if (kind === 'blocked-by-viewer') await putBlock(by, target)
  if (kind === 'blocks-viewer') await putBlock(target, by)
  await fill(target, { is_private: isPrivate ? 1 : 0, deleted_at: null, deleted_reason: null })
}

/** The objects of a reply that are the target, at any depth: `source` and `target` of records, `source` of a search result. */
function targetsIn(value: unknown): Record<string, unknown>[] {
  if (value === null || typeof value !== 'object') return []
  const deeper = Object.values(value).flatMap(targetsIn)
  const { _id, id = _id } = value as { _id?: unknown; id?: unknown }
  return id === target.id ? [value as Record<string, unknown>, ...deeper] : deeper
}

/** What a search result has besides the user, and a relationship instead of one. */
const BESIDES = ['approved', 'source']
const RELATIONSHIP = ['_id', 'following', 'requested', 'followedBy', 'requestedBy', 'blocking']

function expectUser(shown: Record<string, unknown>, audience: Audience, isPrivate: boolean): void {
  const keys = Object.keys(shown).filter((key) => !BESIDES.includes(key))
  expect(keys.sort(), 'the keys of a user').toEqual(Object.keys(FIELDS).sort())
  for (const [field, [least, value, otherwise = null]] of Object.entries(FIELDS)) {
    const known = field === '_id' ? target.id : field === 'isPrivate' ? isPrivate : value
    const hidden = audience === 'insider' ? otherwise : null
    expect(shown[field], `${field} for ${audience}`).toEqual(NEAR[audience].includes(least) ? known : hidden)
  }
}

/** The reply has no trace of any column that the audience may not know. */
function expectNoLeak(reply: Reply, audience: Audience | null, isNamed = audience !== null): void {
  const open = Object.entries(FIELDS).filter(([, [least]]) => audience !== null && NEAR[audience].includes(least))
  const allowed = new Set(open.flatMap(([field]) => SOURCES[field] ?? [field.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)]))
  const leaks = columnsIn(reply).filter((column) => !allowed.has(column))
  expect(leaks, `leaks in ${reply.text}`).toEqual([])
  // A refusal repeats the path that was asked for.
  if (!isNamed) expect(reply.text.replace(/"path":"[^"]*"/, '')).not.toContain(TARGET)
}

function expectCell(reply: Reply, cell: Cell, isPrivate: boolean): void {
  const isRefusal = cell.startsWith('40')
  expect(isRefusal ? `${reply.status} ${reply.json.error}` : reply.status, reply.text).toBe(isRefusal ? cell : 200)
  const shown = targetsIn(reply.json)
  if (cell === 'all') {
    expect(reply.text).toContain(COLUMNS.banned_reason)
  } else if (cell === 'own' || cell === 'in' || cell === 'out') {
    const audience = ({ own: 'owner', in: 'insider', out: 'everybody' } as const)[cell]
    expect(shown.length, reply.text).toBeGreaterThan(0)
    for (const one of shown) expectUser(one, audience, isPrivate)
    expectNoLeak(reply, audience)
  } else if (cell === 'trail') {
    expect(reply.json.data.records[0]).toMatchObject({ person: target.id, personUsername: TARGET })
    expectNoLeak(reply, null, true)
  } else if (cell === 'name') {
    expect(shown.length, reply.text).toBeGreaterThan(0)
    for (const one of shown) expect(one).toEqual({ id: target.id, username: TARGET, createdAt: expect.any(String) })
    expectNoLeak(reply, null, true)
  } else {
    if (cell === 'flags') for (const one of shown) expect(Object.keys(one)).toEqual(RELATIONSHIP)
    else expect(shown, reply.text).toEqual([])
    expectNoLeak(reply, null)
  }
}

describe('the privacy matrix', () => {
  for (const [column, kind] of KINDS.entries()) {
    for (const isPrivate of [false, true]) {
      test(`a ${isPrivate ? 'private' : 'public'} account, to ${kind}: on every route, every field`, async () => {
        await setColumns(viewer, { is_private: 1 })
        for (const [route, ask] of Object.entries(QUERIES)) {
          await arrange(kind, isPrivate, route === 'GET /user/follow-requests')
          const cell = EXPECTED[route]?.[column]?.[isPrivate ? 1 : 0]
          expect(cell, `${route} is in the table`).toBeDefined()
          const reply = await ask(viewerOf(kind))
          try {
            expectCell(reply, cell as Cell, isPrivate)
          } catch (error) {
            throw new Error(`${route}, expected ${cell}: ${(error as Error).message}`, { cause: error })
          }
        }
      })
    }
  }

  test('every route whose reply can hold a user is in the matrix', () => {
    const withUsers = userRoutes.filter(({ tags }) => {
      const schema = tags.description?.response.schema
      return (
        schema !== undefined &&
        /"(username|personUsername|followedBy|requested)":/.test(JSON.stringify(z.toJSONSchema(schema, { unrepresentable: 'any' })))
      )
    })
    const inMatrix = new Set(Object.keys(EXPECTED).map((route) => route.replace(/ (of|by) .*$/, '')))
    const others = withUsers
      .map(nameOf)
      .filter((name) => ![...OF_ONESELF, ...OF_MACHINES, ...OF_AN_IMPORT].includes(name) && !OF_AN_ACT.test(name))
    expect(others.sort()).toEqual([...inMatrix].sort())
  })
})
