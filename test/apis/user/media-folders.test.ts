// Folders of the media library: names, counts, `Default`, quotas, and what a deletion takes along.
import { afterEach, describe, expect, test } from 'vitest'
import { checkInvariants } from '../../support/invariants.ts'
import { type Client, platform } from '../../support/kith.ts'
import { bytesOf, FOLDERS, listObjects, newFile, newFolder, objectKeyOf, tombstones, usageOf } from '../../support/media.ts'
import { signedInPerson } from '../../support/people.ts'
import { expectWrongField } from '../../support/replies.ts'

const foldersOf = async (client: Client) =>
  (await client.get(FOLDERS)).json.data.records as { _id: string; name: string; fileCount: number; createdAt: string | null }[]
const namesOf = async (client: Client) => (await foldersOf(client)).map(({ name }) => name)
const countsOf = async (client: Client) => Object.fromEntries((await foldersOf(client)).map(({ name, fileCount }) => [name, fileCount]))

afterEach(async () => {
  platform.reset()
  await checkInvariants()
})

describe('Default', () => {
  test('is there before anything is stored, and comes first', async () => {
    const { client } = await signedInPerson('folder_default')
    expect(await foldersOf(client)).toEqual([{ _id: 'default', name: 'Default', fileCount: 0, createdAt: null, updatedAt: null }])
    await newFolder(client, 'AAA')
    expect(await namesOf(client)).toEqual(['Default', 'AAA'])
  })

  test('is neither renamed nor deleted', async () => {
    const { client } = await signedInPerson('folder_lasting')
    await newFile(client)
    const replies = [await client.patch(`${FOLDERS}/default`, { name: 'Mine' }), await client.delete(`${FOLDERS}/default`)]
    for (const { status, json } of replies)
      expect([status, json.error, json.additionalInfo.reason]).toEqual([403, 'Forbidden', 'default_folder'])
    expect(await countsOf(client)).toEqual({ Default: 1 })
  })

  test('has its name for itself, in any case', async () => {
    const { client } = await signedInPerson('folder_namesake_1')
    const id = await newFolder(client, 'Other')
    for (const name of ['Default', 'default', 'DEFAULT', 'dEfAuLt']) {
      const made = await client.post(FOLDERS, { name })
      expect([made.status, made.json.error, made.json.additionalInfo]).toEqual([409, 'ResourceConflict', { duplicateFields: ['name'] }])
      expect((await client.patch(`${FOLDERS}/${id}`, { name })).status).toBe(409)
    }
    expect(await namesOf(client)).toEqual(['Default', 'Other'])
  })
})

describe('names', () => {
  test('a name typed in NFD and in NFC is one name', async () => {
    const { client } = await signedInPerson('folder_unicode')
    const [nfc, nfd] = ['Caf\u00e9', 'Cafe\u0301']
    await newFolder(client, nfd)
    expect((await client.post(FOLDERS, { name: nfc })).status).toBe(409)
    expect((await client.post(FOLDERS, { name: nfd })).status).toBe(409)
    expect(await namesOf(client)).toEqual(['Default', nfc])
  })

  test("a folder takes its own name again, another's not; two people may have the same", async () => {
    const [{ client }, other] = [await signedInPerson('folder_renamer'), await signedInPerson('folder_namesake')]
    const [one] = [await newFolder(client, 'One'), await newFolder(client, 'Two')]
    expect((await client.patch(`${FOLDERS}/${one}`, { name: 'One' })).status).toBe(200)
    const taken = await client.patch(`${FOLDERS}/${one}`, { name: 'Two' })
    expect([taken.status, taken.json.additionalInfo]).toEqual([409, { duplicateFields: ['name'] }])
    const renamed = await client.patch(`${FOLDERS}/${one}`, { name: 'Three' })
    expect(renamed.json.data.folder).toMatchObject({ _id: one, name: 'Three', fileCount: 0 })
    expect(await namesOf(client)).toEqual(['Default', 'Three', 'Two'])
    await newFolder(client, 'One')
    await newFolder(other.client, 'One')
  })

  // The rules are those of files, whose wrong names `media-forms.test.ts` has.
  test('what is no name of a file is none of a folder', async () => {
    const { client } = await signedInPerson('folder_bad_name')
    const id = await newFolder(client, 'Good')
    for (const name of ['', 'a/b', 'a\u202eb', 'CON', 'dot.', 'x'.repeat(256)]) {
      expectWrongField(await client.post(FOLDERS, { name }), 'name')
      expectWrongField(await client.patch(`${FOLDERS}/${id}`, { name }), 'name')
    }
    expect(await namesOf(client)).toEqual(['Default', 'Good'])
  })

  test('everything else is', async () => {
    const { client } = await signedInPerson('folder_any_name')
    for (const name of ['C++', "it's", '100%', 'שלום', '日本語', '👩‍👩‍👧', 'a.b', '-rf', 'x'.repeat(255), '😀'.repeat(255)]) {
      await newFolder(client, name)
      expect(await namesOf(client)).toContain(name)
    }
  })
})

describe('a folder that is deleted', () => {
  test('takes its files, their objects and their quota along at once, and nothing else', async () => {
    const { client } = await signedInPerson('folder_deleter')
    const folder = await newFolder(client, 'Gone')
    const inside = [await newFile(client, 'a', bytesOf('12345'), { folder }), await newFile(client, 'b', bytesOf('123'), { folder })]
    const outside = await newFile(client, 'c', bytesOf('1'))
    const keys = await Promise.all(inside.map(objectKeyOf))
    expect(await usageOf(client)).toMatchObject({ files: 3, bytes: 9, folders: 1 })
    expect((await client.delete(`${FOLDERS}/${folder}`)).json).toEqual({ ok: 1 })
    expect(await usageOf(client)).toMatchObject({ files: 1, bytes: 1, folders: 0 })
    for (const file of inside) expect((await client.get(`/user/media/files/${file}`)).status).toBe(404)
    expect((await client.get(`/user/media/files/${outside}/content`)).text).toBe('1')
    const left = (await listObjects()).map(({ key }) => key)
    for (const key of keys) expect(left).not.toContain(key)
    expect(await tombstones()).toEqual([])
    expect((await client.delete(`${FOLDERS}/${folder}`)).status).toBe(404)
    expect((await client.get(`/user/media/files?folder=${folder}`)).status).toBe(404)
  })
})

test('a file that is moved is counted where it is', async () => {
  const { client } = await signedInPerson('folder_mover')
  const [one, two] = [await newFolder(client, 'One'), await newFolder(client, 'Two')]
  const file = await newFile(client, 'a', bytesOf('a'), { folder: one })
  const move = (folder: string) => client.patch(`/user/media/files/${file}`, { folder })
  expect(await countsOf(client)).toEqual({ Default: 0, One: 1, Two: 0 })
  expect((await move(two)).json.data.file.folder).toBe(two)
  expect(await countsOf(client)).toEqual({ Default: 0, One: 0, Two: 1 })
  await move(two)
  expect((await move('default')).json.data.file.folder).toBe('default')
  expect(await countsOf(client)).toEqual({ Default: 1, One: 0, Two: 0 })
  expect((await move('f'.repeat(24))).status).toBe(404)
  await client.delete(`${FOLDERS}/${one}`)
  expect((await move(one)).status).toBe(404)
  expect(await countsOf(client)).toEqual({ Default: 1, Two: 0 })
})

test('there are as many folders as the quota says, and a deleted one makes room', async () => {
  const { client } = await signedInPerson('folder_quota')
  const env = { MEDIA_FOLDERS_PER_USER: '2' }
  const make = (name: string) => client.post(FOLDERS, { name }, { env })
  const one = (await make('1')).json.data.folder._id
  expect((await make('2')).status).toBe(201)
  const refused = await make('3')
  expect([refused.status, refused.json.error, refused.json.additionalInfo.reason]).toEqual([403, 'QuotaExceeded', 'folders'])
  // A taken name is reported as taken, whatever room there is.
  expect((await make('2')).status).toBe(409)
  await client.delete(`${FOLDERS}/${one}`)
  expect((await make('3')).status).toBe(201)
})
