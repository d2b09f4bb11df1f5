/**
 * How often repetitive tests repeat: little in `npm test`; in `npm run thorough` (scripts/thorough.ts) as much as each test says;
 * for random ones as much as `npm run model` (scripts/model.ts) and `npm run fuzz:images` (scripts/fuzz-images.ts) say.
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

/**
 * Also for variants that differ to the runtime but not to the code that meets them: other kinds of the same fault, more rounds.
 */
export const IS_THOROUGH = inject('thorough') ?? false

/** One of two counts. */
export const times = (usually: number, thoroughly: number) => (IS_THOROUGH ? thoroughly : usually)

/**
 * Two of them, different ones for each `index`; all of them in the thorough form. For what one mechanism checks wherever it is
 * asked.
 */
export const some = <T>(all: readonly T[], index: number): readonly T[] =>
  IS_THOROUGH ? all : [0, 1].map((n) => all[(2 * index + n) % all.length] as T)

/** How often a race is run. */
export const ROUNDS = times(1, 50)

/** For a test of `ROUNDS` rounds. */
export const ROUNDS_TIMEOUT_MS = 60_000 + ROUNDS * 20_000

/** Runs of each property of the model test. */
export const MODEL_RUNS = inject('modelRuns') ?? 20
/** Null: a new one each time; a failure prints it. */
export const MODEL_SEED = inject('modelSeed') ?? null

/** For a test of this many runs. */
export const MODEL_TIMEOUT_MS = 120_000 + MODEL_RUNS * 3_000

/** Changed pictures, each of them a request. */
export const IMAGE_MUTATIONS = inject('imageMutations') ?? 80
export const IMAGE_SEED = inject('imageSeed') ?? 1
export const IMAGE_TIMEOUT_MS = 60_000 + IMAGE_MUTATIONS * 200
