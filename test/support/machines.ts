/** Machine clients for tests, made as the operator makes them. */
import { createExecutionContext } from 'cloudflare:test'
import { buildCronContext } from '../../src/context.ts'
import { type MachineKind, type MadeMachine, type NewMachine, planMachine } from '../../src/core/machines/machines.ts'
import { platform } from './kith.ts'

let made = 0

export async function makeMachine(kind: MachineKind, options: Partial<NewMachine> = {}): Promise<MadeMachine> {
  made += 1
  const ctx = buildCronContext(platform.env, createExecutionContext())
  const input = { kind, name: `${kind}_${made}`, scopes: ['client:profile:read'], expiresAt: null, ...options } as const
  const { writes, ...machine } = await planMachine(ctx, input, null)
  await ctx.db.batch(writes)
  return machine
}

export const makeRobot = (options?: Partial<NewMachine>) => makeMachine('robot', options)
export const makeApiKey = (options?: Partial<NewMachine>) => makeMachine('api_key', options)
export const makeLicenseKey = (options?: Partial<NewMachine>) => makeMachine('license_key', options)
