// The rate limit binding: counts as the simulator does, but for as long as the platform lives, or answers to order (F16). The
// simulator's counts start over with each minute of the real clock, whenever a test comes by.
// Counted because no authenticated read may call it.
import type { Core } from './core.ts'

const { '../../wrangler.toml': wrangler = '' } = import.meta.glob<string>('../../wrangler.toml', {
  query: '?raw',
  import: 'default',
  eager: true,
})

type Name = 'LIMIT_CREATE' | 'LIMIT_LOGIN' | 'LIMIT_CODE' | 'LIMIT_OTHER'

export function wrapLimiter(name: Name, core: Core): RateLimit {
  const limit = Number(new RegExp(`name = "${name}"\n.*\nsimple = \\{ limit = (\\d+), period = 60 \\}`).exec(wrangler)?.[1])
  if (!(limit > 0)) throw new Error(`wrangler.toml has no limit ${name}`)
  const counts = new Map<string, number>()
  return {
    async limit({ key }) {
      core.counts.limiterCalls += 1
      const fault = core.faults.strikeLimiter()
      if (fault === 'throw') throw new Error('limit: Network connection lost.')
      if (fault) return { success: fault === 'allow' }
      const count = (counts.get(key) ?? 0) + 1
      counts.set(key, count)
      return { success: count <= limit }
    },
  }
}
