// What happens to the media library of a deleted account (security row 13; `deletion.test.ts` has the account).
import { afterEach, expect, test } from 'vitest'
import { clock } from '../../platform/clock.ts'
import { runCron } from '../../support/cron.ts'
import { db, platform } from '../../support/kith.ts'
import { bytesOf, idOfHex, listObjects, newFile, newFolder, newLink, objectKeyOf, tombstones } from '../../support/media.ts'
import { logIn, PASSWORD, signedInPerson } from '../../support/people.ts'

const FILES = '/user/media/files'
const DAY_MS = 86_400_000

afterEach(() => {
  clock.restore()
  platform.reset()
})

test('with an account go its files and folders: out of sight at once, back with it, and for good after 14 days', async () => {
  clock.freeze()
  const person = await signedInPerson('files_leaver')
  const file = await newFile(person.client, 'a', bytesOf('a'), { folder: await newFolder(person.client, 'Mine') })
  const [key, link] = [await objectKeyOf(file), await newLink(person.client, file)]
  expect((await person.client.delete('/user/me', { body: { password: PASSWORD } })).status).toBe(200)
  expect((await person.client.get(link)).status).toBe(403)
  expect((await logIn(person)).status).toBe(200)
  expect((await person.client.get(`${FILES}/${file}/content`)).text).toBe('a')
  await person.client.delete('/user/me', { body: { password: PASSWORD } })
  clock.advance(13 * DAY_MS)
  await runCron()
  expect((await listObjects()).map((object) => object.key)).toContain(key)
  clock.advance(DAY_MS + 1)
  await runCron()
  await runCron()
  expect((await listObjects()).map((object) => object.key)).not.toContain(key)
  expect(await tombstones()).toEqual([])
  for (const table of ['files', 'folders', 'media_usage']) {
    const row = await db.prepare(`SELECT COUNT(*) AS n FROM ${table} WHERE user_id = ?`).bind(idOfHex(person.id)).first('n')
    expect([table, row]).toEqual([table, 0])
  }
})
