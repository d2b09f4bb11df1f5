/**
 * How much of what is random is tried: little in `npm test`, as much as `npm run model` says (scripts/model.ts), or
 * `npm run fuzz:images` (scripts/fuzz-images.ts); and how many kinds of faults, all of them in `npm run faults`
 * (scripts/faults.ts).
 */
import { inject } from 'vitest'

declare module 'vitest' {
  export interface ProvidedContext {
    modelRuns?: number
    modelSeed?: number | null
    imageMutations?: number
    imageSeed?: number
    allFaults?: boolean
  }
}

/** Runs of each property of the model test. */
export const MODEL_RUNS = inject('modelRuns') ?? 50
/** Null: another one each time; a failure prints it. */
export const MODEL_SEED = inject('modelSeed') ?? null

/** For a test of so many runs. */
export const MODEL_TIMEOUT_MS = 120_000 + MODEL_RUNS * 3_000

/** Changed pictures, each of them a request. */
export const IMAGE_MUTATIONS = inject('imageMutations') ?? 200
export const IMAGE_SEED = inject('imageSeed') ?? 1
export const IMAGE_TIMEOUT_MS = 60_000 + IMAGE_MUTATIONS * 200

/** Also the kinds of faults that differ for the runtime, and not for the code that meets them. */
export const ALL_FAULTS = inject('allFaults') ?? false
