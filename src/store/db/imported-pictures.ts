/** Pictures that an import gave by URL: cron takes those that are due, a few at a time. */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { all, type Fragment, run, type Statement } from './database.ts'

export interface DuePicture {
  readonly userId: UserId
  readonly url: string
  readonly attempts: number
}

/** Takes pictures that are due, each for one run: the next attempt, if this one fails, is at `again`. */
export function takeDuePictures(input: { now: number; again: number; limit: number }): Statement<DuePicture[]> {
  return all(sql`
    UPDATE imported_pictures SET attempts = attempts + 1, next_attempt_at = ${input.again}
    WHERE user_id IN (SELECT user_id FROM imported_pictures WHERE next_attempt_at <= ${input.now} ORDER BY next_attempt_at LIMIT ${input.limit})
    RETURNING user_id, url, attempts`)
}

/** Holds while the user's picture is still to be fetched, and the user has set none, or `key` itself already. */
export function isPictureWanted(userId: UserId, key: string): Fragment {
  return sql`EXISTS (
    SELECT 1 FROM imported_pictures p JOIN users w ON w.id = p.user_id
    WHERE p.user_id = ${userId} AND (w.avatar_key IS NULL OR w.avatar_key = ${key}))`
}

/** Null: there is nothing left to try. */
export function noteFailedPicture(userId: UserId, result: string, again: number | null): Statement<void> {
  return run(sql`UPDATE imported_pictures SET last_result = ${result}, next_attempt_at = ${again} WHERE user_id = ${userId}`)
}

export function deleteImportedPicture(userId: UserId): Statement<void> {
  return run(sql`DELETE FROM imported_pictures WHERE user_id = ${userId}`)
}
