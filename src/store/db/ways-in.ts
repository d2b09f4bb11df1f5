/** The ways into an account in D1: a password, passkeys, accounts at other providers. */
import { sql } from 'drizzle-orm'
import type { PasskeyId, UpstreamIdentityId, UserId } from '../../ids.ts'
import type { Fragment } from './database.ts'

/** Of this expression, a user's id: there is a password. An empty hash is none. */
export const hasPasswordOf = (user: Fragment): Fragment =>
  sql`EXISTS (SELECT 1 FROM credentials k WHERE k.user_id = ${user} AND k.password_hash <> '')`

/** Holds while the user has a way in besides the one that is about to be removed: a guard of its removal. */
export function hasAnotherWayIn(
  userId: UserId,
  removed: { readonly passkey: PasskeyId } | { readonly upstream: UpstreamIdentityId },
): Fragment {
  const passkey = 'passkey' in removed ? removed.passkey : 0
  const upstream = 'upstream' in removed ? removed.upstream : 0
  return sql`(
    ${hasPasswordOf(sql`${userId}`)}
    OR EXISTS (SELECT 1 FROM passkeys w WHERE w.user_id = ${userId} AND w.id <> ${passkey})
    OR EXISTS (SELECT 1 FROM upstream_identities w WHERE w.user_id = ${userId} AND w.id <> ${upstream}))`
}
