// Every step of a new profile picture fails in turn (security §5.2 F1, F2, F6, F11; row 70): whatever the client was told, the
// user's key names two existing objects, every other object has a tombstone, and a retry succeeds. `npm run thorough` tries more
// kinds of faults.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bucketKeys, expectAvatarsInOrder } from '../support/avatars.ts'
import { JPEG, png } from '../support/images.ts'
import { platform, type Reply } from '../support/kith.ts'
import { type Person, signedInPerson } from '../support/people.ts'
import { expectCleanReply } from '../support/replies.ts'
import { STRIKES, underStrike } from '../support/strikes.ts'

const PATH = '/user/profile-picture'
const MANY_CHANGES = { AVATAR_CHANGES_PER_DAY: '1000' }
const put = ({ client }: Person, bytes = png()) => client.fetch(PATH, { method: 'PUT', body: bytes, env: MANY_CHANGES })
const pictureOf = async ({ client }: Person) => (await client.get('/user/me')).json.data.user.profilePictureUrl

beforeEach(() => platform.reset())
afterEach(() => platform.faults.clear())

let people = 0
/** Somebody with a picture, who sets another one under a fault. */
async function withPicture(): Promise<{ person: Person; before: string }> {
  people += 1
  const person = await signedInPerson(`faulty_picture_${people}`)
  return { person, before: await newPicture(person) }
}

async function newPicture(person: Person): Promise<string> {
  const reply = await put(person, JPEG)
  expect(reply.status, reply.text).toBe(200)
  return reply.json.data.profilePictureUrl
}

/** Returns the person's picture in the end. */
async function expectTruth(reply: Reply, person: Person, before: string): Promise<string> {
  platform.faults.clear()
  expectCleanReply(reply)
  await expectAvatarsInOrder()
  const now = await pictureOf(person)
  if (reply.status === 200) expect(now).toBe(reply.json.data.profilePictureUrl)
  else {
    expect([reply.status, reply.json.error], reply.text).toEqual([503, 'ServiceUnavailable'])
    // The previous one, or the new one if the reply of the commit was lost: its two objects exist in any case.
    expect([now === before, now !== null]).toContain(true)
    expect(await bucketKeys(person)).toHaveLength(2)
  }
  const retry = await put(person)
  expect(retry.status, retry.text).toBe(200)
  expect(await pictureOf(person)).toBe(retry.json.data.profilePictureUrl)
  await expectAvatarsInOrder()
  return retry.json.data.profilePictureUrl
}

describe('D1', () => {
  test.each(Object.entries(STRIKES))('%s, at each operation', async (_what, strike) => {
    let struck = 0
    let { person, before } = await withPicture()
    for (let n = 1; ; n++) {
      const { reply, fired } = await underStrike(strike, n, () => put(person))
      before = await expectTruth(reply, person, before)
      if (fired === 0) break
      struck += 1
    }
    expect(struck).toBeGreaterThanOrEqual(3)
  })

  test.each(Object.entries(STRIKES))('%s, while a picture is removed', async (_what, strike) => {
    const { person } = await withPicture()
    for (let n = 1; n <= 2; n++) {
      if (n > 1) await newPicture(person)
      const { reply } = await underStrike(strike, n, () => person.client.delete(PATH))
      expectCleanReply(reply)
      await expectAvatarsInOrder()
      if (reply.status === 200) expect(await pictureOf(person)).toBeNull()
      expect((await person.client.delete(PATH)).status).toBe(200)
      expect(await pictureOf(person)).toBeNull()
      await expectAvatarsInOrder()
    }
  })
})

describe('R2', () => {
  test.each(['throw', 'lose-reply', 'refuse', 'null', 'break'] as const)('put: %s', async (fault) => {
    const { person, before } = await withPicture()
    platform.faults.r2('put', fault)
    const reply = await put(person)
    expect(reply.status).toBe(503)
    await expectTruth(reply, person, before)
    expect(before).not.toBe(await pictureOf(person))
  })
})

describe('Images', () => {
  test('fails: 503, and nothing was written', async () => {
    const { person, before } = await withPicture()
    const objects = (await bucketKeys()).length
    platform.faults.images('down')
    const reply = await put(person)
    expect((await bucketKeys()).length).toBe(objects)
    await expectTruth(reply, person, before)
  })

  test('refuses the picture: 400, and nothing was written', async () => {
    const { person, before } = await withPicture()
    platform.faults.images('refuse')
    const reply = await put(person)
    expect([reply.status, reply.json.error]).toEqual([400, 'InvalidFile'])
    expect(await pictureOf(person)).toBe(before)
    await expectAvatarsInOrder()
  })
})
