/**
 * `npm start`: Kith on this machine. Completes `.dev.vars`, migrates the local D1, seeds the demo data once, runs
 * `wrangler dev` with cron once a minute, and prints how to get in. Nothing here needs the internet. `PORT` changes the
 * port; `ORIGIN` and the URLs of profile pictures follow.
 */
import type { ChildProcess } from 'node:child_process'
import { createServer } from 'node:net'
import { ConfigError } from '../src/config.ts'
import { makeAssets } from './assets.ts'
import { ADMINISTRATOR, type Demo, seed } from './demo/seed.ts'
import { completeDevVars, DEMO, DEV_VARS, LOCAL_CRON, localAvatars, main, Refusal, ROOT, startWrangler } from './local.ts'

const DEFAULT_PORT = 8787
const READY_WITHIN_MS = 60_000
const CRON_EVERY_MS = 60_000
const PARENT_EVERY_MS = 500
const USAGE = `Usage: npm start

Serves Kith on http://localhost:${DEFAULT_PORT}. For another port: PORT=8788 npm start
Settings are lines of .dev.vars (docs/deploy.md); restart after a change.`

await main(async () => {
  const args = process.argv.slice(2)
  if (args.join() === '--help') return console.log(USAGE)
  if (args.length > 0) throw new Refusal(`npm start takes no arguments, but got ${args.join(' ')}\n\n${USAGE}`)
  endWithNpm()
  const port = readPort(process.env.PORT)
  await refuseTakenPort(port)
  const local = `http://localhost:${port}`
  await makeAssets()
  const vars = await completeDevVars(`http://localhost:${DEFAULT_PORT}`)
  // `PORT` overrides .dev.vars for this run.
  const origin = process.env.PORT ? local : (vars.ORIGIN ?? local)
  console.log('Kith: preparing the local database and its demo data')
  const demo = await seed(origin).catch(refuseSettings)
  console.log('Kith: starting the server')
  // By itself wrangler takes the first free port from 9229 for its inspector: two that start at once take the same.
  const options = ['--port', String(port), '--inspector-port', '0', '--show-interactive-dev-session', 'false']
  const server = startWrangler(['dev', ...options, ...varsFor(origin, vars)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: process.stdout.isTTY ? { FORCE_COLOR: '1' } : {},
  })
  endWith(server)
  await untilReady(server, local)
  runCron(local)
  console.log(welcome(demo, local))
})

/** What differs from .dev.vars for this origin. A foreign address of avatars stays. */
function varsFor(origin: string, vars: NodeJS.Dict<string>): string[] {
  const own = vars.ORIGIN === undefined ? '' : localAvatars(vars.ORIGIN)
  const avatars = vars.AVATARS_BASE_URL === own ? ['--var', `AVATARS_BASE_URL:${localAvatars(origin)}`] : []
  return origin === vars.ORIGIN ? [] : ['--var', `ORIGIN:${origin}`, ...avatars]
}

function readPort(text: string | undefined): number {
  const port = Number(text || DEFAULT_PORT)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Refusal(`PORT must be a number from 1 to 65535, not ${text}`)
  return port
}

/** The seed reads the settings first, as the server does. */
function refuseSettings(error: unknown): never {
  if (!(error instanceof ConfigError)) throw error
  throw new Refusal(`Kith refuses to serve. In ${DEV_VARS}:\n\n  ${error.problems.join('\n  ')}`)
}

/** wrangler would say so too, but only after everything else and in other words. */
async function refuseTakenPort(port: number): Promise<void> {
  for (const host of ['127.0.0.1', '::1']) {
    const error = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
      const probe = createServer()
      probe.once('error', resolve)
      probe.listen(port, host, () => probe.close(() => resolve(null)))
    })
    if (error?.code === 'EADDRINUSE') {
      throw new Refusal(`Port ${port} is taken, perhaps by another Kith. End that program, or choose a port: PORT=8788 npm start`)
    }
    if (error?.code === 'EACCES') throw new Refusal(`You may not use port ${port}. Choose one above 1023: PORT=8788 npm start`)
  }
}

/** A signal to npm ends the shell in which it runs this, and no more. */
function endWithNpm(): void {
  if (process.env.npm_lifecycle_event === undefined) return
  const shell = process.ppid
  const look = () => process.ppid !== shell && process.kill(process.pid, 'SIGTERM')
  setInterval(look, PARENT_EVERY_MS).unref()
}

/** The server ends with this process, and this process with the server. */
function endWith(server: ChildProcess): void {
  server.stdout?.pipe(process.stdout)
  server.stderr?.pipe(process.stderr)
  const end = () => {
    // Ctrl-C reaches the runtime as well, and wrangler would call its end a crash.
    server.stdout?.unpipe().resume()
    server.stderr?.unpipe().resume()
    server.kill('SIGTERM')
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end)
  process.on('exit', () => server.kill('SIGTERM'))
  server.on('exit', (code) => process.exit(code ?? 0))
}

async function untilReady(server: ChildProcess, local: string): Promise<void> {
  const end = Date.now() + READY_WITHIN_MS
  while (Date.now() < end) {
    const reply = await fetch(`${local}/health`).catch(() => null)
    if (reply?.ok) return
    // A server that refuses to serve says why.
    if (reply?.status === 503) {
      server.kill('SIGTERM')
      throw new Refusal(`Kith refuses to serve: ${await reply.text()}\nLook at ${DEV_VARS}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  server.kill('SIGTERM')
  throw new Refusal(`The server did not answer within ${READY_WITHIN_MS / 1000} s`)
}

/** Nothing else triggers cron on this machine: archives, retries of webhooks and imported pictures wait for it. */
function runCron(local: string): void {
  const next = () => setTimeout(run, CRON_EVERY_MS)
  const run = () =>
    fetch(`${local}${LOCAL_CRON}`)
      .then(
        (reply) => reply.body?.cancel(),
        () => undefined,
      )
      .then(next)
  next()
}

function welcome(demo: Demo, local: string): string {
  const people = Object.entries(demo.users).map(
    ([name, { email, password }]) =>
      `    ${name.padEnd(11)} ${email.padEnd(20)} ${password}${name === ADMINISTRATOR ? '  (administrator)' : ''}`,
  )
  return `
Kith is ready on ${local}

  What is here    ${local}/
  Console         ${local}/admin  (as ${ADMINISTRATOR})
  API reference   ${local}/docs
  Captured mail   ${local}/dev/mailbox
  Cron            runs each minute; at once by ${local}${LOCAL_CRON}
  API document    ${local}/openapi.json

  Demo people: user name, address, password
${people.join('\n')}

  OAuth clients: ${Object.keys(demo.clients).join(', ')}
  Robot:         ${demo.robot.username} ${demo.robot.password}
  API key:       ${demo.apikey}
  License key:   ${demo.mirrorfly.licenseKey}
  All of it is in ${DEMO.slice(ROOT.length + 1)}

  Next, in another terminal: npm run journey${local === `http://localhost:${DEFAULT_PORT}` ? '' : ` -- ${local}`}
`
}
