/** The caller's social graph (wire §3.2, §6.14-15): privacy, follows, requests, blocks, suggestions. */
import { Hono } from 'hono'
import { blockUser, listBlockedUsers, unblockUser } from '../../../core/social/blocks.ts'
import { acceptFollowRequest, followUser, getFollowStatus, removeFollowEntry, unfollowUser } from '../../../core/social/follows.ts'
import { listOwnFollows, listRelationships, listSuggestedUsers, lookUpUsers } from '../../../core/social/lists.ts'
import { setPrivacy } from '../../../core/social/privacy.ts'
import { requires, requiresOfClient } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { type Description, describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { toSeenUser } from '../people/presenters.ts'
import { OK, toList } from '../replies.ts'
import { PageQuery, StateBody, TargetBody, TargetQuery, TargetsBody, toPage, UserParams } from '../wire.ts'
import * as example from './presenters.ts'
import * as reply from './presenters.ts'
import * as wire from './wire.ts'

const FOLLOW_STATUS: Description = {
  summary: 'Whether the caller follows a user, or has asked to',
  response: { status: 200, schema: reply.FollowStatusReply, example: { ok: 1, data: { following: true, requested: false } } },
}

export const social = new Hono<AppEnv>()
  .post(
    '/user/private',
    requires('delegated:profile:write', { evenRestricted: true }),
    describe('setPrivacy', {
      summary: 'Make the account private or public',
      description: 'Going public accepts the pending requests; acceptedCount is their number.',
      response: { status: 200, schema: reply.PrivacyReply, example: { ok: 1, data: { acceptedCount: 0 } } },
    }),
    validate('json', StateBody),
    async (c) => c.json({ ok: 1, data: await setPrivacy(c.var.ctx, c.var.gate, c.req.valid('json').state) }),
  )
  .post(
    '/user/follow',
    requires('delegated:social:follow:request', { limit: 'follow' }),
    describe('followUser', {
      summary: 'Follow a user, or request to follow a private account',
      response: { status: 200, schema: reply.FollowReply, example: { ok: 1, data: { status: 'following' } } },
      refusals: [404],
    }),
    validate('json', TargetBody),
    async (c) => c.json({ ok: 1, data: { status: await followUser(c.var.ctx, c.var.gate, c.req.valid('json').target) } }),
  )
  .post(
    '/user/unfollow',
    requires('delegated:social:follow:unfollow'),
    describe('unfollowUser', { summary: 'Unfollow a user, or withdraw the request', response: OK }),
    validate('json', TargetBody),
    async (c) => {
      await unfollowUser(c.var.ctx, c.var.gate, c.req.valid('json').target)
      return c.json({ ok: 1 })
    },
  )
  .get(
    '/user/followers',
    requires('delegated:social:follow:read'),
    describe('listFollowers', {
      summary: 'Followers of the caller, newest first',
      response: { status: 200, schema: reply.FollowersReply, example: example.EXAMPLE_FOLLOWERS },
    }),
    validate('query', PageQuery),
    async (c) => {
      const { ctx, gate } = c.var
      const records = await listOwnFollows(ctx, gate, 'followers', toPage(c.req.valid('query')))
      return c.json(toList(records, (record) => reply.toFollowRecord('source', record, ctx)))
    },
  )
  .get(
    '/user/following',
    requires('delegated:social:follow:read'),
    describe('listFollowing', {
      summary: 'Users followed by the caller, newest first',
      response: { status: 200, schema: reply.FollowingReply, example: example.EXAMPLE_FOLLOWING },
    }),
    validate('query', PageQuery),
    async (c) => {
      const { ctx, gate } = c.var
      const records = await listOwnFollows(ctx, gate, 'following', toPage(c.req.valid('query')))
      return c.json(toList(records, (record) => reply.toFollowRecord('target', record, ctx)))
    },
  )
  .get(
    '/user/follow-requests',
    requires('delegated:social:follow:read'),
    describe('listFollowRequests', {
      summary: 'Pending follow requests to the caller, newest first',
      response: { status: 200, schema: reply.FollowersReply, example: example.EXAMPLE_FOLLOW_REQUESTS },
    }),
    validate('query', PageQuery),
    async (c) => {
      const { ctx, gate } = c.var
      const records = await listOwnFollows(ctx, gate, 'requests', toPage(c.req.valid('query')))
      return c.json(toList(records, (record) => reply.toFollowRecord('source', record, ctx)))
    },
  )
  .patch(
    '/user/follow-request',
    requires('delegated:social:follow:accept'),
    describe('acceptFollowRequest', { summary: 'Accept a follow request', response: OK, refusals: [404] }),
    validate('json', wire.FollowRequestBody),
    async (c) => {
      await acceptFollowRequest(c.var.ctx, c.var.gate, c.req.valid('json').request)
      return c.json({ ok: 1 })
    },
  )
  .delete(
    '/user/follow-entry',
    requires('delegated:social:follow:remove'),
    describe('removeFollow', { summary: 'Remove a follower, unfollow, reject or withdraw a request', response: OK, refusals: [404] }),
    validate('json', wire.FollowEntryBody),
    async (c) => {
      await removeFollowEntry(c.var.ctx, c.var.gate, c.req.valid('json').entry)
      return c.json({ ok: 1 })
    },
  )
  .get(
    '/user/follow-status',
    requires('delegated:social:follow:read', { limit: 'people' }),
    describe('getFollowStatusByQuery', FOLLOW_STATUS),
    validate('query', TargetQuery),
    async (c) => c.json({ ok: 1, data: await getFollowStatus(c.var.ctx, c.var.gate, c.req.valid('query').target) }),
  )
  .get(
    '/user/follow-status/:userId',
    requires('delegated:social:follow:read', { limit: 'people' }),
    describe('getFollowStatus', FOLLOW_STATUS),
    validate('param', UserParams),
    async (c) => c.json({ ok: 1, data: await getFollowStatus(c.var.ctx, c.var.gate, c.req.valid('param').userId) }),
  )
  .post(
    '/user/block',
    requires('delegated:social:block:write', { evenRestricted: true, limit: 'block' }),
    describe('blockUser', {
      summary: 'Block a user',
      description: 'Removes follows in both directions. Blocked users cannot see the caller.',
      response: { status: 200, schema: reply.BlockReply, example: { ok: 1, data: { status: 'blocked' } } },
      refusals: [404],
    }),
    validate('json', TargetBody),
    async (c) => {
      await blockUser(c.var.ctx, c.var.gate, c.req.valid('json').target)
      return c.json({ ok: 1, data: { status: 'blocked' } })
    },
  )
  .post(
    '/user/unblock',
    requires('delegated:social:block:write', { evenRestricted: true }),
    describe('unblockUser', { summary: 'Unblock a user', response: OK }),
    validate('json', TargetBody),
    async (c) => {
      await unblockUser(c.var.ctx, c.var.gate, c.req.valid('json').target)
      return c.json({ ok: 1 })
    },
  )
  .get(
    '/user/blocks',
    requires('delegated:social:block:read'),
    describe('listBlocks', {
      summary: 'Users blocked by the caller, newest first',
      response: { status: 200, schema: reply.BlocksReply, example: example.EXAMPLE_BLOCKS },
    }),
    validate('query', PageQuery),
    async (c) => {
      const { ctx, gate } = c.var
      const records = await listBlockedUsers(ctx, gate, toPage(c.req.valid('query')))
      return c.json(toList(records, (record) => reply.toBlock(record, ctx)))
    },
  )
  .post(
    '/user/relationships',
    requires('delegated:social:follow:read', { limit: 'people' }),
    describe('listRelationships', {
      summary: "The caller's relationship to up to 100 users",
      description: 'Users who do not exist for the caller are omitted.',
      response: { status: 200, schema: reply.RelationshipsReply, example: example.EXAMPLE_RELATIONSHIPS },
    }),
    validate('json', TargetsBody),
    async (c) => {
      const rows = await listRelationships(c.var.ctx, c.var.gate, c.req.valid('json').targets)
      return c.json({ ok: 1, data: { records: rows.map(reply.toRelationship) } })
    },
  )
  .post(
    '/user/lookup',
    requiresOfClient('client:profile:read', 'delegated:profile:read', { limit: 'people' }),
    describe('lookUpUsers', {
      summary: 'Up to 100 users at once',
      description: 'Users who do not exist for the caller are omitted.',
      response: { status: 200, schema: reply.SeenUsersReply, example: example.EXAMPLE_SEEN_USERS },
    }),
    validate('json', TargetsBody),
    async (c) => {
      const { ctx, gate } = c.var
      const users = await lookUpUsers(ctx, gate, c.req.valid('json').targets)
      return c.json({ ok: 1, data: { records: users.map((user) => toSeenUser(user, ctx)) } })
    },
  )
  .get(
    '/user/suggestions',
    requires('delegated:social:follow:read', { limit: 'people' }),
    describe('listSuggestions', {
      summary: 'Users followed by those the caller follows',
      response: { status: 200, schema: reply.SeenUsersReply, example: example.EXAMPLE_SEEN_USERS },
    }),
    async (c) => {
      const { ctx, gate } = c.var
      const users = await listSuggestedUsers(ctx, gate)
      return c.json({ ok: 1, data: { records: users.map((user) => toSeenUser(user, ctx)) } })
    },
  )
