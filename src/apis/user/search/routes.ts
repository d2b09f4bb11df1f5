/** Search for people (wire §3.2, §6.13). */
import { Hono } from 'hono'
import { searchForUsers } from '../../../core/profiles/search.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { EXAMPLE_SEARCH_RESULT, SearchReply, toSearchResult } from './presenters.ts'
import { SearchBody } from './wire.ts'

export const search = new Hono<AppEnv>().post(
  '/user/search',
  requires('delegated:profile:search', { limit: 'search' }),
  describe('searchUsers', {
    summary: 'Search for people by the beginning of a name or user name',
    description:
      'Ignores case, accents and width. An exact id comes first, then an exact user name. ' +
      'Each row is the user, repeated as source. Fields that the caller may not see are null.',
    response: { status: 200, schema: SearchReply, example: { ok: 1, data: { results: [EXAMPLE_SEARCH_RESULT] } } },
  }),
  validate('json', SearchBody),
  async (c) => {
    const { ctx, gate } = c.var
    const users = await searchForUsers(ctx, gate, c.req.valid('json'))
    return c.json({ ok: 1, data: { results: users.map((user) => toSearchResult(user, ctx)) } })
  },
)
