/** A row of the script: a request, made to each side in the same way. */
import type { Answer } from './answer.ts'
import type { Side } from './side.ts'

export type Row = readonly [name: string, request: (side: Side) => Promise<Answer>]
