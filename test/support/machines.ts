/** Machines for tests: robots, API keys and license keys, as the operator's command makes them. */
import { createExecutionContext } from 'cloudflare:test'
import { buildCronContext } from '../../src/context.ts'
import { type MachineKind, type MadeMachine, type NewMachine, planMachine } from '../../src/core/machines/machines.ts'
import { platform } from './kith.ts'

let machines = 0

/** All of a person's scopes for a key, unless it says otherwise. */
export async function makeMachine(kind: MachineKind, options: Partial<Omit<NewMachine, 'kind'>> = {}): Promise<MadeMachine> {
  machines += 1
  const ctx = buildCronContext(platform.env, createExecutionContext())
  const input = { kind, name: `machine_${machines}`, scopes: ['delegated:all'], expiresAt: null, ...options } as const
  const { writes, ...made } = await planMachine(ctx, input, null)
  await ctx.db.batch(writes)
  return made
}
