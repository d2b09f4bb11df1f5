/**
 * Objects that are to be removed from a bucket. A tombstone is written in the batch that makes an object nobody's, so no
 * failure leaves one behind; for an avatar on its way it is written before the object, and taken away by the commit.
 */
import { sql } from 'drizzle-orm'
import { all, always, type Fragment, run, type Statement } from './database.ts'

export type Bucket = 'avatars' | 'media'

export interface TombstoneRow {
  readonly bucket: Bucket
  readonly key: string
  readonly attempts: number
}

/** Marks an object for removal, from `dueAt` on, where `condition` holds. One that is marked already keeps the earlier time. */
export function insertTombstone(
  input: { bucket: Bucket; key: string; dueAt: number; now: number },
  condition: Fragment = always,
): Statement<void> {
  return run(sql`
    INSERT INTO object_tombstones (bucket, key, created_at, due_at)
    SELECT ${input.bucket}, ${input.key}, ${input.now}, ${input.dueAt} WHERE ${condition}
    ON CONFLICT (bucket, key) DO UPDATE SET due_at = MIN(due_at, excluded.due_at)`)
}

/** The object is somebody's, where `condition` holds; or it is gone. */
export function deleteTombstone(bucket: Bucket, key: string, condition: Fragment = always): Statement<void> {
  return run(sql`DELETE FROM object_tombstones WHERE bucket = ${bucket} AND key = ${key} AND (${condition})`)
}

/** Holds while the object is marked and nobody has begun to remove it. */
export function isMarked(bucket: Bucket, key: string, now: number): Fragment {
  return sql`EXISTS (SELECT 1 FROM object_tombstones WHERE bucket = ${bucket} AND key = ${key} AND due_at > ${now} AND attempts = 0)`
}

/**
 * Takes due tombstones of a bucket, the oldest first, and pushes each to `nextAt`: two sweeps at once do not try the same
 * object, and one whose removal fails is tried again then.
 */
export function claimTombstones(input: { now: number; nextAt: number; limit: number }): Statement<TombstoneRow[]> {
  return all(sql`
    UPDATE object_tombstones SET due_at = ${input.nextAt}, attempts = attempts + 1
    WHERE (bucket, key) IN (SELECT bucket, key FROM object_tombstones WHERE due_at <= ${input.now} ORDER BY due_at LIMIT ${input.limit})
    RETURNING bucket, key, attempts`)
}

/** These objects are gone. */
export function deleteTombstones(bucket: Bucket, keys: readonly string[]): Statement<void> {
  return run(sql`
    DELETE FROM object_tombstones WHERE bucket = ${bucket} AND key IN (SELECT value FROM json_each(${JSON.stringify(keys)}))`)
}

/** Objects of the bucket of avatars that are nobody's picture, marked for removal. An avatar's key is all of it but the file. */
export function markOrphanAvatars(keys: readonly string[], now: number): Statement<void> {
  const objects = keys.map((key) => ({ key, avatar: key.slice(0, Math.max(0, key.lastIndexOf('/'))) }))
  return run(sql`
    INSERT INTO object_tombstones (bucket, key, created_at, due_at)
    SELECT 'avatars', j.value ->> 'key', ${now}, ${now} FROM json_each(${JSON.stringify(objects)}) j
    WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.avatar_key = j.value ->> 'avatar')
    ON CONFLICT (bucket, key) DO NOTHING`)
}
