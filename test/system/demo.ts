/** Kith with its demo data: started before the tests of a file, gone with its folder after them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterAll, beforeAll, expect, inject } from 'vitest'
import { localAvatars } from '../../scripts/local.ts'
import { freePort } from './free-port.ts'
import { Project, type Server } from './project.ts'

const ROOT = join(import.meta.dirname, '..', '..')

export class Demo {
  readonly project = new Project()
  #server: Server | undefined

  /** With settings of its own; or as the very first `npm start` makes it. */
  constructor(settings: Readonly<Record<string, string>> | 'npm start' = {}) {
    if (settings !== 'npm start') this.project.begin(inject('demo'))
    const start = () => (settings === 'npm start' ? this.project.start() : this.#serve(settings))
    this.start = async () => {
      this.#server = await start()
    }
    beforeAll(this.start)
    afterAll(() => this.project.remove())
  }

  /** Again too, on the same files. */
  readonly start: () => Promise<void>

  /** What `npm start` does when all is there. */
  async #serve(settings: Readonly<Record<string, string>>): Promise<Server> {
    const port = await freePort()
    const origin = `http://localhost:${port}`
    this.project.write('.wrangler/demo.json', JSON.stringify({ ...this.project.demo(), origin }))
    const local = { ORIGIN: origin, AVATARS_BASE_URL: localAvatars(origin) }
    const vars = { ...parseEnv(this.project.read('.dev.vars')), ...local, ...settings } as Record<string, string>
    return this.project.serve(vars, { port, isBuilt: true })
  }

  get server(): Server {
    if (!this.#server) throw new Error('Kith has not been started')
    return this.#server
  }

  get origin(): string {
    return this.server.origin
  }

  post(path: string, json: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(json) }
    return fetch(this.origin + path, init)
  }

  logIn(username: string, password: string = this.project.demo().users[username].password): Promise<Response> {
    return this.post('/user/login', { username, password })
  }

  async cookieOf(username: string): Promise<string> {
    const reply = await this.logIn(username)
    return reply.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  }

  /** The commands of a guide, as pasted; a failing call ends them. Without any, it is no test, unless that is known. */
  async paste(path: string, { isOptional = false } = {}): Promise<string> {
    const text = readFileSync(join(ROOT, path), 'utf8')
    const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)]
      .map(([, block]) => block ?? '')
      .filter((block) => !block.includes('npm install'))
    if (blocks.length === 0 && isOptional) return ''
    expect(blocks.length).toBeGreaterThan(0)
    const script = ['curl() { command curl --fail-with-body "$@"; }', ...blocks]
      .join('\n')
      // The tests cannot count on port 8787 being free.
      .replaceAll('http://localhost:8787', this.origin)
      .replaceAll('npm run operator --', `"${process.execPath}" scripts/operator.ts`)
      .replaceAll('npm run journey', `"${process.execPath}" scripts/journey.ts ${this.origin}`)
    const { code, output } = await this.project.run('bash', ['-eo', 'pipefail', '-c', script], { HOME: this.project.folder })
    expect(code, output).toBe(0)
    return output
  }
}
