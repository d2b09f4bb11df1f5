// Downloads: conditions and ranges by RFC 9110 §13 and §14, names by RFC 6266 and 8187, and headers under which nothing in a file
// can run (security rows 67, 68, 72).
import { parse } from 'content-disposition'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { Client, platform, type Reply } from '../../support/kith.ts'
import { newFile, newLink, randomBytes, sha256 } from '../../support/media.ts'
import { signedInPerson } from '../../support/people.ts'

const SIZE = 10_000
const BYTES = randomBytes(SIZE)
const ETAG = `"${Buffer.from(sha256(BYTES), 'hex').toString('base64url')}"`

let client: Client
/** The same file, as its owner downloads it and by a link. */
const paths: Record<'content' | 'link', string> = { content: '', link: '' }
/** Last-Modified, and the second before and after it. */
let [before, modified, after] = ['', '', '']

const get = (headers: Record<string, string> = {}, method = 'GET') => client.fetch(paths.content, { method, headers })

beforeAll(async () => {
  platform.reset()
  client = (await signedInPerson('downloader')).client
  const file = await newFile(client, 'random.bin', BYTES)
  paths.content = `/user/media/files/${file}/content`
  paths.link = await newLink(client, file)
  modified = (await get()).headers.get('last-modified') ?? ''
  ;[before, after] = [-1_000, 1_000].map((shift) => new Date(Date.parse(modified) + shift).toUTCString()) as [string, string]
})

function expectPiece(reply: Reply, first: number, last: number): void {
  expect(reply.status, reply.text.slice(0, 200)).toBe(206)
  expect(reply.headers.get('content-range')).toBe(`bytes ${first}-${last}/${SIZE}`)
  expect(reply.headers.get('content-length')).toBe(String(last - first + 1))
  expect(reply.headers.get('etag')).toBe(ETAG)
  expect(sha256(reply.bytes)).toBe(sha256(BYTES.subarray(first, last + 1)))
}

function expectWhole(reply: Reply): void {
  expect(reply.status, reply.text.slice(0, 200)).toBe(200)
  expect(reply.headers.has('content-range')).toBe(false)
  expect(reply.headers.get('content-length')).toBe(String(SIZE))
  expect(sha256(reply.bytes)).toBe(sha256(BYTES))
}

describe('Range', () => {
  test.each([
    ['bytes=0-0', 0, 0],
    ['bytes=9500-', 9_500, 9_999],
    ['bytes=0-', 0, 9_999],
    ['bytes=-10000', 0, 9_999],
    ['bytes=-10001', 0, 9_999],
    ['bytes=-99999999999999999999', 0, 9_999],
    ['bytes=9000-99999999999999999999', 9_000, 9_999],
    ['BYTES=1-2', 1, 2],
  ])('%s is a piece', async (range, first, last) => expectPiece(await get({ range }), first, last))

  test.each(['bytes=10000-', 'bytes=10000-10001', 'bytes=99999999999999999999-', 'bytes=-0'])('%s is beyond the file', async (range) => {
    const reply = await get({ range })
    expect([reply.status, reply.json.error]).toEqual([416, 'RangeNotSatisfiable'])
    expect(reply.headers.get('content-range')).toBe(`bytes */${SIZE}`)
  })

  test.each([
    'bytes=0-1,5-6',
    'bytes=0-0,-1',
    'bytes=5-2',
    'bytes=-',
    'bytes=',
    'bytes=a-b',
    'bytes=1',
    'bytes=1-2-3',
    'bytes=+1-2',
    'bytes=0x1-2',
    'bytes',
    'items=0-1',
    '0-1',
    'bytes 0-1',
  ])('%s is not one range: the whole file', async (range) => expectWhole(await get({ range })))

  test('of any first and last byte is the slice between them', async () => {
    const property = fc.asyncProperty(fc.nat(SIZE - 1), fc.nat(SIZE + 500), fc.boolean(), async (first, last, isSuffix) => {
      if (isSuffix) expectPiece(await get({ range: `bytes=-${first + 1}` }), SIZE - first - 1, SIZE - 1)
      else if (last < first) expectWhole(await get({ range: `bytes=${first}-${last}` }))
      else expectPiece(await get({ range: `bytes=${first}-${last}` }), first, Math.min(last, SIZE - 1))
    })
    await fc.assert(property, { numRuns: 40 })
  })

  test('with If-Range is a piece of the same file only', async () => {
    const range = 'bytes=0-9'
    expectPiece(await get({ range, 'if-range': ETAG }), 0, 9)
    expectPiece(await get({ range, 'if-range': modified }), 0, 9)
    for (const other of ['"x"', `W/${ETAG}`, before, after, 'x', '', '*']) expectWhole(await get({ range, 'if-range': other }))
    // What is not about this file is not out of range either.
    expectWhole(await get({ range: 'bytes=10000-', 'if-range': '"x"' }))
  })
})

/** Headers -> the status by RFC 9110 §13.2.2. Functions, because the dates are known only later. */
const CONDITIONS: readonly (readonly [what: string, headers: () => Record<string, string>, status: number])[] = [
  ['If-None-Match, the same', () => ({ 'if-none-match': ETAG }), 304],
  ['If-None-Match, weak', () => ({ 'if-none-match': `W/${ETAG}` }), 304],
  ['If-None-Match, in a list', () => ({ 'if-none-match': `"a", W/"b" ,${ETAG}` }), 304],
  ['If-None-Match, any', () => ({ 'if-none-match': '*' }), 304],
  ['If-None-Match, another', () => ({ 'if-none-match': '"a", "b"' }), 200],
  ['If-None-Match, without quotes', () => ({ 'if-none-match': ETAG.slice(1, -1) }), 200],
  ['If-Match, the same', () => ({ 'if-match': ETAG }), 200],
  ['If-Match, in a list', () => ({ 'if-match': `"a", ${ETAG}` }), 200],
  ['If-Match, any', () => ({ 'if-match': '*' }), 200],
  ['If-Match, weak', () => ({ 'if-match': `W/${ETAG}` }), 412],
  ['If-Match, another', () => ({ 'if-match': '"a"' }), 412],
  ['If-Modified-Since, then', () => ({ 'if-modified-since': modified }), 304],
  ['If-Modified-Since, later', () => ({ 'if-modified-since': after }), 304],
  ['If-Modified-Since, before', () => ({ 'if-modified-since': before }), 200],
  ['If-Modified-Since, an old form of date', () => ({ 'if-modified-since': 'Sunday, 06-Nov-94 08:49:37 GMT' }), 200],
  ['If-Modified-Since, no date', () => ({ 'if-modified-since': '2999' }), 200],
  ['If-Unmodified-Since, then', () => ({ 'if-unmodified-since': modified }), 200],
  ['If-Unmodified-Since, before', () => ({ 'if-unmodified-since': before }), 412],
  ['If-Unmodified-Since, as asctime', () => ({ 'if-unmodified-since': 'Sun Nov  6 08:49:37 1994' }), 412],
  ['If-Unmodified-Since, no date', () => ({ 'if-unmodified-since': '1994' }), 200],
  ['If-None-Match before If-Modified-Since', () => ({ 'if-none-match': '"a"', 'if-modified-since': after }), 200],
  ['If-None-Match before an older date', () => ({ 'if-none-match': ETAG, 'if-modified-since': before }), 304],
  ['If-Match before If-Unmodified-Since', () => ({ 'if-match': ETAG, 'if-unmodified-since': before }), 200],
  ['If-Match before If-None-Match', () => ({ 'if-match': '"a"', 'if-none-match': ETAG }), 412],
  ['both hold', () => ({ 'if-match': ETAG, 'if-none-match': ETAG }), 304],
  ['a condition before a range', () => ({ 'if-none-match': ETAG, range: 'bytes=99999-' }), 304],
  ['a failed condition before a range', () => ({ 'if-match': '"a"', range: 'bytes=0-1' }), 412],
  ['a condition that holds, and a range', () => ({ 'if-match': ETAG, range: 'bytes=0-1' }), 206],
]

describe('conditions', () => {
  test.each(CONDITIONS)('%s', async (_what, headers, status) => {
    for (const path of Object.values(paths)) {
      const reply = await client.get(path, { headers: headers() })
      expect([reply.status, reply.headers.get(status === 412 ? 'x' : 'etag')]).toEqual([status, status === 412 ? null : ETAG])
      if (status === 304)
        expect([reply.text, reply.headers.get('last-modified'), reply.headers.get('cache-control')]).toEqual([
          '',
          modified,
          'private, no-cache, no-transform',
        ])
      // HEAD ignores ranges; otherwise it answers like GET, without the body.
      const head = await client.fetch(path, { method: 'HEAD', headers: headers() })
      expect([head.status, head.text]).toEqual([status === 206 ? 200 : status, ''])
    }
  })

  test('HEAD has the headers of GET', async () => {
    const said = ({ headers }: Reply) => [...headers].filter(([name]) => name !== 'x-request-id' && name !== 'x-d1-bookmark')
    const head = await get({}, 'HEAD')
    expect(head.bytes.byteLength).toBe(0)
    expect(said(head)).toEqual(said(await get()))
    expect(head.headers.get('content-length')).toBe(String(SIZE))
  })
})

describe('headers', () => {
  test('nothing in a file can run, whichever way it is downloaded', async () => {
    for (const [path, policy] of [
      [paths.content, 'same-origin'],
      [paths.link, 'cross-origin'],
    ] as const) {
      const { headers } = await client.get(path)
      expect(headers.get('content-disposition')).toBe('attachment; filename=random.bin')
      expect(headers.get('content-security-policy')).toBe("sandbox; default-src 'none'; frame-ancestors 'none'")
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('cross-origin-resource-policy')).toBe(policy)
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('cache-control')).toBe('private, no-cache, no-transform')
      expect(headers.get('accept-ranges')).toBe('bytes')
      expect(headers.get('repr-digest')).toBe(`sha-256=:${Buffer.from(sha256(BYTES), 'hex').toString('base64')}:`)
      expect(headers.getSetCookie()).toEqual([])
    }
  })

  test.each([
    ['image/png', 'image/png'],
    ['application/pdf', 'application/pdf'],
    ['text/plain', 'text/plain'],
    ['video/mp4', 'video/mp4'],
    [
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    ],
    ['text/html', 'application/octet-stream'],
    ['image/svg+xml', 'application/octet-stream'],
    ['text/javascript', 'application/octet-stream'],
    ['application/javascript', 'application/octet-stream'],
    ['application/xhtml+xml', 'application/octet-stream'],
    ['text/xml', 'application/octet-stream'],
    ['text/css', 'application/octet-stream'],
    ['multipart/x-mixed-replace', 'application/octet-stream'],
    ['message/rfc822', 'application/octet-stream'],
    ['application/wasm', 'application/octet-stream'],
    ['application/x-shockwave-flash', 'application/octet-stream'],
  ])('what was declared as %s is served as %s', async (type, served) => {
    const file = await newFile(client, 'a', randomBytes(3), { type })
    expect((await client.get(`/user/media/files/${file}`)).json.data.file.contentType).toBe(type)
    expect((await client.get(`/user/media/files/${file}/content`)).headers.get('content-type')).toBe(served)
  })

  test.each([
    'plain.txt',
    'with space.txt',
    'a "quoted" one.txt',
    "it's.txt",
    'semi;colon=.txt',
    'comma, dot..txt',
    '100% sure.txt',
    '%41%zz.txt',
    'Ünïcödé.txt',
    '日本語のファイル.txt',
    'שלום.txt',
    '👩‍👩‍👧.png',
    '€ rates.csv',
    '-rf',
    '.htaccess',
    `${'x'.repeat(251)}.txt`,
    '漢'.repeat(255),
  ])('the name %s comes back whole', async (name) => {
    const file = await newFile(client, name, randomBytes(3))
    const header = (await client.get(`/user/media/files/${file}/content`)).headers.get('content-disposition') ?? ''
    expect(header).toMatch(/^attachment; filename/)
    expect(header).toMatch(/^[\x20-\x7e]+$/)
    expect(parse(header).parameters.filename).toBe(name)
  })
})

test('a lost object is not found, and a failing bucket asks to retry', async () => {
  platform.faults.r2('get', 'null')
  expect((await get()).status).toBe(404)
  platform.faults.r2('get', 'throw')
  const failed = await get()
  expect([failed.status, Number(failed.headers.get('retry-after')) > 0]).toEqual([503, true])
  expect(failed.text).not.toMatch(/Internal Server Error|get:/)
  platform.faults.clear()
  expectWhole(await new Client().get(paths.link))
})
