// Files of the media library: pages, changes, other people's files, and usage that always equals the sum.
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { checkInvariants } from '../../support/invariants.ts'
import { type Client, db, platform } from '../../support/kith.ts'
import { bytesOf, FILES, FOLDERS, idOfHex, listObjects, newFile, newFolder, objectKeyOf, upload, usageOf } from '../../support/media.ts'
import { signedInPerson } from '../../support/people.ts'
import { exampleInput, nameOf, userRoutes } from '../../support/routes.ts'

const idsOf = async (client: Client, query: string): Promise<string[]> =>
  (await client.get(`${FILES}?${query}`)).json.data.records.map(({ _id }: { _id: string }) => _id)

afterEach(async () => {
  platform.reset()
  await checkInvariants()
})

describe('pages', () => {
  test('newest first, each file once, while files come and go', async () => {
    const { client } = await signedInPerson('files_paged')
    const made: string[] = []
    for (let n = 0; n < 8; n++) made.unshift(await newFile(client, `${n}`))
    const first = await idsOf(client, 'limit=3')
    expect(first).toEqual(made.slice(0, 3))
    await newFile(client, 'new')
    // The position itself, and a future one.
    await client.delete(`${FILES}/${made[2]}`)
    await client.delete(`${FILES}/${made[4]}`)
    const second = await idsOf(client, `limit=3&offset=${first.at(-1)}`)
    expect(second).toEqual([made[3], made[5], made[6]])
    expect(await idsOf(client, `limit=3&offset=${second.at(-1)}`)).toEqual([made[7]])
    expect(await idsOf(client, `offset=${made[7]}`)).toEqual([])
  })

  test('10 by default, 1 to 100, of one folder or of all', async () => {
    const { client } = await signedInPerson('files_limits')
    const folder = await newFolder(client, 'One')
    const inside = await newFile(client, 'in', bytesOf('in'), { folder })
    for (let n = 0; n < 10; n++) await newFile(client, `${n}`)
    expect(await idsOf(client, '')).toHaveLength(10)
    expect(await idsOf(client, 'limit=100')).toHaveLength(11)
    expect(await idsOf(client, 'limit=1')).toHaveLength(1)
    expect(await idsOf(client, `folder=${folder}`)).toEqual([inside])
    expect(await idsOf(client, 'folder=default&limit=100')).toHaveLength(10)
    for (const bad of ['folder=Default', `folderId=${folder}`]) expect((await client.get(`${FILES}?${bad}`)).status, bad).toBe(400)
  })

  test('an upload in progress is in no list, and cannot be read or changed', async () => {
    const { client } = await signedInPerson('files_pending')
    const file = await newFile(client)
    // The state between reservation and commit, which a committed row cannot return to.
    const insert = `INSERT INTO files (id, user_id, name, content_type, size, object_key, created_at, updated_at)
                    SELECT id + 1, user_id, name, content_type, size, 'on its way', created_at, updated_at FROM files WHERE id = ?`
    await db.prepare(insert).bind(idOfHex(file)).run()
    const pending = (idOfHex(file) + 1).toString(16).padStart(24, '0')
    expect(await idsOf(client, '')).toEqual([file])
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/content'],
      ['DELETE', ''],
      ['DELETE', '/links'],
    ] as const)
      expect((await client.fetch(`${FILES}/${pending}${path}`, { method })).status).toBe(404)
    expect((await client.patch(`${FILES}/${pending}`, { name: 'x' })).status).toBe(404)
    expect((await client.post(`${FILES}/${pending}/links`, {})).status).toBe(404)
    // It takes up space all the same.
    expect(await usageOf(client)).toMatchObject({ files: 2 })
    await db.prepare('DELETE FROM files WHERE committed_at IS NULL').run()
  })
})

describe('a file', () => {
  test('is renamed and marked without its bytes, its digest or its place changing', async () => {
    const { client } = await signedInPerson('files_renamed')
    const made = (await upload(client, 'a.txt', bytesOf('text'), { type: 'text/plain; charset=utf-8' })).json.data.file
    expect(made).toMatchObject({
      name: 'a.txt',
      contentType: 'text/plain',
      size: 4,
      folder: 'default',
      preventShare: false,
      origin: 'user',
    })
    const path = `${FILES}/${made._id}`
    const changed = (await client.patch(path, { name: 'Cafe\u0301.txt', preventShare: true })).json.data.file
    expect(changed).toEqual({ ...made, name: 'Caf\u00e9.txt', preventShare: true, updatedAt: changed.updatedAt })
    expect((await client.get(path)).json.data.file).toEqual(changed)
    expect((await client.get(`${path}/content`)).text).toBe('text')
    expect((await client.patch(path, {})).status).toBe(400)
    expect((await client.patch(path, { size: 1 })).status).toBe(400)
  })

  test('that is deleted is gone at once, with its object and its quota', async () => {
    const { client } = await signedInPerson('files_deleted')
    const file = await newFile(client)
    const key = await objectKeyOf(file)
    expect((await client.delete(`${FILES}/${file}`)).json).toEqual({ ok: 1 })
    expect((await client.get(`${FILES}/${file}/content`)).status).toBe(404)
    expect((await client.delete(`${FILES}/${file}`)).status).toBe(404)
    expect((await listObjects()).map((object) => object.key)).not.toContain(key)
    expect(await usageOf(client)).toMatchObject({ files: 0, bytes: 0 })
  })
})

describe("other people's", () => {
  const media = userRoutes.filter(({ path }) => path.startsWith('/user/media/') && /:(file|folder)Id/.test(path))

  test('files and folders do not exist: every route answers as for an unknown id, byte for byte', async () => {
    const [owner, stranger] = [await signedInPerson('files_owner'), await signedInPerson('files_stranger')]
    const folder = await newFolder(owner.client, 'Mine')
    const file = await newFile(owner.client, 'mine.txt', bytesOf('mine'), { folder })
    const own = await newFile(stranger.client)
    expect(media.length).toBe(8)
    const ask = async (method: string, path: string, body?: Record<string, unknown>) => {
      const { status, text, headers } = await stranger.client.fetch(path, { method, ...(body ? { body } : {}) })
      const said = [...headers].filter(([name]) => !['x-request-id', 'x-d1-bookmark'].includes(name))
      return { status, text: text.replaceAll(/[0-9a-f]{24}/g, 'ID'), said }
    }
    for (const route of media) {
      const example = exampleInput(route, 'json')
      const body = Object.keys(example).length > 0 ? example : undefined
      const [foreign, unknown] = [route.path.includes('folderId') ? folder : file, 'f'.repeat(24)].map((id) =>
        route.path.replace(/:\w+/, id),
      )
      const seen = await ask(route.method, foreign ?? '', body)
      expect([nameOf(route), seen.status]).toEqual([nameOf(route), 404])
      expect(seen).toEqual(await ask(route.method, unknown ?? '', body))
    }
    for (const id of [folder, 'f'.repeat(24)]) {
      expect((await ask('GET', `${FILES}?folder=${id}`)).status).toBe(404)
      expect((await ask('PATCH', `${FILES}/${own}`, { folder: id })).status).toBe(404)
      expect((await upload(stranger.client, 'a', bytesOf('a'), { folder: id })).status).toBe(404)
    }
    expect((await owner.client.get(`${FILES}/${file}`)).json.data.file).toMatchObject({ name: 'mine.txt', folder })
    expect(await usageOf(stranger.client)).toMatchObject({ files: 1 })
  })
})

type Act =
  | { kind: 'upload'; size: number; folder: number; isFalse: boolean }
  | { kind: 'move'; file: number; folder: number }
  | { kind: 'delete' | 'rename'; file: number }
  | { kind: 'make' }
  | { kind: 'remove'; folder: number }

const folder = fc.nat(3)
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('upload' as const), size: fc.integer({ min: 1, max: 50 }), folder, isFalse: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('move' as const), file: fc.nat(9), folder }) },
  fc.record({ kind: fc.constantFrom('delete' as const, 'rename' as const), file: fc.nat(9) }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('make' as const) }) },
  fc.record({ kind: fc.constant('remove' as const), folder }),
)
const FALSE_DIGEST = { 'content-digest': `sha-256=:${Buffer.alloc(32).toString('base64')}:` }

/** The expected content: folders by id, and files as size and folder. */
class Library {
  readonly folders: string[] = ['default']
  readonly files = new Map<string, { size: number; folder: string }>()
  names = 0

  async perform(client: Client, one: Act): Promise<void> {
    const file = 'file' in one ? [...this.files.keys()][one.file] : undefined
    const where = ('folder' in one ? this.folders[one.folder] : undefined) ?? 'default'
    const known = file === undefined ? undefined : this.files.get(file)
    this.names += 1
    if (one.kind === 'upload') {
      const reply = await upload(client, `${this.names}`, new Uint8Array(one.size), {
        folder: where,
        headers: one.isFalse ? FALSE_DIGEST : {},
      })
      expect(reply.status).toBe(one.isFalse ? 400 : 201)
      if (!one.isFalse) this.files.set(reply.json.data.file._id, { size: one.size, folder: where })
    } else if (one.kind === 'make') this.folders.push(await newFolder(client, `${this.names}`))
    else if (one.kind === 'remove') {
      expect((await client.delete(`${FOLDERS}/${where}`)).status).toBe(where === 'default' ? 403 : 200)
      if (where === 'default') return
      this.folders.splice(one.folder, 1)
      for (const [id, { folder: place }] of this.files) if (place === where) this.files.delete(id)
    } else if (file !== undefined && known) {
      if (one.kind === 'delete') this.files.delete(file)
      if (one.kind === 'move') known.folder = where
      const body = one.kind === 'move' ? { folder: where } : { name: `${this.names}` }
      const reply = one.kind === 'delete' ? await client.delete(`${FILES}/${file}`) : await client.patch(`${FILES}/${file}`, body)
      expect(reply.status).toBe(200)
    }
  }

  async compare(client: Client): Promise<void> {
    const files = [...this.files.values()]
    const bytes = files.reduce((sum, { size }) => sum + size, 0)
    expect(await usageOf(client)).toMatchObject({ files: files.length, bytes, folders: this.folders.length - 1 })
    const { records } = (await client.get(FOLDERS)).json.data
    const counts = records.map(({ _id, fileCount }: { _id: string; fileCount: number }) => [_id, fileCount])
    expect(new Map(counts)).toEqual(new Map(this.folders.map((id) => [id, files.filter((file) => file.folder === id).length])))
    expect((await idsOf(client, 'limit=100')).sort()).toEqual([...this.files.keys()].sort())
  }
}

test('usage and counts are the sums of what there is, whatever was done', async () => {
  let people = 0
  const property = fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 20 }), async (acts) => {
    people += 1
    const { client } = await signedInPerson(`files_model_${people}`)
    const library = new Library()
    for (const one of acts) await library.perform(client, one)
    await library.compare(client)
    await checkInvariants()
  })
  await fc.assert(property, { numRuns: 12 })
})
