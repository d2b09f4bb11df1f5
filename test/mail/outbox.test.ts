// The outbox (design §1.11): each mail once, later if it cannot be sent now, and nothing readable left behind.
import { env } from 'cloudflare:workers'
import { sql } from 'drizzle-orm'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Bindings, getConfig } from '../../src/config.ts'
import { type ChallengeId, type MailId, newId, type UserId } from '../../src/ids.ts'
import { deriveCode } from '../../src/mail/codes.ts'
import { MailRefusal, type Message, type RefusalReason } from '../../src/mail/mailer.ts'
import { type Delivery, deliverDueMails, deliverMail } from '../../src/mail/outbox.ts'
import { type ChallengePurpose, insertChallenge } from '../../src/store/db/challenges.ts'
import { Database, first, run } from '../../src/store/db/database.ts'
import { insertMail, type MailKind } from '../../src/store/db/mail-outbox.ts'

const MINUTE_MS = 60_000
const START = Date.UTC(2026, 10, 22, 12)
const KID = 'test-1'
const RANDOM = 'AAAAAAAAAAAAAAAAAAAAAA'
const hmacKeys = { current: KID, keys: new Map([[KID, Buffer.alloc(32, 7)]]) }
const db = new Database((env as unknown as Bindings).DB.withSession('first-primary'))

let now: number
let sent: { id: number; message: Message }[]
let logged: string[]
/** What the mailer throws; null if it accepts the mail. */
let trouble: (() => unknown) | null

const delivery: Delivery = {
  config: { ...getConfig(env as unknown as Bindings), origin: 'https://kith.test', hmacKeys },
  db,
  kv: (env as unknown as Bindings).KV,
  mailer: {
    async send(id, message) {
      if (trouble) throw trouble()
      sent.push({ id, message })
    },
  },
  now: () => now,
  log: (level, event, detail) => void logged.push(JSON.stringify({ level, event, ...detail })),
  measure: () => undefined,
}

beforeEach(async () => {
  now = START
  sent = []
  logged = []
  trouble = null
  await db.one(run(sql`DELETE FROM mail_outbox`))
})

let people = 0

async function addUser(): Promise<{ id: UserId; email: string }> {
  people += 1
  const [id, username, email] = [newId<UserId>(), `person_${people}`, `person${people}@example.com`]
  await db.one(
    run(sql`INSERT INTO users (id, username, username_key, email, email_key, created_at, updated_at)
            VALUES (${id}, ${username}, ${username}, ${email}, ${email}, ${START}, ${START})`),
  )
  return { id, email }
}

async function addChallenge(userId: UserId, purpose: ChallengePurpose, expiresAt: number, kid = KID): Promise<ChallengeId> {
  const id = newId<ChallengeId>()
  const row = {
    id,
    purpose,
    codeId: id,
    random: RANDOM,
    kid,
    codeHash: `hash-${id}`,
    tokenHash: null,
    createdAt: START,
    expiresAt,
  }
  await db.one(insertChallenge(row, sql`${userId}`, sql`1`))
  return id
}

async function queue(
  kind: MailKind,
  userId: UserId,
  challengeId: ChallengeId | null = null,
  params = '{}',
  locale: string | null = null,
): Promise<MailId> {
  const id = newId<MailId>()
  const row = { id, kind: sql`${kind}`, params, challengeId: sql`${challengeId}`, createdAt: START, locale }
  await db.one(insertMail(row, sql`${userId}`, sql`1`))
  return id
}

/** A mail without a code, to somebody new. */
const queueNotice = async () => queue('password_changed', (await addUser()).id)

interface OutboxRow {
  toAddress: string | null
  attempts: number
  nextAttemptAt: number
  sentAt: number | null
  failedAt: number | null
  error: string | null
}

const rowOf = (id: MailId) => db.one(first<OutboxRow>(sql`SELECT * FROM mail_outbox WHERE id = ${id}`))
const serviceError = (code: string) => Object.assign(new Error('refused: person@example.com'), { code })
const refusal =
  (reason: RefusalReason, detail = {}) =>
  () =>
    new MailRefusal(reason, detail)

describe('a mail', () => {
  it('goes to its address with the code of its challenge', async () => {
    const user = await addUser()
    const challengeId = await addChallenge(user.id, 'reset_password', START + 15 * MINUTE_MS)
    const id = await queue('reset_password', user.id, challengeId)
    expect(await deliverMail(delivery, id)).toBe('sent')
    const code = deriveCode(hmacKeys, 'reset_password', { codeId: challengeId, random: RANDOM, kid: KID })
    expect(sent).toMatchObject([{ id, message: { to: user.email, subject: 'Set a new password for Kith' } }])
    expect(sent[0]?.message.text.split('\n')).toContain(code)
    expect(sent[0]?.message.text).toContain('expires in 15 minutes')
  })

  it('tells of the device and the place that its row carries', async () => {
    const user = await addUser()
    const id = await queue('new_device', user.id, null, JSON.stringify({ userAgent: 'Firefox', place: 'Porto, PT' }))
    await deliverMail(delivery, id)
    expect(sent[0]?.message.text).toContain('Device: Firefox\nPlace: Porto, Portugal (roughly)\nTime: 22 November 2026 at 12:00 UTC')
  })

  it("tells the time by the person's own clock, or else by the one where it happened", async () => {
    const user = await addUser()
    const params = JSON.stringify({ timeZone: 'Asia/Tokyo' })
    await deliverMail(delivery, await queue('new_device', user.id, null, params))
    await db.one(run(sql`UPDATE users SET zoneinfo = 'America/New_York' WHERE id = ${user.id}`))
    await deliverMail(delivery, await queue('new_device', user.id, null, params))
    const times = sent.map(({ message }) => /Time: (.*)/.exec(message.text)?.[1])
    expect(times).toEqual(['22 November 2026 at 21:00 GMT+9', '22 November 2026 at 07:00 GMT-5'])
  })

  it('is in the language of the account or else of the request, and in English where Kith speaks neither', async () => {
    const user = await addUser()
    const renderedIn = () => /<html lang="([^"]*)"/.exec(sent.at(-1)?.message.html ?? '')?.[1]
    for (const [account, request] of [
      ['en-GB', 'xx'],
      [null, 'en-US'],
      ['tlh', null],
      [null, null],
    ]) {
      await db.one(run(sql`UPDATE users SET locale = ${account} WHERE id = ${user.id}`))
      await deliverMail(delivery, await queue('password_changed', user.id, null, '{}', request))
      expect(renderedIn()).toBe('en')
    }
  })

  it('is sent even where its particulars cannot be read', async () => {
    const user = await addUser()
    for (const params of ['', 'null', '[]', '{"userAgent":7}']) await queue('password_changed', user.id, null, params)
    expect(await deliverDueMails(delivery, 10)).toEqual({ sent: 4, postponed: 0, failed: 0, not_due: 0 })
  })

  it('keeps no address once it is sent, and is not sent again', async () => {
    const id = await queueNotice()
    await deliverMail(delivery, id)
    expect(await rowOf(id)).toMatchObject({ toAddress: null, sentAt: START })
    now += 60 * MINUTE_MS
    expect(await deliverMail(delivery, id)).toBe('not_due')
    expect(sent).toHaveLength(1)
  })

  it('that was taken by one sender is not sent by another meanwhile', async () => {
    const id = await queueNotice()
    const outcomes = await Promise.all(Array.from({ length: 16 }, () => deliverMail(delivery, id)))
    expect(sent).toHaveLength(1)
    expect(outcomes.toSorted()).toEqual([...Array(15).fill('not_due'), 'sent'])
  })

  it('whose sender died is sent by another, once the lease has ended', async () => {
    const id = await queueNotice()
    const dying: Delivery = { ...delivery, mailer: { send: () => new Promise(() => {}) } }
    void deliverMail(dying, id)
    await expect.poll(async () => (await rowOf(id))?.attempts).toBe(1)
    now += 2 * MINUTE_MS - 1
    expect(await deliverMail(delivery, id)).toBe('not_due')
    now += 1
    expect(await deliverMail(delivery, id)).toBe('sent')
  })
})

describe('a failing mailer', () => {
  it('is tried again later, and fails for good after 8 tries', async () => {
    const id = await queueNotice()
    trouble = refusal('limit_reached', { code: 'E_DAILY_LIMIT_EXCEEDED' })
    const pauses: number[] = []
    for (let tries = 1; tries < 8; tries += 1) {
      expect(await deliverMail(delivery, id)).toBe('postponed')
      expect(await deliverMail(delivery, id)).toBe('not_due')
      const next = (await rowOf(id))?.nextAttemptAt ?? now
      pauses.push((next - now) / MINUTE_MS)
      now = next
    }
    expect(pauses).toEqual([1, 5, 15, 60, 180, 360, 720])
    expect(await deliverMail(delivery, id)).toBe('failed')
    expect(await rowOf(id)).toMatchObject({ attempts: 8, sentAt: null, failedAt: now, error: 'limit_reached E_DAILY_LIMIT_EXCEEDED' })
    now += 24 * 60 * MINUTE_MS
    expect(await deliverMail(delivery, id)).toBe('not_due')
  })

  it('that names a time is left alone until then, for half a day at most', async () => {
    for (const [seconds, minutes] of [
      [1, 1],
      [1_800, 30],
      [1_000_000, 720],
    ] as const) {
      const id = await queueNotice()
      trouble = refusal('limit_reached', { retryAfterMs: seconds * 1_000 })
      await deliverMail(delivery, id)
      expect((await rowOf(id))?.nextAttemptAt).toBe(START + minutes * MINUTE_MS)
    }
  })

  it('that recovers sends the mail', async () => {
    const id = await queueNotice()
    trouble = () => serviceError('E_INTERNAL_SERVER_ERROR')
    await deliverMail(delivery, id)
    trouble = null
    now += MINUTE_MS
    expect(await deliverDueMails(delivery, 10)).toMatchObject({ sent: 1 })
    expect(sent.map((mail) => mail.id)).toEqual([id])
  })

  it('is not asked again about an address that takes no mail', async () => {
    const id = await queueNotice()
    trouble = refusal('recipient_refused')
    expect(await deliverMail(delivery, id)).toBe('failed')
    // The address stays, for a retry.
    expect(await rowOf(id)).toMatchObject({ attempts: 1, failedAt: START, error: 'recipient_refused', toAddress: expect.any(String) })
  })

  it('and a mail that killed every sender ends after 8 tries as well', async () => {
    const id = await queueNotice()
    await db.one(run(sql`UPDATE mail_outbox SET attempts = 8 WHERE id = ${id}`))
    expect(await deliverMail(delivery, id)).toBe('failed')
    expect(sent).toEqual([])
  })
})

describe('a code', () => {
  it('that has expired is not sent', async () => {
    const user = await addUser()
    const id = await queue('verify_email', user.id, await addChallenge(user.id, 'verify_email', START))
    expect(await deliverMail(delivery, id)).toBe('failed')
    expect(sent).toEqual([])
    expect(logged.join()).toContain('challenge_expired')
  })

  it.each([
    ['challenge is gone', 'challenge_gone', async () => null],
    ['key was removed', 'key_removed', (userId: UserId) => addChallenge(userId, 'verify_email', START + MINUTE_MS, 'test-0')],
    ['challenge is for something else', 'challenge_gone', (userId: UserId) => addChallenge(userId, 'sign_in', START + MINUTE_MS)],
  ])('whose %s is not sent', async (_, problem, makeChallenge) => {
    const user = await addUser()
    const id = await queue('verify_email', user.id, await makeChallenge(user.id))
    expect(await deliverMail(delivery, id)).toBe('failed')
    expect(sent).toEqual([])
    expect(logged.join()).toContain(problem)
  })

  it('never gets into a mail of another kind, even where its row names a challenge', async () => {
    const user = await addUser()
    const challengeId = await addChallenge(user.id, 'verify_email', START + MINUTE_MS)
    await deliverMail(delivery, await queue('account_exists', user.id, challengeId))
    const code = deriveCode(hmacKeys, 'verify_email', { codeId: challengeId, random: RANDOM, kid: KID })
    expect(sent).toHaveLength(1)
    expect(JSON.stringify(sent)).not.toContain(code)
  })
})

describe('delivery', () => {
  it('takes what is due, oldest first and no more than it was asked for', async () => {
    const user = await addUser()
    const ids = [
      await queue('password_changed', user.id),
      await queue('password_changed', user.id),
      await queue('password_changed', user.id),
    ]
    await db.one(run(sql`UPDATE mail_outbox SET next_attempt_at = ${START - 1} WHERE id = ${ids[1]}`))
    await db.one(run(sql`UPDATE mail_outbox SET next_attempt_at = ${START + 1} WHERE id = ${ids[2]}`))
    expect(await deliverDueMails(delivery, 1)).toMatchObject({ sent: 1 })
    expect(await deliverDueMails(delivery, 10)).toMatchObject({ sent: 1 })
    expect(sent.map((mail) => mail.id)).toEqual([ids[1], ids[0]])
  })

  it('writes no address, code or text into the log', async () => {
    const user = await addUser()
    const challengeId = await addChallenge(user.id, 'verify_email', START + MINUTE_MS)
    const code = deriveCode(hmacKeys, 'verify_email', { codeId: challengeId, random: RANDOM, kid: KID })
    await deliverMail(delivery, await queue('verify_email', user.id, challengeId))
    for (const error of [
      new MailRefusal('recipient_refused', { code: 'person@example.com' }),
      serviceError('E_INTERNAL_SERVER_ERROR'),
      serviceError('not a code: person@example.com'),
      new Error(user.email),
      user.email,
    ]) {
      trouble = () => error
      await deliverMail(delivery, await queue('verify_email', user.id, challengeId))
    }
    expect(logged).toHaveLength(6)
    expect(logged.join()).not.toMatch(/@|person|Hello/)
    expect(logged.join()).not.toContain(code)
  })
})
