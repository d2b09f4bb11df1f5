/** Search results: presenter, schemas and example (wire §3.2, §6.13). */
import * as z from 'zod'
import type { Ctx } from '../../../core/ctx.ts'
import type { SeenUser as VisibleUser } from '../../../core/social/visibility.ts'
import { EXAMPLE_SEEN_USER, SeenUser, toSeenUser } from '../people/presenters.ts'
import { ok } from '../replies.ts'

const SearchResult = SeenUser.extend({ approved: z.literal(true), source: SeenUser }).meta({ id: 'SearchResult' })

/** @NOTE The seed's table says users, its sample shows follow records; each row can be read as either (wire §6.13). */
export function toSearchResult(user: VisibleUser, ctx: Ctx): z.output<typeof SearchResult> {
  const seen = toSeenUser(user, ctx)
  return { ...seen, approved: true, source: seen }
}

export const SearchReply = ok(z.strictObject({ results: z.array(SearchResult) }))

export const EXAMPLE_SEARCH_RESULT: z.output<typeof SearchResult> = { ...EXAMPLE_SEEN_USER, approved: true, source: EXAMPLE_SEEN_USER }
