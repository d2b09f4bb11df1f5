// The sweep, through the Worker's cron entry: the purge of deleted accounts (security row 13) and the edges of operations on very
// many rows. We search every table and KV for remains of an account.
import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Bindings } from '../../src/config.ts'
import { buildCronContext } from '../../src/context.ts'
import { eraseDeletedAccounts, removeErasedAccounts } from '../../src/core/accounts/deletion.ts'
import { everywhereKey } from '../../src/core/sessions/password-attempts.ts'
import { secondFactorKeys } from '../../src/core/sessions/second-factor-attempts.ts'
import { idAt, toHex, type UserId } from '../../src/ids.ts'
import { clock } from '../platform/clock.ts'
import { idOf, rows } from '../support/actors.ts'
import { runCron } from '../support/cron.ts'
import { dumpKv, dumpTables } from '../support/invariants.ts'
import { Client, platform } from '../support/kith.ts'
import { makeMachine } from '../support/machines.ts'
import { logIn, type Person, signedInPerson, signUp, signUpBody } from '../support/people.ts'

const DAY_MS = 86_400_000
const { KV } = env as unknown as Bindings
const userIdOf = (person: Person) => idOf(person.id) as UserId

/** Of a recent event, since older ones are swept by age, and before anything that a test creates. */
const eventId = () => idAt(Date.now() - 60_000)
const userRow = async (person: Person) => (await rows('SELECT * FROM users WHERE id = ?', userIdOf(person)))[0]

/** Every cell of every table, and every key and value of KV, that contains one of the needles. */
async function findEverywhere(needles: readonly string[]): Promise<string[]> {
  const found: string[] = []
  const look = (where: string, value: unknown) => {
    const text = String(value)
    if (needles.some((needle) => text.toLowerCase().includes(needle.toLowerCase()))) found.push(`${where}: ${text}`)
  }
  for (const { table, row } of await dumpTables()) for (const [column, value] of Object.entries(row)) look(`${table}.${column}`, value)
  for (const { key, value, metadata } of await dumpKv()) look(`KV ${key}`, `${key} ${value} ${JSON.stringify(metadata)}`)
  return found
}

/** Of no other row. */
const NUMBER = 8_765_432_109

/** Puts a marker of the person into every column of `users` that may hold something of theirs. */
async function fillProfile(person: Person, mark: string): Promise<void> {
  const columns = await rows<{ name: string; type: string }>("SELECT name, type FROM pragma_table_info('users')")
  // `active_day` is a day of the service's own figures.
  const kept = new Set([
    'active_day',
    'id',
    'epoch',
    'username',
    'username_key',
    'email',
    'email_key',
    'email_verified_at',
    'role',
    'is_private',
  ])
  const stays = /^(deleted|created|updated)_|^(follower|following|request)_count$/
  const filled = columns.filter(({ name }) => !kept.has(name) && !stays.test(name))
  const values = filled.map(({ name, type }) => `${name} = ${type === 'TEXT' ? `'${mark}'` : NUMBER}`)
  await rows(`UPDATE users SET ${values.join(', ')} WHERE id = ?`, userIdOf(person))
}

/** As a license key and a device of the person do. */
async function makeKnownToMachines(person: Person, mark: string): Promise<void> {
  const { machine } = await makeMachine('license_key')
  await rows(
    `INSERT INTO external_identities (id, credential_id, external_id, user_id, password_hash, metadata, created_at, updated_at)
     VALUES (?1, ?2, ?3, ?1, ?3, ?3, 0, 0)`,
    userIdOf(person),
    machine.id,
    mark,
  )
  await rows(
    'INSERT INTO push_devices (user_id, device_type, os_version, device_token, voip_device_token, updated_at) VALUES (?1, ?2, ?2, ?2, ?2, 0)',
    userIdOf(person),
    mark,
  )
}

async function leave(person: Person): Promise<void> {
  expect((await person.client.delete('/user/me')).status).toBe(200)
}

beforeEach(() => clock.freeze())
afterEach(() => {
  clock.restore()
  platform.reset()
  vi.restoreAllMocks()
})

describe('the purge', () => {
  test('an account that came back, and one that was deleted less than 14 days ago, are left alone', async () => {
    const [ann, bob] = [await signedInPerson('ann_came_back'), await signedInPerson('bob_has_time')]
    await leave(ann)
    await leave(bob)
    await logIn(ann)
    clock.advance(14 * DAY_MS - 1)
    await runCron()
    expect(await userRow(ann)).toMatchObject({ username: 'ann_came_back', deleted_at: null })
    expect(await userRow(bob)).toMatchObject({ username: 'bob_has_time', deleted_reason: 'self' })
  })

  test.each(['self', 'admin'])('14 days after a deletion by %s nothing in D1 and KV leads to the person', async (reason) => {
    const mark = `mark-of-${reason}`
    const ann = await signedInPerson(`ann_is_gone_${reason}`)
    const bob = await signedInPerson(`bob_knew_${reason}`)
    await ann.client.post('/user/2fa', { state: true })
    await ann.client.post('/user/follow', { target: bob.id })
    await bob.client.post('/user/follow', { target: ann.id })
    const foe = await signedInPerson(`foe_of_ann_${reason}`)
    await foe.client.post('/user/block', { target: ann.id })
    await fillProfile(ann, mark)
    await logIn({ ...ann, password: 'wrong-password' }, Object.assign(new Client(), { userAgent: mark }))
    await rows(
      'INSERT INTO invite_codes (code, owner_id, slot, created_at, updated_at) VALUES (?, ?, 0, 0, 0) ON CONFLICT DO NOTHING',
      mark,
      userIdOf(ann),
    )
    await leave(ann)
    await rows('UPDATE users SET deleted_reason = ? WHERE id = ?', reason, userIdOf(ann))
    for (const key of [everywhereKey(userIdOf(ann) as UserId), ...secondFactorKeys(userIdOf(ann) as UserId)]) {
      await rows(
        'INSERT INTO attempt_counters (key, count, window_ends_at, last_at, stamp) VALUES (?, 1, 9e15, 0, 0) ON CONFLICT DO NOTHING',
        key,
      )
    }
    await rows('INSERT INTO totp_credentials (user_id, pending_secret, pending_at) VALUES (?, ?, 0)', userIdOf(ann), mark)
    await rows('INSERT INTO recovery_codes (user_id, code_hash, created_at) VALUES (?, ?, 0)', userIdOf(ann), mark)
    await makeKnownToMachines(ann, mark)
    clock.advance(14 * DAY_MS)
    await runCron()
    // In decimal or in hex.
    expect(await findEverywhere([String(userIdOf(ann)), ann.id, ann.username, ann.email, mark, String(NUMBER)])).toEqual([])
    expect(await userRow(bob)).toMatchObject({ follower_count: 0, following_count: 0 })
    // Nobody can take over the name until 30 days later.
    const taken = await new Client().post('/user/create', signUpBody(ann.username, ann.email))
    expect([taken.status, taken.json.additionalInfo]).toEqual([409, { duplicateFields: ['username'] }])
    clock.advance(30 * DAY_MS)
    await runCron()
    expect(await rows('SELECT 1 FROM username_holds')).toEqual([])
    const heir = await signUp(ann.username, ann.email)
    expect(heir.id).not.toBe(ann.id)
  })

  test('what an administrator did to others stays in their audit trail: the id of nobody', async () => {
    const [boss, bob] = [await signedInPerson('boss_who_left'), await signedInPerson('bob_was_judged')]
    await rows(
      "INSERT INTO audit_events (id, user_id, actor_id, type, created_at) VALUES (?, ?, ?, 'banned', 0)",
      eventId(),
      userIdOf(bob),
      userIdOf(boss),
    )
    await rows(
      "INSERT INTO invite_codes (code, owner_id, slot, created_at, updated_at, used_by) VALUES ('XX-0000-0', ?, 0, 0, 0, ?)",
      userIdOf(bob),
      userIdOf(boss),
    )
    await rows(
      "INSERT INTO machine_credentials (id, kind, name, scopes, created_by, created_at) VALUES (7, 'api_key', 'x', '', ?, 0)",
      userIdOf(boss),
    )
    await leave(boss)
    clock.advance(14 * DAY_MS)
    await runCron()
    expect((await findEverywhere([String(userIdOf(boss)), boss.id])).sort()).toEqual([
      // Who did something to a user is part of that user's trail.
      `audit_events.actor_id: ${userIdOf(boss)}`,
      // A spent code stays spent.
      `invite_codes.used_by: ${userIdOf(boss)}`,
      // A key outlives its creator; it still shows that the same person created both.
      `machine_credentials.created_by: ${userIdOf(boss)}`,
    ])
  })

  test('the person is gone with the first batch, even while edges, events and sessions of theirs are left', async () => {
    const ann = await signedInPerson('ann_had_fans')
    await rows(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5500)
       INSERT INTO users (id, username, username_key, created_at, updated_at, email_verified_at) SELECT i, 'fan' || i, 'fan' || i, 0, 0, 0 FROM n`,
    )
    await rows(
      'INSERT INTO follows (id, follower_id, followed_id, approved_at) SELECT id, id, ?, 0 FROM users WHERE id <= 5500',
      userIdOf(ann),
    )
    await rows(
      "INSERT INTO audit_events (id, user_id, type, user_agent, created_at) SELECT id + ?, ?, 'sign_in', 'x', 0 FROM users WHERE id <= 5500",
      eventId(),
      userIdOf(ann),
    )
    await rows(
      `INSERT INTO sessions (id, user_id, scope, epoch, created_at, expires_at, idle_expires_at, last_used_at, authenticated_at, amr)
       SELECT id, ?, '', 0, 0, 9e15, 9e15, 0, 0, '' FROM users WHERE id <= 120`,
      userIdOf(ann),
    )
    await fillProfile(ann, 'mark-of-fans')
    await makeKnownToMachines(ann, 'mark-of-fans')
    await leave(ann)
    clock.advance(14 * DAY_MS)
    const ctx = buildCronContext(platform.env as unknown as Bindings, createExecutionContext())
    await eraseDeletedAccounts(ctx)
    expect(await userRow(ann)).toMatchObject({ username: `deleted:${userIdOf(ann)}`, deleted_reason: 'purged', role: 'user' })
    const left = await findEverywhere(['mark-of-fans', String(NUMBER), ann.username, ann.email])
    // The keys of picture objects that are due for removal.
    expect(left.filter((where) => !where.startsWith('object_tombstones.key: mark-of-fans/'))).toEqual([])
    expect((await logIn(ann, new Client())).status).toBe(401)
    await removeErasedAccounts(ctx)
    expect(await rows('SELECT 1 FROM audit_events WHERE user_id = ?', userIdOf(ann))).toHaveLength(5500 + 4 - 5000)
    platform.faults.failStatement(3)
    await expect(runCron()).rejects.toThrow()
    for (let run = 0; run < 3; run++) await runCron()
    expect(await userRow(ann)).toBeUndefined()
    expect(await rows('SELECT 1 FROM follows')).toEqual([])
    expect(await rows('SELECT 1 FROM edge_work')).toEqual([])
    expect(await rows('SELECT 1 FROM users WHERE following_count <> 0')).toEqual([])
    await rows('DELETE FROM users WHERE id <= 5500')
  })

  test('where KV refuses, the session stays and the next run comes back to it', async () => {
    const ann = await signedInPerson('ann_kv_is_down')
    const [session] = await rows<{ id: number }>('SELECT id FROM sessions WHERE user_id = ?', userIdOf(ann))
    const key = `session:${toHex(session?.id ?? 0)}`
    await leave(ann)
    clock.advance(14 * DAY_MS)
    platform.faults.kv('delete', 'throw')
    await runCron()
    expect(await userRow(ann)).toMatchObject({ deleted_reason: 'purged' })
    expect(await rows('SELECT 1 FROM sessions WHERE user_id = ?', userIdOf(ann))).toHaveLength(1)
    expect(await KV.get(key)).toContain('kith-test')
    platform.faults.clear()
    await runCron()
    expect(await userRow(ann)).toBeUndefined()
    expect(await KV.get(key)).toBeNull()
  })
})

describe('the cron trigger', () => {
  test('two runs at once leave what one run leaves', async () => {
    const people = await Promise.all(Array.from({ length: 6 }, (_, n) => signedInPerson(`ann_of_many_${n}`)))
    const bob = await signedInPerson('bob_loses_all')
    for (const ann of people) {
      await ann.client.post('/user/follow', { target: bob.id })
      await bob.client.post('/user/follow', { target: ann.id })
      await leave(ann)
    }
    clock.advance(14 * DAY_MS)
    await Promise.all([runCron(), runCron()])
    clock.advance(5 * 60_000)
    await runCron()
    for (const ann of people) expect(await userRow(ann)).toBeUndefined()
    expect(await userRow(bob)).toMatchObject({ follower_count: 0, following_count: 0 })
    expect(await rows('SELECT 1 FROM edge_work')).toEqual([])
  })

  test('one part that fails stops no other, is logged by name, and makes the run a failed one', async () => {
    const ann = await signedInPerson('ann_among_faults')
    await leave(ann)
    clock.advance(14 * DAY_MS)
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    // Operation 1 lists the mails, 2 leases the logout notices, 3 and 4 look for events, 5 deletes the expired rows.
    platform.faults.failStatement(5)
    await expect(runCron()).rejects.toThrow('1 parts of the sweep failed')
    expect(log.mock.calls.flat().join()).toContain('"part":"rows"')
    expect(await userRow(ann)).toBeUndefined()
  })

  test('no statement of it reads a table from one end to the other', async () => {
    const ann = await signedInPerson('ann_has_a_plan')
    await leave(ann)
    clock.advance(14 * DAY_MS)
    const { statements } = await platform.counts.measure(() => runCron())
    const scans = new Set<string>()
    for (const { sql, params } of statements) {
      const plan = await rows<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, ...params)
      // Lists of ids in JSON are read in full, endpoints are few, and archives (`kept`) are those of a week; a partial index of what
      // is due contains little else.
      for (const { detail } of plan)
        if (/^SCAN (?!json_each|j\b|n\b|webhook_endpoints\b|kept\b)/.test(detail) && !detail.includes('INDEX'))
          scans.add(`${detail}: ${sql}`)
    }
    expect([...scans]).toEqual([])
    expect(statements.some(({ sql }) => sql.includes('DELETE FROM users WHERE id IN'))).toBe(true)
  })

  test('a mail that was sent goes after a day, one that was given up after 30', async () => {
    const person = userIdOf(await signedInPerson('ann_has_old_mails'))
    const mail = (days: number, state: string) =>
      rows(
        `INSERT INTO mail_outbox (id, kind, user_id, created_at, next_attempt_at, ${state}) VALUES (?1, 'new_device', ?2, 1, 1, 1)`,
        idAt(Date.now() - days * DAY_MS),
        person,
      )
    for (const days of [0.9, 1.1]) await mail(days, 'sent_at')
    for (const days of [29.9, 30.1]) await mail(days, 'failed_at')
    await runCron()
    const left = await rows<{ sent_at: number | null }>('SELECT sent_at FROM mail_outbox WHERE user_id = ? AND created_at = 1', person)
    expect(left.map(({ sent_at }) => sent_at !== null).sort()).toEqual([false, true])
  })

  test('a run with more to do than it may stays within 1,000 queries', async () => {
    await rows(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150)
       INSERT INTO users (id, username, username_key, email, created_at, updated_at, deleted_at, deleted_reason)
       SELECT i, 'old' || i, 'old' || i, 'old@example.com', ${Date.now()}, 0, 1, 'self' FROM n`,
    )
    await rows("INSERT INTO edge_work (user_id, kind, created_at) SELECT id, 'remove_edges', 0 FROM users WHERE id <= 150")
    await rows(
      `INSERT INTO mail_outbox (id, kind, user_id, to_address, created_at, next_attempt_at)
       SELECT id, 'account_deleted', id, 'old@example.com', ?1, ?1 FROM users WHERE id <= 150`,
      Date.now(),
    )
    platform.beginInvocation()
    const { counts } = await platform.counts.measure(() => runCron())
    expect(counts.d1Statements).toBeGreaterThan(700)
    expect(counts.d1Statements).toBeLessThanOrEqual(1_000)
  })

  test('a run goes on while there is more: at least 150 ended rows a second of each table, with five minutes to the next', async () => {
    const ended = 150 * 5 * 60
    const fill = (into: string, row: string) =>
      rows(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ended}) INSERT INTO ${into} SELECT ${row} FROM n`)
    await fill('attempt_counters (key, count, window_ends_at, last_at, stamp)', "'ended:' || i, 1, 1, 1, 1")
    const never = Date.now() + 100 * 365 * DAY_MS
    await rows("INSERT INTO attempt_counters (key, count, window_ends_at, last_at, stamp) VALUES ('ended:never', 1, ?, 1, 1)", never)
    await fill('digest_nonces (nonce, count, expires_at)', "'ended:' || i, 1, 1")
    await rows(
      "INSERT INTO attempt_counters (key, count, window_ends_at, last_at, stamp) VALUES ('still:counts', 1, ?, 1, 1)",
      Date.now() + DAY_MS,
    )
    platform.beginInvocation()
    await runCron()
    expect(await rows('SELECT COUNT(*) AS n FROM digest_nonces')).toEqual([{ n: 0 }])
    expect(await rows("SELECT key FROM attempt_counters WHERE key GLOB 'ended:*' OR key = 'still:counts'")).toEqual([
      { key: 'still:counts' },
    ])
  })

  test('requests for codes of nobody leave no more rows behind than decoys have places', async () => {
    for (let i = 0; i < 70; i++) await new Client().post('/user/code', { email: `nobody-${i}@example.com` })
    const [decoys] = await rows<{ places: number }>(
      "SELECT COUNT(DISTINCT substr(key, 1, instr(substr(key, 7), ':') + 6)) AS places FROM attempt_counters WHERE key GLOB 'decoy:*'",
    )
    expect(decoys?.places).toBeGreaterThan(0)
    expect(decoys?.places).toBeLessThanOrEqual(64)
  })
})
