// Profile pictures of a running Kith: the URL that `npm start` gives opens, public programs find the file clean (pngcheck,
// exiftool), and the local S3 endpoint accepts the signed URLs and refuses changed ones.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Ctx } from '../../src/core/ctx.ts'
import { avatarUrl } from '../../src/core/media/avatar-urls.ts'
import { concat, exif, exifSegment, jpegWith, png, pngChunk } from '../support/images.ts'
import { Demo } from './demo.ts'

const KEYS = { accessKeyId: 'local-test-key', secretAccessKey: 'local-test-secret' }
const kith = new Demo()
const { project } = kith
let cookie: string

// Before Kith starts.
const bucket = 'bucket_name = "kith-avatars"\n'
const credentials = `[r2_buckets.local_dev]\nexperimental_s3_credentials = { accessKeyId = "${KEYS.accessKeyId}", secretAccessKey = "${KEYS.secretAccessKey}" }\n`
project.write('wrangler.toml', project.read('wrangler.toml').replace(bucket, `${bucket}${credentials}`))

beforeAll(async () => {
  cookie = await kith.cookieOf('alice_demo')
})

async function upload(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const form = new FormData()
  form.append('profilePicture', new File([bytes], 'me'))
  const reply = await fetch(`${kith.origin}/user/profile-picture`, { method: 'PATCH', headers: { cookie }, body: form })
  const text = await reply.text()
  expect(reply.status, text).toBe(200)
  return JSON.parse(text).data.profilePictureUrl
}

async function download(url: string, type: string): Promise<Uint8Array> {
  const reply = await fetch(url)
  expect([reply.status, reply.headers.get('content-type')]).toEqual([200, type])
  return new Uint8Array(await reply.arrayBuffer())
}

test('the URL of a profile picture can be opened, also by the way that leads to it', async () => {
  const url = await upload(png())
  expect(url.startsWith(`${kith.origin}/`)).toBe(true)
  await download(url, 'image/webp')
  await download(url.replace('512.webp', '128.png'), 'image/png')
  const { id } = project.demo().users.alice_demo
  await download(`${kith.origin}/user/${id}/profile-picture`, 'image/webp')
})

describe('to public programs', () => {
  test('what is stored is a right PNG and has no metadata', async () => {
    const inputs = [
      png({ before: [pngChunk('tEXt', concat('Comment\0CANARY')), pngChunk('eXIf', exif(3))] }),
      jpegWith(exifSegment(6), concat(Uint8Array.from([0xff, 0xfe, 0, 8]), 'CANARY')),
    ]
    for (const input of inputs) {
      const url = await upload(input)
      const files = { small: join(project.folder, 'a.png'), large: join(project.folder, 'a.webp') }
      writeFileSync(files.small, await download(url.replace('512.webp', '128.png'), 'image/png'))
      writeFileSync(files.large, await download(url, 'image/webp'))
      expect(execFileSync('pngcheck', [files.small]).toString()).toMatch(/^OK:/)
      for (const file of Object.values(files)) {
        const tags = Object.keys(JSON.parse(execFileSync('exiftool', ['-json', '-G0', file]).toString())[0])
        const groups = new Set(tags.filter((tag) => tag !== 'SourceFile').map((tag) => tag.split(':')[0]))
        for (const group of groups) expect(['ExifTool', 'File', 'PNG', 'RIFF', 'Composite']).toContain(group)
        expect(tags.join()).not.toMatch(/GPS|Comment|Orientation|Profile|Warning|Error/)
      }
    }
  })
})

describe('signed URLs, at an S3 endpoint', () => {
  const sign = (key: string, change: { seconds?: number; now?: number; secret?: string } = {}) => {
    const url = `${kith.origin}/cdn-cgi/local/r2/s3/kith-avatars`
    const urls = {
      kind: 'presigned',
      url,
      ...KEYS,
      seconds: change.seconds ?? 600,
      ...(change.secret ? { secretAccessKey: change.secret } : {}),
    }
    const ctx = { config: { avatars: { urls } }, now: () => change.now ?? Date.now() } as unknown as Ctx
    return avatarUrl(ctx, key) ?? ''
  }

  test('are taken; changed, expired and foreign ones are not', async () => {
    const key = /kith-avatars\/(.*)\/512/.exec(await upload(png()))?.[1] ?? ''
    await download(sign(key), 'image/webp')
    const refused = [
      sign(key, { secret: 'another-secret' }),
      sign(key, { now: Date.now() - 3_600_000 }),
      sign(key).replace('X-Amz-Expires=600', 'X-Amz-Expires=6000'),
      sign(key).replace('512.webp', '128.png'),
      sign(key).replace(/X-Amz-Signature=./, (text) => `${text.slice(0, -1)}${text.endsWith('0') ? '1' : '0'}`),
    ]
    for (const url of refused) expect((await fetch(url)).status, url).toBe(403)
    expect((await fetch(sign(key).split('?')[0] ?? '')).status, 'without a signature').toBe(400)
  })
})
