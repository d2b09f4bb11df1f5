/**
 * What robots' HTTP Digest hangs on, as far as a script may know it: the realm, from `wrangler.toml` and, on this machine,
 * `.dev.vars`; the encryption keys, from `.dev.vars`. Those of a deployed Worker are secrets that nobody reads back.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { unstable_readConfig } from 'wrangler'
import { vars } from '../src/config-vars.ts'
import type { DigestSettings } from './doctor-robots.ts'
import { DEV_VARS, Refusal, ROOT } from './local.ts'

export function readDigestSettings(remote: boolean): DigestSettings {
  const deployed = unstable_readConfig({ config: join(ROOT, 'wrangler.toml') }).vars as Record<string, unknown>
  const local = !remote && existsSync(DEV_VARS) ? parseEnv(readFileSync(DEV_VARS, 'utf8')) : {}
  const parsed = vars
    .pick({ DIGEST_REALM: true, ENCRYPTION_KEYS: true })
    .partial({ ENCRYPTION_KEYS: true })
    .safeParse({ ...deployed, ...local })
  if (parsed.success) return { digestRealm: parsed.data.DIGEST_REALM, encryptionKeys: parsed.data.ENCRYPTION_KEYS ?? null }
  throw new Refusal(parsed.error.issues.map(({ path, message }) => `${String(path[0])}: ${message}`).join('\n'))
}
