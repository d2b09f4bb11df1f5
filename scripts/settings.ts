/**
 * The settings that a script can know: those of `wrangler.toml` and, on this machine, `.dev.vars`. The secrets of a
 * deployment cannot be read back.
 */
import { existsSync, readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { DEMO, DEV_VARS, Refusal } from './local.ts'
import { readWranglerToml } from './wrangler-toml.ts'

export function readSettings(remote: boolean): Readonly<Record<string, unknown>> {
  const local = !remote && existsSync(DEV_VARS) ? parseEnv(readFileSync(DEV_VARS, 'utf8')) : {}
  return { ...readWranglerToml().vars, ...local }
}

/** Kith's origin: locally as `npm start` last set it, deployed its ORIGIN; null if unknown. */
export function findOrigin(remote: boolean): string | null {
  // The ORIGIN of a deployment does not apply to this machine.
  if (!remote && !existsSync(DEV_VARS)) return null
  const started = !remote && existsSync(DEMO) ? (JSON.parse(readFileSync(DEMO, 'utf8')) as { origin?: string }).origin : undefined
  return started || String(readSettings(remote).ORIGIN ?? '') || null
}

export function readOrigin(remote: boolean): string {
  const origin = findOrigin(remote)
  if (origin === null) throw new Refusal(remote ? 'ORIGIN is empty in wrangler.toml' : 'Kith has not run on this machine yet: npm start')
  return origin
}
