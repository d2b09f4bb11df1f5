/** Somebody who is signed in to a Kith that runs as a process, and how to get there. */
import { inject } from 'vitest'
import { toSql } from '../../scripts/database.ts'
import { makeSecrets } from '../../scripts/keys.ts'
import { type MachinePlan, type NewMachine, planMachine } from '../../src/core/machines/machines.ts'
import { newId } from '../../src/ids.ts'
import type { Statement } from '../../src/store/db/database.ts'
import { freePort } from './free-port.ts'
import { Project, type Server } from './project.ts'

export const PASSWORD = 'correct-horse-battery-staple'
const CODE = /^((?:[a-z2-9]{3}-){7}[a-z2-9]{3})$/m

/** An empty Kith for development. `start` starts it, again too, on the same files and port, with other settings if wanted. */
export async function emptyKith(vars: (port: number) => Record<string, string> = () => ({})) {
  const project = new Project()
  const port = await freePort()
  project.begin(inject('empty'))
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
  return {
    project,
    port,
    origin,
    start: (changes: Record<string, string> = {}): Promise<Server> => project.serve({ ...all, ...changes }, { port, isBuilt: true }),
  }
}

async function post(url: string, body: unknown): Promise<Response> {
  const reply = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  if (!reply.ok) throw new Error(`${url}: ${reply.status} ${await reply.text()}`)
  return reply
}

/** Signs somebody up and verifies the address. */
export async function signUp(origin: string, username: string): Promise<void> {
  const email = `${username}@example.com`
  await post(`${origin}/user/create`, { username, firstName: 'Test', lastName: 'Person', email, password: PASSWORD })
  await post(`${origin}/user/verify-email`, { code: await mailTo(origin, email, CODE) })
}

/** Signs somebody up, verifies the address, and signs in. Returns the cookie. */
export async function signIn(origin: string, username: string): Promise<string> {
  await signUp(origin, username)
  const reply = await post(`${origin}/user/login`, { username, password: PASSWORD, userAgent: 'system' })
  return reply.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
}

/** The newest code or link mailed to an address. The mail leaves after the reply. */
export async function mailTo(origin: string, address: string, pattern: RegExp): Promise<string> {
  const url = `${origin}/dev/mailbox?to=${encodeURIComponent(address)}`
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    const reply = await fetch(url, { headers: { accept: 'application/json' } })
    const { messages } = (await reply.json()) as { messages: { text: string }[] }
    const found = messages.map(({ text }) => pattern.exec(text)?.[1]).find((one) => one !== undefined)
    if (found) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`nothing like ${pattern} was mailed to ${address}`)
}

/** Creates a machine as the operator's command does, while nothing else uses the database. */
export async function addMachine(project: Project, input: NewMachine): Promise<MachinePlan> {
  const config = { digestRealm: '', encryptionKeys: { current: '', keys: new Map() } }
  const plan = await planMachine({ config, now: Date.now, newId } as unknown as Parameters<typeof planMachine>[0], input, null)
  await executeIn(project, plan.writes)
  return plan
}

/** Runs statements of the store on the project's database, in one go. */
export async function executeIn(project: Project, statements: readonly Statement<unknown>[]): Promise<void> {
  const sql = statements.map(toSql).join('; ')
  const wrangler = ['node_modules/wrangler/bin/wrangler.js', 'd1', 'execute', 'DB', '--local', '--command', sql]
  const { code, output } = await project.run(process.execPath, wrangler, { CI: 'true', WRANGLER_SEND_METRICS: 'false' })
  if (code !== 0) throw new Error(output)
}
