/** The request of a search. */
import * as z from 'zod'
import { SEARCH_QUERY_LENGTH_MAX, SEARCH_RESULTS_DEFAULT, SEARCH_RESULTS_MAX } from '../../../core/limits.ts'

export const SearchBody = z.strictObject({
  query: z
    .string()
    .refine((v) => v !== '' && [...v].length <= SEARCH_QUERY_LENGTH_MAX, `must have 1 to ${SEARCH_QUERY_LENGTH_MAX} characters`)
    .meta({
      description: 'The beginning of a name or user name, or an id',
      example: 'john',
      minLength: 1,
      maxLength: SEARCH_QUERY_LENGTH_MAX,
    }),
  limit: z
    .union([
      z.int(),
      z
        .string()
        .regex(/^\d{1,9}$/, 'must be a number')
        .transform(Number),
    ])
    .refine((v) => v >= 1 && v <= SEARCH_RESULTS_MAX, `must be 1 to ${SEARCH_RESULTS_MAX}`)
    .default(SEARCH_RESULTS_DEFAULT)
    .meta({ description: `At most ${SEARCH_RESULTS_MAX}`, example: 10, documented: { type: 'integer' } }),
})
