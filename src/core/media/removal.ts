/**
 * The end of objects (design §2): rows first, objects after. Unfinished uploads are abandoned, marked objects are
 * removed from their bucket, and objects that no row names are marked. Each part is bounded, may run in parallel, and
 * resumes where it stopped.
 */
import { isGivenUp, markOrphans, removeFiles } from '../../store/db/files.ts'
import { type Bucket, claimTombstones, deleteTombstones, markOrphanAvatars } from '../../store/db/object-tombstones.ts'
import { findSweepCursor, saveSweepCursor } from '../../store/db/sweep-cursors.ts'
import type { Ctx } from '../ctx.ts'
import {
  OBJECTS_COMPARED_PER_RUN,
  TOMBSTONE_RETRY_MS,
  TOMBSTONES_PER_RUN,
  UPLOAD_GIVEN_UP_MS,
  UPLOADS_GIVEN_UP_PER_RUN,
} from '../limits.ts'

/** Removes what is marked and due, and the marks. What cannot be removed is retried later. */
export async function removeMarkedObjects(ctx: Ctx): Promise<void> {
  const now = ctx.now()
  const claimed = await ctx.db.one(claimTombstones({ now, nextAt: now + TOMBSTONE_RETRY_MS, limit: TOMBSTONES_PER_RUN }))
  const keysOf = (name: Bucket) => claimed.filter((row) => row.bucket === name).map(({ key }) => key)
  // One bucket's failure does not stop the other.
  const results = await Promise.allSettled([
    removeObjects(ctx, 'avatars', ctx.avatars, keysOf('avatars')),
    removeObjects(ctx, 'media', ctx.media, keysOf('media')),
  ])
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
  if (failures.length > 0) throw failures[0]
}

async function removeObjects(ctx: Ctx, name: Bucket, bucket: R2Bucket, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return
  await bucket.delete([...keys])
  await ctx.db.one(deleteTombstones(name, keys))
  ctx.log('info', 'objects_removed', { bucket: name, objects: keys.length })
}

/** One cron run's share of all of it. */
export async function sweepMedia(ctx: Ctx): Promise<void> {
  const now = ctx.now()
  const givenUp = isGivenUp({ now, unsaidMs: UPLOAD_GIVEN_UP_MS, limit: UPLOADS_GIVEN_UP_PER_RUN })
  try {
    await ctx.db.batch(removeFiles(givenUp, now))
    await markOrphansOf(ctx, 'media', ctx.media, (keys) => markOrphans(keys, now))
    await markOrphansOf(ctx, 'avatars', ctx.avatars, (keys) => markOrphanAvatars(keys, now))
  } finally {
    // A bucket that cannot be listed does not stop removals.
    await removeMarkedObjects(ctx)
  }
}

/** Compares one page of a bucket with the rows. Recent objects may still get a row. */
async function markOrphansOf(
  ctx: Ctx,
  name: Bucket,
  bucket: R2Bucket,
  mark: (keys: readonly string[]) => ReturnType<typeof markOrphans>,
): Promise<void> {
  const now = ctx.now()
  const sweep = `orphans:${name}`
  const { cursor = '' } = (await ctx.db.one(findSweepCursor(sweep))) ?? {}
  const page = await bucket
    .list({ limit: OBJECTS_COMPARED_PER_RUN, ...(cursor === '' ? {} : { cursor }) })
    .catch(async (cause: unknown) => {
      // A cursor that the bucket no longer accepts would stop the sweep for good.
      await ctx.db.one(saveSweepCursor(sweep, '', now))
      throw cause
    })
  const old = page.objects.filter(({ uploaded }) => uploaded.getTime() < now - UPLOAD_GIVEN_UP_MS).map(({ key }) => key)
  await ctx.db.batch([mark(old), saveSweepCursor(sweep, page.truncated ? page.cursor : '', now)])
}
