/**
 * The end of objects (design §2): rows first, objects after. Uploads that never ended are given up, marked objects leave
 * their bucket, and objects that no row names are marked. Each part is bounded, may run twice at once and goes on where
 * it has stopped.
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
} from '../figures.ts'

/** Removes what is marked and due, and forgets it. What cannot be removed is tried again later. */
export async function removeMarkedObjects(ctx: Ctx): Promise<void> {
  const now = ctx.now()
  const claimed = await ctx.db.one(claimTombstones({ now, nextAt: now + TOMBSTONE_RETRY_MS, limit: TOMBSTONES_PER_RUN }))
  const buckets: Readonly<Record<Bucket, R2Bucket>> = { avatars: ctx.avatars, media: ctx.media }
  for (const [name, bucket] of Object.entries(buckets) as [Bucket, R2Bucket][]) {
    const keys = claimed.filter((row) => row.bucket === name).map(({ key }) => key)
    if (keys.length === 0) continue
    await bucket.delete(keys)
    await ctx.db.one(deleteTombstones(name, keys))
    ctx.log('info', 'objects_removed', { bucket: name, objects: keys.length })
  }
}

/** A cron run's share of all of it. */
export async function sweepMedia(ctx: Ctx): Promise<void> {
  const now = ctx.now()
  const givenUp = isGivenUp({ before: now - UPLOAD_GIVEN_UP_MS, limit: UPLOADS_GIVEN_UP_PER_RUN })
  await ctx.db.batch(removeFiles(givenUp, now))
  try {
    await markOrphansOf(ctx, 'media', ctx.media, (keys) => markOrphans(keys, now))
    await markOrphansOf(ctx, 'avatars', ctx.avatars, (keys) => markOrphanAvatars(keys, now))
  } finally {
    // A list that fails does not keep what is marked already.
    await removeMarkedObjects(ctx)
  }
}

/** Compares one page of a bucket with the rows. Young objects may still be on their way to a row. */
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
      // A cursor that the bucket no longer takes would stop the sweep for good.
      await ctx.db.one(saveSweepCursor(sweep, '', now))
      throw cause
    })
  const old = page.objects.filter(({ uploaded }) => uploaded.getTime() < now - UPLOAD_GIVEN_UP_MS).map(({ key }) => key)
  await ctx.db.batch([mark(old), saveSweepCursor(sweep, page.truncated ? page.cursor : '', now)])
}
