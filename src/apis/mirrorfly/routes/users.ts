/** Users of a license key (seed 004; wire §5.1): created by its holder, and visible to any token of the key. */
import { Hono } from 'hono'
import { getKeyUser, putKeyUser } from '../../../core/key-users/users.ts'
import { requiresOfClient } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe, takes } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { readCreateUser } from '../create-user-form.ts'
import { CreateUserReply, PICTURE_TYPES, toCreatedUser, toUser, UserParams, UserReply } from '../wire.ts'

const PROFILE = {
  profileUrl: '',
  profileUrlThumb: '',
  mobileNumber: '9900000000',
  username: 'user_0123456789abcdef0123',
  userId: '9900000011',
}
const CREATED = { token: 'eyJhbGciOiJFUzI1NiIs...', password: 'once', isProfileUpdated: false, nickname: 'User A', email: 'user@gmail.com' }

export const users = new Hono<AppEnv>()
  .post(
    '/users/createUser',
    requiresOfClient('client:profile:write'),
    describe('createUser', {
      summary: 'Create a user, or update the fields that are sent',
      description:
        'As multipart/form-data or urlencoded. An identifier is unique within its license key: sent again, it updates that user and signs ' +
        'them in, and the reply has an empty password. Empty parameters count as omitted. A file takes precedence over profileUrl.',
      response: {
        status: 200,
        schema: CreateUserReply,
        example: { status: 200, data: { ...CREATED, ...PROFILE }, message: 'User created successfully' },
      },
      refusals: [408, 429],
    }),
    takes({
      raw: [],
      form: {
        file: 'profileFile',
        types: PICTURE_TYPES,
        fields: {
          deviceType: 'web, ios or android',
          licenseKey: 'The license key of the token',
          userIdentifier: 'At most 191 characters',
          deviceOsVersion: 'Stored',
          deviceToken: 'Stored',
          voipDeviceToken: 'Stored',
          mode: '0 production, 1 sandbox',
          nickname: 'At most 30 characters',
          mobileNumber: 'At most 15 digits',
          email: 'Never used to look up users',
          profileUrl: 'An https URL, at most 2048 characters',
          metadataKey1: 'At most 64 characters; requires the matching value',
          metadataValue1: 'At most 1024 characters',
          metadataKey2: '',
          metadataValue2: '',
          metadataKey3: '',
          metadataValue3: '',
        },
        required: ['deviceType', 'licenseKey', 'userIdentifier'],
        example: { deviceType: 'web', licenseKey: 'kith_lk_q3Z0uTnk1fY8v0m7Wb2c5d8e1f4g7h0i3j6k9l2m5n8', userIdentifier: '9900000011' },
      },
    }),
    async (c) => c.json(toCreatedUser(await putKeyUser(c.var.ctx, c.var.gate, () => readCreateUser(c)), c.var.ctx)),
  )
  .get(
    '/users/:userId',
    requiresOfClient('client:profile:read', 'delegated:profile:read', { limit: 'people' }),
    describe('getUser', {
      summary: 'A user of the license key',
      description: 'By identifier. Fields that the caller may not see are empty.',
      response: {
        status: 200,
        schema: UserReply,
        example: {
          status: 200,
          data: { nickName: 'User A', emailId: 'user@gmail.com', ...PROFILE },
          metaData: {},
          message: 'Data retrieved successfully',
        },
      },
      refusals: [404],
    }),
    validate('param', UserParams),
    async (c) => c.json(toUser(await getKeyUser(c.var.ctx, c.var.gate, c.req.valid('param').userId), c.var.ctx)),
  )
