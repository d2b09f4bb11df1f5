// Design §1.17: an unset ENVIRONMENT is production, and production refuses by name what only development may have.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { makeSecrets } from '../../scripts/keys.ts'
import { Project, type Server } from './project.ts'

let project: Project
let server: Server

beforeAll(() => {
  project = new Project()
})
afterEach(() => server?.stop())
afterAll(() => project?.remove())

async function refusals(): Promise<string[]> {
  const reply = await fetch(`${server.origin}/user/me`)
  expect(reply.status).toBe(503)
  const body = (await reply.json()) as { error: string; problems: string[] }
  expect(body.error).toBe('not_configured')
  return body.problems
}

const RIGHT = {
  ORIGIN: 'https://id.example.com',
  MAIL: 'email-service',
  MAIL_FROM: 'Kith <no-reply@example.com>',
  AVATARS_BASE_URL: 'https://avatars.example.com',
}

test('a Worker without any secret names all that is missing', async () => {
  server = await project.serve({})
  const problems = await refusals()
  for (const name of ['ORIGIN', 'MAIL_FROM', 'SIGNING_KEYS', 'HMAC_KEYS', 'PEPPER_KEYS', 'ENCRYPTION_KEYS']) {
    expect(problems).toContainEqual(expect.stringMatching(`^${name}: `))
  }
})

test('what `npm start` writes is refused without ENVIRONMENT=development, and no value is told', async () => {
  const secrets = await makeSecrets('dev-')
  server = await project.serve({ ORIGIN: 'http://localhost:8787', MAIL: 'capture', MAIL_FROM: 'Kith <no-reply@localhost>', ...secrets })
  const problems = await refusals()
  expect(problems).toEqual([
    'AVATARS_BASE_URL: is missing (AVATAR_URLS is public)',
    'ORIGIN must be https in production',
    'MAIL=capture sends no mail and is refused in production',
    'SIGNING_KEYS contains a development secret',
    'HMAC_KEYS contains a development secret',
    'PEPPER_KEYS contains a development secret',
    'ENCRYPTION_KEYS contains a development secret',
    'PAIRWISE_KEY contains a development secret',
  ])
})

test('cheap hashes and switched off limits are refused', async () => {
  server = await project.serve({ ...RIGHT, ...(await makeSecrets('')), SCRYPT_LN: '10', NETWORK_LIMITS: 'off' })
  expect(await refusals()).toEqual([expect.stringContaining('SCRYPT_LN'), expect.stringContaining('NETWORK_LIMITS')])
})

test('with all of it right it serves, and has no mailbox', async () => {
  await project.migrate()
  server = await project.serve({ ...RIGHT, ...(await makeSecrets('')) })
  expect((await fetch(`${server.origin}/health`)).status).toBe(200)
  expect((await fetch(`${server.origin}/dev/mailbox`)).status).toBe(404)
  // The first page is for people.
  const first = await (await fetch(`${server.origin}/`)).text()
  expect(first).toContain('href="/sign-in"')
  expect(first).not.toMatch(/href="\/(docs|openapi|dev|admin)/)
})
