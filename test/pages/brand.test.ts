// The operator's name, pictures, colours and links on the pages.
import { describe, expect, test } from 'vitest'
import { brandStyles, contrast, toRgb } from '../../src/pages/brand-style.ts'
import { Client } from '../support/kith.ts'
import { newOAuthClient } from '../support/tokens.ts'

const BRAND = {
  BRAND_NAME: 'Häppchen & Co',
  BRAND_LOGO_URL: 'https://cdn.example.com/logo.svg',
  BRAND_FAVICON_URL: 'https://cdn.example.com/icon.png',
  BRAND_BACKGROUND: 'https://pictures.example.com/sea.jpg',
  BRAND_ACCENT: '#ffdd00',
  TERMS_URL: 'https://example.com/terms',
  PRIVACY_URL: 'https://example.com/privacy',
  SUPPORT_URL: 'mailto:help@example.com',
}
const OPEN = ['/sign-in', '/sign-up', '/forgot', '/reset', '/verify', '/sign-out', '/nowhere-at-all']

describe('with a brand', () => {
  test.each(OPEN)('%s has its name, logo, links and icon, and nothing says Kith', async (path) => {
    const { text } = await new Client().get(path, { env: BRAND, headers: { accept: 'text/html' } })
    expect(text).toContain('Häppchen &amp; Co')
    expect(text).toContain('<img class="logo" src="https://cdn.example.com/logo.svg" alt=""/>')
    expect(text).toContain('<link rel="icon" href="https://cdn.example.com/icon.png"/>')
    for (const url of [BRAND.TERMS_URL, BRAND.PRIVACY_URL, BRAND.SUPPORT_URL]) expect(text).toContain(`href="${url}"`)
    // The name of the style sheet's file is no text.
    expect(text.replaceAll('/assets/kith.css', '')).not.toMatch(/kith(?!\.test)/i)
  })

  test('its name is that of the APIs on the first page', async () => {
    const { text } = await new Client().get('/', { env: BRAND })
    expect(text).toContain('Häppchen &amp; Co user API')
    expect(text).not.toContain('Kith user API')
  })

  test('its pictures may be loaded, and nothing else from elsewhere', async () => {
    const { headers } = await new Client().get('/sign-in', { env: BRAND })
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toContain(
      "img-src 'self' data: https://avatars.kith.test https://cdn.example.com https://pictures.example.com; form-action",
    )
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; /)
  })

  test('its colours are part of the style sheet, whose address changes with them', async () => {
    const client = new Client()
    const sheetOf = (page: string) => /href="(\/assets\/kith\.css\?v=[^"]+)"/.exec(page)?.[1] ?? ''
    const [plain, branded] = [await client.get('/sign-in'), await client.get('/sign-in', { env: BRAND })]
    expect(sheetOf(branded.text)).not.toBe(sheetOf(plain.text))
    const sheet = await client.get(sheetOf(branded.text), { env: BRAND })
    expect(sheet.headers.get('cache-control')).toContain('immutable')
    expect(sheet.text).toContain('url("https://pictures.example.com/sea.jpg")')
    expect(sheet.text).toMatch(/:root \{ --accent: #[0-9a-f]{6}/)
  })
})

describe('the app that has sent the person', () => {
  const face = {
    logo_uri: 'https://photos.example/logo.png',
    policy_uri: 'https://photos.example/privacy',
    tos_uri: 'https://photos.example/terms',
  }
  const signInFor = (clientId: string, path = '/sign-in') =>
    new Client().get(`${path}?${new URLSearchParams({ return_to: `/oauth/authorize?client_id=${clientId}&ui_locales=en` })}`, {
      env: BRAND,
    })

  test('is named at sign-in, with its own picture and links', async () => {
    const id = await newOAuthClient('openid', { name: 'Photos <& more>', ...face })
    const { text, headers } = await signInFor(id)
    expect(text).toContain('Sign in to continue to <strong><bdi dir="auto">Photos &lt;&amp; more&gt;</bdi></strong>.')
    expect(text).toContain('src="https://photos.example/logo.png"')
    expect(text).toMatch(/href="https:\/\/photos\.example\/terms".*href="https:\/\/photos\.example\/privacy".*href="mailto:/s)
    expect(headers.get('content-security-policy')).toContain(' https://photos.example;')
  })

  test.each([
    ['/sign-up', 'Create an account'],
    ['/verify', 'Confirm your address'],
  ])('is named at %s', async (path, task) => {
    const id = await newOAuthClient('openid', { name: 'Book club', ...face })
    const { text } = await signInFor(id, path)
    expect(text).toContain(`${task} to continue to <strong><bdi dir="auto">Book club</bdi></strong>.`)
    expect(text).toContain('src="https://photos.example/logo.png"')
  })

  test('shows nothing of its own but its name if it has registered itself', async () => {
    const id = await newOAuthClient('openid', { name: 'Anything', source: 'dynamic', ...face })
    const { text, headers } = await signInFor(id)
    expect(text).toContain('Anything')
    expect(text + headers.get('content-security-policy')).not.toContain('photos.example')
  })

  test.each(['unknown-client', 'x"><script>alert(1)</script>', ''])('that does not exist (%j) leaves the page as it is', async (id) => {
    const { status, text } = await signInFor(id)
    expect([status, text]).toEqual([200, expect.stringContaining('Welcome back to')])
  })

  test('that was disabled is not named', async () => {
    const id = await newOAuthClient('openid', { name: 'Gone app', disabled_at: 1 })
    expect((await signInFor(id)).text).not.toContain('Gone app')
  })
})

describe('the accent', () => {
  const COLOURS = ['#ffdd00', '#2954c8', '#000000', '#ffffff', '#ff0000', '#00ff00', '#777777', '#0000ff', '#ffc0cb', '#123456']
  test.each(COLOURS)('%s is legible as text, on a tint, and under the text of a button, in light and dark', (accent) => {
    const [light = '', dark = ''] = brandStyles({ accent, background: '' }).split('@media')
    for (const [css, grounds] of [
      [light, ['#f5f6f8', '#ffffff']],
      [dark, ['#121418', '#1a1d23']],
    ] as const) {
      const value = (name: string) => toRgb(new RegExp(`${name}: (#[0-9a-f]{6})`).exec(css)?.[1] ?? '')
      for (const ground of [...grounds.map(toRgb), value('--tint'), value('--on-accent')]) {
        expect(contrast(value('--accent'), ground)).toBeGreaterThanOrEqual(4.5)
        expect(contrast(value('--accent-strong'), ground)).toBeGreaterThanOrEqual(4.5)
      }
    }
  })

  test('that is legible already stays as it is', () => {
    expect(brandStyles({ accent: '#2954c8', background: '' })).toContain(':root { --accent: #2954c8;')
  })
})

describe('settings that are refused', () => {
  test.each([
    ['BRAND_LOGO_URL', 'javascript:alert(1)'],
    ['BRAND_LOGO_URL', 'https://example.com/"><script>'],
    ['BRAND_LOGO_URL', 'https://example.com/x; script-src *'],
    ['BRAND_FAVICON_URL', 'data:image/png;base64,AAAA'],
    ['BRAND_BACKGROUND', 'url(https://example.com/a.png)'],
    ['BRAND_BACKGROUND', 'https://example.com/a") } body { display: none }'],
    ['BRAND_ACCENT', 'red; } body { display: none'],
    ['BRAND_ACCENT', '#fff'],
    ['SUPPORT_URL', 'javascript:alert(1)'],
    ['TERMS_URL', 'not a url'],
    ['BRAND_NAME', 'two\nlines'],
  ])('%s = %s', async (name, value) => {
    const { status, json } = await new Client().get('/sign-in', { env: { [name]: value } })
    expect([status, json.problems?.[0]?.split(':')[0]]).toEqual([503, name])
    expect(JSON.stringify(json)).not.toContain(value)
  })
})
