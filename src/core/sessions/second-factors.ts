/** Second factors on and off. So far: codes by e-mail, the weakest kind (NIST 800-63B-4 §3.1.3). */
import { findIf, not } from '../../store/db/database.ts'
import { deleteSecondFactor, hasSecondFactor, insertSecondFactor } from '../../store/db/second-factors.ts'
import { endOtherSessions } from '../../store/db/sessions.ts'
import { audit } from '../accounts/audit.ts'
import { deliverLater, mailNotice } from '../accounts/mail.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { requireFresh } from './fresh.ts'
import type { Gate } from './gate.ts'

/**
 * Switches e-mail codes on or off for the caller. Needs a fresh sign-in; to switch off, one with the factor itself.
 * All other sessions of the user end, and a notice goes out. Repeating it changes nothing.
 */
export async function setEmailSecondFactor(ctx: Ctx, gate: Gate, on: boolean): Promise<void> {
  const { principal, user, reads } = await gate(({ userId }) => [findIf(hasSecondFactor(userId, 'email'))])
  const [isOn] = reads
  requireFresh(ctx, principal)
  if (isOn === on) return
  if (on && user.emailVerifiedAt === null) throw new AppError('email_not_verified', 'The e-mail address is not verified yet')
  if (!on && !principal.amr.includes('otp')) {
    throw new AppError('reauthentication_required', 'Sign in with the second factor first', { reason: 'second_factor_required' })
  }
  const { userId, sessionId } = principal
  const now = ctx.now()
  const has = hasSecondFactor(userId, 'email')
  // Guards look at the state before the switch, so they stand before it in the batch.
  const changes = on ? not(has) : has
  const kind = on ? 'second_factor_on' : 'second_factor_off'
  const notice = mailNotice(ctx, { kind, user: userId, condition: changes })
  await ctx.db.batch([
    notice.write,
    audit(ctx, { type: kind, userId, sessionId, detail: 'email', condition: changes }),
    on ? insertSecondFactor(userId, 'email', now) : deleteSecondFactor(userId, 'email'),
    endOtherSessions({ userId, keep: sessionId, now }),
  ])
  deliverLater(ctx, notice.mailId)
}
