// The checks of `npm run doctor`, on the migrated database: each defect is planted past the triggers and keys that prevent it,
// then found and repaired, and nothing else is touched.
import { env } from 'cloudflare:workers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { CHECKS, type Check, type Difference } from '../../scripts/doctor/checks.ts'
import { examineObjects } from '../../scripts/doctor/objects.ts'
import { type DigestSettings, examineRobots } from '../../scripts/doctor/robots.ts'
import { type Bindings, getConfig } from '../../src/config.ts'
import { MACHINE_KINDS } from '../../src/core/machines/machines.ts'
import { fromHex, type UserId } from '../../src/ids.ts'
import { db } from '../support/kith.ts'
import { makeMachine, revoke } from '../support/machines.ts'
import { type Person, signedInPerson } from '../support/people.ts'

const exec = (sql: string, ...params: unknown[]) =>
  db
    .prepare(sql)
    .bind(...params)
    .run()
const rows = async <T = Record<string, unknown>>(sql: string, ...params: unknown[]) =>
  (
    await db
      .prepare(sql)
      .bind(...params)
      .all<T>()
  ).results
const idOf = (person: Person) => fromHex<UserId>(person.id) as UserId

function checkOf(name: string): Check {
  const check = CHECKS.find((one) => one.name === name)
  if (!check) throw new Error(`no check is called ${name}`)
  return check
}

const find = (check: Check) => rows<Difference>(check.find)

async function findAll(): Promise<Record<string, readonly Difference[]>> {
  const found = await db.batch<Difference>(CHECKS.map((check) => db.prepare(check.find)))
  return Object.fromEntries(CHECKS.flatMap(({ name }, index) => (found[index]?.results.length ? [[name, found[index].results]] : [])))
}

/** As the script does it: rounds of finding and repairing. */
async function mendAll(): Promise<void> {
  for (let round = 0; round < 20; round++) {
    const found = await findAll()
    const statements = Object.entries(found).flatMap(([name, differences]) => checkOf(name).repair?.(differences) ?? [])
    if (statements.length === 0) return
    await db.batch(statements.map((sql) => db.prepare(sql)))
  }
}

/** Plants without a trigger or index, and puts it back. */
async function without(name: string, kind: 'TRIGGER' | 'INDEX', plant: () => Promise<unknown>): Promise<() => Promise<unknown>> {
  const [made] = await rows<{ sql: string }>('SELECT sql FROM sqlite_master WHERE name = ?', name)
  await exec(`DROP ${kind} ${name}`)
  await plant()
  return () => exec(made?.sql ?? '')
}

let ann: UserId
let bob: UserId
let eve: UserId

beforeAll(async () => {
  const people = await Promise.all(['ann_is_well', 'bob_is_well', 'eve_is_well'].map(signedInPerson))
  ;[ann, bob, eve] = people.map(idOf) as [UserId, UserId, UserId]
  await mendAll()
})

beforeEach(async () => {
  await exec('DELETE FROM follows')
  await exec('DELETE FROM blocks')
  await exec('DELETE FROM edge_work')
  await exec(
    'UPDATE users SET follower_count = 0, following_count = 0, request_count = 0, is_private = 0, deleted_reason = NULL, deleted_at = NULL',
  )
  await exec('INSERT INTO follows (id, follower_id, followed_id, approved_at) VALUES (1, ?, ?, 0)', ann, bob)
})

describe('a database that is in order', () => {
  test('has no differences, and each check reads it without an error', async () => {
    expect(await findAll()).toEqual({})
  })

  test('a difference is never repaired silently: every check has its own name', () => {
    expect(new Set(CHECKS.map(({ name }) => name)).size).toBe(CHECKS.length)
  })
})

describe('what is planted is found and repaired', () => {
  test.each([
    ['follower_count', 1],
    ['following_count', 0],
    ['request_count', 0],
  ])('a wrong %s', async (column, expected) => {
    await exec(`UPDATE users SET ${column} = 7 WHERE id = ?`, bob)
    expect(await findAll()).toEqual({ [column]: [{ subject: bob, found: 7, expected }] })
    await mendAll()
    expect(await findAll()).toEqual({})
    expect(await rows(`SELECT ${column} AS n FROM users WHERE id = ?`, bob)).toEqual([{ n: expected }])
  })

  test('an edge across a block, whoever blocks', async () => {
    await exec('INSERT INTO follows (id, follower_id, followed_id, approved_at) VALUES (2, ?, ?, 0)', eve, ann)
    await exec('INSERT INTO blocks (id, blocker_id, blocked_id, created_at) VALUES (1, ?1, ?2, 0), (2, ?3, ?2, 0)', bob, ann, eve)
    expect((await find(checkOf('edges across a block'))).map(({ subject }) => subject)).toEqual([1, 2])
    await mendAll()
    expect(await findAll()).toEqual({})
    expect(await rows('SELECT 1 FROM follows')).toEqual([])
    expect(await rows('SELECT 1 FROM blocks')).toHaveLength(2)
  })

  test('a pause of events that nothing has ended', async () => {
    await exec('INSERT INTO event_pauses (id) VALUES (1)')
    expect(await findAll()).toEqual({ 'events that are paused': [{ subject: 1 }] })
    await mendAll()
    expect(await findAll()).toEqual({})
  })

  test('a self edge', async () => {
    const restore = await without('follows_not_self', 'TRIGGER', () =>
      exec('INSERT INTO follows (id, follower_id, followed_id, approved_at) VALUES (2, ?1, ?1, 0)', ann),
    )
    expect(await findAll()).toEqual({ 'self edges': [{ subject: 2, found: `${ann} -> ${ann}` }] })
    await mendAll()
    await restore()
    expect([await findAll(), await rows('SELECT id FROM follows')]).toEqual([{}, [{ id: 1 }]])
  })

  test('of several edges of a pair the approved one stays, then the oldest', async () => {
    const restore = await without('follows_pair', 'INDEX', () =>
      exec(
        'INSERT INTO follows (id, follower_id, followed_id, approved_at) VALUES (2, ?1, ?2, 0), (0, ?1, ?2, NULL), (5, ?3, ?2, 1), (4, ?3, ?2, NULL)',
        ann,
        bob,
        eve,
      ),
    )
    expect((await find(checkOf('duplicate edges'))).map(({ subject }) => subject)).toEqual([0, 2, 4])
    await mendAll()
    await restore()
    expect([await findAll(), await rows('SELECT id FROM follows ORDER BY id')]).toEqual([{}, [{ id: 1 }, { id: 5 }]])
  })

  test('a request to a public account is handed to the sweep, one that is in work already is not found', async () => {
    await exec('INSERT INTO follows (id, follower_id, followed_id, approved_at) VALUES (2, ?, ?, NULL)', eve, bob)
    expect(await findAll()).toEqual({ 'requests to a public account': [{ subject: bob, found: 1, expected: 0 }] })
    await mendAll()
    expect(await findAll()).toEqual({})
    expect(await rows('SELECT user_id, kind FROM edge_work')).toEqual([{ user_id: bob, kind: 'accept_requests' }])
    await exec('DELETE FROM edge_work')
    await exec('UPDATE users SET is_private = 1 WHERE id = ?', bob)
    expect(await findAll()).toEqual({})
  })

  test('an edge of somebody who is gone', async () => {
    await exec('INSERT INTO follows (id, follower_id, followed_id, approved_at) VALUES (2, 1, ?1, 0), (3, ?1, 2, 0), (4, 3, ?1, NULL)', bob)
    expect((await find(checkOf('edges without a user'))).map(({ subject }) => subject).sort()).toEqual([2, 3, 4])
    await mendAll()
    expect([await findAll(), await rows('SELECT id FROM follows')]).toEqual([{}, [{ id: 1 }]])
  })

  test('a user without search strings gets those of their names, quotes and all', async () => {
    const before = await rows('SELECT string FROM search_strings WHERE user_id = ? ORDER BY string', ann)
    await exec('DELETE FROM search_strings WHERE user_id = ?', ann)
    expect(await findAll()).toMatchObject({ 'users without search strings': [{ subject: ann }] })
    await mendAll()
    expect([await findAll(), await rows('SELECT string FROM search_strings WHERE user_id = ? ORDER BY string', ann)]).toEqual([{}, before])
    await exec("UPDATE users SET family_name = 'O''Neil; --' WHERE id = ?", eve)
    await exec('DELETE FROM search_strings WHERE user_id = ?', eve)
    await mendAll()
    expect(await findAll()).toEqual({})
    expect(await rows("SELECT 1 FROM search_strings WHERE user_id = ? AND string LIKE 'oneil%'", eve)).not.toEqual([])
  })

  test('strings that were made for names that have changed since they were read are not written', async () => {
    await exec('DELETE FROM search_strings WHERE user_id = ?', ann)
    const check = checkOf('users without search strings')
    const statements = check.repair?.(await find(check)) ?? []
    await exec("UPDATE users SET given_name = 'Renamed' WHERE id = ?", ann)
    await db.batch(statements.map((sql) => db.prepare(sql)))
    expect(await find(check)).toHaveLength(1)
    await mendAll()
    expect(await rows("SELECT 1 FROM search_strings WHERE user_id = ? AND string = 'renamed person'", ann)).toHaveLength(1)
  })

  test('search strings of an erased account; those of a deleted one that may come back stay', async () => {
    await exec("UPDATE users SET deleted_at = 1, deleted_reason = 'self' WHERE id = ?", eve)
    expect(await findAll()).toEqual({})
    await exec("UPDATE users SET deleted_reason = 'purged' WHERE id = ?", eve)
    expect(await findAll()).toMatchObject({ 'search strings of an erased account': [{ subject: eve, expected: 0 }] })
    await mendAll()
    expect([await findAll(), await rows('SELECT 1 FROM search_strings WHERE user_id = ?', eve)]).toEqual([{}, []])
    await exec('UPDATE users SET deleted_reason = NULL WHERE id = ?', eve)
    await mendAll()
  })

  test('more of it than one statement repairs is repaired in rounds', async () => {
    await exec(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
       INSERT INTO follows (id, follower_id, followed_id, approved_at) SELECT i + 10, i, ?, 0 FROM n`,
      bob,
    )
    expect(await find(checkOf('edges without a user'))).toHaveLength(1_000)
    await mendAll()
    expect([await findAll(), await rows('SELECT id FROM follows')]).toEqual([{}, [{ id: 1 }]])
  })

  test('a count of active people that is wrong, or lost', async () => {
    const [right] = await rows<{ value: number }>("SELECT value FROM totals WHERE name = 'active_users'")
    for (const [sql, found] of [
      ["UPDATE totals SET value = 77 WHERE name = 'active_users'", 77],
      ["DELETE FROM totals WHERE name = 'active_users'", null],
    ] as const) {
      await exec(sql)
      expect(await findAll()).toEqual({ active_users: [{ subject: 'active_users', found, expected: right?.value }] })
      await mendAll()
      expect(await findAll()).toEqual({})
    }
    await exec("UPDATE users SET deleted_at = 1, deleted_reason = 'self' WHERE id = ?", eve)
    expect([await findAll(), (await rows<{ value: number }>("SELECT value FROM totals WHERE name = 'active_users'"))[0]?.value]).toEqual([
      {},
      (right?.value ?? 0) - 1,
    ])
  })

  describe('of machine clients', () => {
    const stores = env as unknown as Bindings
    const { encryptionKeys, digestRealm } = getConfig(stores)
    const settings = { encryptionKeys, digestRealm }
    const robots = async (changed: Partial<DigestSettings> = {}) => examineRobots(stores.DB, { ...settings, ...changed })
    afterEach(async () => {
      await exec('DELETE FROM machine_credentials')
      await exec("DELETE FROM oauth_clients WHERE id LIKE 'machine-%'")
    })

    test('those that are in order, alive, expired and revoked', async () => {
      for (const kind of MACHINE_KINDS) {
        await makeMachine(kind)
        await makeMachine(kind, { expiresAt: 1 })
        await revoke((await makeMachine(kind)).machine.id)
      }
      expect([await findAll(), await robots()]).toEqual([{}, []])
    })

    test('a key whose client was switched off or is another, and a client whose key is gone', async () => {
      const [off, other, gone] = [await makeMachine('api_key'), await makeMachine('license_key'), await makeMachine('api_key')]
      await exec('UPDATE oauth_clients SET disabled_at = 1 WHERE id = ?', off.machine.clientId)
      await exec("UPDATE oauth_clients SET token_endpoint_auth_method = 'none' WHERE id = ?", other.machine.clientId)
      await exec('DELETE FROM machine_credentials WHERE id = ?', gone.machine.id)
      expect(await findAll()).toEqual({
        'keys without their client': [off, other].map(({ machine }) => ({ subject: machine.id, found: machine.clientId })),
        'clients without their key': [{ subject: gone.machine.clientId }],
      })
    })

    test('a robot whose key is gone, whose HA1 is of another row, and one of another realm', async () => {
      const [one, two] = [await makeMachine('robot'), await makeMachine('robot')]
      const kid = encryptionKeys.current
      const without = { current: 'other', keys: new Map([['other', new Uint8Array(32)]]) }
      const unreadable = [one, two].map(({ machine }) => ({ subject: machine.id, found: kid }))
      expect(await robots({ encryptionKeys: without })).toEqual([{ name: 'robots whose HA1 cannot be read', differences: unreadable }])
      // Without readable keys, only the realm can be checked.
      expect(await robots({ encryptionKeys: null })).toEqual([])
      const realms = [one, two].map(({ machine }) => ({ subject: machine.id, found: digestRealm, expected: 'Elsewhere' }))
      expect(await robots({ encryptionKeys: null, digestRealm: 'Elsewhere' })).toEqual([
        { name: 'robots of another realm', differences: realms },
      ])
      await exec(
        'UPDATE machine_credentials SET ha1 = (SELECT ha1 FROM machine_credentials WHERE id = ?) WHERE id = ?',
        one.machine.id,
        two.machine.id,
      )
      expect(await robots()).toEqual([{ name: 'robots whose HA1 cannot be read', differences: [{ subject: two.machine.id, found: kid }] }])
    })
  })

  describe('of files', () => {
    const stores = env as unknown as Bindings
    const { MEDIA, AVATARS } = stores
    const found = async () => Object.fromEntries((await examineObjects(stores)).map(({ name, differences }) => [name, differences]))
    const FILE = `INSERT INTO files (id, user_id, name, content_type, size, object_key, digest, created_at, updated_at, committed_at)
      VALUES (?, ?, 'a', 'b', ?, ?, ?, ?, 0, ?)`

    beforeEach(async () => {
      for (const table of ['files', 'folders', 'object_tombstones']) await exec(`DELETE FROM ${table}`)
      await exec('UPDATE users SET avatar_key = NULL')
      for (const bucket of [MEDIA, AVATARS]) {
        const { objects } = await bucket.list()
        await bucket.delete(objects.map(({ key }) => key))
      }
      await exec(FILE, 1, ann, 3, 'whole', 'd', 0, 1)
      await MEDIA.put('whole', 'abc')
    })

    afterAll(async () => {
      for (const table of ['files', 'folders', 'object_tombstones', 'media_usage']) await exec(`DELETE FROM ${table}`)
      await exec('UPDATE users SET avatar_key = NULL')
    })

    test('a library that is in order', async () => {
      expect([await findAll(), await found()]).toEqual([{}, {}])
    })

    test('a row whose object is missing, and one whose object has another size', async () => {
      await exec(FILE, 2, ann, 3, 'lost', 'd', 0, 1)
      await exec(FILE, 3, ann, 3, 'short', 'd', 0, 1)
      await MEDIA.put('short', 'ab')
      expect(await found()).toEqual({
        'files without their object': [{ subject: 2, size: 3, found: null, expected: 'lost' }],
        'objects of another size in media': [{ subject: 3, found: 2, expected: 3 }],
      })
    })

    test('an object that is nobody’s; one on its way or marked for removal is not found', async () => {
      await exec(FILE, 2, ann, 1, 'on its way', null, Date.now(), null)
      await exec(`INSERT INTO object_tombstones (bucket, key, created_at, due_at) VALUES ('media', 'marked', 0, ?)`, Date.now())
      for (const key of ['on its way', 'marked', 'stray']) await MEDIA.put(key, 'x')
      expect([await findAll(), await found()]).toEqual([{}, { 'objects without a row in media': [{ subject: 'stray', found: 1 }] }])
    })

    test('a picture that lacks one of its two objects, and objects of no picture', async () => {
      await exec(`UPDATE users SET avatar_key = 'a/' || id WHERE id IN (?, ?)`, ann, bob)
      for (const key of [`a/${ann}/512.webp`, `a/${ann}/128.png`, `a/${bob}/128.png`, 'a/old/512.webp']) await AVATARS.put(key, 'x')
      expect(await found()).toEqual({
        'pictures without their object': [{ subject: bob, size: null, found: null, expected: `a/${bob}/512.webp` }],
        'objects without a row in avatars': [{ subject: 'a/old/512.webp', found: 1 }],
      })
    })

    test('uploads and removals that are overdue, and a file that is marked for removal', async () => {
      await exec(FILE, 2, ann, 1, 'on its way', null, 7, null)
      await exec(`INSERT INTO object_tombstones (bucket, key, created_at, due_at, attempts) VALUES ('media', 'whole', 0, 9, 4)`)
      expect(await findAll()).toEqual({
        'overdue uploads': [{ subject: 2, found: 7 }],
        'overdue tombstones': [{ subject: 'media whole', found: 4 }],
        'files marked for removal': [{ subject: 1, found: 9 }],
      })
    })

    test.each([
      ['media usage: files', 'files', 1],
      ['media usage: bytes', 'bytes', 3],
      ['media usage: folders', 'folders', 0],
    ])('%s that is wrong', async (name, column, expected) => {
      await exec(`UPDATE media_usage SET ${column} = 7 WHERE user_id = ?`, ann)
      expect(await findAll()).toEqual({ [name]: [{ subject: ann, found: 7, expected }] })
      await exec(`UPDATE media_usage SET ${column} = ? WHERE user_id = ?`, expected, ann)
    })

    test('a folder that counts wrongly, and usage that has no row', async () => {
      await exec(`INSERT INTO folders (id, user_id, name, file_count, created_at, updated_at) VALUES (1, ?, 'a', 0, 0, 0)`, bob)
      await exec('UPDATE folders SET file_count = 2')
      await exec('DELETE FROM media_usage WHERE user_id = ?', bob)
      expect(await findAll()).toEqual({
        'media usage: folders': [{ subject: bob, found: 0, expected: 1 }],
        file_count: [{ subject: 1, found: 2, expected: 0 }],
      })
    })
  })

  // Last: recreates the tables without their foreign keys, which cannot be switched off.
  test('blocks and search strings of somebody who is gone', async () => {
    await exec('CREATE TABLE bare_blocks (id INTEGER PRIMARY KEY, blocker_id INTEGER, blocked_id INTEGER, created_at INTEGER)')
    await exec('CREATE TABLE bare_strings (string TEXT, user_id INTEGER, PRIMARY KEY (string, user_id)) WITHOUT ROWID')
    await exec('INSERT INTO bare_strings SELECT string, user_id FROM search_strings')
    for (const table of ['blocks', 'search_strings']) await exec(`DROP TABLE ${table}`)
    await exec('ALTER TABLE bare_blocks RENAME TO blocks')
    await exec('ALTER TABLE bare_strings RENAME TO search_strings')
    await exec('INSERT INTO blocks VALUES (1, 1, ?1, 0), (2, ?1, 2, 0), (3, ?1, ?2, 0)', ann, eve)
    await exec("INSERT INTO search_strings VALUES ('nobody', 1), ('nobody at all', 1)")
    expect((await find(checkOf('blocks without a user'))).map(({ subject }) => subject)).toEqual([1, 2])
    expect(await find(checkOf('search strings without a user'))).toEqual([{ subject: 1, found: 2, expected: 0 }])
    await mendAll()
    expect([await findAll(), await rows('SELECT id FROM blocks')]).toEqual([{}, [{ id: 3 }]])
  })
})
