/** MirrorFly's requests, replies and presenters (wire §5.1). */
import * as z from 'zod'
import type { Ctx } from '../../core/ctx.ts'
import * as fields from '../../core/fields.ts'
import type { KeyUser } from '../../core/key-users/users.ts'
import type { StoredKeyUser } from '../../core/key-users/writes.ts'
import { ROOM_PATHS } from '../../http/room-paths.ts'

const NICKNAME_LENGTH_MAX = 30
const LICENSE_KEY_LENGTH_MAX = 256

const secret = z.string().min(1, 'is required').max(LICENSE_KEY_LENGTH_MAX, `must have at most ${LICENSE_KEY_LENGTH_MAX} characters`)

export const LoginBody = z.object({
  username: secret.meta({ description: "A license key's account, or the username of createUser", example: 'user_0123456789abcdef0123' }),
  password: fields.typedPassword,
})
export const UserParams = z.object({ userId: fields.externalId })

const PAIRS = [1, 2, 3] as const
const pair = (n: (typeof PAIRS)[number]) => [`metadataKey${n}`, `metadataValue${n}`] as const

/** The fields of createUser. Empty ones have been removed before. */
export const CreateUserForm = z
  .object({
    deviceType: z.enum(['web', 'ios', 'android'], 'is required: web, ios or android'),
    licenseKey: secret,
    userIdentifier: fields.externalId,
    deviceOsVersion: fields.osVersion.optional(),
    deviceToken: fields.deviceToken.optional(),
    voipDeviceToken: fields.deviceToken.optional(),
    mode: z.enum(['0', '1'], 'must be 0 or 1').transform(Number).optional(),
    nickname: fields.displayName
      .refine((v) => [...v].length <= NICKNAME_LENGTH_MAX, `must have at most ${NICKNAME_LENGTH_MAX} characters`)
      .optional(),
    // Stored without the plus.
    mobileNumber: z
      .string()
      .max(15, 'must have at most 15 characters')
      .transform((v) => v.replace(/^\+/, ''))
      .pipe(fields.phone)
      .optional(),
    email: fields.email.optional(),
    profileUrl: fields.profileUrl.optional(),
    metadataKey1: fields.metadataKey.optional(),
    metadataValue1: fields.metadataValue.optional(),
    metadataKey2: fields.metadataKey.optional(),
    metadataValue2: fields.metadataValue.optional(),
    metadataKey3: fields.metadataKey.optional(),
    metadataValue3: fields.metadataValue.optional(),
  })
  .superRefine((form, refused) => {
    const keys = new Set<string>()
    for (const [key, value] of PAIRS.map(pair)) {
      if ((form[key] === undefined) === (form[value] === undefined)) {
        if (form[key] !== undefined && keys.has(form[key]))
          refused.addIssue({ code: 'custom', path: [key], message: 'must not be repeated' })
        keys.add(form[key] ?? '')
      } else if (form[key] === undefined) refused.addIssue({ code: 'custom', path: [key], message: `is required with ${value}` })
      else refused.addIssue({ code: 'custom', path: [value], message: `is required with ${key}` })
    }
  })

type CreateUser = z.output<typeof CreateUserForm>

function toMetadata(form: CreateUser): Readonly<Record<string, string>> | null {
  const pairs = PAIRS.map(pair).flatMap(([key, value]): [string, string][] => {
    const [name, text] = [form[key], form[value]]
    return name === undefined || text === undefined ? [] : [[name, text]]
  })
  return pairs.length > 0 ? Object.fromEntries(pairs) : null
}

export function toKeyUserInput(form: CreateUser) {
  const { licenseKey, userIdentifier: externalId, deviceType, mode = null } = form
  return {
    licenseKey,
    externalId,
    profile: {
      email: form.email ?? null,
      nickname: form.nickname ?? null,
      phone: form.mobileNumber ?? null,
      profileUrl: form.profileUrl ?? null,
    },
    metadata: toMetadata(form),
    device: {
      deviceType,
      osVersion: form.deviceOsVersion ?? null,
      deviceToken: form.deviceToken ?? null,
      voipDeviceToken: form.voipDeviceToken ?? null,
      mode,
    },
  }
}

// --- pictures ------------------------------------------------------------------------------------------------------

/** "Accepted files are png, jpeg and jpg." */
export const PICTURE_TYPES = ['image/png', 'image/jpeg'] as const

/** File name in the URL -> name of the stored object. */
export const PICTURES = { '512.jpg': '512.webp', '128.png': '128.png' } as const

export const PictureParams = z.object({
  upload: z
    .string()
    .regex(/^[0-9a-f]{24}$/, 'is not the name of a picture')
    .meta({ example: '65f0c1d2e3a4b5c6d7e8f901' }),
  digest: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'is not the name of a picture')
    .meta({ example: 'ab'.repeat(32) }),
  size: z.enum(['512.jpg', '128.png'], 'is not the name of a picture').meta({ example: '128.png' }),
})

const pictureUrl = (ctx: Ctx, avatarKey: string, size: keyof typeof PICTURES) =>
  `${ctx.config.origin}${ROOM_PATHS.mirrorfly}/media/profilePics/${avatarKey}/${size}`

/** An uploaded picture takes precedence over a URL, and only it has a thumbnail (wire §5.3). */
function toPictures(ctx: Ctx, { avatarKey, profileUrl }: { avatarKey: string | null; profileUrl: string | null }) {
  if (avatarKey === null) return { profileUrl: profileUrl ?? '', profileUrlThumb: '' }
  return { profileUrl: pictureUrl(ctx, avatarKey, '512.jpg'), profileUrlThumb: pictureUrl(ctx, avatarKey, '128.png') }
}

// --- replies -------------------------------------------------------------------------------------------------------

const ok = z.literal(200)

export const ErrorReply = z.strictObject({ status: z.int(), message: z.string() })
export const LoginReply = z.strictObject({ status: ok, data: z.strictObject({ token: z.string() }), message: z.string() })
export const CreateUserReply = z.strictObject({
  status: ok,
  data: z.strictObject({
    token: z.string(),
    username: z.string(),
    password: z.string(),
    isProfileUpdated: z.boolean(),
    mobileNumber: z.string(),
    nickname: z.string(),
    profileUrl: z.string(),
    profileUrlThumb: z.string(),
    email: z.string(),
    userId: z.string(),
  }),
  message: z.string(),
})
export const UserReply = z.strictObject({
  status: ok,
  data: z.strictObject({
    nickName: z.string(),
    profileUrl: z.string(),
    profileUrlThumb: z.string(),
    emailId: z.string(),
    mobileNumber: z.string(),
    username: z.string(),
    userId: z.string(),
  }),
  metaData: z.record(z.string(), z.string()),
  message: z.string(),
})

const RETRIEVED = 'Data retrieved successfully'

export const toLogin = (token: string): z.output<typeof LoginReply> => ({ status: 200, data: { token }, message: RETRIEVED })

export function toCreatedUser({ user, externalId, ...made }: StoredKeyUser, ctx: Ctx): z.output<typeof CreateUserReply> {
  const data = {
    token: made.token,
    username: user.username,
    password: made.password ?? '',
    isProfileUpdated: made.hadProfile,
    mobileNumber: user.phone ?? '',
    nickname: user.nickname ?? '',
    ...toPictures(ctx, user),
    email: user.email ?? '',
    userId: externalId,
  }
  return { status: 200, data, message: 'User created successfully' }
}

/** Values that the caller may not see are empty. */
export function toUser({ user, externalId, metadata }: KeyUser, ctx: Ctx): z.output<typeof UserReply> {
  const data = {
    nickName: user.nickname ?? '',
    ...toPictures(ctx, user),
    emailId: user.email ?? '',
    mobileNumber: user.phone ?? '',
    username: user.username,
    userId: externalId,
  }
  return { status: 200, data, metaData: { ...metadata }, message: RETRIEVED }
}
