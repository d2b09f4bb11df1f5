// Real-life pictures, sent to a running Kith as a raw body, by form and through the page: the stored ones have their pixels,
// upright and in sRGB. docs/decisions/016.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Pixel, pixelsOf } from '../support/pixels.ts'
import { emptyKith, signIn } from './person.ts'
import { fixture, type PictureCase, Studio } from './pictures.ts'

const PATH = '/user/profile-picture'
const PAGE = '/account/picture'

let kith: Awaited<ReturnType<typeof emptyKith>>
let cookie: string
let studio: Studio

beforeAll(async () => {
  kith = await emptyKith((port) => ({
    AVATARS_BASE_URL: `http://localhost:${port}/cdn-cgi/local/r2/public/kith-avatars`,
    AVATAR_CHANGES_PER_DAY: '10000',
  }))
  await kith.start()
  cookie = await signIn(kith.origin, 'photographer')
  studio = await Studio.open(kith.project.folder)
})
afterAll(() => kith?.project.remove())

const call = (path: string, init: RequestInit = {}) =>
  fetch(kith.origin + path, { redirect: 'manual', ...init, headers: { cookie, ...init.headers } })

const formWith = ({ bytes, name, type }: PictureCase, field: string, fields: Record<string, string> = {}) => {
  const form = new FormData()
  for (const [key, value] of Object.entries(fields)) form.append(key, value)
  form.append(field, new File([bytes], name, { type }))
  return form
}

/** The three ways in; each returns the status and the message. */
const WAYS: Readonly<Record<'raw' | 'form' | 'page', (picture: PictureCase) => Promise<Response>>> = {
  raw: ({ bytes, type }) => call(PATH, { method: 'PUT', body: bytes, headers: { 'content-type': type } }),
  form: (picture) => call(PATH, { method: 'PATCH', body: formWith(picture, 'profilePicture') }),
  page: async (picture) => {
    const page = await (await call(PAGE, { headers: { accept: 'text/html' } })).text()
    const token = /name="form_token" value="([^"]+)"/.exec(page)?.[1] ?? ''
    return call(PAGE, { method: 'POST', body: formWith(picture, 'picture', { form_token: token }), headers: { origin: kith.origin } })
  },
}

async function download(url: string): Promise<Uint8Array> {
  const reply = await fetch(url)
  expect(reply.status, url).toBe(200)
  return new Uint8Array(await reply.arrayBuffer())
}

function cornersOf(png: Uint8Array): Pixel[] {
  const { width, height, at } = pixelsOf(png)
  const [near, far] = [Math.round(width / 10), Math.round((width * 9) / 10)]
  expect(width).toBe(height)
  return [at(near, near), at(far, near), at(near, far), at(far, far)]
}

/** A transparent pixel has no colour. */
function distance(one: Pixel, other: Pixel): number {
  const seen = other[3] === 0 ? [3] : [0, 1, 2, 3]
  return Math.max(...seen.map((index) => Math.abs((one[index] ?? 0) - (other[index] ?? 0))))
}

function expectCorners(png: Uint8Array, { corners, within }: PictureCase, where: string): void {
  const found = cornersOf(png)
  const worst = Math.max(...found.map((pixel, index) => distance(pixel, corners[index] ?? [])))
  expect(worst, `${where}: ${JSON.stringify(found)}`).toBeLessThanOrEqual(within)
}

test('each is taken, by whichever way, and what is stored has its pixels', { timeout: 500_000 }, async () => {
  const wrong: string[] = []
  for (const [index, picture] of (await studio.all()).entries()) {
    // Raw, and one of the two others in turn.
    for (const way of ['raw', index % 2 === 0 ? 'form' : 'page'] as const) {
      try {
        const reply = await WAYS[way](picture)
        if (![200, 303].includes(reply.status)) throw new Error(`${reply.status} ${(await reply.text()).slice(0, 300)}`)
        const { data } = (await (await call('/user/me')).json()) as { data: { user: { profilePictureUrl: string } } }
        const url = data.user.profilePictureUrl
        expectCorners(await download(url.replace('512.webp', '128.png')), picture, '128.png')
        if (way === 'raw') expectCorners(await studio.toPng(await download(url)), picture, '512.webp')
      } catch (error) {
        wrong.push(`${picture.what}, ${way}: ${error}`)
      }
    }
  }
  expect(wrong).toEqual([])
})

test('a HEIC that nobody here decodes is refused with advice, and nothing else happens', async () => {
  const picture = { what: 'a HEIC', bytes: fixture('iphone.heic'), name: 'IMG_0001.HEIC', type: 'image/heic', corners: [], within: 0 }
  for (const send of Object.values(WAYS)) {
    const reply = await send(picture)
    expect(reply.status).toBe(400)
    expect(await reply.text()).toMatch(/as a JPEG \(on an iPhone/)
  }
})
