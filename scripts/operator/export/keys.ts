/** With which keys the passwords and the secrets of authenticator apps in a Kith were made: an export has the rows and not the keys. */
import { vars } from '../../../src/config-vars.ts'
import { readSettings } from '../../settings.ts'

interface Use {
  readonly what: string
  readonly setting: 'PEPPER_KEYS' | 'ENCRYPTION_KEYS'
  readonly kid: string
  readonly count: number
}

/** What is before the last dot: key ids may have dots, what follows has none. */
const USES = `
  SELECT 'Passwords' AS what, 'PEPPER_KEYS' AS setting, substr(rest, 1, instr(rest, '$') - 1) AS kid, count(*) AS count
  FROM (SELECT substr(password_hash, instr(password_hash, ',keyid=') + 7) AS rest FROM credentials WHERE password_hash LIKE '$scrypt$%,keyid=%')
  GROUP BY kid
  UNION ALL
  SELECT 'Authenticator apps', 'ENCRYPTION_KEYS', rtrim(rtrim(secret, replace(secret, '.', '')), '.') AS kid, count(*)
  FROM totp_credentials WHERE secret IS NOT NULL GROUP BY kid`

/** A line for each key that is needed: of a deployment all of them, whose secrets nobody can read; here those that are missing. */
export async function keysNeeded(db: D1Database, remote: boolean): Promise<string[]> {
  const { results } = await db.prepare(USES).all<Use>()
  const rings = remote ? undefined : vars.pick({ PEPPER_KEYS: true, ENCRYPTION_KEYS: true }).partial().safeParse(readSettings(false)).data
  const where = remote ? 'of the deployment' : 'of .dev.vars, which lacks it'
  return results
    .filter(({ setting, kid }) => !rings?.[setting]?.keys.has(kid))
    .map(({ what, setting, kid, count }) => `${what}: ${count} need the key ${kid} in ${setting} ${where}`)
}
