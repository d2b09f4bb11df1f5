/** Limits of archives, with their reasons (docs/decisions/058). */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../limits.ts'

/** Each is a copy of all files. A new archive replaces the one before. */
export const ARCHIVES_PER_DAY = 1
export const ARCHIVE_KEPT_MS = 7 * DAY_MS
/** A download over a slow line is resumed with the same link. */
export const ARCHIVE_LINK_MS = HOUR_MS
/** Cron ends after 15 minutes: an archive still unfinished then has lost its maker. */
export const ARCHIVE_LEASE_MS = 20 * MINUTE_MS
export const ARCHIVE_RETRY_MS = 10 * MINUTE_MS
export const ARCHIVE_TRIES = 4
/** Files of one archive, and their bytes: docs/decisions/058 has the times. What is beyond them is named in it. */
export const ARCHIVE_FILES_MAX = 10_000
export const ARCHIVE_BYTES_MAX = 1024 * 1024 * 1024
/** An archive of so much is made right after the reply, which the platform allows 30 seconds. */
export const ARCHIVE_SOON_FILES = 50
export const ARCHIVE_SOON_BYTES = 16 * 1024 * 1024
/** Until then nobody else makes that one. */
export const ARCHIVE_SOON_LEASE_MS = 2 * MINUTE_MS
/** One run makes archives until it has had so many, so many files, or so many bytes. */
export const ARCHIVES_PER_RUN = 10
export const ARCHIVE_FILES_PER_RUN = 2_000
export const ARCHIVE_BYTES_PER_RUN = 512 * 1024 * 1024
export const ARCHIVES_ENDED_PER_RUN = 100
/** Parts of an upload, of which one is in memory. R2 takes 10,000, all but the last of the same size. */
export const ARCHIVE_PART_BYTES = 8 * 1024 * 1024
/** Files up to this size are read ahead, that many at a time: most time is spent on waiting for the bucket. */
export const ARCHIVE_AHEAD_BYTES_MAX = 512 * 1024
export const ARCHIVE_AHEAD = 5
/** A download passes the gate again with each piece. */
export const ARCHIVE_PIECE_BYTES = 16 * 1024 * 1024
