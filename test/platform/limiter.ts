// The rate limit binding: counts like the simulator, but for as long as the platform lives, or answers on demand (F16). The
// simulator's counts start over with each minute of the real clock, whenever a test comes by. Counted because no authenticated
// read may call it.
import type { Core } from './core.ts'

/**
 * Requests a minute. The same as in wrangler.toml, which nothing inside the runtime can read (platform.test.ts compares them).
 */
export const RATE_LIMITS = { LIMIT_CREATE: 5, LIMIT_LOGIN: 10, LIMIT_CODE: 5, LIMIT_OTHER: 60 }

export function wrapLimiter(name: keyof typeof RATE_LIMITS, core: Core): RateLimit {
  const counts = new Map<string, number>()
  return {
    async limit({ key }) {
      core.counts.limiterCalls += 1
      const fault = core.faults.strikeLimiter()
      if (fault === 'throw') throw new Error('limit: Network connection lost.')
      if (fault) return { success: fault === 'allow' }
      const count = (counts.get(key) ?? 0) + 1
      counts.set(key, count)
      return { success: count <= RATE_LIMITS[name] }
    },
  }
}
