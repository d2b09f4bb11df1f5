// An independent authenticator app: Debian's oathtool takes the secret, and its codes sign in (security row 18).
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Project, type Server } from './project.ts'

const STEP_SECONDS = 30

let project: Project
let server: Server

beforeAll(async () => {
  project = new Project()
  server = await project.start()
})
afterAll(() => project?.remove())

function post(path: string, json: unknown, cookie = ''): Promise<Response> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json', cookie }, body: JSON.stringify(json) }
  return fetch(server.origin + path, init)
}

const cookieOf = (reply: Response) => reply.headers.getSetCookie()[0]?.split(';')[0] ?? ''

/** What oathtool shows, `steps` steps from now. */
async function codeOf(secret: string, steps = 0): Promise<string> {
  const at = new Date(Date.now() + steps * STEP_SECONDS * 1000).toISOString()
  const { code, output } = await project.run('oathtool', ['--totp', '--base32', '--now', at, secret])
  expect([code, output.trim()]).toEqual([0, expect.stringMatching(/^\d{6}$/)])
  return output.trim()
}

test('oathtool is enrolled, signs in, and is not taken twice', async () => {
  const { password, id } = project.demo().users.carol_demo
  const logIn = () => post('/user/login', { username: 'carol_demo', password })
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
  expect((await fetch(`${server.origin}/user/me`, { headers: { cookie: cookieOf(signedIn) } })).status).toBe(200)
  expect((await post('/user/do-2fa', { ...(await pending()), code })).status).toBe(400)
})
