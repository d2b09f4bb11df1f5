/** Machine clients for tests, created by the core's own plan, as the admin API and the operator do. */
import { createExecutionContext } from 'cloudflare:test'
import { buildCronContext } from '../../src/context.ts'
import { type MachineKind, type MadeMachine, type NewMachine, planMachine } from '../../src/core/machines/machines.ts'
import type { Scope } from '../../src/core/scopes.ts'
import type { MachineId } from '../../src/ids.ts'
import { revokeMachine } from '../../src/store/db/machine-credentials.ts'
import { platform } from './kith.ts'

const SCOPES: Readonly<Record<MachineKind, readonly Scope[]>> = {
  robot: ['client:profile:read'],
  api_key: ['delegated:all'],
  license_key: ['client:profile:all', 'delegated:all'],
}

let machines = 0

/** A machine without a creator, with all that its kind may do. An end in the past makes an expired one. */
export async function makeMachine(kind: MachineKind, options: Partial<Omit<NewMachine, 'kind'>> = {}): Promise<MadeMachine> {
  machines += 1
  const ctx = buildCronContext(platform.env, createExecutionContext())
  const input = { kind, name: `${kind}_${machines}`, scopes: SCOPES[kind], expiresAt: null, ...options }
  const { writes, ...made } = await planMachine(ctx, input, null)
  await ctx.db.batch(writes)
  return made
}

type Options = Parameters<typeof makeMachine>[1]
export const makeRobot = (options?: Options) => makeMachine('robot', options)
export const makeApiKey = (options?: Options) => makeMachine('api_key', options)
export const makeLicenseKey = (options?: Options) => makeMachine('license_key', options)

export async function revoke(id: MachineId): Promise<void> {
  const ctx = buildCronContext(platform.env, createExecutionContext())
  await ctx.db.batch(revokeMachine({ id, clientId: `machine-${id}` }, ctx.now()))
}
