// An archive of everything about a person, with their files: what is in it, who gets it, who makes it, and when it ends.
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  ARCHIVE_KEPT_MS,
  ARCHIVE_LEASE_MS,
  ARCHIVE_LINK_MS,
  ARCHIVE_RETRY_MS,
  ARCHIVE_SOON_FILES,
  ARCHIVE_TRIES,
} from '../../../src/core/archives/limits.ts'
import { newPaths } from '../../../src/core/archives/names.ts'
import { clock } from '../../platform/clock.ts'
import { eventsOf, rows } from '../../support/actors.ts'
import { runCron } from '../../support/cron.ts'
import { png } from '../../support/images.ts'
import { db, mailsTo, ORIGIN, platform, type Reply } from '../../support/kith.ts'
import { bucket, bytesOf, FILES, listObjects, newFile, newFolder, objectKeyOf, sha256 } from '../../support/media.ts'
import { PASSWORD, type Person, signedInPerson } from '../../support/people.ts'
import { atTheLine, race } from '../../support/start-line.ts'
import { bearerOf, idOf, userToken } from '../../support/tokens.ts'
import { readZip } from '../../support/zip.ts'

const PATH = '/user/archives'

const request = (person: Person) => person.client.post(PATH)
const stateOf = async (person: Person, id: string) => (await person.client.get(`${PATH}/${id}`)).json.data?.archive.state
const archiveKeys = async () => (await listObjects()).map(({ key }) => key).filter((key) => key.startsWith('archives/'))

/** Asks for an archive, and makes it: small ones after the reply, all others by cron. */
async function newArchive(person: Person): Promise<string> {
  const reply = await request(person)
  expect([reply.status, reply.text]).toEqual([201, expect.anything()])
  const { _id } = reply.json.data.archive
  if ((await stateOf(person, _id)) !== 'ready') await runCron()
  expect(await stateOf(person, _id)).toBe('ready')
  return _id
}

async function linkTo(person: Person, id: string): Promise<string> {
  const reply = await person.client.post(`${PATH}/${id}/links`)
  expect(reply.status, reply.text).toBe(201)
  return reply.json.data.link.url.replace(ORIGIN, '')
}

const download = async (person: Person, id: string, headers: Record<string, string> = {}): Promise<Reply> =>
  person.client.get(await linkTo(person, id), { headers: { 'sec-fetch-site': 'same-origin', ...headers } })

/** A file that only its row says is there, so that no request is needed for each. */
async function putFiles(person: Person, count: number, objectKey = 'shared-object', size = 5): Promise<void> {
  const list = JSON.stringify(Array.from({ length: count }, (_, n) => n))
  await rows(
    `INSERT INTO files (id, user_id, name, content_type, size, object_key, digest, created_at, updated_at, committed_at)
     SELECT ? + value, ?, 'f' || value || '.txt', 'text/plain', ?, ? || value, 'AAAA', 1, 1, 1 FROM json_each(?)`,
    idOf(person) + 1_000,
    idOf(person),
    size,
    objectKey,
    list,
  )
}

beforeAll(() => platform.reset())
beforeEach(() => clock.freeze())
afterEach(() => clock.restore())

describe('what is in an archive', () => {
  test('the document, the picture and each file in its folder, under its own name and with its own bytes', async () => {
    const person = await signedInPerson('archives_all')
    await person.client.fetch('/user/profile-picture', { method: 'PUT', body: png() })
    const folder = await newFolder(person.client, 'Fotos été 夏')
    const large = new Uint8Array(700_000).map((_, n) => n % 251)
    await newFile(person.client, 'a.txt', bytesOf('one'))
    await newFile(person.client, 'A.TXT', bytesOf('two'))
    await newFile(person.client, 'صورة.bin', large, { folder })
    const id = await newArchive(person)
    const reply = await download(person, id)
    expect(reply.headers.get('content-disposition')).toMatch(/^attachment; filename=archive-\d{4}-\d\d-\d\d\.zip$/)
    expect([reply.headers.get('content-type'), reply.headers.get('content-length')]).toEqual([
      'application/zip',
      String(reply.bytes.byteLength),
    ])
    const entries = readZip(reply.bytes)
    expect(entries.map(({ name }) => name)).toEqual([
      'account.json',
      'picture.webp',
      'files/Fotos été 夏/صورة.bin',
      'files/Default/A.TXT',
      'files/Default/a (2).txt',
      'contents.json',
    ])
    expect(entries.every(({ isUtf8 }) => isUtf8)).toBe(true)
    const [account, , photo, , , contents] = entries
    expect(JSON.parse(account?.text ?? '')).toMatchObject({
      profile: { id: person.id, email: person.email },
      files: [{}, {}, {}],
      incomplete: [],
    })
    expect(sha256(photo?.bytes ?? new Uint8Array())).toBe(sha256(large))
    const list = JSON.parse(contents?.text ?? '')
    expect(list.leftOut).toEqual([])
    expect(list.files[0]).toMatchObject({ path: 'files/Fotos été 夏/صورة.bin', size: 700_000, sha256: sha256(large) })
    const { archive } = (await person.client.get(`${PATH}/${id}`)).json.data
    expect(archive).toMatchObject({ state: 'ready', files: 3, bytes: reply.bytes.byteLength })
  })

  test('of a file whose object is gone, its name', async () => {
    const person = await signedInPerson('archives_lost')
    const file = await newFile(person.client, 'lost.txt')
    await newFile(person.client, 'kept.txt')
    await bucket.delete(await objectKeyOf(file))
    const entries = readZip((await download(person, await newArchive(person))).bytes)
    const { files, leftOut } = JSON.parse(entries.at(-1)?.text ?? '')
    expect([files.length, leftOut]).toEqual([
      1,
      [{ id: file, name: 'lost.txt', size: 8, reason: 'gone', url: expect.stringContaining(file) }],
    ])
    await rows('DELETE FROM files WHERE user_id = ?', idOf(person))
  })

  const NAMES: readonly [what: string, folder: string, name: string, path: string][] = [
    ['a way out of the folder', '..', '../../etc/passwd', 'files/_/.._.._etc_passwd'],
    ['an absolute path', 'C:', '/etc/passwd', 'files/C_/_etc_passwd'],
    ['a device', 'Default', 'CON.txt', 'files/Default/_CON.txt'],
    ['what Windows refuses', 'Default', 'a<b>:"c"|?*.txt', 'files/Default/a_b___c____.txt'],
    ['an override of the direction', 'Default', 'a\u202Egnp.exe', 'files/Default/agnp.exe'],
    ['nothing', 'Default', ' . ', 'files/Default/_'],
  ]
  test.each(NAMES)('a path that every system unpacks there: %s', (_, folder, name, path) => {
    expect(newPaths()(folder, name)).toBe(path)
  })

  test('paths of their own for equal names, however many, and names that fit file systems', () => {
    const pathOf = newPaths()
    const paths = Array.from({ length: 10_000 }, (_, n) => pathOf('Default', n % 2 ? 'Ä.txt' : 'a\u0308.TXT'))
    expect(new Set(paths.map((path) => path.normalize('NFC').toLowerCase())).size).toBe(10_000)
    const name =
      pathOf('Default', `${'夏'.repeat(250)}.jpeg`)
        .split('/')
        .at(-1) ?? ''
    expect(bytesOf(name).byteLength).toBeLessThanOrEqual(245)
    expect(name).toMatch(/^夏+\.jpeg$/)
  })
})

describe('who gets an archive', () => {
  test('a browser with a recent sign-in, or the password, once for each act; an app with the password', async () => {
    const person = await signedInPerson('archives_late')
    await rows('UPDATE sessions SET authenticated_at = ? WHERE user_id = ?', Date.now() - 11 * 60_000, idOf(person))
    expect((await request(person)).json.additionalInfo.reason).toBe('fresh_sign_in_required')
    const reply = await person.client.post(PATH, { password: PASSWORD })
    const { _id } = reply.json.data.archive
    expect((await person.client.post(`${PATH}/${_id}/links`)).json.additionalInfo.reason).toBe('fresh_sign_in_required')
    expect((await person.client.post(`${PATH}/${_id}/links`, { password: 'wrong' })).json.additionalInfo.errors[0].path).toBe('password')
    const app = bearerOf(await userToken(person))
    const link = await app.post(`${PATH}/${_id}/links`, { password: PASSWORD })
    expect((await app.get(link.json.data.link.url.replace(ORIGIN, ''))).status).toBe(200)
    const narrow = bearerOf(await userToken(person, ['delegated:profile:all', 'delegated:media:all']))
    expect((await narrow.get(PATH)).status).toBe(403)
  })

  test('the owner alone, in the session that asked for the link, for an hour', async () => {
    const [person, other] = [await signedInPerson('archives_owner'), await signedInPerson('archives_other')]
    const id = await newArchive(person)
    const link = await linkTo(person, id)
    for (const [method, path] of [
      ['GET', `${PATH}/${id}`],
      ['DELETE', `${PATH}/${id}`],
      ['POST', `${PATH}/${id}/links`],
    ] as const)
      expect((await other.client.fetch(path, { method })).status, `${method} ${path}`).toBe(404)
    const statuses = async (client: Person['client'], path: string) =>
      (await client.get(path, { headers: { 'sec-fetch-site': 'same-origin' } })).status
    expect(await statuses(other.client, link)).toBe(403)
    expect(await statuses(bearerOf(await userToken(person)) as never, link)).toBe(403)
    expect(await statuses(person.client, link.replace(/expires=\d/, 'expires=9'))).toBe(403)
    expect(await statuses(person.client, link)).toBe(200)
    clock.advance(ARCHIVE_LINK_MS)
    expect(await statuses(person.client, link)).toBe(403)
  })

  test('a part of it on request, and none after a sign-out, a new password or a ban', async () => {
    const person = await signedInPerson('archives_ranges')
    await newFile(person.client, 'a.txt', bytesOf('some bytes'))
    const id = await newArchive(person)
    const whole = await download(person, id)
    const link = await linkTo(person, id)
    const get = (headers: Record<string, string>) => person.client.get(link, { headers: { 'sec-fetch-site': 'same-origin', ...headers } })
    const part = await get({ range: 'bytes=10-29', 'if-range': whole.headers.get('etag') ?? '' })
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 10-29/${whole.bytes.byteLength}`])
    expect(part.bytes).toEqual(whole.bytes.slice(10, 30))
    expect((await get({ range: `bytes=${whole.bytes.byteLength}-` })).status).toBe(416)
    await rows('UPDATE users SET epoch = epoch + 1 WHERE id = ?', idOf(person))
    expect((await get({})).status).toBe(401)
  })

  test('the owner reads of it in mails and in the audit trail: when it is asked for, ready, and downloaded', async () => {
    const person = await signedInPerson('archives_told')
    await download(person, await newArchive(person))
    const subjects = (await mailsTo(person.email)).map(({ subject }) => subject)
    for (const subject of [
      'An archive of your Kith data was requested',
      'The archive of your Kith data is ready',
      'A copy of your Kith data was downloaded',
    ])
      expect(subjects.filter((one) => one === subject)).toHaveLength(1)
    expect(await eventsOf(person)).toEqual(expect.arrayContaining(['archive_requested', 'account_exported']))
  })

  test('one a day, of 64 at once exactly one; the next replaces it', async () => {
    const person = await signedInPerson('archives_often')
    const start = () => person.client.post(PATH, undefined, atTheLine)
    const { replies } = await race(Array<typeof start>(64).fill(start), /INSERT INTO attempt_counters/)
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(replies.filter(({ status }) => status === 429)).toHaveLength(63)
    expect((await person.client.get(PATH)).json.data.records).toHaveLength(1)
    await runCron()
    const [first] = (await person.client.get(PATH)).json.data.records
    // As a day later.
    await rows('DELETE FROM attempt_counters WHERE key LIKE ?', 'archive:%')
    const again = await person.client.post(PATH, { password: PASSWORD })
    expect(again.status, again.text).toBe(201)
    const records = (await person.client.get(PATH)).json.data.records
    expect(records.map(({ _id }: { _id: string }) => _id)).toEqual([again.json.data.archive._id])
    await runCron()
    expect((await archiveKeys()).filter((key) => key.includes(first._id))).toEqual([])
  })
})

describe('who makes an archive', () => {
  test('cron, where there is more than the reply has time for; of two runs at once, one', async () => {
    const person = await signedInPerson('archives_by_cron')
    await putFiles(person, ARCHIVE_SOON_FILES + 1, 'by-cron-')
    await Promise.all(Array.from({ length: ARCHIVE_SOON_FILES + 1 }, (_, n) => bucket.put(`by-cron-${n}`, 'bytes')))
    const { _id } = (await request(person)).json.data.archive
    expect(await stateOf(person, _id)).toBe('making')
    expect((await person.client.post(`${PATH}/${_id}/links`)).json.additionalInfo.reason).toBe('not_ready')
    await Promise.all([runCron(), runCron()])
    expect(await stateOf(person, _id)).toBe('ready')
    expect(await rows<{ attempts: number }>('SELECT attempts FROM account_archives WHERE user_id = ?', idOf(person))).toEqual([
      { attempts: 1 },
    ])
    const names = readZip((await download(person, _id)).bytes).map(({ name }) => name)
    expect(names).toHaveLength(ARCHIVE_SOON_FILES + 3)
    expect((await mailsTo(person.email)).filter(({ subject }) => subject.includes('is ready'))).toHaveLength(1)
  })

  test('the next run, when a maker was killed: what it left is gone, and it finishes nothing any more', async () => {
    const person = await signedInPerson('archives_killed')
    const { _id } = (await request(person)).json.data.archive
    // As a maker leaves it that dies within its upload.
    const key = `archives/${_id}-1.zip`
    await bucket.delete(key)
    const upload = await bucket.createMultipartUpload(key)
    await rows(
      'UPDATE account_archives SET ready_at = NULL, bytes = NULL, next_attempt_at = ?, upload_id = ? WHERE user_id = ?',
      Date.now() + ARCHIVE_LEASE_MS,
      upload.uploadId,
      idOf(person),
    )
    await runCron()
    expect(await stateOf(person, _id)).toBe('making')
    clock.advance(ARCHIVE_LEASE_MS)
    await runCron()
    expect(await rows<object>('SELECT attempts, upload_id FROM account_archives WHERE user_id = ?', idOf(person))).toEqual([
      { attempts: 2, upload_id: null },
    ])
    await expect(upload.uploadPart(1, 'late')).rejects.toThrow()
    expect((await archiveKeys()).filter((one) => one.includes(_id))).toEqual([`archives/${_id}-2.zip`])
  })

  test('nobody, after it has killed as many makers as there are tries', async () => {
    const person = await signedInPerson('archives_killer')
    const id = await newArchive(person)
    await rows(
      'UPDATE account_archives SET ready_at = NULL, bytes = NULL, attempts = ?, next_attempt_at = 1 WHERE user_id = ?',
      ARCHIVE_TRIES,
      idOf(person),
    )
    await runCron()
    expect(await stateOf(person, id)).toBe('failed')
  })

  test('nobody, after as many failures as are tried: the list says so', async () => {
    const person = await signedInPerson('archives_failing')
    await putFiles(person, ARCHIVE_SOON_FILES + 1, 'failing-')
    const { _id } = (await request(person)).json.data.archive
    for (let run = 0; run < ARCHIVE_TRIES; run++) {
      // The first object that is read for the archive.
      const { MEDIA } = platform.env
      const failing = new Proxy(MEDIA, {
        get: (target, name) => {
          if (name === 'get') return () => Promise.reject(new Error('get: internal error (10001)'))
          const value: unknown = Reflect.get(target, name, target)
          return typeof value === 'function' ? value.bind(target) : value
        },
      })
      await runCron({ ...platform.env, MEDIA: failing } as never)
      expect(await stateOf(person, _id)).toBe(run + 1 < ARCHIVE_TRIES ? 'making' : 'failed')
      clock.advance(ARCHIVE_RETRY_MS)
    }
    expect((await archiveKeys()).filter((key) => key.includes(_id))).toEqual([])
    await rows('DELETE FROM files WHERE user_id = ?', idOf(person))
  })
})

describe('when an archive ends', () => {
  const ENDS: readonly [what: string, end: (person: Person, id: string) => Promise<unknown>][] = [
    ['its owner deletes it', (person, id) => person.client.fetch(`${PATH}/${id}`, { method: 'DELETE' })],
    ['a week is over', async () => clock.advance(ARCHIVE_KEPT_MS)],
    ['the account is banned', (person) => rows('UPDATE users SET banned_at = 1, banned_until = NULL WHERE id = ?', idOf(person))],
    ['the account is deleted', (person) => person.client.fetch('/user/me', { method: 'DELETE', body: { password: PASSWORD } })],
    ['the row of the account is gone', (person) => rows('DELETE FROM users WHERE id = ?', idOf(person))],
  ]
  test.each(ENDS)('%s: row and object go, and nothing is left', async (what, end) => {
    const person = await signedInPerson(`archives_end_${ENDS.findIndex(([one]) => one === what)}`)
    const id = await newArchive(person)
    await end(person, id)
    // Objects without a row are recent for an hour.
    clock.advance(2 * 3_600_000)
    await runCron()
    await runCron()
    expect(await db.prepare('SELECT COUNT(*) AS n FROM account_archives WHERE id = ?').bind(Number.parseInt(id, 16)).first('n')).toBe(0)
    expect((await archiveKeys()).filter((key) => key.includes(id))).toEqual([])
  })

  test('files in the library are no archives, and archives no orphans', async () => {
    const person = await signedInPerson('archives_stay')
    await newFile(person.client, 'a.txt')
    const id = await newArchive(person)
    clock.advance(2 * 3_600_000)
    await runCron()
    await runCron()
    expect((await archiveKeys()).filter((key) => key.includes(id))).toHaveLength(1)
    expect((await person.client.get(FILES)).json.data.records).toHaveLength(1)
  })
})
