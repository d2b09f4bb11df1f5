/**
 * `npm run example <name>`: starts an example of `examples/` beside the Kith of `npm start`, as one of its demo clients.
 * Without a name, it lists them. `PORT` changes the example's port.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { buildClient } from './client.ts'
import type { Demo } from './demo/seed.ts'
import { DEMO, main, Refusal, ROOT } from './local.ts'

interface Example {
  readonly about: string
  readonly client: string
  readonly port: number
  /** Its API in demo.json. */
  readonly api?: 'orders' | 'notes'
  /** How its program takes settings: from the environment, as Vite does, or as Wrangler's vars. */
  readonly settings?: 'vite' | 'wrangler'
}

const EXAMPLES: Readonly<Record<string, Example>> = {
  'react-app': { about: 'single-page app (React, Vite)', client: 'demo-spa', port: 5173, settings: 'vite' },
  'web-app': { about: 'server-rendered app with a cookie session (Hono)', client: 'demo-web', port: 3000 },
  'api-node': { about: 'API that checks tokens (Express)', client: 'demo-orders', port: 3001, api: 'orders' },
  'api-worker': { about: 'the same API (Hono on Workers)', client: 'demo-orders', port: 3001, api: 'orders', settings: 'wrangler' },
  'mcp-server': { about: 'MCP server for agents', client: 'demo-notes', port: 3002, api: 'notes' },
}

const USAGE = `Usage: npm run example <name>, while npm start runs in another terminal

${Object.entries(EXAMPLES)
  .map(([name, { about, port }]) => `  ${name.padEnd(12)} ${about}, on http://localhost:${port}`)
  .join('\n')}

For another port: PORT=3100 npm run example web-app`

await main(async () => {
  const [name, ...rest] = process.argv.slice(2)
  if (name === undefined || name === '--help') return console.log(USAGE)
  const example = Object.hasOwn(EXAMPLES, name) ? EXAMPLES[name] : undefined
  if (!example || rest.length > 0) throw new Refusal(`No example is called ${[name, ...rest].join(' ')}.\n\n${USAGE}`)
  const demo = await readDemo()
  const port = Number(process.env.PORT || example.port)
  const { env, args } = commandOf(example, settingsOf(example, demo, port), port)
  await buildClient()
  const { email, password } = demo.users.alice_demo ?? {}
  console.log(`${name} on http://localhost:${port}, for Kith on ${demo.origin}. Sign in as ${email} with ${password}\n`)
  const options = args.length > 0 ? ['--', ...args] : []
  // In a process group of its own, so that it ends with its children.
  const child = spawn('npm', ['start', '--silent', '--workspace', `examples/${name}`, ...options], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  })
  process.exitCode = await endWith(child)
})

/** The demo data of a Kith that answers. */
async function readDemo(): Promise<Demo> {
  const first = 'Start Kith first, in another terminal: npm start'
  if (!existsSync(DEMO)) throw new Refusal(first)
  const demo = JSON.parse(readFileSync(DEMO, 'utf8')) as Demo
  if (demo.apis === undefined) throw new Refusal('The demo data is older than the examples. Restart Kith with npm start')
  const reply = await fetch(`${demo.origin}/health`).catch(() => null)
  if (!reply?.ok) throw new Refusal(`Kith does not answer on ${demo.origin}. ${first}`)
  return demo
}

function settingsOf({ client: id, api }: Example, demo: Demo, port: number): Record<string, string> {
  const client = demo.clients[id]
  if (!client) throw new Refusal(`The demo data has no client ${id}. Restart Kith with npm start`)
  return {
    KITH: demo.origin,
    CLIENT_ID: id,
    ...(client.client_secret === undefined ? {} : { CLIENT_SECRET: client.client_secret }),
    ...(api === undefined ? {} : { RESOURCE: demo.apis[api]?.resource ?? '' }),
    PORT: String(port),
  }
}

interface Command {
  readonly env: Readonly<Record<string, string>>
  readonly args: readonly string[]
}

/** Vite passes on only what begins with `VITE_`; a Worker has no environment. */
function commandOf({ settings: by }: Example, { PORT: _, ...settings }: Record<string, string>, port: number): Command {
  const pairs = Object.entries(settings)
  if (by === 'vite') {
    const env = Object.fromEntries(pairs.map(([name, value]) => [`VITE_${name}`, value]))
    return { env, args: ['--port', String(port), '--strictPort'] }
  }
  if (by === 'wrangler') {
    const vars = pairs.flatMap(([name, value]) => ['--var', `${name}:${value}`])
    return { env: {}, args: ['--port', String(port), '--inspector-port', '0', '--show-interactive-dev-session', 'false', ...vars] }
  }
  return { env: { ...settings, PORT: String(port) }, args: [] }
}

/** Ends the example with this program, and this program with the example. Returns the exit code. */
function endWith(child: ChildProcess): Promise<number> {
  const end = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM')
    } catch {
      // Nothing of the group is left.
    }
  }
  let isAsked = false
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      isAsked = true
      end()
    })
  }
  process.on('exit', end)
  return new Promise((resolve, reject) => child.on('error', reject).on('close', (code) => resolve(isAsked ? 0 : (code ?? 1))))
}
