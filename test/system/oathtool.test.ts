// An independent authenticator app: Debian's oathtool takes the secret, and its codes sign in (security row 18).
import { expect, test } from 'vitest'
import { Demo } from './demo.ts'

const STEP_SECONDS = 30

const kith = new Demo()
const { project } = kith

const post = (path: string, json: unknown, cookie = '') => kith.post(path, json, { cookie })
const cookieOf = (reply: Response) => reply.headers.getSetCookie()[0]?.split(';')[0] ?? ''

/** What oathtool shows, `steps` steps from now. */
async function codeOf(secret: string, steps = 0): Promise<string> {
  const at = new Date(Date.now() + steps * STEP_SECONDS * 1000).toISOString()
  const { code, output } = await project.run('oathtool', ['--totp', '--base32', '--now', at, secret])
  expect([code, output.trim()]).toEqual([0, expect.stringMatching(/^\d{6}$/)])
  return output.trim()
}

test('oathtool is enrolled, signs in, and is not taken twice', async () => {
  const { id } = project.demo().users.carol_demo
  const logIn = () => kith.logIn('carol_demo')
  const cookie = cookieOf(await logIn())
  const begun = (await (await post('/user/2fa/totp', {}, cookie)).json()) as { data: { secret: string; uri: string } }
  const { secret, uri } = begun.data
  expect(uri).toContain(secret)
  const confirmed = await post('/user/2fa/totp/confirm', { code: await codeOf(secret, -1) }, cookie)
  expect(confirmed.status).toBe(200)

  const pending = async () => {
    const { data } = (await (await logIn()).json()) as { data: { sessionHash: string } }
    return { target: id, sessionHash: data.sessionHash }
  }
  const code = await codeOf(secret)
  const signedIn = await post('/user/do-2fa', { ...(await pending()), code })
  expect(signedIn.status).toBe(200)
  expect((await fetch(`${kith.origin}/user/me`, { headers: { cookie: cookieOf(signedIn) } })).status).toBe(200)
  expect((await post('/user/do-2fa', { ...(await pending()), code })).status).toBe(400)
})
