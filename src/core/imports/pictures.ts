/**
 * Pictures of imported people, which the import gave by URL. Cron fetches a few at a time: from the public internet only, within
 * bounds, and a few times at most. A picture that the person has set meanwhile stays.
 */
import type { UserId } from '../../ids.ts'
import { isAccountAlive } from '../../store/db/account-state.ts'
import { findWithAvatar, isAvatarReserved, replaceAvatar } from '../../store/db/avatars.ts'
import { both } from '../../store/db/database.ts'
import {
  type DuePicture,
  deleteImportedPicture,
  isPictureWanted,
  noteFailedPicture,
  takeDuePictures,
} from '../../store/db/imported-pictures.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { HOUR_MS, SECOND_MS } from '../limits.ts'
import { newAvatar, storeAvatar } from '../media/avatars.ts'
import { fetchWhole, isPublicHttpsUrl, Unacceptable, Unanswered } from '../outside.ts'

/** Most are small and near; what is slower is tried again. */
const TIME_MS = 10 * SECOND_MS
/** The third failure is the last. */
const ATTEMPTS_MAX = 3
const AGAIN_MS = 6 * HOUR_MS
/** Of a picture that has moved. */
const REDIRECTS_MAX = 3

/** Fetches up to `limit` pictures, one after another: each is held in memory while it is drawn. How many it tried. */
export async function fetchImportedPictures(ctx: Ctx, limit: number): Promise<number> {
  let tried = 0
  for (; tried < limit; tried++) {
    const now = ctx.now()
    const [picture] = await ctx.db.one(takeDuePictures({ now, again: now + AGAIN_MS, limit: 1 }))
    if (!picture) return tried
    await fetchOne(ctx, picture)
  }
  return tried
}

async function fetchOne(ctx: Ctx, { userId, url, attempts }: DuePicture): Promise<void> {
  try {
    // A try that is killed notes nothing.
    if (attempts > ATTEMPTS_MAX) throw new Unacceptable('no try has come to an end')
    await setPicture(ctx, userId, await fetchPicture(ctx, url))
  } catch (error) {
    const { isFinal, result } = failureOf(error)
    const again = isFinal || attempts >= ATTEMPTS_MAX ? null : ctx.now() + AGAIN_MS
    await ctx.db.one(noteFailedPicture(userId, result, again))
  }
}

async function fetchPicture(ctx: Ctx, from: string): Promise<Uint8Array<ArrayBuffer>> {
  const signal = AbortSignal.timeout(TIME_MS)
  let url = from
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
    if (!isPublicHttpsUrl(url)) throw new Unacceptable('not a public https address')
    const { response, body } = await fetchWhole(url, { headers: { accept: 'image/*' } }, { signal, bytesMax: ctx.config.avatars.bytesMax })
    const location = response.status >= 300 && response.status < 400 ? response.headers.get('location') : null
    if (location === null) return pictureOf(response.status, body)
    url = URL.canParse(location, url) ? new URL(location, url).href : ''
  }
  throw new Unacceptable('too many redirects')
}

function pictureOf(status: number, body: Uint8Array | null): Uint8Array<ArrayBuffer> {
  if (status >= 500 || status === 429) throw new Unanswered(`status ${status}`)
  if (status !== 200 || body === null) throw new Unacceptable(`status ${status}${body === null ? ' without a picture' : ''}`)
  return new Uint8Array(body)
}

async function setPicture(ctx: Ctx, userId: UserId, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const avatar = await newAvatar(ctx, bytes)
  const { key } = avatar
  await storeAvatar(ctx, avatar, () => {
    const now = ctx.now()
    const condition = [isAvatarReserved(key, now), isPictureWanted(userId, key)].reduce(both, isAccountAlive(userId, now))
    return ctx.db.commit([...replaceAvatar({ userId, key, now }, condition), deleteImportedPicture(userId)], findWithAvatar(userId, key))
  })
}

/** What cannot become better ends the tries. */
function failureOf(error: unknown): { isFinal: boolean; result: string } {
  if (error instanceof Unanswered) return { isFinal: false, result: error.message }
  if (error instanceof Unacceptable) return { isFinal: true, result: error.message }
  if (error instanceof AppError) return { isFinal: error.status < 500, result: error.message }
  return { isFinal: false, result: String(error) }
}
