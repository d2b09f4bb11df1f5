/** Kith with its demo data, as `npm start` runs it: started before the tests of a file, gone with its folder after them. */
import { afterAll, beforeAll } from 'vitest'
import { Project, type Server } from './project.ts'

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
}
