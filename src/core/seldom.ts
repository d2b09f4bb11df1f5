/** What this isolate did lately, so that it does not do it again too soon: notes of use are shown to people and need not be exact. */
import type { Config } from '../config.ts'
import type { Ctx } from './ctx.ts'

const KEYS_MAX = 5_000

/** Whether a key is due: true at most once in `everyMs`, per configuration. */
export function seldom(everyMs: number): (ctx: Pick<Ctx, 'config' | 'now'>, key: string) => boolean {
  const noted = new WeakMap<Config, Map<string, number>>()
  return (ctx, key) => {
    const known = noted.get(ctx.config) ?? new Map<string, number>()
    noted.set(ctx.config, known)
    const last = known.get(key)
    if (last !== undefined && ctx.now() - last < everyMs) return false
    known.delete(key)
    // The oldest goes: a Map keeps the order of insertion.
    if (known.size >= KEYS_MAX) known.delete(known.keys().next().value ?? '')
    known.set(key, ctx.now())
    return true
  }
}
