/** The caller's profile, and the values its fields may have (wire §4.2). */
import { Hono } from 'hono'
import { startEmailChange } from '../../../core/accounts/email-digits.ts'
import { choicesIn } from '../../../core/profiles/choices.ts'
import { getOwnProfile } from '../../../core/profiles/own-profile.ts'
import { type UserRow, updateProvedProfile } from '../../../core/profiles/proved-update.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { withoutShown } from '../../../http/doubts.ts'
import { describe } from '../../../http/tags.ts'
import { validateAnyForm } from '../../../http/validate.ts'
import {
  LocalInfoReply,
  PROFILE_NAMES,
  ProfileReply,
  TokenGeneratorBody,
  TokenGeneratorReply,
  toLocalInfo,
  toProfile,
  toProvedUpdate,
  toReply,
  toShown,
  UpdateProfileBody,
  UpdateProfileReply,
} from '../wire.ts'

const EXAMPLE = {
  UserProfile: [
    {
      username: 'john_doe',
      first_name: 'John',
      last_name: 'Doe',
      email: 'user@example.com',
      phone_code: '+44',
      phone_number: '7911123456',
      country_code: 'GB',
    },
  ],
  ProfileImage: 'https://id.example.com/user/507f1f77bcf86cd799439011/profile-picture?format=png',
  UserLocInfo: { lan: 'en', tz: 'Europe/London', currency: 'GBP' },
}
const EXAMPLE_CHOICES = {
  languages: [{ key: 'en', name: 'English' }],
  currencies: [{ key: 'EUR', name: 'Euro' }],
  timezones: [{ key: 'Europe/Paris', name: 'Europe/Paris' }],
}

export const profile = new Hono<AppEnv>()
  .get(
    '/user/get/profile',
    requires('delegated:profile:read'),
    describe('getProfile', { summary: "The caller's profile", response: { status: 200, schema: ProfileReply, example: toReply(EXAMPLE) } }),
    async (c) => {
      const { ctx, gate } = c.var
      const { user } = await getOwnProfile(ctx, gate)
      return c.json(toReply(toProfile(ctx, user)))
    },
  )
  .post(
    '/user/update/profile',
    requires('delegated:profile:write'),
    describe('updateProfile', {
      summary: "Change the caller's profile",
      description:
        'Omitted fields stay; empty ones are cleared. A new email address requires both token fields and ends every session. The number of changes per day is limited.',
      response: { status: 200, schema: UpdateProfileReply, example: toReply({}) },
      refusals: [429],
    }),
    validateAnyForm(UpdateProfileBody, PROFILE_NAMES),
    async (c) => {
      const { ctx, gate, sent } = c.var
      const body = c.req.valid('json')
      const toUpdate = (user: UserRow) => toProvedUpdate(withoutShown(body, sent, toShown(ctx, user)), user)
      await updateProvedProfile(ctx, gate, toUpdate, ctx.config.epixelChangesPerDay)
      return c.json(toReply({}))
    },
  )
  .post(
    '/user/token-generator',
    requires('delegated:profile:write'),
    describe('sendEmailChangeCode', {
      summary: 'Mail a six-digit code to a new email address',
      description:
        'Requires a log-in within the last 60 minutes. The code is valid only with the returned token, for 10 minutes and 5 attempts.',
      response: {
        status: 200,
        schema: TokenGeneratorReply,
        example: toReply({ token_checksum: 'q3Z0uTnk1fY8v0m7Wb2c5d8e1f4g7h0i3j6k9l2m5n8' }),
      },
    }),
    validateAnyForm(TokenGeneratorBody),
    async (c) => {
      const { token } = await startEmailChange(c.var.ctx, c.var.gate, c.req.valid('json').email)
      return c.json(toReply({ token_checksum: token }))
    },
  )
  .get(
    '/get/local-info',
    requires('delegated:profile:read'),
    describe('getLocalInfo', {
      summary: "Languages, currencies and time zones, named in the caller's language",
      response: { status: 200, schema: LocalInfoReply, example: toReply(EXAMPLE_CHOICES) },
    }),
    async (c) => {
      const { user } = await getOwnProfile(c.var.ctx, c.var.gate)
      return c.json(toReply(toLocalInfo(choicesIn(user.locale))))
    },
  )
