// Where an avatar is downloaded (security row 69). The test computes the signature again from AWS's description of Signature
// Version 4, without the library that the Worker uses.
import { createHash, createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Ctx } from '../../../src/core/ctx.ts'
import { avatarUrl, avatarUrlSeconds } from '../../../src/core/media/avatar-urls.ts'
import { png } from '../../support/images.ts'
import { platform } from '../../support/kith.ts'
import { signedInPerson } from '../../support/people.ts'

const S3 = { url: 'https://abc.r2.cloudflarestorage.com/kith-avatars', accessKeyId: 'AKID', secretAccessKey: 'very secret' }
const KEY = `${'a'.repeat(24)}/${'b'.repeat(64)}`
const NOW = Date.UTC(2026, 8, 12, 15, 50, 58, 690)

const ctxOf = (seconds: number, now = NOW) =>
  ({ config: { avatars: { urls: { kind: 'presigned', ...S3, seconds } } }, now: () => now }) as unknown as Ctx
const signed = (seconds: number, now = NOW) => new URL(avatarUrl(ctxOf(seconds, now), KEY) ?? '')

/** AWS: "Authenticating Requests: Using Query Parameters". */
function signatureOf(url: URL): string {
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  const names = [...url.searchParams.keys()].filter((name) => name !== 'X-Amz-Signature').sort()
  const query = names.map((name) => `${name}=${encodeURIComponent(url.searchParams.get(name) ?? '')}`).join('&')
  const request = ['GET', url.pathname, query, `host:${url.host}`, '', 'host', 'UNSIGNED-PAYLOAD'].join('\n')
  const time = url.searchParams.get('X-Amz-Date') ?? ''
  const scope = `${time.slice(0, 8)}/auto/s3/aws4_request`
  const text = ['AWS4-HMAC-SHA256', time, scope, createHash('sha256').update(request).digest('hex')].join('\n')
  const key = ['auto', 's3', 'aws4_request'].reduce(
    hmac as (key: Buffer, text: string) => Buffer,
    hmac(`AWS4${S3.secretAccessKey}`, time.slice(0, 8)),
  )
  return hmac(key, text).toString('hex')
}

describe('a signed URL', () => {
  test('has the signature that AWS describes, for the bucket on its own host', () => {
    const url = signed(14_400)
    expect(`${url.origin}${url.pathname}`).toBe(`${S3.url}/${KEY}/512.webp`)
    expect(url.searchParams.get('X-Amz-Credential')).toBe('AKID/20260912/auto/s3/aws4_request')
    expect([url.searchParams.get('X-Amz-Expires'), url.searchParams.get('X-Amz-SignedHeaders')]).toEqual(['14400', 'host'])
    expect(url.searchParams.get('X-Amz-Signature')).toBe(signatureOf(url))
    expect(url.href).not.toContain('secret')
  })

  test('stays the same for half of its life, and has half of it left at least', () => {
    for (const seconds of [60, 61, 3_600, 14_400, 86_400]) {
      const urls = new Map<string, number[]>()
      for (let at = NOW; at < NOW + seconds * 2_000; at += seconds * 10) {
        const url = signed(seconds, at)
        const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(url.searchParams.get('X-Amz-Date') ?? '') ?? []
        const begin = Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s))
        const left = begin + seconds * 1000 - at
        expect(begin).toBeLessThanOrEqual(at)
        expect(left).toBeGreaterThanOrEqual(avatarUrlSeconds(ctxOf(seconds)) * 1000 - 1000)
        urls.set(url.href, [...(urls.get(url.href) ?? []), at])
      }
      expect(urls.size).toBeLessThanOrEqual(6)
    }
  })

  test('is what every reply shows where the operator chose so, and the way to it is kept no longer than it is good', async () => {
    const env = {
      AVATAR_URLS: 'presigned',
      AVATARS_S3_URL: S3.url,
      AVATARS_S3_ACCESS_KEY_ID: S3.accessKeyId,
      AVATARS_S3_SECRET_ACCESS_KEY: S3.secretAccessKey,
      AVATAR_URL_SECONDS: '60',
    }
    platform.reset()
    const { client, id } = await signedInPerson('signed_picture')
    const reply = await client.fetch('/user/profile-picture', { method: 'PUT', body: png(), env })
    const shown = new URL(reply.json.data.signedUrl)
    expect(shown.searchParams.get('X-Amz-Signature')).toBe(signatureOf(shown))
    const led = await client.get(`/user/${id}/profile-picture`, { env })
    expect([led.status, led.headers.get('cache-control')]).toEqual([302, 'public, max-age=30'])
    expect(led.headers.get('location')?.startsWith(S3.url)).toBe(true)
  })
})

test('no avatar, no URL; a public one is the key below the base', () => {
  const ctx = { config: { avatars: { urls: { kind: 'public', baseUrl: 'https://a.example.com/x' } } }, now: () => NOW } as unknown as Ctx
  expect(avatarUrl(ctx, null)).toBeNull()
  expect(avatarUrl(ctx, KEY)).toBe(`https://a.example.com/x/${KEY}/512.webp`)
  expect(avatarUrl(ctx, KEY, 128)).toBe(`https://a.example.com/x/${KEY}/128.png`)
})
