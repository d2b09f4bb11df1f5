// r2.ts enforces its rules: the write rate and the size of metadata; the rest is passed on.
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { clock } from './clock.ts'
import { type Bindings, createPlatform } from './platform.ts'

const platform = createPlatform(env as unknown as Bindings)
const { MEDIA } = platform.env

beforeEach(() => {
  platform.reset()
  clock.freeze()
})
afterEach(() => clock.restore())

test('a second write to a key within 1 s is refused, a completed multipart upload included', async () => {
  await MEDIA.put('twice', 'one')
  await expect(MEDIA.put('twice', 'two')).rejects.toThrow('429')
  const upload = await MEDIA.createMultipartUpload('twice')
  const part = await upload.uploadPart(1, 'three')
  await expect(upload.complete([part])).rejects.toThrow('429')
  clock.advance(1_000)
  await upload.complete([part])
  expect(await (await MEDIA.get('twice'))?.text()).toBe('three')
})

test('metadata over 8 KB is refused', async () => {
  const customMetadata = { note: 'x'.repeat(8_192) }
  await expect(MEDIA.put('metadata', 'body', { customMetadata })).rejects.toThrow('(10012)')
  expect(await MEDIA.head('metadata')).toBeNull()
})

test('put, get, head, list, delete and multipart uploads are passed on and counted', async () => {
  const { counts } = await platform.counts.measure(async () => {
    await MEDIA.put('plain', 'body', { customMetadata: { a: '1' } })
    expect(await (await MEDIA.get('plain', { range: { offset: 1, length: 2 } }))?.text()).toBe('od')
    expect((await MEDIA.head('plain'))?.customMetadata).toEqual({ a: '1' })
    expect((await MEDIA.list({ prefix: 'plain' })).objects).toHaveLength(1)
    await MEDIA.delete('plain')
    const { uploadId } = await MEDIA.createMultipartUpload('parts')
    const upload = MEDIA.resumeMultipartUpload('parts', uploadId)
    await upload.complete([await upload.uploadPart(1, 'part')])
  })
  expect(counts.r2Operations).toBe(8)
  expect(await (await MEDIA.get('parts'))?.text()).toBe('part')
})

test('put with a failed condition answers null', async () => {
  await MEDIA.put('once', 'one')
  clock.advance(1_000)
  expect(await MEDIA.put('once', 'two', { onlyIf: { etagDoesNotMatch: '*' } })).toBeNull()
})

test('the two buckets are two', async () => {
  await MEDIA.put('shared-name', 'media')
  await platform.env.AVATARS.put('shared-name', 'avatar')
  expect(await (await MEDIA.get('shared-name'))?.text()).toBe('media')
})

test('a fault strikes the nth operation alone, whatever its kind', async () => {
  const { faults } = platform
  faults.strikeR2(2, 'throw')
  faults.strikeR2(3, 'lose-reply')
  faults.strikeR2(5, 'refuse')
  await MEDIA.put('first', 'body')
  await expect(MEDIA.put('second', 'body')).rejects.toThrow('500')
  await expect(MEDIA.put('third', 'body')).rejects.toThrow('Network connection lost')
  expect(await MEDIA.head('third'), 'stored, and not told').not.toBeNull()
  await expect(MEDIA.delete('first')).rejects.toThrow('429')
  expect(faults.fired).toBe(3)
  expect(await MEDIA.head('first')).not.toBeNull()
  expect(await MEDIA.head('second')).toBeNull()
  faults.strikeR2(1, 'throw')
  faults.clear()
  expect(await MEDIA.head('first')).not.toBeNull()
})

test('a put breaks off after so many bytes: the sender learns of it, and nothing is stored', async () => {
  platform.faults.strikeR2(1, 'break', 150)
  let sent = 0
  let ended: unknown
  const body = new ReadableStream({
    pull(controller) {
      sent += 100
      controller.enqueue(new Uint8Array(100))
    },
    cancel(reason) {
      ended = reason
    },
  })
  await expect(MEDIA.put('broken', body)).rejects.toThrow('Network connection lost')
  expect(sent).toBeGreaterThanOrEqual(200)
  expect(sent).toBeLessThanOrEqual(300)
  expect(String(ended)).toContain('Network connection lost')
  expect(await MEDIA.head('broken')).toBeNull()
})

test('a body that is read breaks off after so many bytes', async () => {
  await MEDIA.put('read', 'abcdef')
  platform.faults.strikeR2(1, 'break', 2)
  const object = await MEDIA.get('read')
  const reader = (object as R2ObjectBody).body.getReader()
  expect(new TextDecoder().decode((await reader.read()).value)).toBe('ab')
  await expect(reader.read()).rejects.toThrow('Network connection lost')
})
