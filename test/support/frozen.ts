/** For tests in which time passes only when they say so. */
import { afterEach, beforeEach } from 'vitest'
import { clock } from '../platform/clock.ts'
import { platform } from './kith.ts'

/** Each test begins with a platform as new and a clock that stands still, and leaves neither a fault nor a moved clock. */
export function freezeEachTest(): void {
  beforeEach(() => {
    platform.reset()
    clock.freeze()
  })
  afterEach(() => {
    platform.reset()
    clock.restore()
  })
}
