/** Other users (wire §3.2, §6.11): one of them, and their lists. `:userId` is 24 hex digits, so no other path is shadowed. */
import { Hono } from 'hono'
import { listFollowsOf } from '../../../core/social/lists.ts'
import { getProfile } from '../../../core/social/visibility.ts'
import { requires, requiresOfClient } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { type Description, describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { toList } from '../replies.ts'
import { EXAMPLE_FOLLOWERS, EXAMPLE_FOLLOWING, FollowersReply, FollowingReply, toFollowRecord } from '../social-graph/presenters.ts'
import { PageQuery, toPage, UsernameParams, UserParams } from '../wire.ts'
import { EXAMPLE_SEEN_USER, SeenUserReply, toSeenUser } from './presenters.ts'

const PROFILE: Description = {
  summary: 'A user, as the caller may see them',
  description: 'Fields that the caller may not see are null. Unknown, banned, deleted and blocking users all answer 404.',
  response: { status: 200, schema: SeenUserReply, example: { ok: 1, data: { user: EXAMPLE_SEEN_USER } } },
  refusals: [404],
}

export const people = new Hono<AppEnv>()
  .get(
    '/user/:userId{[0-9a-f]{24}}',
    requiresOfClient('client:profile:read', 'delegated:profile:read', { limit: 'people' }),
    describe('getUser', PROFILE),
    validate('param', UserParams),
    async (c) => {
      const { ctx, gate } = c.var
      return c.json({ ok: 1, data: { user: toSeenUser(await getProfile(ctx, gate, c.req.valid('param').userId), ctx) } })
    },
  )
  .get(
    '/user/info/:userId',
    requiresOfClient('client:profile:read', 'delegated:profile:read', { limit: 'people' }),
    describe('getUserInfo', PROFILE),
    validate('param', UserParams),
    async (c) => {
      const { ctx, gate } = c.var
      return c.json({ ok: 1, data: { user: toSeenUser(await getProfile(ctx, gate, c.req.valid('param').userId), ctx) } })
    },
  )
  // Before the lists of a user, whose paths would match for people called `followers` and `following`.
  .get(
    '/user/by-username/:username',
    requiresOfClient('client:profile:read', 'delegated:profile:read', { limit: 'people' }),
    describe('getUserByUsername', { ...PROFILE, summary: 'A user by user name, as the caller may see them' }),
    validate('param', UsernameParams),
    async (c) => {
      const { ctx, gate } = c.var
      return c.json({ ok: 1, data: { user: toSeenUser(await getProfile(ctx, gate, c.req.valid('param').username), ctx) } })
    },
  )
  .get(
    '/user/:userId/followers',
    requires('delegated:social:follow:read', { limit: 'people' }),
    describe('listFollowersOf', {
      summary: 'Followers of a user, newest first',
      response: { status: 200, schema: FollowersReply, example: EXAMPLE_FOLLOWERS },
      refusals: [404],
    }),
    validate('param', UserParams),
    validate('query', PageQuery),
    async (c) => {
      const { ctx, gate } = c.var
      const records = await listFollowsOf(ctx, gate, c.req.valid('param').userId, 'followers', toPage(c.req.valid('query')))
      return c.json(toList(records, (record) => toFollowRecord('source', record, ctx)))
    },
  )
  .get(
    '/user/:userId/following',
    requires('delegated:social:follow:read', { limit: 'people' }),
    describe('listFollowingOf', {
      summary: 'Users followed by a user, newest first',
      response: { status: 200, schema: FollowingReply, example: EXAMPLE_FOLLOWING },
      refusals: [404],
    }),
    validate('param', UserParams),
    validate('query', PageQuery),
    async (c) => {
      const { ctx, gate } = c.var
      const records = await listFollowsOf(ctx, gate, c.req.valid('param').userId, 'following', toPage(c.req.valid('query')))
      return c.json(toList(records, (record) => toFollowRecord('target', record, ctx)))
    },
  )
