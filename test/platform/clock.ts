// The clock of a test, security §5.2 and §2.1, F17 (Date stands still between I/O). Only Date is faked: timers and the simulators
// run in real time, so D1, KV and R2 still work, but their own expiry does not move. `performance.now()` is left alone.
import { vi } from 'vitest'

export const clock = {
  /** Stops Date, now unless told otherwise. */
  freeze(at: number | Date = Date.now()): void {
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.setSystemTime(at)
  },

  /** Moves a frozen Date, backwards too. */
  advance(milliseconds: number): void {
    if (!vi.isFakeTimers()) throw new Error('freeze the clock before it is advanced')
    vi.setSystemTime(Date.now() + milliseconds)
  },

  restore(): void {
    vi.useRealTimers()
  },
}
