/**
 * The machine clients of the demo data: a robot, an API key and a license key, created by the rules for all machines,
 * and their entries in `.wrangler/demo.json`. What no longer works (after a lost database, a new encryption key or
 * another realm) is created again, with the secrets from the file unless they have been used up.
 */
import type { Ctx } from '../../src/core/ctx.ts'
import { judgeMachine } from '../../src/core/machines/machine-rules.ts'
import { ha1Of, ha1Purpose, type MachineKind, type MadeMachine, planMachine } from '../../src/core/machines/machines.ts'
import { looksLikeSecret } from '../../src/core/machines/secrets.ts'
import { decrypt, sha256 } from '../../src/crypto.ts'
import { listMachines, type MachineRow, revokeMachine } from '../../src/store/db/machine-credentials.ts'
import { findClient } from '../../src/store/db/oauth-clients.ts'

/** An entry of demo.json. */
export interface DemoMachines {
  readonly robot: { readonly username: string; readonly password: string }
  readonly apikey: string
  readonly mirrorfly: { readonly licenseKey: string; readonly username: string; readonly password: string }
}

const NAMES: Readonly<Record<MachineKind, string>> = { robot: 'robot_user', api_key: 'Demo API key', license_key: 'Demo license key' }
const ALL = { before: Number.MAX_SAFE_INTEGER, limit: 10_000 }

interface Known {
  readonly secret: string | undefined
  /** The account of a license key. */
  readonly username?: string | undefined
  readonly password?: string | undefined
}

/** Creates what is missing or no longer works; returns what there is now. */
export async function settleMachines(ctx: Ctx, before: Partial<DemoMachines> | null): Promise<DemoMachines> {
  const { robot, apikey, mirrorfly } = before ?? {}
  const bot = await settle(ctx, 'robot', { secret: robot?.password })
  const key = await settle(ctx, 'api_key', { secret: apikey })
  const license = await settle(ctx, 'license_key', { ...mirrorfly, secret: mirrorfly?.licenseKey })
  return {
    robot: { username: NAMES.robot, password: bot.secret },
    apikey: key.secret,
    mirrorfly: { licenseKey: license.secret, username: license.account?.username ?? '', password: license.account?.password ?? '' },
  }
}

type Settled = Pick<MadeMachine, 'secret' | 'account'>

async function settle(ctx: Ctx, kind: MachineKind, known: Known): Promise<Settled> {
  const { secret, username = '', password = '' } = known
  const rows = await ctx.db.one(listMachines(ALL))
  const hash = secret === undefined ? null : sha256(secret)
  const ours = rows.filter((row) => row.kind === kind && row.name === NAMES[kind] && row.revokedAt === null)
  const row = ours.find((one) => kind === 'robot' || one.secretHash === hash)
  if (row && secret !== undefined && (await isWhole(ctx, row, { secret, username, password }))) {
    return { secret, account: kind === 'license_key' ? { username, password } : null }
  }
  // Revokes keys whose secret is lost, and frees the robot's name.
  const unknown = kind === 'robot' ? ours : ours.filter(({ createdBy }) => createdBy === null)
  const isUsedUp = hash !== null && rows.some(({ secretHash }) => secretHash === hash)
  const secrets = {
    secret: secret !== undefined && looksLikeSecret(kind, secret) && !isUsedUp ? secret : undefined,
    password: looksLikeSecret('account', password) && !isUsedUp ? password : undefined,
  }
  const { writes, ...made } = await planMachine(ctx, judgeMachine({ kind, name: NAMES[kind] }, ctx.now()), null, secrets)
  await ctx.db.batch([...unknown.flatMap((one) => revokeMachine(one, ctx.now())), ...writes])
  return made
}

/** Whether the row still matches the file and its secret still works. */
async function isWhole(ctx: Ctx, row: MachineRow, known: Required<{ [K in keyof Known]: string }>): Promise<boolean> {
  const { scopes } = judgeMachine({ kind: row.kind as MachineKind, name: row.name }, ctx.now())
  if (row.expiresAt !== null || row.scopes !== scopes.join(' ')) return false
  if (row.kind === 'robot') return await provesItself(ctx, row, known.secret)
  const client = row.clientId === null ? null : await ctx.db.one(findClient(row.clientId))
  if (!client || client.disabledAt !== null) return false
  return row.kind === 'api_key' || (client.id === known.username && client.secretHash === sha256(known.password))
}

async function provesItself({ config }: Ctx, { id, name, realm, ha1 }: MachineRow, password: string): Promise<boolean> {
  if (ha1 === null || realm !== config.digestRealm) return false
  const plain = await decrypt(config.encryptionKeys, ha1Purpose(id), ha1)
  return plain !== null && Buffer.from(plain).toString() === ha1Of(name, realm, password)
}
