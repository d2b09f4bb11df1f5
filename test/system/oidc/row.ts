/** A row of the script: a request, and the difference between the two answers where there is a reason for it. */
import type { Answer } from './answer.ts'
import type { Side } from './side.ts'

export interface Difference {
  readonly oracle: string
  readonly ours: string
  /** What makes ours right. */
  readonly clause: string
}

export type Row = readonly [name: string, request: (side: Side) => Promise<Answer>, difference?: Difference]
