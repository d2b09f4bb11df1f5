/** Somebody who is signed in to a Kith that runs as a process, and how to get there. */
import { makeSecrets } from '../../scripts/keys.ts'
import { freePort, Project, type Server } from './project.ts'

const PASSWORD = 'correct-horse-battery-staple'
const CODE = /^(?:[a-z2-9]{3}-){7}[a-z2-9]{3}$/m

/** An empty Kith for development. `start` starts it, again too, on the same files and port. */
export async function emptyKith(vars: (port: number) => Record<string, string> = () => ({})) {
  const project = new Project()
  const port = await freePort()
  await project.migrate()
  const origin = `http://localhost:${port}`
  const all = {
    ENVIRONMENT: 'development',
    ORIGIN: origin,
    MAIL: 'capture',
    MAIL_FROM: 'Kith <no-reply@localhost>',
    AVATARS_BASE_URL: `${origin}/avatars`,
    ...(await makeSecrets('dev-')),
    ...vars(port),
  }
  return { project, port, origin, start: (): Promise<Server> => project.serve(all, port) }
}

/** Signs somebody up, verifies the address, and signs in. Returns the cookie. */
export async function signIn(origin: string, username: string): Promise<string> {
  const post = async (path: string, body: unknown, status: number) => {
    const headers = { 'content-type': 'application/json' }
    const reply = await fetch(origin + path, { method: 'POST', headers, body: JSON.stringify(body) })
    if (reply.status !== status) throw new Error(`${path}: ${reply.status} ${await reply.text()}`)
    return reply
  }
  const email = `${username}@example.com`
  await post('/user/create', { username, firstName: 'Test', lastName: 'Person', email, password: PASSWORD }, 201)
  await post('/user/verify-email', { code: await mailedCode(origin, email) }, 200)
  const reply = await post('/user/login', { username, password: PASSWORD, userAgent: 'system' }, 200)
  return reply.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
}

/** The mail leaves after the reply. */
async function mailedCode(origin: string, email: string): Promise<string> {
  for (let tries = 0; tries < 100; tries++) {
    const reply = await fetch(`${origin}/dev/mailbox?to=${encodeURIComponent(email)}`, { headers: { accept: 'application/json' } })
    const { messages } = (await reply.json()) as { messages: { text: string }[] }
    const code = CODE.exec(messages[0]?.text ?? '')?.[0]
    if (code) return code
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`no code was mailed to ${email}`)
}
