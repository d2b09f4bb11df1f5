/** Mxit's profiles (seed 000 "Profile"; wire §1.3, rows 0 to 12): the caller's own, other users', and public ones. */
import { Hono } from 'hono'
import { AppError } from '../../../core/errors.ts'
import type { Gate } from '../../../core/gate.ts'
import { AVATAR_REDIRECT_SECONDS } from '../../../core/limits.ts'
import { deleteAvatar, openAvatar, setAvatar } from '../../../core/media/avatars.ts'
import { avatarColor, defaultAvatarPng } from '../../../core/media/default-avatars.ts'
import { updateOwnProfile } from '../../../core/profiles/own-profile.ts'
import type { UserRow } from '../../../core/profiles/proved-update.ts'
import { setStatusMessage } from '../../../core/profiles/status.ts'
import { getProfile, getPublicProfile, type SeenUser, showTo } from '../../../core/social/visibility.ts'
import { anyone, requires, requiresOfClient } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { networkLimit } from '../../../http/rate-limit.ts'
import { describe, takes } from '../../../http/tags.ts'
import { validate, validateProfile } from '../../../http/validate.ts'
import { answer, answerPicture, DONE, done, jsonOf, PNG } from '../answers.ts'
import * as present from '../presenters.ts'
import { readPicture } from '../uploads.ts'
import * as wire from '../wire.ts'

const VERSION = '1.0'
const NOT_FOUND = [404] as const
const FULL = jsonOf(present.EXAMPLES.fullProfile)
const PICTURE = takes({ raw: ['application/octet-stream', 'image/*', 'application/xml'], form: null })

const readOwn = async (gate: Gate): Promise<SeenUser> => showTo('owner', (await gate()).user)

export const profileRoutes = new Hono<AppEnv>()
  .get(
    '/user/version',
    anyone(),
    networkLimit('other'),
    describe('getVersion', { summary: 'The API version', response: jsonOf(VERSION) }),
    (c) => c.json(VERSION),
  )
  .get(
    '/user/lookup/:person',
    requiresOfClient('client:profile:read', 'delegated:profile:read', { limit: 'people' }),
    describe('lookUpUser', { summary: 'The UserId of a login name', response: jsonOf('m41544805002'), refusals: NOT_FOUND }),
    validate('param', wire.PersonParams),
    async (c) => c.json(wire.toMxitId((await getProfile(c.var.ctx, c.var.gate, c.req.valid('param').person)).id)),
  )
  .get(
    '/user/avatar',
    requires('delegated:profile:read'),
    describe('getAvatar', { summary: "The caller's avatar", response: PNG, refusals: NOT_FOUND }),
    async (c) => {
      const { user } = await c.var.gate()
      const picture = await openAvatar(c.var.ctx, user.avatarKey)
      if (!picture) throw new AppError('not_found', 'There is no avatar')
      return answerPicture(c, picture)
    },
  )
  .post(
    '/user/avatar',
    requires('delegated:profile:avatar:write'),
    describe('setAvatar', { summary: "Set the caller's avatar", response: DONE, refusals: [400, 429] }),
    PICTURE,
    async (c) => {
      const { ctx, gate } = c.var
      await setAvatar(ctx, gate, () => readPicture(c.req, ctx.config.avatars.bytesMax))
      return done(c)
    },
  )
  .delete(
    '/user/avatar',
    requires('delegated:profile:avatar:write'),
    describe('deleteAvatar', { summary: "Remove the caller's avatar", response: DONE }),
    async (c) => {
      await deleteAvatar(c.var.ctx, c.var.gate)
      return done(c)
    },
  )
  .get(
    '/user/profile/:person',
    requiresOfClient('client:profile:read', 'delegated:profile:read', { limit: 'people' }),
    describe('getBasicProfile', {
      summary: "A user's profile and status",
      description: 'For a private account, an app sees only the name and avatar.',
      response: jsonOf(present.EXAMPLES.basicProfile),
      refusals: NOT_FOUND,
    }),
    validate('param', wire.PersonParams),
    async (c) => {
      const user = await getProfile(c.var.ctx, c.var.gate, c.req.valid('param').person)
      return answer(c, present.toBasicProfile(user, c.var.ctx.now()))
    },
  )
  .get(
    '/user/profile',
    requires('delegated:profile:read'),
    describe('getFullProfile', { summary: "The caller's profile", response: FULL }),
    async (c) => answer(c, present.toFullProfile(await readOwn(c.var.gate), c.var.ctx.now())),
  )
  .put(
    '/user/profile',
    requires('delegated:profile:write'),
    describe('updateProfile', {
      summary: "Change the caller's profile",
      description:
        'Omitted fields stay. A new Email requires a sign-in within the last 10 minutes, in a client registered with may_change_addresses.',
      response: FULL,
    }),
    validateProfile(wire.ProfileBody, wire.PROFILE_NAMES),
    async (c) => {
      const { ctx, gate, sent } = c.var
      const show = (user: UserRow) => present.toFullProfile(showTo('owner', user), ctx.now())
      const { user } = await updateOwnProfile(ctx, gate, wire.toProfileUpdate(c.req.valid('json'), sent, show))
      return answer(c, present.toFullProfile(showTo('owner', user), ctx.now()))
    },
  )
  .get(
    '/user/statusmessage',
    requires('delegated:profile:read'),
    describe('getStatusMessage', { summary: "The caller's status message", response: jsonOf('test status') }),
    async (c) => c.json(present.toStatusMessage(await readOwn(c.var.gate), c.var.ctx.now())),
  )
  .put(
    '/user/statusmessage',
    requires('delegated:profile:status:write'),
    describe('setStatusMessage', { summary: "Set the caller's status message", response: DONE }),
    validate('json', wire.StatusBody),
    async (c) => {
      await setStatusMessage(c.var.ctx, c.var.gate, c.req.valid('json'))
      return done(c)
    },
  )
  .get(
    '/user/public/statusmessage/:person',
    anyone(),
    networkLimit('other'),
    describe('getStatusMessageOf', { summary: "A user's status message", response: jsonOf('test status'), refusals: NOT_FOUND }),
    validate('param', wire.PersonParams),
    async (c) => c.json(present.toStatusMessage(await getPublicProfile(c.var.ctx, c.req.valid('param').person), c.var.ctx.now())),
  )
  .get(
    '/user/public/displayname/:person',
    anyone(),
    networkLimit('other'),
    describe('getDisplayNameOf', { summary: "A user's display name", response: jsonOf('Johnny'), refusals: NOT_FOUND }),
    validate('param', wire.PersonParams),
    async (c) => c.json(present.toDisplayName(await getPublicProfile(c.var.ctx, c.req.valid('param').person))),
  )
  .get(
    '/user/public/avatar/:person',
    anyone(),
    networkLimit('other'),
    describe('getAvatarOf', { summary: "A user's avatar, or the default one", response: PNG, refusals: NOT_FOUND }),
    validate('param', wire.PersonParams),
    async (c) => {
      const user = await getPublicProfile(c.var.ctx, c.req.valid('param').person)
      c.header('cache-control', `public, max-age=${AVATAR_REDIRECT_SECONDS}`)
      return answerPicture(c, (await openAvatar(c.var.ctx, user.avatarKey)) ?? defaultAvatarPng(avatarColor(user.id)))
    },
  )
