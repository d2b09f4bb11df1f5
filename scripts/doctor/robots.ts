/**
 * What `npm run doctor` checks about robots: those that can no longer authenticate, because their HA1 is encrypted
 * under a missing key or was made for another realm. Only a new robot helps. Read-only.
 */
import { ha1Purpose } from '../../src/core/machines/machines.ts'
import { decrypt, type Keyring } from '../../src/crypto.ts'
import type { MachineId } from '../../src/ids.ts'
import { ROUND_MAX } from './checks.ts'
import type { ObjectFinding } from './objects.ts'

/**
 * What the deployment's robots depend on. The secrets of a deployed Worker cannot be read, so there are no keys then.
 */
export interface DigestSettings {
  readonly encryptionKeys: Keyring | null
  readonly digestRealm: string
}

interface RobotRow {
  readonly id: MachineId
  readonly ha1: string | null
  readonly realm: string | null
}

const ROBOTS = `SELECT id, ha1, realm FROM machine_credentials WHERE kind = 'robot' AND revoked_at IS NULL LIMIT ${ROUND_MAX}`

export async function examineRobots(db: D1Database, { encryptionKeys, digestRealm }: DigestSettings): Promise<ObjectFinding[]> {
  const { results } = await db.prepare(ROBOTS).all<RobotRow>()
  const isReadable = async ({ id, ha1 }: RobotRow) =>
    ha1 !== null && (encryptionKeys === null || (await decrypt(encryptionKeys, ha1Purpose(id), ha1)) !== null)
  const readable = await Promise.all(results.map(isReadable))
  const findings = [
    {
      name: 'robots whose HA1 cannot be read',
      differences: results.flatMap(({ id, ha1 }, index) => (readable[index] ? [] : [{ subject: id, found: keyIdOf(ha1) }])),
    },
    {
      name: 'robots of another realm',
      differences: results.flatMap(({ id, realm }) =>
        realm === digestRealm ? [] : [{ subject: id, found: realm, expected: digestRealm }],
      ),
    },
  ]
  return findings.filter(({ differences }) => differences.length > 0)
}

/** The key it is encrypted under. */
const keyIdOf = (sealed: string | null) => (sealed === null ? null : sealed.slice(0, sealed.lastIndexOf('.')))
