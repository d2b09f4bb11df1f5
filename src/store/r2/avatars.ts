/** Avatars in R2: objects written once under a key of their own, and never again (docs/decisions/007). */

/** The objects of an avatar, below its key. `store/db/avatars.ts` has the same list for tombstones. */
export const AVATAR_OBJECTS = ['512.webp', '128.png'] as const
export type AvatarObject = (typeof AVATAR_OBJECTS)[number]

export const AVATAR_TYPES: Readonly<Record<AvatarObject, string>> = { '512.webp': 'image/webp', '128.png': 'image/png' }

/** Browsers may cache the picture forever: another picture has another URL. */
const CACHE = 'public, max-age=31536000, immutable, no-transform'

/** The object's name in the bucket. */
export const avatarObjectKey = (key: string, object: AvatarObject) => `${key}/${object}`

/** The object's bytes; null if it is gone. */
export function getAvatarObject(bucket: R2Bucket, key: string, object: AvatarObject): Promise<R2ObjectBody | null> {
  return bucket.get(avatarObjectKey(key, object))
}

/** Writes the object, and refuses to overwrite one. */
export async function putAvatarObject(bucket: R2Bucket, key: string, object: AvatarObject, bytes: Uint8Array): Promise<void> {
  const stored = await bucket.put(avatarObjectKey(key, object), bytes, {
    onlyIf: { etagDoesNotMatch: '*' },
    httpMetadata: { contentType: AVATAR_TYPES[object], cacheControl: CACHE },
  })
  if (stored === null) throw new Error('an avatar with this key already exists')
}
