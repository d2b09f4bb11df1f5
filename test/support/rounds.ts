/** How often a race is run: 2 rounds in `npm test`, as many as RACE_ROUNDS says otherwise (vitest.config.ts provides it). */
import { inject } from 'vitest'

declare module 'vitest' {
  export interface ProvidedContext {
    raceRounds: number
  }
}

export const ROUNDS = inject('raceRounds')

/** For a test that runs `ROUNDS` rounds. */
export const ROUNDS_TIMEOUT_MS = 60_000 + ROUNDS * 20_000
