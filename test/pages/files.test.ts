// The pages of files: what people really upload, who may do what, and that a file never runs (security rows 29, 30, 55, 67, 69).
import { beforeAll, describe, expect, test } from 'vitest'
import { Client, db, ORIGIN, type Reply } from '../support/kith.ts'
import { FILES as API, bytesOf, expectStored, idOfHex, mediaState, newFile, newFolder, sha256 } from '../support/media.ts'
import { checkMedia } from '../support/media-invariants.ts'
import {
  alertIn,
  asShown,
  browserOf,
  fillIn,
  follow,
  formOf,
  formsOf,
  headingOf,
  linkNamed,
  noticeIn,
  open,
  send,
  unescapeHtml,
} from '../support/pages.ts'
import { type Person, verifiedPerson } from '../support/people.ts'

const FILES = '/account/files'
const UPLOAD = `${FILES}/upload`
const NOBODYS = 'f'.repeat(24)

let person: Person
let client: Client
let stranger: Client
/** A file of the stranger's, and their folder. */
let strange: { file: string; folder: string }
beforeAll(async () => {
  person = await verifiedPerson('files_owner')
  client = await browserOf(person)
  stranger = await browserOf(await verifiedPerson('files_stranger'))
  const folder = await newFolder(stranger, 'Theirs')
  strange = { folder, file: await newFile(stranger, 'theirs.txt', bytesOf('theirs'), { folder }) }
})

const fileNamed = (name: string, bytes: string | Uint8Array<ArrayBuffer> = name, type = '') => new File([bytes], name, { type })

/** Sends the form of the page, as a browser does without a script. */
async function uploadByForm(by: Client, files: readonly File[], page = FILES, changes: Record<string, string> = {}): Promise<Reply> {
  const { fields } = formOf(await open(by, page), FILES)
  const body = new FormData()
  for (const [name, value] of Object.entries({ form_token: fields.form_token, folder: fields.folder, ...changes }))
    body.append(name, value ?? '')
  for (const file of files) body.append('files', file)
  return by.post(FILES, body, { headers: { origin: ORIGIN } })
}

const tokenOf = async (by: Client) => formOf(await open(by, FILES), FILES).fields.form_token ?? ''

/** Sends a file as the page's script does. */
async function uploadByScript(
  by: Client,
  name: string,
  bytes: Uint8Array,
  headers: Record<string, string> = {},
  folder = '',
): Promise<Reply> {
  const own = { origin: ORIGIN, 'x-form-token': await tokenOf(by), ...headers }
  return by.fetch(`${UPLOAD}?${new URLSearchParams({ folder, name })}`, { method: 'POST', body: bytes, headers: own })
}

const listed = async (by: Client, page = FILES) =>
  [...(await open(by, page)).text.matchAll(/<strong><bdi dir="auto">(.*?)<\/bdi><\/strong>/g)].map(([, name = '']) => unescapeHtml(name))

async function idNamed(by: Client, name: string): Promise<string> {
  const { results } = await db.prepare('SELECT id FROM files WHERE name = ? ORDER BY id DESC').bind(name).all<{ id: number }>()
  const [id] = results.map((row) => row.id.toString(16).padStart(24, '0'))
  expect((await by.get(`${FILES}/${id}`)).status).toBe(200)
  return id ?? ''
}

const metaOf = async (by: Client, id: string) => (await by.get(`${API}/${id}`)).json.data.file

describe('an upload by the form', () => {
  test('takes what phones and people have: every script, emoji, the same name twice, nothing at all', async () => {
    const names = ['IMG_0001.HEIC', '🎉 Feier.jpg', 'شهادة.txt', '写真.png', 'a'.repeat(250), 'same.txt', 'same.txt']
    const reply = await uploadByForm(client, [...names.map((name) => fileNamed(name)), fileNamed('empty.bin', '')])
    expect(noticeIn(await follow(client, reply))).toBe('Your files are uploaded.')
    expect((await listed(client)).sort()).toEqual([...names, 'empty.bin'].sort())
    await expectStored(client, await idNamed(client, '🎉 Feier.jpg'), bytesOf('🎉 Feier.jpg'))
    await checkMedia()
  })

  test('finds the type that a browser does not know in the first bytes, then in the name', async () => {
    const heic = new Uint8Array([0, 0, 0, 24, ...bytesOf('ftypheic'), 0, 0, 0, 0])
    await uploadByForm(client, [
      fileNamed('photo', heic),
      fileNamed('clip.mov', 'no header', 'application/octet-stream'),
      fileNamed('said.jpg', 'x', 'image/jpeg'),
      fileNamed('odd.xyz', 'x', 'not a type'),
    ])
    const types = await Promise.all(
      ['photo', 'clip.mov', 'said.jpg', 'odd.xyz'].map(async (name) => (await metaOf(client, await idNamed(client, name))).contentType),
    )
    expect(types).toEqual(['image/heic', 'video/quicktime', 'image/jpeg', 'application/octet-stream'])
  })

  test('gives a file whose name no system takes the nearest one that all do', async () => {
    const names = [
      ['C:\\photos\\a.jpg', 'a.jpg'],
      ['gpj.\u202eexe', 'gpj.exe'],
      [' dots... ', 'dots'],
      ['con.txt', '_con.txt'],
      ['Cafe\u0301.txt', 'Caf\u00e9.txt'],
      [`${'long'.repeat(100)}.jpeg`, `${'long'.repeat(100).slice(0, 250)}.jpeg`],
      ['...', '_'],
    ] as const
    for (const [sent, stored] of names) {
      const reply = await uploadByScript(client, sent.split('\\').at(-1) ?? '', bytesOf(sent))
      expect([sent, (await metaOf(client, reply.json.id)).name]).toEqual([sent, stored])
    }
    await uploadByForm(client, [fileNamed('C:\\photos\\b.jpg')])
    expect(await listed(client)).toContain('b.jpg')
  })

  test('says which files were refused and why, and keeps the others', async () => {
    const owner = await browserOf(await verifiedPerson('files_full'))
    const env = { MEDIA_BYTES_PER_USER: '10' } as never
    const { fields } = formOf(await open(owner, FILES), FILES)
    const body = new FormData()
    body.append('form_token', fields.form_token ?? '')
    body.append('folder', '')
    for (const name of ['fits.txt', 'large.txt']) body.append('files', fileNamed(name, 'x'.repeat(name === 'fits.txt' ? 5 : 6)))
    const reply = await owner.post(FILES, body, { headers: { origin: ORIGIN }, env })
    expect([reply.status, alertIn(reply).replace(/\s+/g, ' ')]).toEqual([
      403,
      'Some files were not uploaded. The others are below. large.txt : There is no space left for it. Delete something first.',
    ])
    expect(await listed(owner)).toEqual(['fits.txt'])
    await checkMedia()
  })

  test.each([
    ['no file', [new File([], '')], {}, 400, 'Nothing was uploaded.'],
    ['too many files', Array.from({ length: 11 }, (_, n) => fileNamed(`${n}`)), {}, 400, 'Nothing was uploaded.'],
    ['a token of another form', [fileNamed('a')], { form_token: 'x' }, 403, 'This page is out of date. Reload it and try again.'],
    ["a stranger's folder", [fileNamed('a')], { folder: 'strange' }, 404, 'Nothing was uploaded. a : The folder no longer exists.'],
    ['a folder that never was', [fileNamed('a')], { folder: NOBODYS }, 404, 'Nothing was uploaded. a : The folder no longer exists.'],
  ] as const)('with %s stores nothing, in words', async (_what, files, changes, status, words) => {
    const before = await mediaState()
    const sent = 'folder' in changes && changes.folder === 'strange' ? { folder: strange.folder } : changes
    const reply = await uploadByForm(client, files, FILES, sent as Record<string, string>)
    expect([reply.status, alertIn(reply).replace(/\s+/g, ' ')]).toEqual([status, words])
    expect(await mediaState()).toEqual(before)
  })

  test('that is larger than a form may be stores nothing, and says how large it may be', async () => {
    const { fields } = formOf(await open(client, FILES), FILES)
    const body = new FormData()
    body.append('form_token', fields.form_token ?? '')
    body.append('files', fileNamed('large.bin', new Uint8Array(2_000)))
    const before = await mediaState()
    const reply = await client.post(FILES, body, { headers: { origin: ORIGIN }, env: { MEDIA_FORM_BYTES_MAX: '1024' } as never })
    expect([reply.status, alertIn(reply)]).toEqual([413, 'These files are too large to send at once. Together they may have up to 1 kB.'])
    expect(await mediaState()).toEqual(before)
  })
})

describe('an upload by the script', () => {
  test('is streamed to a folder, and its reply leads to the page of the file', async () => {
    const folder = await newFolder(client, 'Streamed')
    const bytes = crypto.getRandomValues(new Uint8Array(60_000))
    const reply = await uploadByScript(client, 'stream.mov', bytes, { 'content-type': 'video/quicktime' }, folder)
    expect([reply.status, reply.json.path]).toEqual([201, `${FILES}/${reply.json.id}`])
    await expectStored(client, reply.json.id, bytes)
    const page = await open(client, reply.json.path)
    expect(page.text).toContain(sha256(bytes))
    expect(await listed(client, `${FILES}?folder=${folder}`)).toEqual(['stream.mov'])
  })

  test.each([
    ['without its token', { 'x-form-token': '' }, {}, 403, 'This page is out of date. Reload it and try again.'],
    ['from another site', { origin: 'https://evil.example' }, {}, 403, null],
    ['that is too large', {}, { MEDIA_UPLOAD_BYTES_MAX: '3' }, 413, 'It is too large. A file may have up to 3 bytes.'],
    ['for which there is no space', {}, { MEDIA_BYTES_PER_USER: '3' }, 403, 'There is no space left for it. Delete something first.'],
    ['of one file too many', {}, { MEDIA_FILES_PER_USER: '0' }, 403, /which is the most an account can have/],
  ] as const)('%s stores nothing, and says why', async (_what, headers, env, status, words) => {
    const own = { origin: ORIGIN, 'x-form-token': await tokenOf(client), ...headers }
    const before = await mediaState()
    const options = { method: 'POST', body: bytesOf('four'), headers: own, env: env as never }
    const reply = await client.fetch(`${UPLOAD}?folder=&name=a.txt`, options)
    expect(reply.status).toBe(status)
    if (words instanceof RegExp) expect(reply.json.message).toMatch(words)
    else if (words !== null) expect(reply.json).toEqual({ message: words })
    expect(await mediaState()).toEqual(before)
  })

  test('that breaks off leaves nothing', async () => {
    const before = await mediaState()
    const reply = await uploadByScript(client, 'half.bin', bytesOf('half'), { 'content-length': '8' })
    expect([reply.status, reply.json]).toEqual([400, { message: 'The connection broke off. Try again.' }])
    expect(await mediaState()).toMatchObject({ files: before.files, media_usage: before.media_usage, objects: before.objects })
  })

  test('by whoever is not signed in says so, and by a restricted person that, in words', async () => {
    const nobody = await new Client().post(`${UPLOAD}?folder=&name=a`, 'x', { headers: { origin: ORIGIN } })
    expect([nobody.status, nobody.json.message]).toEqual([401, 'You are signed out. Sign in again, then upload it.'])
    const restricted = await verifiedPerson('files_restricted')
    const browser = await browserOf(restricted)
    const token = await tokenOf(browser)
    await db.prepare('UPDATE users SET restricted_at = 1 WHERE id = ?').bind(idOfHex(restricted.id)).run()
    const options = { method: 'POST', body: bytesOf('x'), headers: { origin: ORIGIN, 'x-form-token': token } }
    const reply = await browser.fetch(`${UPLOAD}?folder=&name=a`, options)
    expect([reply.status, reply.json.message]).toEqual([403, 'Your account is restricted, so you cannot upload anything.'])
    const page = await open(browser, FILES)
    expect(formsOf(page).filter(({ action }) => action.startsWith(FILES))).toEqual([])
    expect(page.text).toContain('Your account is restricted.')
  })
})

describe('folders', () => {
  test('are made, renamed and deleted; what happens to the files is said before', async () => {
    const made = await follow(client, await fillIn(client, FILES, { name: 'Ferien ☀️' }, `${FILES}/new-folder`))
    expect(headingOf(made)).toBe('Ferien ☀️')
    const settings = linkNamed(made, 'Rename or delete')
    const folder = new URL(settings, ORIGIN).searchParams.get('folder') ?? ''
    await uploadByForm(client, [fileNamed('in.txt'), fileNamed('too.txt')], `${FILES}?folder=${folder}`)
    const renamed = await follow(client, await fillIn(client, settings, { name: 'Holidays' }))
    expect(headingOf(renamed)).toBe('Holidays')
    const asked = await open(client, `${FILES}/folder/delete?folder=${folder}`)
    expect(unescapeHtml(asked.text.replace(/<[^>]*>/g, ''))).toContain('“Holidays” and the 2 files in it are deleted for good.')
    expect(noticeIn(await follow(client, await send(client, formOf(asked))))).toBe('The folder is deleted.')
    expect((await client.get(`${FILES}?folder=${folder}`)).status).toBe(404)
    await checkMedia()
  })

  test('a name that is taken, reserved or none at all is refused at the form, which keeps it', async () => {
    await newFolder(client, 'Taken')
    for (const [name, words] of [
      ['Taken', 'Name is taken.'],
      ['Default', 'Name is taken.'],
      ['a/b', 'Name must not contain / or \\, and not be . or ..'],
      ['con', 'Name is reserved.'],
      ['', /^Name must/],
    ] as const) {
      const reply = await fillIn(client, FILES, { name }, `${FILES}/new-folder`)
      expect([name, reply.status]).toEqual([name, name === 'Taken' || name === 'Default' ? 409 : 400])
      if (typeof words === 'string') expect(alertIn(reply)).toContain(words.replace(/\.$/, ''))
      else expect(alertIn(reply)).toMatch(words)
      expect(formOf(reply, `${FILES}/new-folder`).fields.name).toBe(name)
    }
    const env = { MEDIA_FOLDERS_PER_USER: '1' } as never
    const full = await send(client, formOf(await open(client, FILES), `${FILES}/new-folder`), { name: 'One more' }, { env })
    expect(alertIn(full)).toBe('You have 1 folders, which is the most an account can have. Delete one first.')
  })
})

describe('a file', () => {
  test('is renamed, moved and deleted after one question', async () => {
    const folder = await newFolder(client, 'Moved')
    const id = await newFile(client, 'old.txt', bytesOf('moved'))
    const page = `${FILES}/${id}`
    const saved = await follow(client, await fillIn(client, page, { name: 'new 🎈.txt', folder, preventShare: 'on' }))
    expect([noticeIn(saved), headingOf(saved), linkNamed(saved, '<bdi dir="auto">Moved')]).toEqual([
      'Saved.',
      'new 🎈.txt',
      `${FILES}?folder=${folder}`,
    ])
    expect(await metaOf(client, id)).toMatchObject({ name: 'new 🎈.txt', folder, preventShare: true })
    const refused = await fillIn(client, page, { name: 'a\u200eb' })
    expect([refused.status, alertIn(refused)]).toEqual([400, 'Name must not change the direction of text.'])
    expect((await fillIn(client, page, { folder: strange.folder })).status).toBe(404)
    expect((await fillIn(client, page, { folder: NOBODYS })).status).toBe(404)
    const { preventShare: _, ...unticked } = formOf(await open(client, page), page).fields
    await send(client, { action: page, fields: { ...unticked, folder: '' } })
    expect(await metaOf(client, id)).toMatchObject({ folder: 'default', preventShare: false })
    const gone = await follow(client, await fillIn(client, `${page}/delete`))
    expect(noticeIn(gone)).toBe('The file is deleted.')
    expect((await client.get(page)).status).toBe(404)
    await checkMedia()
  })

  test('has a link that whoever has it can open, for as long as was chosen, or until all are ended', async () => {
    const id = await newFile(client, 'linked.txt', bytesOf('linked'))
    const page = `${FILES}/${id}`
    const made = async (lasts: string) => {
      const reply = await fillIn(client, page, { lasts }, `${page}/link`)
      expect(reply.status).toBe(200)
      return unescapeHtml(/id="made"[^>]*>([^<]*)</.exec(reply.text)?.[1] ?? '').replace(ORIGIN, '')
    }
    const link = await made('60')
    const { expires } = Object.fromEntries(new URLSearchParams(link.split('?')[1]))
    expect(Math.abs(Number(expires) * 1_000 - Date.now() - 60_000)).toBeLessThan(10_000)
    expect((await new Client().get(link)).text).toBe('linked')
    expect((await fillIn(client, page, { lasts: '999999' }, `${page}/link`)).status).toBe(400)
    const ended = await follow(client, await fillIn(client, page, {}, `${page}/link/end`))
    expect(noticeIn(ended)).toBe('All links to this file have ended.')
    expect((await new Client().get(link)).status).toBe(403)
    expect((await new Client().get(await made('300'))).status).toBe(200)
  })

  test('is shown only if browsers find nothing to run in its kind, from the origin of files alone', async () => {
    const origin = 'https://files.kith.test'
    const env = { FILES_ORIGIN: origin } as never
    for (const [name, type, tag] of [
      ['a.png', 'image/png', 'img'],
      ['a.heic', 'image/heic', 'img'],
      ['a.mp3', 'audio/mpeg', 'audio'],
      ['a.mov', 'video/quicktime', 'video'],
      ['a.svg', 'image/svg+xml', null],
      ['a.html', 'text/html', null],
      ['a.pdf', 'application/pdf', null],
      ['a.xhtml', 'application/xhtml+xml', null],
    ] as const) {
      const id = await newFile(client, name, bytesOf('<script>alert(1)</script>'), { type })
      const page = await client.get(`${FILES}/${id}`, { env })
      const shown = [...page.text.matchAll(/<(img|audio|video|iframe|object|embed)\b[^>]*data-preview/g)].map(([, one]) => one)
      expect([name, shown]).toEqual([name, tag === null ? [] : [tag]])
      expect(page.text).not.toMatch(/<(iframe|object|embed)\b/)
      const policy = page.headers.get('content-security-policy') ?? ''
      expect(policy).toMatch(new RegExp(`img-src 'self' data: [^;]*${origin}(;|$)`))
      expect(policy).toContain(`media-src 'self' ${origin};`)
      const content = await client.get(`${API}/${id}/content`, { env })
      expect([content.status, content.headers.get('location')?.startsWith(`${origin}/files/${id}?`)]).toEqual([302, true])
    }
    expect((await open(client, FILES)).headers.get('content-security-policy')).not.toContain('media-src')
  })

  test('with a name that is markup is only text', async () => {
    const name = `<img src=x onerror=alert(1)>"'&.png`
    const id = await newFile(client, name, bytesOf('x'), { type: 'image/png' })
    for (const path of [FILES, `${FILES}/${id}`, `${FILES}/${id}/delete`]) {
      const { text } = await open(client, path)
      expect(text).not.toContain('<img src=x')
      expect(text).toContain('&lt;img src=x onerror=alert(1)&gt;')
    }
  })
})

describe("somebody else's", () => {
  test('file and folder are not found, exactly like those that never were, on every page and form', async () => {
    const id = await newFile(client, 'own.txt')
    const folder = await newFolder(client, 'Own')
    const page = `${FILES}/${id}`
    const actions = [page, `${page}/link`, `${page}/link/end`, `${page}/delete`]
    const onPage = formsOf(await open(client, page)).concat(formsOf(await open(client, `${page}/delete`)))
    const own = onPage.filter(({ action }) => action.startsWith(page))
    expect(new Set(own.map(({ action }) => action))).toEqual(new Set(actions))
    const before = await mediaState()
    const shown = async (file: string) => {
      const gets = ['', '/delete'].map((path) => client.get(`${FILES}/${file}${path}`))
      const posts = own.map(({ action, fields }) => send(client, { action: action.replace(id, file), fields }))
      return (await Promise.all([...gets, ...posts])).map((reply) => [reply.status, asShown(reply)])
    }
    const answers = await shown(strange.file)
    expect(answers.map(([status]) => status)).toEqual(answers.map(() => 404))
    expect(answers).toEqual(await shown(NOBODYS))
    const ofFolders = async (other: string) => {
      const gets = ['', '/folder', '/folder/delete'].map((path) => client.get(`${FILES}${path}?folder=${other}`))
      const posts = ['/folder', '/folder/delete'].map(async (path) => {
        const { action, fields } = formOf(await open(client, `${FILES}${path}?folder=${folder}`), `${FILES}${path}`)
        return send(client, { action, fields: { ...fields, folder: other } })
      })
      return (await Promise.all([...gets, ...posts])).map((reply) => [reply.status, asShown(reply)])
    }
    const folders = await ofFolders(strange.folder)
    expect(folders.map(([status]) => status)).toEqual(folders.map(() => 404))
    expect(folders).toEqual(await ofFolders(NOBODYS))
    expect(await mediaState()).toEqual(before)
  })

  test('page sends no form here, and an outdated or repeated form is shown again or does nothing more', async () => {
    const id = await newFile(client, 'kept.txt')
    const page = `${FILES}/${id}`
    const remove = formOf(await open(client, `${page}/delete`))
    const foreign = await client.post(remove.action, new URLSearchParams(remove.fields), { headers: { origin: 'https://evil.example' } })
    expect(foreign.status).toBe(403)
    const outdated = await send(client, { ...remove, fields: { form_token: 'old' } })
    expect([outdated.status, alertIn(outdated)]).toEqual([403, 'This page was out of date. Please submit it again.'])
    expect((await send(client, formOf(outdated))).status).toBe(303)
    expect((await send(client, remove)).status).toBe(404)
    // A token of one form is none of another.
    const { fields } = formOf(await open(client, FILES), `${FILES}/new-folder`)
    expect((await uploadByForm(client, [fileNamed('x')], FILES, { form_token: fields.form_token ?? '' })).status).toBe(403)
  })
})

test('a long list is in pages, and the usage is as it is', async () => {
  const owner = await browserOf(await verifiedPerson('files_many'))
  for (let n = 0; n < 3; n++)
    await uploadByForm(
      owner,
      Array.from({ length: 10 }, (_, one) => fileNamed(`${n}-${one}`, 'xx')),
    )
  const first = await open(owner, FILES)
  expect(first.text).toMatch(/<meter[^>]*value="60"/)
  expect(first.text).toContain('60 bytes of 1 GB used')
  expect(first.text).toContain('30 of 10,000 files')
  const older = linkNamed(first, 'Show older')
  expect([(await listed(owner)).length, (await listed(owner, older)).length]).toEqual([25, 5])
  expect(new Set([...(await listed(owner)), ...(await listed(owner, older))]).size).toBe(30)
  expect((await open(owner, `${FILES}?after=nonsense&folder=nonsense`)).status).toBe(200)
})
