/**
 * Objects to be removed from a bucket. A tombstone is written in the batch that orphans the object, so no failure
 * leaves an object behind; for an avatar being uploaded it is written before the object, and removed by the commit.
 */
import { sql } from 'drizzle-orm'
import { all, always, type Fragment, run, type Statement } from './database.ts'

export type Bucket = 'avatars' | 'media'

export interface TombstoneRow {
  readonly bucket: Bucket
  readonly key: string
  readonly attempts: number
}

/** Marks an object for removal from `dueAt` on, where `condition` holds. One already marked keeps the earlier time. */
export function insertTombstone(
  input: { bucket: Bucket; key: string; dueAt: number; now: number },
  condition: Fragment = always,
): Statement<void> {
  return run(sql`
    INSERT INTO object_tombstones (bucket, key, created_at, due_at)
    SELECT ${input.bucket}, ${input.key}, ${input.now}, ${input.dueAt} WHERE ${condition}
    ON CONFLICT (bucket, key) DO UPDATE SET due_at = MIN(due_at, excluded.due_at)`)
}

/** Removes the tombstone, where `condition` holds: the object is in use, or gone. */
export function deleteTombstone(bucket: Bucket, key: string, condition: Fragment = always): Statement<void> {
  return run(sql`DELETE FROM object_tombstones WHERE bucket = ${bucket} AND key = ${key} AND (${condition})`)
}

/** Holds while the object is marked and nobody has started to remove it. */
export function isMarked(bucket: Bucket, key: string, now: number): Fragment {
  return sql`EXISTS (SELECT 1 FROM object_tombstones WHERE bucket = ${bucket} AND key = ${key} AND due_at > ${now} AND attempts = 0)`
}

/**
 * Leases due tombstones of a bucket, oldest first, until `nextAt`: two parallel sweeps do not take the same object, and
 * a failed removal is retried then.
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

/** Marks avatar objects that no user references for removal. An avatar's key is the object's key without the file name. */
export function markOrphanAvatars(keys: readonly string[], now: number): Statement<void> {
  const objects = keys.map((key) => ({ key, avatar: key.slice(0, Math.max(0, key.lastIndexOf('/'))) }))
  return run(sql`
    INSERT INTO object_tombstones (bucket, key, created_at, due_at)
    SELECT 'avatars', j.value ->> 'key', ${now}, ${now} FROM json_each(${JSON.stringify(objects)}) j
    WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.avatar_key = j.value ->> 'avatar')
    ON CONFLICT (bucket, key) DO NOTHING`)
}
