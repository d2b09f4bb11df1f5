// The rate limit binding: passes through to the simulator, whose counts are exact, or answers to order (F16).
// Counted because no authenticated read may call it.
import type { Core } from './core.ts'

export function wrapLimiter(native: RateLimit, core: Core): RateLimit {
  // The simulator's counts outlive a platform; the keys of another one, from a file that ran before, are not its own.
  const platform = crypto.randomUUID()
  return {
    async limit(options) {
      core.counts.limiterCalls += 1
      const fault = core.faults.strikeLimiter()
      if (fault === 'throw') throw new Error('limit: Network connection lost.')
      return fault ? { success: fault === 'allow' } : native.limit({ key: `${platform} ${options.key}` })
    },
  }
}
