// The gallery (wire §0.3, §1.3 rows 13 to 21, §6.22): folders by name, files by GUID, both ways to upload one.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { JPEG, png } from '../../support/images.ts'
import { db, type Options, platform, type Reply } from '../../support/kith.ts'
import { bytesOf, mediaState, randomBytes, sha256 } from '../../support/media.ts'
import { type Person, signedInPerson } from '../../support/people.ts'
import { userToken } from '../../support/tokens.ts'
import { BASE64_BINARY, json, type OldClient, oldClient, personalClient } from './harness.ts'

let person: Person
let own: OldClient
let other: OldClient
const TEXT = { 'content-type': 'text/plain' }
const XML = { 'content-type': 'application/xml', accept: 'application/xml' }

beforeAll(async () => {
  person = await signedInPerson('old_gallery_person')
  own = await personalClient(person)
  other = await personalClient(await signedInPerson('old_gallery_other'))
})
beforeEach(() => platform.reset())

const folders = async (client = own) =>
  (await client.call('GET', '/user/media')).json.Folders as { FolderName: string; ItemCount: number }[]
const namesOf = async (client = own) => (await folders(client)).map(({ FolderName }) => FolderName)
const listed = async (folder: string, query = '') => (await own.call('GET', `/user/media/list/${folder}${query}`)).json as Item[]
interface Item {
  readonly FileId: string
  readonly FileName: string
}
const uploads = (
  folder: string,
  name: string,
  body: Options['body'] = bytesOf(name),
  headers: Record<string, string> = TEXT,
): Promise<Reply> => own.call('POST', `/user/media/file/${folder}?fileName=${encodeURIComponent(name)}`, body, headers)

async function newFile(folder = 'Default', name = 'a.txt', body?: Uint8Array): Promise<string> {
  const reply = await uploads(folder, name, body)
  if (reply.status !== 200) throw new Error(reply.text)
  return reply.json
}

function expectEmpty200(reply: Reply): void {
  expect([reply.status, reply.text], reply.text).toEqual([200, ''])
}

describe('the type of a file', () => {
  const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
  const OCTETS = { 'content-type': 'application/octet-stream' }
  const PARTS = { 'content-type': 'multipart/form-data' }
  test.each([
    ['a picture in a form', FORM, 'IMG_1', JPEG, 'image/jpeg'],
    ['a picture of octets under another name', OCTETS, 'a.txt', png(), 'image/png'],
    ['a picture that is declared a form with parts', PARTS, 'a', JPEG, 'image/jpeg'],
    ['a text by its name', FORM, 'notes.TXT', bytesOf('hello'), 'text/plain'],
    ['a film', OCTETS, 'a', bytesOf('\0\0\0\u0018ftypmp42'), 'video/mp4'],
    ['a recording', OCTETS, 'a', bytesOf('#!AMR\n'), 'audio/amr'],
    ['what nobody knows', OCTETS, 'a.xyz', bytesOf('?'), 'application/octet-stream'],
    ['what is declared as something', { 'content-type': 'text/csv' }, 'a.txt', bytesOf('a,b'), 'text/csv'],
  ])('%s', async (_what, headers, name, body, type) => {
    const reply = await uploads('Default', name, body, headers)
    expect(reply.status, reply.text).toBe(200)
    const file = await own.call('GET', `/user/media/content/${reply.json}`)
    expect([file.headers.get('content-type')?.split(';')[0], sha256(file.bytes)]).toEqual([type, sha256(body)])
    expectEmpty200(await own.call('DELETE', `/user/media/file/${reply.json}`))
  })
})

describe('folders', () => {
  test('Default is always there, first, under this name in any case; it cannot be made, renamed or deleted', async () => {
    expect((await folders(other))[0]).toEqual({ FolderName: 'Default', ItemCount: 0, LastModified: '/Date(0+0000)/' })
    for (const name of ['Default', 'default', 'DEFAULT']) {
      expect((await other.call('GET', `/user/media/list/${name}`)).json).toEqual([])
      expect((await other.call('POST', `/user/media/${name}`)).status).toBe(409)
      expect((await other.call('PUT', `/user/media/${name}`, json('Mine'))).status).toBe(403)
      expect((await other.call('DELETE', `/user/media/${name}`)).status).toBe(403)
    }
    expect(await namesOf(other)).toEqual(['Default'])
  })

  test.each([
    ['file', 'file'],
    ['list', 'list'],
    ['content', 'content'],
    ['C++', 'C++'],
    ['C%2B%2B 2', 'C++ 2'],
    ['My+Folder', 'My Folder'],
    ['My%2BFolder', 'My+Folder'],
    ['My%20Folder', 'My Folder'],
    ['caf%C3%A9', 'café'],
    ['100%25', '100%'],
    ['%D0%9F%D0%B0%D0%BF%D0%BA%D0%B0', 'Папка'],
    ['a.b-c_d~e', 'a.b-c_d~e'],
    ["it's (mine)", "it's (mine)"],
  ])('the path %s is the folder %j: made, filled, listed, renamed and deleted', async (path, name) => {
    expectEmpty200(await own.call('POST', `/user/media/${path}`))
    expect(await namesOf()).toContain(name)
    const file = await newFile(path)
    expect((await listed(path)).map(({ FileId }) => FileId)).toEqual([file])
    expectEmpty200(await own.call('PUT', `/user/media/${path}`, json('Renamed')))
    expect(await namesOf()).toEqual(['Default', 'Renamed'])
    expectEmpty200(await own.call('PUT', '/user/media/Renamed', json(name)))
    expectEmpty200(await own.call('DELETE', `/user/media/${path}`))
    expect(await namesOf()).toEqual(['Default'])
    expect((await own.call('GET', `/user/media/content/${file}`)).status).toBe(404)
  })

  test.each([
    ['Half+%ZZ', 'Half %ZZ'],
    ['Whole+100%', 'Whole 100%'],
    ['Cut+%E0%A4', 'Cut %E0%A4'],
  ])('a path that is escaped wrongly is taken as it stands: %s', async (path, name) => {
    expectEmpty200(await own.call('POST', `/user/media/${path}`))
    expect(await namesOf()).toContain(name)
    expect((await uploads(path, 'a.txt')).status).toBe(200)
    expectEmpty200(await own.call('DELETE', `/user/media/${path}`))
  })

  test('a plus is a space, as old PHP clients write it, unless a folder has that very name', async () => {
    expectEmpty200(await own.call('POST', '/user/media/One+Two'))
    const spaced = await newFile('One+Two', 'spaced.txt')
    expect((await listed('One%20Two')).map(({ FileId }) => FileId)).toEqual([spaced])
    expect((await own.call('GET', '/user/media/list/One%2BTwo')).status).toBe(404)
    expectEmpty200(await own.call('POST', '/user/media/One%2BTwo'))
    expect(await listed('One+Two')).toEqual([])
    expect(await listed('One%20Two')).toHaveLength(1)
    expectEmpty200(await own.call('DELETE', '/user/media/One+Two'))
    expect(await namesOf()).toEqual(['Default', 'One Two'])
    expectEmpty200(await own.call('DELETE', '/user/media/One+Two'))
  })

  test('uploading into one that does not exist makes it, with 64 uploads at once just one', async () => {
    const replies = await Promise.all(Array.from({ length: 64 }, (_, n) => uploads('Made+up', `${n}.txt`)))
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]))
    expect((await folders()).filter(({ FolderName }) => FolderName !== 'Default')).toMatchObject([{ FolderName: 'Made up', ItemCount: 64 }])
    expectEmpty200(await own.call('DELETE', '/user/media/Made+up'))
  })

  test('without room for the file there is no folder either, and without room for a folder no file', async () => {
    const token = await userToken(person)
    const upload = (env: Record<string, string>) =>
      oldClient(token, '/mxit', 'bearer', { env }).call('POST', '/user/media/file/Poor?fileName=a.txt', bytesOf('a'), TEXT)
    expect((await upload({ MEDIA_FILES_PER_USER: '0' })).text).toContain('You may have at most 0 files')
    expect((await upload({ MEDIA_FOLDERS_PER_USER: '0' })).text).toContain('You may have at most 0 folders')
    expect(await namesOf()).toEqual(['Default'])
  })

  test('slashes at the end, and bodies that nobody asked for, change nothing', async () => {
    for (const [body, path] of [
      [undefined, '/user/media/Trailing/'],
      ['{}', '/user/media/Braces'],
      ['', '/user/media/Nothing'],
      ['{"a":', '/user/media/Broken'],
    ] as const) {
      expectEmpty200(await own.call('POST', path, body))
    }
    expect((await own.call('GET', '/user/media/')).status).toBe(200)
    for (const name of ['Trailing', 'Braces', 'Nothing', 'Broken']) {
      expectEmpty200(await own.call('DELETE', `/user/media/${name}`, undefined, { 'content-type': 'application/json' }))
    }
  })

  test('a name is taken only once', async () => {
    for (const name of ['First', 'Second']) await own.call('POST', `/user/media/${name}`)
    const again = await own.call('POST', '/user/media/First')
    expect([again.status, again.json.error]).toEqual([409, 'already_exists'])
    expect((await own.call('PUT', '/user/media/First', json('Second'))).status).toBe(409)
    expect((await own.call('PUT', '/user/media/First', json('Default'))).status).toBe(409)
    expectEmpty200(await own.call('PUT', '/user/media/First', json('First')))
    for (const name of ['First', 'Second']) await own.call('DELETE', `/user/media/${name}`)
  })

  test('what is missing, and what is somebody else\u2019s, is not found', async () => {
    await other.call('POST', '/user/media/Theirs')
    for (const name of ['Nowhere', 'Theirs']) {
      expect((await own.call('GET', `/user/media/list/${name}`)).status).toBe(404)
      expect((await own.call('PUT', `/user/media/${name}`, json('x'))).status).toBe(404)
      expect((await own.call('DELETE', `/user/media/${name}`)).status).toBe(404)
    }
    expect(await namesOf(other)).toEqual(['Default', 'Theirs'])
  })
})

describe('files', () => {
  const contentOf = (file: string, headers: Record<string, string> = {}) =>
    own.call('GET', `/user/media/content/${file}`, undefined, headers)

  test('the FileId is a GUID with zeros before our id', async () => {
    const file = await newFile()
    const row = await db.prepare('SELECT id FROM files ORDER BY id DESC LIMIT 1').first<{ id: number }>()
    expect(file.replaceAll('-', '')).toBe((row?.id ?? 0).toString(16).padStart(32, '0'))
    expect((await contentOf(file.toUpperCase())).status).toBe(200)
  })

  test.each([
    ['text/plain', 'text/plain'],
    ['image/png', 'image/png'],
    ['text/html', 'application/octet-stream'],
    ['image/svg+xml', 'application/octet-stream'],
    ['application/octet-stream', 'application/octet-stream'],
  ])('bytes that are sent as %s come back as %s, harmless', async (type, shown) => {
    const bytes = randomBytes(2_000)
    const { json: file } = await uploads('Default', 'a.bin', bytes, { 'content-type': type })
    const reply = await contentOf(file)
    expect([reply.status, reply.headers.get('content-type'), sha256(reply.bytes)]).toEqual([200, shown, sha256(bytes)])
    expect(reply.headers.get('content-disposition')).toContain('attachment')
    expect(reply.headers.get('content-security-policy')).toContain('sandbox')
    expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
    expect(reply.headers.get('cross-origin-resource-policy')).toBe('same-origin')
  })

  test('a piece of it, and a condition', async () => {
    const file = await newFile('Default', 'a.txt', bytesOf('0123456789'))
    const piece = await contentOf(file, { range: 'bytes=2-4' })
    expect([piece.status, piece.text]).toEqual([206, '234'])
    const etag = piece.headers.get('etag') ?? ''
    expect((await contentOf(file, { 'if-none-match': etag })).status).toBe(304)
    expect((await contentOf(file, { range: 'bytes=99-' })).status).toBe(416)
  })

  test('in base64, with the type in the query', async () => {
    const path = '/user/media/file/Default?fileName=b64.png&mimeType=image%2Fpng'
    const reply = await own.call('POST', path, BASE64_BINARY(png()), XML)
    expect(reply.status, reply.text).toBe(200)
    const content = await contentOf(reply.json)
    expect([content.headers.get('content-type'), sha256(content.bytes)]).toEqual(['image/png', sha256(png())])
    const untyped = await own.call('POST', '/user/media/file/Default?fileName=b64.bin', BASE64_BINARY(JPEG), XML)
    expect(sha256((await contentOf(untyped.json)).bytes)).toBe(sha256(JPEG))
    const empty = await own.call('POST', '/user/media/file/Default?fileName=empty.bin', BASE64_BINARY(''), XML)
    expect((await contentOf(empty.json)).bytes.length).toBe(0)
  })

  test('an XML document of another kind is a file', async () => {
    const document = '<?xml version="1.0"?><playlist/>'
    const { json: file } = await own.call('POST', '/user/media/file/Default?fileName=list.xml', document, XML)
    expect((await contentOf(file)).text).toBe(document)
  })

  test('what is not quite base64 is refused, as for the avatar, and nothing is stored', async () => {
    const before = await mediaState()
    const reply = await own.call('POST', '/user/media/file/Default?fileName=a.png&mimeType=image/png', BASE64_BINARY('*'), XML)
    expect(reply.status, reply.text).toBe(400)
    expect(await mediaState()).toEqual(before)
  })

  test('in base64 it is held in memory, and limited like a form', async () => {
    const limited = oldClient(await userToken(person), '/mxit', 'bearer', {
      env: { MEDIA_FORM_BYTES_MAX: '1000', MEDIA_UPLOAD_BYTES_MAX: '5000' },
    })
    const send = (body: Options['body'], headers: Record<string, string>) =>
      limited.call('POST', '/user/media/file/Default?fileName=a.bin', body, headers)
    expect((await send(BASE64_BINARY(new Uint8Array(1000)), XML)).status).toBe(200)
    expect((await send(BASE64_BINARY(new Uint8Array(1001)), XML)).status).toBe(413)
    expect((await send(new Uint8Array(5000), TEXT)).status).toBe(200)
    expect((await send(new Uint8Array(5001), TEXT)).status).toBe(413)
  })

  test('a body that does not say how long it is: 411', async () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(bytesOf('abc'))
        controller.close()
      },
    })
    const reply = await own.call('POST', '/user/media/file/Default?fileName=a.txt', body, TEXT)
    expect([reply.status, typeof reply.json.error]).toEqual([411, 'string'])
  })

  test('renaming and deleting', async () => {
    const file = await newFile()
    expectEmpty200(await own.call('PUT', `/user/media/file/${file}`, json('Übersicht 1.txt')))
    expect((await listed('Default')).find(({ FileId }) => FileId === file)?.FileName).toBe('Übersicht 1.txt')
    expectEmpty200(await own.call('DELETE', `/user/media/file/${file}`))
    for (const call of [
      contentOf(file),
      own.call('DELETE', `/user/media/file/${file}`),
      own.call('PUT', `/user/media/file/${file}`, json('x')),
    ]) {
      expect((await call).status).toBe(404)
    }
  })

  test('a file of somebody else is not found, whatever is done with it', async () => {
    const file = await newFile()
    const before = await mediaState()
    for (const [method, path, body] of [
      ['GET', 'content', undefined],
      ['PUT', 'file', json('x')],
      ['DELETE', 'file', undefined],
    ] as const) {
      expect((await other.call(method, `/user/media/${path}/${file}`, body)).status).toBe(404)
    }
    expect(await mediaState()).toEqual(before)
  })

  test('quotas hold', async () => {
    const limited = oldClient(await userToken(person), '/mxit', 'bearer', {
      env: { MEDIA_FILES_PER_USER: '1', MEDIA_FOLDERS_PER_USER: '0' },
    })
    const reply = await limited.call('POST', '/user/media/file/Default?fileName=a.txt', bytesOf('a'), TEXT)
    expect([reply.status, reply.json.error]).toEqual([403, 'quota_exceeded'])
    expect((await limited.call('POST', '/user/media/More')).status).toBe(403)
  })

  test.each(['f00df00d-f00d-f00d-f00d-f00df00df00d', '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0020-000000000000'])(
    '%s is nobody\u2019s file: 404',
    async (file) => {
      expect((await contentOf(file)).status).toBe(404)
      expect((await own.call('DELETE', `/user/media/file/${file}`)).status).toBe(404)
    },
  )

  test.each([
    '1',
    'f00df00d',
    'f00df00df00df00df00df00df00df00d',
    'g00df00d-f00d-f00d-f00d-f00df00df00d',
    '%7Bf00df00d-f00d-f00d-f00d-f00df00df00d%7D',
  ])('%s is no FileId: 400', async (file) => {
    expect((await contentOf(file)).status).toBe(400)
    expect((await own.call('DELETE', `/user/media/file/${file}`)).status).toBe(400)
    expect((await own.call('PUT', `/user/media/file/${file}`, json('x'))).status).toBe(400)
  })
})

describe('the list of a folder', () => {
  test('newest first, by skip and count, each with what is known of it', async () => {
    await own.call('POST', '/user/media/Listed')
    const files: string[] = []
    for (const name of ['1.txt', '2.txt', '3.txt', '4.txt']) files.unshift(await newFile('Listed', name, bytesOf(name)))
    const ids = async (query: string) => (await listed('Listed', query)).map(({ FileId }) => FileId)
    expect(await ids('')).toEqual(files)
    expect(await ids('?count=2')).toEqual(files.slice(0, 2))
    expect(await ids('?skip=1&count=2')).toEqual(files.slice(1, 3))
    expect(await ids('?skip=4')).toEqual([])
    expect((await listed('Listed'))[0]).toEqual({
      FileId: files[0],
      FileName: '4.txt',
      MimeType: 'text/plain',
      FileSize: 5,
      PreventShare: false,
      LastModified: expect.stringMatching(/^\/Date\(\d{13}\+0000\)\/$/),
    })
    expect((await folders()).find(({ FolderName }) => FolderName === 'Listed')?.ItemCount).toBe(4)
    expect(await ids('?skip=2')).toEqual(files.slice(2))
  })

  test('only what the person has put there', async () => {
    const file = await newFile('Listed', 'made.txt')
    await db
      .prepare("UPDATE files SET origin = 'system' WHERE id = ?")
      .bind(Number.parseInt(file.replaceAll('-', ''), 16))
      .run()
    expect((await listed('Listed')).map(({ FileId }) => FileId)).not.toContain(file)
    expect((await own.call('GET', `/user/media/content/${file}`)).status).toBe(200)
  })

  test.each([
    ['&preventShare=true', true],
    ['&preventShare=false', false],
    ['', false],
  ])('preventShare is kept and shown: %s', async (query, shown) => {
    const { json: file } = await own.call('POST', `/user/media/file/Listed?fileName=p.txt${query}`, bytesOf('p'), TEXT)
    const items = (await own.call('GET', '/user/media/list/Listed')).json
    expect(items.find(({ FileId }: Item) => FileId === file).PreventShare).toBe(shown)
  })

  test('in the query a plus is a space', async () => {
    const { json: file } = await own.call('POST', '/user/media/file/Listed?fileName=My+Photo%2B1.jpg', bytesOf('p'), TEXT)
    expect((await listed('Listed')).find(({ FileId }) => FileId === file)?.FileName).toBe('My Photo+1.jpg')
  })
})
