/** Work that is done once for all who wait for it. */

interface Run<T> {
  readonly result: Promise<T>
  until: number
}

/**
 * Runs `work` once at a time: whoever calls meanwhile gets the same result. After a failure nothing runs again for `restMs`. In a
 * Worker, a request that has gone takes what it began with it; so nobody waits longer than `timeoutMs`, and then another run may begin.
 */
export function shared<Args extends unknown[], T>(
  work: (...args: Args) => Promise<T>,
  { timeoutMs, restMs = 0 }: { timeoutMs: number; restMs?: number },
): (...args: Args) => Promise<T> {
  let current: Run<T> | null = null
  return (...args) => {
    if (!current || Date.now() >= current.until) {
      const run: Run<T> = { result: work(...args), until: Date.now() + timeoutMs }
      current = run
      run.result.then(
        () => {
          if (current === run) current = null
        },
        () => {
          run.until = Date.now() + restMs
        },
      )
    }
    return inTime(current.result, timeoutMs)
  }
}

function inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  const signal = AbortSignal.timeout(timeoutMs)
  const late = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
  return Promise.race([work, late])
}
