/** What in the account belongs to somebody else and must not be touched. */
import dns from 'node:dns/promises'
import type { Found, Names } from './account.ts'

const NONE = /^[0-]*$/

export function conflictsOf(config: Record<string, unknown>, names: Names, found: Found): string[] {
  const database = ((config.d1_databases ?? []) as Record<string, unknown>[]).find(({ binding }) => binding === 'DB')
  const configured = String(database?.database_id ?? '')
  const isSame = config.name === names.worker && !NONE.test(configured)
  const isKith = found.database?.contents === 'kith' || (isSame && found.database?.id === configured)
  const conflicts: string[] = []
  if (isSame && found.database?.id !== configured) {
    conflicts.push(
      `wrangler.toml names the D1 database ${configured}, which is not the one called ${names.database} in this account. Is it the right account?`,
    )
  }
  if (found.database?.contents === 'foreign') conflicts.push(`The D1 database ${names.database} has tables that are not Kith's.`)
  if (found.namespace?.contents === 'foreign') conflicts.push(`The KV namespace ${names.namespace} has keys that are not Kith's.`)
  for (const bucket of ['avatars', 'media'] as const) {
    if ((found[bucket] ?? 0) !== 0 && !isKith)
      conflicts.push(`The R2 bucket ${names[bucket]} may hold somebody else's objects: there is no Kith database next to it.`)
  }
  if (found.database?.hasAccounts && found.secrets !== null && !isSame) {
    conflicts.push(
      `The Worker ${names.worker} is a Kith that has accounts, and this wrangler.toml is not its own: a deployment would replace its settings.
Use the wrangler.toml of that deployment; or, to begin its settings anew, set database_id = "${found.database.id}" in this one.`,
    )
  }
  // A run that was interrupted has configured its database by then.
  if (found.secrets !== null && !found.secrets.includes('SIGNING_KEYS') && !isKith && !isSame) {
    conflicts.push(`The Worker ${names.worker} exists and is not Kith: a deployment would replace it.`)
  }
  return conflicts
}

/** Whether something has the address that is not this Kith. Addresses under workers.dev cannot belong to others. */
export async function originConflict(origin: string, { secrets }: Found): Promise<string | null> {
  const { hostname } = new URL(origin)
  if (hostname.endsWith('.workers.dev')) return null
  const reply = await fetch(`${origin}/health`, { redirect: 'manual', signal: AbortSignal.timeout(5_000) }).catch(() => null)
  if (reply === null) {
    // Kith itself may not be up yet.
    const isFree = secrets?.includes('SIGNING_KEYS') || (await dns.lookup(hostname).catch(() => null)) === null
    return isFree ? null : `The domain ${hostname} already has a DNS record, though nothing answers there; the deployment would replace it.`
  }
  const body = await reply.text().catch(() => '')
  const isKith = /"status":"(UP|DOWN)"|"error":"not_configured"/.test(body)
  if (isKith && secrets?.includes('SIGNING_KEYS')) return null
  return `Something else answers at ${origin} (${isKith ? 'another Kith' : `status ${reply.status}`}); the deployment would take its address over.`
}
