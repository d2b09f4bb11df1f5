// Forms with a file (RFC 7578), and valid file names, in a form and in a query (security rows 65, 68).
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { newName } from '../../support/actors.ts'
import { checkInvariants } from '../../support/invariants.ts'
import type { Client, Reply } from '../../support/kith.ts'
import { bytesOf, mediaState, newFolder, randomBytes, sha256, upload } from '../../support/media.ts'
import { signedInPerson } from '../../support/people.ts'

const PATH = '/user/media/files'
const HELLO = bytesOf('hello')
const TYPE = 'multipart/form-data; boundary=xyz'

let client: Client
beforeEach(async () => {
  client = (await signedInPerson(newName('form_sender'))).client
})

/** By name; a list for a part that comes more than once. */
type Parts = Readonly<Record<string, string | File | readonly (string | File)[]>>
function formOf(parts: Parts): FormData {
  const form = new FormData()
  for (const [name, values] of Object.entries(parts)) for (const value of [values].flat()) form.append(name, value as File)
  return form
}
const fileOf = (name: string, bytes: Uint8Array<ArrayBuffer> = HELLO) => new File([bytes], name, { type: 'text/plain' })

const sendForm = (parts: Parts, query = '') => client.post(PATH + query, formOf(parts))
const sendText = (text: string, type = TYPE) => client.post(PATH, bytesOf(text), { headers: { 'content-type': type } })
const part = (headers: string, body = 'hello') => `--xyz\r\n${headers}\r\n\r\n${body}\r\n`
const FILE_PART = 'Content-Disposition: form-data; name="file"; filename="a.txt"'

async function expectRefused(work: () => Promise<Reply>, says: RegExp, status = 400): Promise<void> {
  const before = await mediaState()
  const reply = await work()
  expect(reply.status, reply.text).toBe(status)
  expect(reply.text).toMatch(says)
  expect(reply.json).toMatchObject({ ok: 0, error: expect.any(String) })
  expect(reply.text.length).toBeLessThan(2_000)
  expect(await mediaState()).toEqual(before)
}

afterEach(() => checkInvariants())

describe('a form', () => {
  test.each([
    ['a quote, as browsers escape it', 'My %22best%22 day.jpg', 'My "best" day.jpg'],
    ['a path of Windows', 'C:\\Users\\me\\Holiday.jpg', 'Holiday.jpg'],
    ['a path', 'photos/Holiday.jpg', 'Holiday.jpg'],
    ['a percent sign', '100%25 done %20.txt', '100%25 done %20.txt'],
  ])('the name of a file: %s', async (_what, sent, stored) => {
    const head = `Content-Disposition: form-data; name="file"; filename="${sent}"\r\nContent-Type: text/plain`
    const reply = await sendText(`${part(head)}--xyz--\r\n`)
    expect(reply.json.data?.file?.name, reply.text).toBe(stored)
  })

  test('says in fields what a raw body says in the query, and the fields win', async () => {
    const folder = await newFolder(client, 'Formed')
    const named = await sendForm({ file: fileOf('part.txt') })
    expect(named.json.data.file).toMatchObject({ name: 'part.txt', folder: 'default', contentType: 'text/plain', sha256: sha256(HELLO) })
    const fields = { name: 'field.txt', folder, preventShare: 'true', file: fileOf('part.txt') }
    const made = await sendForm(fields, '?name=query.txt&folder=default')
    expect(made.json.data.file).toMatchObject({ name: 'field.txt', folder, preventShare: true })
    const queried = await sendForm({ file: fileOf('part.txt') }, `?name=query.txt&folder=${folder}`)
    expect(queried.json.data.file).toMatchObject({ name: 'query.txt', folder })
  })

  const a = fileOf('a')
  const WRONG: readonly (readonly [what: string, parts: Parts, says: RegExp])[] = [
    ['without the file', { name: 'a.txt' }, /"path":"file"/],
    ['with nothing in it', {}, /"path":"file"|cannot be read/],
    ['with two files', { file: [a, fileOf('b')] }, /"path":"file".*one file/],
    ['with the file as text', { file: 'hello' }, /"path":"file".*must be a file/],
    ['with a field as a file', { file: a, name: fileOf('b') }, /"path":"name"/],
    ['with a part that nobody knows', { file: a, isAdmin: 'true' }, /"path":"isAdmin".*not a known field/],
    ['with a field twice', { file: a, name: ['a', 'b'] }, /"path":"name".*must not be repeated/],
    ['with a folder that is none', { file: a, folder: 'x' }, /"path":"folder"/],
    ['with a mark that is none', { file: a, preventShare: 'yes' }, /"path":"preventShare"/],
    ['with __proto__', JSON.parse('{"__proto__":"x"}'), /not a known field/],
    ['in which no file was chosen', { file: fileOf('', new Uint8Array(0)) }, /must (be a file|not be empty)/],
    ['with 17 parts', Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`p${n}`, ''])), /at most 16 parts/],
  ]
  test.each(WRONG)('%s is refused', async (_what, parts, says) => {
    await expectRefused(() => sendForm(parts), says)
  })

  test('of more than 10 MB is refused, whatever it says of its length', async () => {
    const tooLarge = new Uint8Array(10 * 1024 * 1024 + 1)
    tooLarge.set(randomBytes(60_000))
    await expectRefused(() => sendForm({ file: fileOf('a', tooLarge) }), /at most 10 MB/, 413)
    const endless = () => new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1024 * 1024)) })
    await expectRefused(() => client.fetch(PATH, { method: 'POST', body: endless(), headers: { 'content-type': TYPE } }), /at most/, 413)
    const made = await sendForm({ file: fileOf('a', tooLarge.subarray(1)) })
    expect(made.json.data.file).toMatchObject({ size: 10 * 1024 * 1024, sha256: sha256(tooLarge.subarray(1)) })
  })

  const BROKEN: readonly (readonly [what: string, text: string, type: string])[] = [
    ['a boundary that is another', `${part(FILE_PART)}--xyz--\r\n`, 'multipart/form-data; boundary=abc'],
    ['no boundary', `${part(FILE_PART)}--xyz--\r\n`, 'multipart/form-data'],
    ['no end', part(FILE_PART), TYPE],
    ['no headers', '--xyz\r\nhello\r\n--xyz--\r\n', TYPE],
    ['no name', `${part('Content-Disposition: form-data; filename="a.txt"')}--xyz--\r\n`, TYPE],
    ['no disposition', `${part('Content-Type: text/plain')}--xyz--\r\n`, TYPE],
    ['headers of 1 MB', `${part(`${FILE_PART}\r\nX-Pad: ${'a'.repeat(1024 * 1024)}`)}--xyz--\r\n`, TYPE],
    ['a name of 1 MB', `${part(`Content-Disposition: form-data; name="${'a'.repeat(1024 * 1024)}"`)}--xyz--\r\n`, TYPE],
    ['a file name of 7 KB', `${part(FILE_PART.replace('a.txt', 'a'.repeat(7_000)))}--xyz--\r\n`, TYPE],
    ['no part at all', '--xyz--\r\n', TYPE],
    ['nothing', '', TYPE],
  ]
  test.each(BROKEN)('with %s is refused', async (_what, text, type) => {
    await expectRefused(() => sendText(text, type), /cannot be read|incomplete|boundary|headers of a part|"path":"(file|name)"/)
  })

  test('whose boundary also stands in the file, but not on a line of its own, is read as it is', async () => {
    const made = await sendText(`${part(FILE_PART, 'a --xyz b')}--xyz--\r\n`)
    expect(made.json.data.file).toMatchObject({ size: 9, sha256: sha256(bytesOf('a --xyz b')) })
  })
})

const BAD_NAMES: readonly string[] = [
  '',
  ' ',
  'a\r\nSet-Cookie: x=1',
  'a\nb',
  '../../etc/passwd',
  'a/b',
  'a\\b',
  '..',
  '.',
  'x'.repeat(300),
  'exe.\u202egnp',
  'a\u2066b',
  'a\u200fb',
  'CON',
  'nul.txt',
  'com1.tar.gz',
  'a\0b',
  'a\u0007',
  'a\u2028b',
  ' a',
  'a ',
  'a.',
]

describe('names', () => {
  test.each(BAD_NAMES)('%j is none, in a query, in a field and when renaming', async (name) => {
    const refused = /"path":"name"|"path":"__|control|well-formed|cannot be read/
    await expectRefused(() => upload(client, name, HELLO), refused)
    await expectRefused(() => sendForm({ name, file: fileOf('a.txt') }), refused)
    const file = (await upload(client, 'a', HELLO)).json.data.file._id
    await expectRefused(() => client.patch(`${PATH}/${file}`, { name }), refused)
  })

  test('a lone surrogate, broken UTF-8 and NUL in the query are refused, and so is a name that is not there', async () => {
    for (const text of ['%ED%A0%80', '%ff', 'a%00b', '%E2%80%AE']) {
      await expectRefused(() => client.fetch(`${PATH}?name=${text}`, { method: 'POST', body: HELLO }), /name/)
    }
    await expectRefused(() => client.fetch(PATH, { method: 'POST', body: HELLO }), /"path":"name"/)
    await expectRefused(() => client.fetch(`${PATH}?name=a&name=b`, { method: 'POST', body: HELLO }), /"path":"name".*repeated/)
  })
})
