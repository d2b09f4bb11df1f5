/**
 * Kith on this machine, for the other scripts: paths, how wrangler is called, and `.dev.vars`. Nothing here needs an
 * account, prompts, or sends telemetry.
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

/** `KITH_WRANGLER` is for the tests of `npm run setup`, which have no account. */
const WRANGLER = process.env.KITH_WRANGLER ?? join(ROOT, 'node_modules', 'wrangler', 'bin', 'wrangler.js')
const QUIET = { WRANGLER_SEND_METRICS: 'false', WRANGLER_SEND_ERROR_REPORTS: 'false', WRANGLER_HIDE_BANNER: 'true' }
/** Without it, the local runtime asks the internet where this machine is. */
const OFFLINE = { CLOUDFLARE_CF_FETCH_ENABLED: 'false' }

/** Something the user must fix; printed without a stack trace. */
export class Refusal extends Error {}

/** Runs a script's main function; an error becomes a message and exit code 1. */
export async function main(run: () => Promise<void>): Promise<void> {
  try {
    await run()
  } catch (error) {
    console.error(error instanceof Refusal ? error.message : error)
    process.exitCode = 1
  }
}

/** Starts wrangler with the current Node, without a shell, so no argument is parsed twice. */
export function startWrangler(args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const env = { ...process.env, ...QUIET, ...OFFLINE, ...options.env }
  return spawn(process.execPath, [WRANGLER, ...args], { cwd: ROOT, stdio: 'inherit', ...options, env })
}

/** Where the local runtime serves the avatars bucket publicly, as a public domain does in production. */
export const localAvatars = (origin: string) => `${origin}/cdn-cgi/local/r2/public/kith-avatars`

/** Where the local runtime runs the Worker's cron. */
export const LOCAL_CRON = '/cdn-cgi/local/scheduled'

/** Runs wrangler to completion and returns its output. `CI` keeps it from prompting. */
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

const COMMENTS: Readonly<Record<string, string>> = { ORIGIN: '# PORT=9400 npm start overrides it for that run.\n' }

/**
 * Adds what is missing in `.dev.vars`, including a missing kind of signing key, and changes nothing else. Returns all
 * of it.
 */
export async function completeDevVars(origin: string): Promise<NodeJS.Dict<string>> {
  const wanted = {
    ENVIRONMENT: 'development',
    ORIGIN: origin,
    MAIL: 'capture',
    MAIL_FROM: 'Kith <no-reply@localhost>',
    // The single-page app of the examples, and the inspector of MCP.
    CORS_ORIGINS: 'http://localhost:5173 http://localhost:6274',
    // Agents register themselves, for the APIs that are open to all.
    DYNAMIC_REGISTRATION: 'open',
    AVATARS_BASE_URL: localAvatars(origin),
    ...(await makeSecrets('dev-')),
  }
  const present = existsSync(DEV_VARS)
    ? await withRsaKey(readFileSync(DEV_VARS, 'utf8'))
    : '# Local settings and secrets, made by `npm start`. Never committed.\n'
  const known = parseEnv(present)
  // Single quotes: the keys are JSON, and a dotenv parser takes everything within them literally.
  const missing = Object.entries(wanted).filter(([name]) => !(name in known))
  if (missing.length > 0) {
    const lines = missing.map(([name, value]) => `${COMMENTS[name] ?? ''}${name}='${value}'\n`)
    writeFileSync(DEV_VARS, `${present}${present === '' || present.endsWith('\n') ? '' : '\n'}${lines.join('')}`)
    chmodSync(DEV_VARS, 0o600)
  }
  return { ...Object.fromEntries(missing), ...known }
}

/**
 * Adds the missing kind of signing key to a `.dev.vars` that has only the other, in the line as it was written: by
 * itself, in single quotes.
 */
async function withRsaKey(text: string): Promise<string> {
  const line = /^SIGNING_KEYS='(\{"keys":\[.*)\]\}'$/m.exec(text)
  if (line === null || text.includes('"kty":"RSA"')) return text
  const key = JSON.stringify(await makeRs256Key(`dev-${new Date().toISOString().slice(0, 10)}-rs256`))
  const completed = text.replace(line[0], () => `SIGNING_KEYS='${line[1]},${key}]}'`)
  writeFileSync(DEV_VARS, completed)
  return completed
}
