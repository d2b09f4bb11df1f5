// GET /health: UP only if the database answers and has every migration.
import { afterEach, describe, expect, test } from 'vitest'
import { NEWEST_MIGRATION } from '../../src/store/db/migrations.ts'
import { clock } from '../platform/clock.ts'
import { Client, db, type Options, platform } from '../support/kith.ts'

let deployments = 0
/** A deployment that has not been asked for its health yet. */
const newDeployment = (): Options => ({ env: { MAIL_FROM: `Kith <no-reply-${++deployments}@kith.test>` } })
const health = (options: Options) => new Client().get('/health', options)

afterEach(() => {
  platform.faults.clear()
  clock.restore()
})

describe('GET /health', () => {
  test('is UP if all is well', async () => {
    const reply = await health(newDeployment())
    expect([reply.status, reply.json]).toEqual([200, { status: 'UP' }])
  })

  test('is DOWN with a reason while migrations are missing, and UP once they are there', async () => {
    const deployment = newDeployment()
    await db.prepare('DELETE FROM d1_migrations WHERE name = ?').bind(NEWEST_MIGRATION).run()
    const behind = await health(deployment)
    await db.prepare('ALTER TABLE d1_migrations RENAME TO elsewhere').run()
    const empty = await health(deployment)
    await db.prepare('ALTER TABLE elsewhere RENAME TO d1_migrations').run()
    await db.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(NEWEST_MIGRATION).run()
    for (const { status, json, headers } of [behind, empty]) {
      expect([status, json.status]).toEqual([503, 'DOWN'])
      expect(json.reason).toContain('npm run db:migrate')
      expect(headers.get('cache-control')).toBe('no-store')
    }
    expect((await health(deployment)).status).toBe(200)
  })

  test('is DOWN with a reason where the database fails or does not answer, without a word of its error', async () => {
    const deployment = newDeployment()
    platform.faults.failStatement(1, 'overloaded')
    const failed = await health(deployment)
    platform.faults.clear()
    platform.faults.hangStatement(1)
    const hung = await health(deployment)
    for (const { status, json } of [failed, hung]) {
      expect([status, json]).toEqual([503, { status: 'DOWN', reason: 'The database does not answer' }])
    }
  })

  test('a good answer is kept for ten seconds, a bad one is not', async () => {
    clock.freeze()
    const deployment = newDeployment()
    platform.faults.failStatement(1)
    expect((await health(deployment)).status).toBe(503)
    expect((await health(deployment)).status).toBe(200)
    platform.faults.failStatement(1)
    expect((await health(deployment)).status).toBe(200)
    clock.advance(10_000)
    expect((await health(deployment)).status).toBe(503)
  })
})
