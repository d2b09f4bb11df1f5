// Attacks on files, pages, grants and second factors, each as a test: most worked once, some never did.
import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { optionalGate, userGate } from '../../src/core/gate.ts'
import { inspectImage } from '../../src/core/media/images/inspect.ts'
import { issueAccessToken } from '../../src/core/oauth/access-token.ts'
import { readAuthorizationRequest } from '../../src/core/oauth/authorization-request.ts'
import { judgeAuthorization } from '../../src/core/oauth/authorize.ts'
import { disconnectApp } from '../../src/core/oauth/connected-apps.ts'
import { toHex } from '../../src/ids.ts'
import { ctxInterrupted, newBrowser, newClient, newCtx, newUser, rows } from '../apis/oauth/harness.ts'
import { newName } from '../support/actors.ts'
import { personWithApp } from '../support/authenticator.ts'
import { concat, png, pngChunk } from '../support/images.ts'
import { Client } from '../support/kith.ts'
import { open } from '../support/pages.ts'
import { logIn, signedInPerson } from '../support/people.ts'
import { bearerOf, idOf, newGrant, newOAuthClient, putConsent } from '../support/tokens.ts'

const LIMITS = { bytesMax: 5 * 1024 * 1024, pixelsMax: 4096 * 4096 }
const text = (bytes: number) => pngChunk('zTXt', concat('k\0\0', deflateSync(new Uint8Array(bytes))))

describe('a PNG of many parts', () => {
  test('costs no more than one of few: chunks are not compared with one another', async () => {
    const picture = png({ before: Array.from({ length: 19_900 }, () => pngChunk('teXt')) })
    const begun = performance.now()
    expect(await inspectImage(picture, LIMITS)).toMatchObject({ width: 12, height: 9 })
    // It took 12 seconds for 240 KB.
    expect(performance.now() - begun).toBeLessThan(2_000)
  })

  test('does not hide in pieces the bomb that it may not hide as a whole', async () => {
    const refused = expect.objectContaining({ code: 'invalid_file' })
    const bombs = png({ before: [text(600_000), text(600_000)] })
    await expect(inspectImage(bombs, LIMITS)).rejects.toEqual(refused)
    await expect(inspectImage(png({ before: Array.from({ length: 5_000 }, () => text(1)) }), LIMITS)).rejects.toEqual(refused)
  })
})

describe('a body before its sender', () => {
  test.each(['PUT', 'PATCH'])('%s of a picture by nobody is not read', async (method) => {
    let taken = 0
    const body = new ReadableStream({
      pull(controller) {
        taken += 1
        if (taken > 40) controller.close()
        else controller.enqueue(new Uint8Array(64 * 1024))
      },
    })
    const nobody = new Client()
    nobody.cookies.set('__Host-kith_session', `${'0'.repeat(24)}.${'0'.repeat(24)}.x`)
    const type = method === 'PUT' ? 'image/png' : 'multipart/form-data; boundary=x'
    const headers = { 'content-type': type, 'content-length': String(40 * 64 * 1024) }
    const reply = await nobody.fetch('/user/profile-picture', { method, body, headers })
    expect(reply.status).toBe(401)
    expect(taken).toBeLessThan(3)
  })
})

describe('a form', () => {
  const part = '--bbb\r\ncontent-disposition: form-data; name="a"\r\n\r\n\r\n'
  const lineFeedsOnly = 'x\n--bbb--\n\r\n'

  // For 60,000 parts: 328 ms, and as many objects in memory.
  test.each([
    ['a boundary within another parameter', 'x="; boundary=aaa"; boundary=bbb', ''],
    ['two boundaries', 'boundary=aaa; boundary=bbb', ''],
    ['an end that is none', 'boundary=bbb', lineFeedsOnly],
  ])('is not read in two ways: %s', async (_what, parameters, before) => {
    const { client } = await signedInPerson(newName('two_ways'))
    const body = concat(before, part.repeat(200), '--bbb--\r\n')
    const headers = { 'content-type': `multipart/form-data; ${parameters}` }
    const reply = await client.fetch('/user/media/files', { method: 'POST', body, headers })
    expect(reply.status).toBe(400)
    // The parser has not reached the parts: it would have found an unknown field.
    expect(reply.text).not.toContain('is not a known field')
  })
})

describe('a page of ours', () => {
  const ACTS = [
    '/user/logout-all',
    '/user/logout',
    '/./user/logout-all',
    '/account/../user/logout-all',
    '/%75ser/logout-all',
    '/account/%2e%2e/user/logout',
    '/user',
  ]

  test.each(ACTS)('leads nobody to %s, where a foreign page may not lead them', async (path) => {
    const { client } = await signedInPerson(newName('led_astray'))
    const query = new URLSearchParams({ return_to: path })
    expect((await open(client, `/continue?${query}`)).text).toContain('content="0;url=/account"')
    expect((await client.get(`/sign-in?${query}`)).headers.get('location')).toBe('/account')
  })
})

describe('an app that is being shown out', () => {
  test('gets no code from a request that was on its way', async () => {
    const userId = await newUser()
    const browser = await newBrowser(userId)
    const app = await newClient({ firstParty: 0 })
    await putConsent(toHex(userId), app.id, 'delegated:profile:read')
    const claim = { kind: 'browser', sessionId: browser.sessionId, userId, secret: browser.cookie.split('.').at(-1) ?? '' } as const
    const request = readAuthorizationRequest({
      client_id: app.id,
      redirect_uri: app.redirectUri,
      response_type: 'code',
      scope: 'delegated:profile:read',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    })
    const other = newCtx()
    const ctx = ctxInterrupted(() => disconnectApp(other, userGate(other, claim, null), app.id))
    await expect(judgeAuthorization(ctx, optionalGate(ctx, claim), request)).rejects.toMatchObject({ cause: { code: 'login_required' } })
    expect(await rows('SELECT 1 FROM authorization_codes WHERE user_id = ?', userId)).toEqual([])
  })
})

describe('an app that may do everything about a profile', () => {
  test('takes no factor off and gets no recovery codes, however its owner has signed in', async () => {
    const person = await personWithApp('lent')
    const clientId = await newOAuthClient()
    const sessionId = await newGrant(person, clientId, 'delegated:all', 'pwd otp mfa')
    const holder = { userId: idOf(person), sessionId }
    const app = bearerOf(await issueAccessToken(newCtx(), { clientId, scopes: ['delegated:all'], lifeSeconds: 600, holder }))
    expect((await app.get('/user/me')).status).toBe(200)
    expect((await app.delete('/user/2fa/totp')).status).toBe(403)
    expect((await app.post('/user/2fa/recovery-codes')).status).toBe(403)
    expect((await app.post('/user/2fa', { state: false })).status).toBe(403)
    expect((await logIn(person, new Client())).json.data['2faEnabled']).toBe(true)
  })
})
