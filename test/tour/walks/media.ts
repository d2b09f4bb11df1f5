// Budgets of the media library (design §7): a request costs the same however large the library is, and the bucket is only asked
// for bytes.
import { beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../../src/ids.ts'
import { spend } from '../../support/budget.ts'
import { Client, db, platform } from '../../support/kith.ts'
import { bytesOf, idOfHex, newFile, newFolder, newLink } from '../../support/media.ts'
import { type Person, signedInPerson } from '../../support/people.ts'
import { expectWithin } from '../index.ts'
import { RECORDS } from '../tour.ts'

export function walkMedia(): void {
  const FILES = '/user/media/files'

  let person: Person
  /** One of 300, in `folder`. */
  let file: string
  let folder: string

  /** Only rows: these are never downloaded. */
  async function addFiles(owner: Person, count: number, folderId: string | null): Promise<void> {
    const insert = `INSERT INTO files (id, user_id, folder_id, name, content_type, size, digest, object_key, created_at, updated_at, committed_at)
                  VALUES (?, ?, ?, 'x', 'text/plain', 1, 'x', ?, 0, 0, 0)`
    const folderRow = folderId === null ? null : idOfHex(folderId)
    const rows = Array.from({ length: count }, () => db.prepare(insert).bind(newId(), idOfHex(owner.id), folderRow, crypto.randomUUID()))
    await db.batch(rows)
  }

  beforeAll(async () => {
    platform.reset()
    person = await signedInPerson('budget_librarian')
    folder = await newFolder(person.client, 'Plans')
    await addFiles(person, 150, folder)
    await addFiles(person, 150, null)
    file = await newFile(person.client, 'plan.txt', bytesOf('of a plan'), { folder })
    const neighbour = await signedInPerson('budget_neighbour')
    await addFiles(neighbour, 150, null)
  })

  describe('in a library of 300 files', () => {
    test.each(['', '&folder=default', 'folder'])('a page of files%s reads three rows a file', async (which) => {
      const query = which === 'folder' ? `&folder=${folder}` : which
      const spent = await spend(person.client, 'GET', `${FILES}?limit=${RECORDS}${query}`)
      expect(spent.json.data.records).toHaveLength(RECORDS)
      expectWithin('GET /user/media/files', spent)
      const offset = spent.json.data.records.at(-1)._id
      const next = await spend(person.client, 'GET', `${FILES}?limit=${RECORDS}&offset=${offset}${query}`)
      expect(next.json.data.records).toHaveLength(RECORDS)
      expectWithin('GET /user/media/files', next)
    })

    test('what is known of a file, of folders and of usage takes one round trip', async () => {
      expectWithin('GET /user/media/files/:fileId', await spend(person.client, 'GET', `${FILES}/${file}`))
      expectWithin('GET /user/media/folders', await spend(person.client, 'GET', '/user/media/folders'))
      expectWithin('GET /user/media/usage', await spend(person.client, 'GET', '/user/media/usage'))
    })

    test('an upload takes three round trips and one object', async () => {
      const spent = await spend(person.client, 'POST', `${FILES}?name=new.txt&folder=${folder}`, bytesOf('new'))
      expectWithin('POST /user/media/files', spent, 201)
      expect(spent.counts.r2Operations).toBe(1)
      expect(spent.later.d1RoundTrips).toBe(0)
    })

    test('changes take two', async () => {
      const made = await spend(person.client, 'POST', '/user/media/folders', { name: 'New plans' })
      expectWithin('POST /user/media/folders', made, 201)
      const path = `/user/media/folders/${made.json.data.folder._id}`
      expectWithin('PATCH /user/media/folders/:folderId', await spend(person.client, 'PATCH', path, { name: 'Newest plans' }))
      for (const name of ['a', 'b']) await newFile(person.client, name, bytesOf(name), { folder: made.json.data.folder._id })
      expectWithin('DELETE /user/media/folders/:folderId', await spend(person.client, 'DELETE', path))
      const one = `${FILES}/${await newFile(person.client)}`
      expectWithin(
        'PATCH /user/media/files/:fileId',
        await spend(person.client, 'PATCH', one, { name: 'b.txt', folder, preventShare: true }),
      )
      expectWithin('DELETE /user/media/files/:fileId/links', await spend(person.client, 'DELETE', `${one}/links`))
      const gone = await spend(person.client, 'DELETE', one)
      expectWithin('DELETE /user/media/files/:fileId', gone)
      expect(gone.later).toMatchObject({ d1RoundTrips: 2, r2Operations: 1 })
    })
  })

  describe('a download', () => {
    const conditional = (etag: string) => ({ 'if-none-match': etag })

    test('is one round trip and one object; HEAD, 304, 412 and 416 ask the bucket for nothing', async () => {
      const route = 'GET /user/media/files/:fileId/content'
      const path = `${FILES}/${file}/content`
      const whole = await spend(person.client, 'GET', path)
      expectWithin(route, whole)
      expect([whole.text, whole.counts.r2Operations]).toEqual(['of a plan', 1])
      const etag = whole.headers.get('etag') ?? ''
      const without = [
        [await spend(person.client, 'HEAD', path), 200],
        [await spend(person.client, 'GET', path, undefined, conditional(etag)), 304],
        [await spend(person.client, 'GET', path, undefined, { 'if-match': '"x"' }), 412],
        [await spend(person.client, 'GET', path, undefined, { range: 'bytes=99-' }), 416],
      ] as const
      for (const [spent, status] of without) expectWithin(`${route} with no body to send`, spent, status)
    })

    test('by a link is the same, and a link that is forged or over costs the database nothing', async () => {
      const made = await spend(person.client, 'POST', `${FILES}/${file}/links`, { expiresIn: 5 })
      expectWithin('POST /user/media/files/:fileId/links', made, 201)
      const link = await newLink(person.client, file)
      const followed = await spend(new Client(), 'GET', link)
      expectWithin('GET /files/:fileId', followed)
      expect([followed.text, followed.counts.r2Operations]).toEqual(['of a plan', 1])
      for (const bad of [
        link.replace(/viewer=./, 'viewer=f'),
        link.replace(/signature=.../, 'signature=AAA'),
        link.replace(/kid=test-1/, 'kid=gone'),
      ]) {
        const spent = await spend(new Client(), 'GET', bad)
        expectWithin('GET /files/:fileId with a link that is not good', spent, 403)
        expect(spent.counts.d1RoundTrips).toBe(0)
      }
    })
  })
}
