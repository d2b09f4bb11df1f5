/**
 * What HTTP Digest for robots depends on, as far as a script can know it: the realm, from `wrangler.toml` or, on this
 * machine, `.dev.vars`; the encryption keys, from `.dev.vars`. The secrets of a deployed Worker cannot be read back.
 */
import { vars } from '../src/config-vars.ts'
import type { DigestSettings } from './doctor/robots.ts'
import { Refusal } from './local.ts'
import { readSettings } from './settings.ts'

export function readDigestSettings(remote: boolean): DigestSettings {
  const parsed = vars.pick({ DIGEST_REALM: true, ENCRYPTION_KEYS: true }).partial({ ENCRYPTION_KEYS: true }).safeParse(readSettings(remote))
  if (parsed.success) return { digestRealm: parsed.data.DIGEST_REALM, encryptionKeys: parsed.data.ENCRYPTION_KEYS ?? null }
  throw new Refusal(parsed.error.issues.map(({ path, message }) => `${String(path[0])}: ${message}`).join('\n'))
}
