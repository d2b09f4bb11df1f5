/**
 * Kith on this machine, for the other scripts: where things lie, how wrangler is called, and `.dev.vars`.
 * Nothing here needs an account, asks a question or sends a metric.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { makeRs256Key, makeSecrets } from './keys.ts'

export const ROOT = join(import.meta.dirname, '..')
export const DEV_VARS = join(ROOT, '.dev.vars')
export const DEMO = join(ROOT, '.wrangler', 'demo.json')
/** Where wrangler keeps local D1, KV and R2; `v3` is a part of its path. */
export const STATE = join(ROOT, '.wrangler', 'state', 'v3')

const WRANGLER = join(ROOT, 'node_modules', 'wrangler', 'bin', 'wrangler.js')
const QUIET = { WRANGLER_SEND_METRICS: 'false', WRANGLER_SEND_ERROR_REPORTS: 'false', WRANGLER_HIDE_BANNER: 'true' }
/** Without it, the local runtime asks the internet where this machine is. */
const OFFLINE = { CLOUDFLARE_CF_FETCH_ENABLED: 'false' }

/** What a person must put right. It is printed without a stack. */
export class Refusal extends Error {}

/** Runs a script's main function; what goes wrong becomes a message and the exit code 1. */
export async function main(run: () => Promise<void>): Promise<void> {
  try {
    await run()
  } catch (error) {
    console.error(error instanceof Refusal ? error.message : error)
    process.exitCode = 1
  }
}

/** Starts wrangler by this very Node: no shell, so no argument is read twice. */
export function startWrangler(args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const env = { ...process.env, ...QUIET, ...OFFLINE, ...options.env }
  return spawn(process.execPath, [WRANGLER, ...args], { cwd: ROOT, stdio: 'inherit', ...options, env })
}

/** Where the local runtime serves the bucket of avatars to everybody, as a public domain does in production. */
export const localAvatars = (origin: string) => `${origin}/cdn-cgi/local/r2/public/kith-avatars`

/** Runs wrangler to its end and returns its output. It never prompts: `CI` makes it non-interactive. */
export async function runWrangler(args: readonly string[]): Promise<string> {
  const child = startWrangler(args, { stdio: ['ignore', 'pipe', 'pipe'], env: { CI: 'true' } })
  let output = ''
  let errors = ''
  child.stdout?.on('data', (chunk) => {
    output += chunk
  })
  child.stderr?.on('data', (chunk) => {
    errors += chunk
  })
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
  if (code !== 0) throw new Refusal(`wrangler ${args.slice(0, 3).join(' ')} failed:\n${output}${errors}`)
  return output
}

/** Writes what is missing in `.dev.vars`, and touches nothing that is there. Answers all of it. A missing kind of key is added. */
export async function completeDevVars(origin: string): Promise<NodeJS.Dict<string>> {
  const wanted = {
    ENVIRONMENT: 'development',
    ORIGIN: origin,
    MAIL: 'capture',
    MAIL_FROM: 'Kith <no-reply@localhost>',
    CORS_ORIGINS: 'http://localhost:5173',
    AVATARS_BASE_URL: localAvatars(origin),
    ...(await makeSecrets('dev-')),
  }
  const present = existsSync(DEV_VARS)
    ? await withRsaKey(readFileSync(DEV_VARS, 'utf8'))
    : '# Local settings and secrets, made by `npm start`. Never committed.\n'
  const known = parseEnv(present)
  // Single quotes: the keys are JSON, and within them a dotenv parser takes every character as it is.
  const missing = Object.entries(wanted).filter(([name]) => !(name in known))
  if (missing.length > 0) {
    const lines = missing.map(([name, value]) => `${name}='${value}'\n`)
    writeFileSync(DEV_VARS, `${present}${present === '' || present.endsWith('\n') ? '' : '\n'}${lines.join('')}`)
    chmodSync(DEV_VARS, 0o600)
  }
  return { ...Object.fromEntries(missing), ...known }
}

/** `.dev.vars` that has signing keys of one kind gets one of the other, as the line was written: by itself, in single quotes. */
async function withRsaKey(text: string): Promise<string> {
  const line = /^SIGNING_KEYS='(\{"keys":\[.*)\]\}'$/m.exec(text)
  if (line === null || text.includes('"kty":"RSA"')) return text
  const key = JSON.stringify(await makeRs256Key(`dev-${new Date().toISOString().slice(0, 10)}-rs256`))
  const completed = text.replace(line[0], () => `SIGNING_KEYS='${line[1]},${key}]}'`)
  writeFileSync(DEV_VARS, completed)
  return completed
}
