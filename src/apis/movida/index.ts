/**
 * The room `movida`: the users of BeBanjo's Movida API (seed 001), read-only, for robots, which authenticate with HTTP
 * Digest. Replies are XML unless JSON is preferred.
 */
import { Hono } from 'hono'
import type { Config } from '../../config.ts'
import { getActiveUser, listActiveUsers } from '../../core/profiles/active-users.ts'
import { requiresRobot } from '../../http/access.ts'
import { admission } from '../../http/admission.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { credentials } from '../../http/credentials.ts'
import { errorsAs } from '../../http/errors.ts'
import { type Room, roomApp } from '../../http/room.ts'
import { ROOM_PATHS } from '../../http/room-paths.ts'
import { describe } from '../../http/tags.ts'
import { validate } from '../../http/validate.ts'
import { digest } from './digest-auth.ts'
import { ErrorReply, renderError, toErrorBody } from './errors.ts'
import { represent } from './representation.ts'
import { PageQuery, Root, toRoot, toUser, toUsers, User, UserParams, Users } from './wire.ts'

const SCOPE = 'client:profile:read'
const NAME = 'movida'

/** From the configuration, not the request, so that links do not depend on the host that was called. */
const baseOf = ({ config }: { readonly config: Config }) => `${config.origin}${ROOM_PATHS[NAME]}`

const EXAMPLE_BASE = `https://example.com${ROOM_PATHS[NAME]}`
const EXAMPLE = {
  resource_type: 'user',
  id: 140,
  short_name: 'John S',
  full_name: 'John Smith',
  user_type: 'owner',
  avatar_color: 'red',
  avatar_initials: 'JS',
  avatar_url: null,
  self_link: `${EXAMPLE_BASE}/users/140`,
}
const link = (page: number) => `${EXAMPLE_BASE}/users?page=${page}&per_page=50`

const routes = new Hono<AppEnv>()
  .get(
    '/',
    requiresRobot(SCOPE),
    describe('getRoot', {
      summary: 'Links to the resources',
      response: { status: 200, schema: Root, example: { users_link: `${EXAMPLE_BASE}/users` } },
      refusals: [429],
    }),
    async (c) => {
      await c.var.gate()
      return represent(c, toRoot(baseOf(c.var.ctx), c.var.ctx.config.exposeUsers))
    },
  )
  .get(
    '/users',
    requiresRobot(SCOPE),
    describe('listUsers', {
      summary: 'Active users, a page at a time',
      response: { status: 200, schema: Users, example: { total_entries: 132, prev_link: link(1), next_link: link(3), entries: [EXAMPLE] } },
      refusals: [404, 429],
    }),
    validate('query', PageQuery),
    async (c) => {
      const { page: number, per_page: size, after, before } = c.req.valid('query')
      const users = await listActiveUsers(c.var.ctx, c.var.gate, { number, size, after, before })
      return represent(c, toUsers(baseOf(c.var.ctx), users, size))
    },
  )
  .get(
    '/users/:id{[0-9]+}',
    requiresRobot(SCOPE),
    describe('getUser', { summary: 'An active user', response: { status: 200, schema: User, example: EXAMPLE }, refusals: [404, 429] }),
    validate('param', UserParams),
    async (c) => represent(c, toUser(baseOf(c.var.ctx), await getActiveUser(c.var.ctx, c.var.gate, c.req.valid('param').id))),
  )

const GROUPS = [{ name: 'Users', description: 'Active users, in pages linked to each other.', routes: [routes] }]
const app = roomApp(GROUPS, errorsAs(renderError, 'movida'), admission(), credentials(digest))

export const movida: Room = {
  name: NAME,
  app,
  document: {
    title: 'Movida API',
    description: 'Users, for robots. Replies are XML unless `Accept` prefers JSON; this document describes the JSON.',
    mounts: [{ prefix: ROOM_PATHS[NAME], room: app, groups: GROUPS }],
    credentials: ['digest'],
    error: ErrorReply,
    refusedInput: 422,
    toErrorBody,
  },
}
