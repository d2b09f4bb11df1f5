// The figures by day are exact whatever happens: the statement that changes a row updates them.
import { afterEach, expect, test } from 'vitest'
import { newId } from '../../src/ids.ts'
import { clock } from '../platform/clock.ts'
import { idOf, newName, rows } from '../support/actors.ts'
import { signedInAdmin } from '../support/admins.ts'
import { runCron } from '../support/cron.ts'
import { Client, ORIGIN } from '../support/kith.ts'
import { upload } from '../support/media.ts'
import { logIn, type Person, signedInPerson, signUp, signUpBody } from '../support/people.ts'
import { MODEL_SEED } from '../support/runs.ts'
import { seededPick } from '../support/turns.ts'

const DAY_MS = 86_400_000
afterEach(() => clock.restore())

const today = () => Math.floor(Date.now() / DAY_MS)

async function countOf(name: string, day = today()): Promise<number> {
  return (await rows<{ value: number }>('SELECT value FROM daily_counts WHERE day = ? AND name = ?', day, name))[0]?.value ?? 0
}

/** What the triggers should have kept, by looking at everybody. */
async function expectLastActive(what: string): Promise<void> {
  const kept = await rows('SELECT day, value FROM daily_counts WHERE name = ? AND value <> 0 ORDER BY day', 'last_active')
  const right = await rows(
    'SELECT active_day AS day, COUNT(*) AS value FROM users WHERE active_day IS NOT NULL GROUP BY active_day ORDER BY active_day',
  )
  expect(kept, what).toEqual(right)
}

test('after 200 random sessions, uses, purges and removals, the last active days are those of the people', async () => {
  const seed = MODEL_SEED ?? Date.now()
  const random = seededPick(seed)
  const people: number[] = []
  const pick = () => people[random(people.length)] ?? 0
  const at = () => (20_000 + random(40)) * DAY_MS + random(DAY_MS)
  const steps: readonly (() => Promise<unknown>)[] = [
    async () => {
      const id = newId() as number
      people.push(id)
      await rows("INSERT INTO users (id, username, username_key, created_at, updated_at) VALUES (?1, 'u' || ?1, 'u' || ?1, 0, 0)", id)
    },
    () =>
      rows(
        `INSERT INTO sessions (id, user_id, scope, epoch, created_at, expires_at, idle_expires_at, last_used_at, authenticated_at, amr, impersonator_id)
         SELECT ?1, id, '', 0, 0, 0, 0, ?2, 0, 'pwd', ?4 FROM users WHERE id = ?3`,
        ...[newId(), at(), pick(), random(4) === 0 ? 1 : null],
      ),
    () => rows('UPDATE sessions SET last_used_at = ? WHERE user_id = ?', at(), pick()),
    () => rows('UPDATE users SET active_day = NULL WHERE id = ?', pick()),
    () => rows('DELETE FROM users WHERE id = ?', people.splice(random(people.length), 1)[0] ?? 0),
  ]
  for (let step = 0; step < 200; step++) {
    await steps[random(3) === 0 ? 0 : random(steps.length)]?.()
    if (step % 10 === 9) await expectLastActive(`step ${step}, seed ${seed}`)
  }
  await rows('DELETE FROM users')
  await expectLastActive('nobody')
  await rows('DELETE FROM daily_counts')
})

test('sign-ups, sign-ins, failures and mails of a day', async () => {
  const person = await signUp(newName('figure'))
  // The address is taken: it looks like a sign-up, and is none.
  await new Client().post('/user/create', signUpBody(person.username, `${newName('figure')}@example.com`))
  expect(await countOf('sign_ups')).toBe(1)
  expect(await countOf('mails_sent')).toBe(1)
  await rows('UPDATE users SET email_verified_at = 1 WHERE id = ?', idOf(person.id))
  expect((await logIn(person)).status).toBe(200)
  expect((await logIn({ ...person, password: 'wrong-password-for-sure' }, new Client())).status).toBe(401)
  expect([await countOf('sign_ins'), await countOf('sign_in_failures')]).toEqual([1, 1])
  // A second device on the same day is the same person.
  expect((await logIn(person, new Client())).status).toBe(200)
  expect([await countOf('active'), await countOf('last_active'), await countOf('sign_ins')]).toEqual([1, 1, 2])
  await rows("INSERT INTO mail_outbox (id, kind, created_at, next_attempt_at) VALUES (1, 'new_device', 0, 9e15)")
  await rows('UPDATE mail_outbox SET failed_at = ? WHERE id = 1', Date.now())
  await rows('UPDATE mail_outbox SET failed_at = ? WHERE id = 1', Date.now() + 1)
  expect(await countOf('mails_failed')).toBe(1)
})

test('a session used after midnight makes its owner active that day, and moves their last active day', async () => {
  const person = await signedInPerson(newName('midnight'))
  const [before, last] = [await countOf('active'), await countOf('last_active')]
  const first = today()
  clock.freeze((first + 1) * DAY_MS + 1_000)
  await person.client.get('/user/me', { headers: { origin: ORIGIN, 'sec-fetch-site': 'same-origin' } })
  expect([await countOf('active', first), await countOf('last_active', first)]).toEqual([before, last - 1])
  expect([await countOf('active'), await countOf('last_active')]).toEqual([1, 1])
  await expectLastActive('after midnight')
})

interface Figures {
  activeIn30Days: number
  days: { day: string; active: number; signUps: number }[]
  people: number
  storage: { files: number; bytes: number }
}

async function figuresFor(admin: Person): Promise<Figures> {
  const reply = await admin.client.get('/user/admin-api/statistics', { headers: { 'sec-fetch-site': 'same-origin' } })
  expect(reply.status, reply.text).toBe(200)
  return reply.json.data
}

test('who was last active 30 days ago or earlier, or is purged, is not among the active; an empty day is zero', async () => {
  await rows('DELETE FROM users')
  await rows('DELETE FROM daily_counts')
  const [admin, recent, earlier] = [
    await signedInAdmin(newName('boss'), 'super_admin'),
    await signedInPerson(newName('recent')),
    await signedInPerson(newName('earlier')),
  ]
  const back = (person: Person, days: number) => rows('UPDATE users SET active_day = ? WHERE id = ?', today() - days, idOf(person.id))
  await back(recent, 29)
  await back(earlier, 30)
  let figures = await figuresFor(admin)
  expect(figures.activeIn30Days).toBe(2)
  expect(figures.days).toHaveLength(30)
  expect(figures.days[29]?.day).toBe(new Date().toISOString().slice(0, 10))
  expect(figures.days.map(({ signUps }) => signUps)).toEqual([...Array(29).fill(0), 3])
  await upload(recent.client, 'a.txt', new Uint8Array(7))
  figures = await figuresFor(admin)
  expect(figures.storage).toEqual({ files: 1, bytes: 7 })
  await rows('DELETE FROM users WHERE id = ?', idOf(recent.id))
  figures = await figuresFor(admin)
  expect([figures.activeIn30Days, figures.people, figures.storage.files]).toEqual([1, 2, 0])
  await expectLastActive('at the end')
})

test('the sweep removes figures of more than 400 days ago, and tells when it last ran', async () => {
  await rows("INSERT INTO daily_counts (day, name, value) VALUES (?1, 'sign_ins', 1), (?2, 'sign_ins', 1)", today() - 401, today() - 400)
  await runCron()
  expect(await rows('SELECT day FROM daily_counts WHERE day < ?', today() - 390)).toEqual([{ day: today() - 400 }])
  const [run] = await rows<{ updated_at: number }>("SELECT updated_at FROM sweep_cursors WHERE sweep = 'last_run'")
  expect(Date.now() - (run?.updated_at ?? 0)).toBeLessThan(60_000)
})
