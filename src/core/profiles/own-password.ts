/** A new password of one's own account: ends every session; a browser gets a new one. */
import { always, idOf } from '../../store/db/database.ts'
import { findUserWhere, hasPasswordHash, raiseEpoch, updatePassword, userWhere } from '../../store/db/users.ts'
import { deliverLater, mailNotice } from '../accounts/mail.ts'
import { hashNewPassword, refuseGuessablePassword } from '../accounts/password-rules.ts'
import { formerPassword } from '../accounts/second-factor-undo.ts'
import { audit } from '../audit.ts'
import { isMultiFactor } from '../authentication-methods.ts'
import type { Ctx } from '../ctx.ts'
import type { Password } from '../fields.ts'
import { newBrowserSession, settleSession } from '../sessions/sessions.ts'
import { emailWritesOf } from './own-address.ts'
import { type OwnChange, type ProfileUpdated, refusal, writesOf } from './own-change.ts'
import { settleSearch } from './search.ts'

/** With the rest of the change, all or nothing. */
export async function storePassword(ctx: Ctx, change: OwnChange, password: Password): Promise<ProfileUpdated> {
  const { principal, user, changes, guard, newEmail: pendingEmail } = change
  refuseGuessablePassword(password, { username: changes.username?.username ?? user.username, email: user.email })
  const passwordHash = await hashNewPassword(ctx, password)
  const now = ctx.now()
  const changed = hasPasswordHash(user.id, passwordHash)
  const isBrowser = principal.clientId === null
  // A password verified just now is a fresh sign-in, but not one with a second factor: that keeps its age.
  const isFreshNow = change.verdict.isProved && !isMultiFactor(principal.amr)
  const authenticatedAt = isFreshNow ? now : principal.authenticatedAt
  const next = newBrowserSession(ctx, {
    userId: user.id,
    amr: principal.amr,
    secondFactor: principal.secondFactor,
    authenticatedAt,
    condition: changed,
  })
  const notice = mailNotice(ctx, { kind: 'password_changed', user: user.id, condition: changed })
  const email = emailWritesOf(ctx, change, changed)
  const stored = await ctx.db.commit(
    [
      ...guard.count,
      updatePassword({ user: idOf(user.id), passwordHash, now, former: formerPassword(ctx, user.id, always) }, guard.anywhere),
      ...writesOf(ctx, change),
      raiseEpoch(userWhere(user.id, changed), now),
      ...(isBrowser ? next.writes : []),
      audit(ctx, { type: 'password_changed', userId: user.id, sessionId: principal.sessionId, condition: changed }),
      notice.write,
      ...email.writes,
    ],
    findUserWhere(user.id, changed),
  )
  if (!stored) throw await refusal(ctx, user, changes)
  await settleSearch(ctx, user, changes, stored)
  deliverLater(ctx, notice.mailId, ...email.mailIds)
  if (!isBrowser) return { user: stored, session: null, pendingEmail }
  settleSession(ctx, next.session, ctx.caller.userAgent)
  return { user: stored, session: next.session, pendingEmail }
}
