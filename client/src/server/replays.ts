/** DPoP proofs that were used (RFC 9449 §11.1): each counts once. */

/**
 * Remembers proofs for all processes of an API. `claim` keeps `id` for that many seconds, in one step, and returns false if it is kept
 * already: `SET id 1 NX EX seconds` in Redis, `INSERT ... ON CONFLICT DO NOTHING` in SQL.
 */
export interface ReplayStore {
  claim(id: string, seconds: number): boolean | Promise<boolean>
}

/** For an API that runs as one process. */
export function inMemory(): ReplayStore {
  const ends = new Map<string, number>()
  return {
    claim(id, seconds) {
      const now = Date.now()
      // In the order in which they end: all are kept for the same time.
      for (const [old, end] of ends) {
        if (end > now) break
        ends.delete(old)
      }
      if (ends.has(id)) return false
      ends.set(id, now + seconds * 1_000)
      return true
    },
  }
}
