/**
 * A copy of Kith in its own folder, like a fresh clone: no `.dev.vars`, no state. Programs started here end with the test,
 * whatever happens; they are killed as process groups, because wrangler has children.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { freePort } from './free-port.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const PARTS = [
  'package.json',
  'tsconfig.json',
  'wrangler.toml',
  'README.md',
  'migrations',
  'assets',
  'scripts',
  'src',
  'examples',
  'client',
  'docs',
]
/** What npm has put into a workspace's own folder is linked, like the rest of what is installed. */
const INSTALLED = ['node_modules', 'client/node_modules']
const WRANGLER = join(ROOT, 'node_modules/wrangler/bin/wrangler.js')
const BUILT = '.wrangler/built'
const STOP_WITHIN_MS = 10_000
const READY_WITHIN_MS = 60_000

export interface Finished {
  readonly code: number | null
  readonly output: string
}

export class Project {
  readonly folder = mkdtempSync(join(tmpdir(), 'kith-'))
  readonly #running = new Set<ChildProcess>()

  constructor() {
    const filter = (path: string) => basename(path) !== 'node_modules'
    for (const part of PARTS) cpSync(join(ROOT, part), join(this.folder, part), { recursive: true, filter })
    for (const path of INSTALLED) symlinkSync(join(ROOT, path), join(this.folder, path), 'junction')
    process.on('exit', this.#killAll)
  }

  read = (path: string) => readFileSync(join(this.folder, path), 'utf8')
  write = (path: string, text: string) => writeFileSync(join(this.folder, path), text)
  // biome-ignore lint/suspicious/noExplicitAny: demo.json's shape is what tests look at
  demo = (): any => JSON.parse(this.read('.wrangler/demo.json'))

  /** Reads the local database's file, while nothing else uses it: much faster than wrangler. */
  // biome-ignore lint/suspicious/noExplicitAny: the row's shape is what the query names
  query(sql: string): any[] {
    return this.withDatabase((database) =>
      database
        .prepare(sql)
        .all()
        .map((row) => ({ ...row })),
    )
  }

  withDatabase<T>(use: (database: DatabaseSync) => T): T {
    const folder = join(this.folder, '.wrangler/state/v3/d1/miniflare-D1DatabaseObject')
    const file = readdirSync(folder).find((name) => /^[0-9a-f]{64}\.sqlite$/.test(name)) ?? ''
    const database = new DatabaseSync(join(folder, file))
    try {
      return use(database)
    } finally {
      database.close()
    }
  }

  /** Runs a program to completion, in the folder or in one below it. */
  run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}, below = '.'): Promise<Finished> {
    const { child, output } = this.#spawn(command, args, env, below)
    return new Promise((resolve) => child.on('close', (code) => resolve({ code, output: output() })))
  }

  /** Settings and an empty database, without a server. */
  async prepare(): Promise<void> {
    const settings = "import('./scripts/local.ts').then((local) => local.completeDevVars('http://localhost:8787'))"
    const { code, output } = await this.run(process.execPath, ['-e', settings])
    if (code !== 0) throw new Error(output)
    await this.migrate()
  }

  /** What is prepared in another folder: settings and stores. */
  begin(as: string): void {
    for (const name of ['.dev.vars', '.wrangler']) cpSync(join(as, name), join(this.folder, name), { recursive: true })
  }

  /** The Worker as one file, for `serve`: what is bundled once need not be by each that begins so. */
  async build(): Promise<void> {
    const { code, output } = await this.run(process.execPath, [WRANGLER, 'deploy', '--dry-run', '--outdir', BUILT])
    if (code !== 0) throw new Error(output)
  }

  async migrate(): Promise<void> {
    const { code, output } = await this.run(process.execPath, ['scripts/migrations.ts'])
    if (code !== 0) throw new Error(output)
  }

  /** `npm start` on a free port, until it says that it is ready; without npm, which takes its time, unless that is asked for. */
  async start([command, ...args]: readonly [string, ...string[]] = [process.execPath, 'scripts/start.ts']): Promise<Server> {
    const port = await freePort()
    const { child, output } = this.#spawn(command, args, { PORT: String(port) })
    const server = new Server(`http://localhost:${port}`, child, output)
    await server.until(() => output().includes(`Kith is ready on ${server.origin}\n`))
    return server
  }

  /** The Worker alone, or that of a folder below, with exactly these vars and secrets, until it answers anything. */
  async serve(vars: Readonly<Record<string, string>>, how: { port?: number; below?: string; isBuilt?: boolean } = {}): Promise<Server> {
    const { port = await freePort(), below = '.', isBuilt = false } = how
    const lines = Object.entries(vars).map(([name, value]) => `${name}='${value}'\n`)
    this.write(join(below, '.dev.vars'), lines.join(''))
    const ports = ['--port', String(port), '--inspector-port', '0']
    const built = isBuilt ? [join(BUILT, 'index.js'), '--no-bundle'] : []
    const args = [WRANGLER, 'dev', ...built, ...ports, '--show-interactive-dev-session', 'false']
    const quiet = { WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' }
    return await this.listen(args, port, quiet, below)
  }

  /** A program of Node's that listens on the port, until it answers anything. */
  async listen(args: readonly string[], port: number, env: NodeJS.ProcessEnv, below = '.'): Promise<Server> {
    const { child, output } = this.#spawn(process.execPath, args, env, below)
    const server = new Server(`http://localhost:${port}`, child, output)
    await server.until(async () => (await fetch(`${server.origin}/health`).catch(() => null)) !== null)
    return server
  }

  /** Ends what still runs, and removes the folder. */
  async remove(): Promise<void> {
    process.off('exit', this.#killAll)
    this.#killAll()
    await new Promise((resolve) => setTimeout(resolve, 200))
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }

  #spawn(command: string, args: readonly string[], env: NodeJS.ProcessEnv, below = '.') {
    const options = { cwd: join(this.folder, below), env: { ...process.env, ...env }, detached: true } as const
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#running.add(child)
    let text = ''
    const keep = (chunk: Buffer) => {
      text += chunk
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    return { child, output: () => text }
  }

  #killAll = (): void => {
    for (const child of this.#running) killGroup(child)
  }
}

export class Server {
  readonly origin: string
  get pid(): number {
    return this.#child.pid ?? 0
  }
  readonly output: () => string
  readonly #child: ChildProcess
  constructor(origin: string, child: ChildProcess, output: () => string) {
    this.origin = origin
    this.#child = child
    this.output = output
  }

  async until(condition: () => boolean | Promise<boolean>): Promise<void> {
    for (const end = Date.now() + READY_WITHIN_MS; Date.now() < end; ) {
      if (await condition()) return
      if (this.#child.exitCode !== null) break
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    killGroup(this.#child)
    throw new Error(`the server is not ready:\n${this.output()}`)
  }

  /** Waits until none of its processes is left, a short while at most. Returns those that are. */
  async ending(): Promise<string[]> {
    let left = processesOf(this.pid)
    for (const end = Date.now() + STOP_WITHIN_MS; left.length > 0 && Date.now() < end; left = processesOf(this.pid)) {
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    return left
  }

  /** Kills it with all its children, like a power failure. */
  async kill(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.on('exit', resolve))
    killGroup(this.#child)
    await ended
  }

  /** Ends it as Ctrl-C does. Returns its exit code; null if it had to be killed. */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode !== null) return this.#child.exitCode
    const ended = new Promise<number | null>((resolve) => this.#child.on('exit', resolve))
    const killer = setTimeout(() => killGroup(this.#child), STOP_WITHIN_MS)
    this.#child.kill('SIGTERM')
    const code = await ended
    clearTimeout(killer)
    return code
  }
}

/** The command lines of a session, which is all that a program started here has started in turn. */
function processesOf(session: number): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      // The name in parentheses may have spaces.
      const [, , , of] = /^\d+$/.test(pid) ? (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []) : []
      return of === String(session) ? [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')] : []
    } catch {
      // It has just ended.
      return []
    }
  })
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // Nothing of the group is left.
  }
}
