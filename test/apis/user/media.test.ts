// The media library over HTTP: folders, files, downloads, links (wire §6; RFC 9110 §13, §14; security 1G).
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type Client, ORIGIN } from '../../support/kith.ts'
import { signedInPerson } from '../../support/people.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

const upload = (client: Client, name: string, bytes: Uint8Array, query = '', headers = {}) =>
  client.fetch(`/user/media/files?name=${encodeURIComponent(name)}${query}`, { method: 'POST', body: bytes, headers })

describe('the media library', () => {
  test('a file comes back byte for byte, under its name, as an attachment', async () => {
    const { client } = await signedInPerson('media_first')
    const bytes = crypto.getRandomValues(new Uint8Array(50_000))
    const made = await upload(client, 'Ünï "quoted".bin', bytes, '', { 'content-type': 'image/png' })
    expect(made.json).toMatchObject({ ok: 1 })
    expect(made.status).toBe(201)
    const { file } = made.json.data
    expect(file).toMatchObject({
      name: 'Ünï "quoted".bin',
      folder: 'default',
      contentType: 'image/png',
      size: 50_000,
      sha256: sha256(bytes),
    })
    const got = await client.get(`/user/media/files/${file._id}/content`)
    expect(got.status).toBe(200)
    expect(sha256(got.bytes)).toBe(sha256(bytes))
    expect(got.headers.get('content-disposition')).toMatch(/^attachment; filename=.*filename\*=UTF-8''%C3%9Cn%C3%AF%20%22quoted%22\.bin$/)
    expect(got.headers.get('content-security-policy')).toBe("sandbox; default-src 'none'; frame-ancestors 'none'")
    expect(got.headers.get('x-content-type-options')).toBe('nosniff')
  })

  test('a form with a file is the same', async () => {
    const { client } = await signedInPerson('media_formed')
    const form = new FormData()
    form.set('file', new File([bytesOf('hello')], 'hello.txt', { type: 'text/plain' }))
    const made = await client.post('/user/media/files', form)
    expect(made.json).toMatchObject({ ok: 1, data: { file: { name: 'hello.txt', contentType: 'text/plain', size: 5 } } })
  })

  test('a link downloads without signing in, until it is revoked', async () => {
    const { client } = await signedInPerson('media_linked')
    const made = await upload(client, 'a.txt', bytesOf('linked'))
    const link = await client.post(`/user/media/files/${made.json.data.file._id}/links`, {})
    expect(link.status).toBe(201)
    const path = link.json.data.link.url.replace(ORIGIN, '')
    const { Client } = await import('../../support/kith.ts')
    expect((await new Client().get(path)).text).toBe('linked')
    await client.delete(`/user/media/files/${made.json.data.file._id}/links`)
    expect((await new Client().get(path)).status).toBe(403)
  })

  test('folders', async () => {
    const { client } = await signedInPerson('media_folders')
    const made = await client.post('/user/media/folders', { name: 'C++' })
    expect(made.status).toBe(201)
    const id = made.json.data.folder._id
    expect((await upload(client, 'a.txt', bytesOf('x'), `&folder=${id}`)).status).toBe(201)
    const list = await client.get('/user/media/folders')
    expect(list.json.data.records).toMatchObject([
      { _id: 'default', name: 'Default', fileCount: 0 },
      { _id: id, name: 'C++', fileCount: 1 },
    ])
    expect((await client.delete(`/user/media/folders/${id}`)).json).toEqual({ ok: 1 })
    expect((await client.get('/user/media/usage')).json.data.usage).toMatchObject({ files: 0, bytes: 0, folders: 0 })
  })
})
