/** Kith with its demo data, as `npm start` runs it: started before the tests of a file, gone with its folder after them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { Project, type Server } from './project.ts'

const ROOT = join(import.meta.dirname, '..', '..')

export class Demo {
  readonly project = new Project()
  #server: Server | undefined

  constructor() {
    beforeAll(() => this.start())
    afterAll(() => this.project.remove())
  }

  /** Again too, on the same files. */
  async start(): Promise<void> {
    this.#server = await this.project.start()
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
