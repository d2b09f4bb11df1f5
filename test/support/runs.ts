/**
 * How much of what only repeats is done: little in `npm test`; in `npm run thorough` (scripts/thorough.ts) as much as each test
 * says; and of what is random as much as `npm run model` (scripts/model.ts) and `npm run fuzz:images` (scripts/fuzz-images.ts) say.
 */
import { inject } from 'vitest'

declare module 'vitest' {
  export interface ProvidedContext {
    modelRuns?: number
    modelSeed?: number | null
    imageMutations?: number
    imageSeed?: number
    thorough?: boolean
  }
}

/** Also what differs for the runtime and not for the code that meets it: other kinds of the same fault, more rounds. */
export const IS_THOROUGH = inject('thorough') ?? false

/** One of two counts. */
export const times = (usually: number, thoroughly: number) => (IS_THOROUGH ? thoroughly : usually)

/** Two of them, others for each `index`; all of them thoroughly. For what one mechanism judges, wherever it is asked. */
export const some = <T>(all: readonly T[], index: number): readonly T[] =>
  IS_THOROUGH ? all : [0, 1].map((n) => all[(2 * index + n) % all.length] as T)

/** How often a race is run. */
export const ROUNDS = times(1, 50)

/** For a test that runs `ROUNDS` rounds. */
export const ROUNDS_TIMEOUT_MS = 60_000 + ROUNDS * 20_000

/** Runs of each property of the model test. */
export const MODEL_RUNS = inject('modelRuns') ?? 20
/** Null: another one each time; a failure prints it. */
export const MODEL_SEED = inject('modelSeed') ?? null

/** For a test of so many runs. */
export const MODEL_TIMEOUT_MS = 120_000 + MODEL_RUNS * 3_000

/** Changed pictures, each of them a request. */
export const IMAGE_MUTATIONS = inject('imageMutations') ?? 80
export const IMAGE_SEED = inject('imageSeed') ?? 1
export const IMAGE_TIMEOUT_MS = 60_000 + IMAGE_MUTATIONS * 200
