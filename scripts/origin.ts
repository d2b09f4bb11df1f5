/** Where Kith answers: on this machine as `npm start` last did, deployed at the ORIGIN of `wrangler.toml`. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { unstable_readConfig } from 'wrangler'
import { DEMO, DEV_VARS, Refusal, ROOT } from './local.ts'

/** Null where it is not known yet. */
export function findOrigin(remote: boolean): string | null {
  return (remote ? deployedOrigin() : (localOrigin() ?? parseDevVars().ORIGIN)) || null
}

export function readOrigin(remote: boolean): string {
  const origin = findOrigin(remote)
  if (!origin) throw new Refusal(remote ? 'ORIGIN is empty in wrangler.toml' : 'Kith has not run on this machine yet: npm start')
  return origin
}

function deployedOrigin(): string | undefined {
  const vars = unstable_readConfig({ config: join(ROOT, 'wrangler.toml') }).vars as { ORIGIN?: string }
  return vars.ORIGIN
}

function localOrigin(): string | undefined {
  return existsSync(DEMO) ? (JSON.parse(readFileSync(DEMO, 'utf8')) as { origin?: string }).origin : undefined
}

function parseDevVars(): NodeJS.Dict<string> {
  return existsSync(DEV_VARS) ? parseEnv(readFileSync(DEV_VARS, 'utf8')) : {}
}
