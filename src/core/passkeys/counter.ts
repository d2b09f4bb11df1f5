/**
 * A signature counter that did not go up (WebAuthn Level 3 §6.1.1): the passkey may have been copied. The sign-in is
 * refused, and its owner learns of it.
 */
import { countAttempt, wasCounted } from '../../store/db/attempt-counters.ts'
import { always } from '../../store/db/database.ts'
import type { PasskeyRow } from '../../store/db/passkeys.ts'
import { type SpentToken, spendToken, wasSpentBy } from '../../store/db/spent-tokens.ts'
import { deliverLater, mailNotice } from '../accounts/mail.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { dailyAttempt } from '../profiles/daily-limits.ts'

/** Once per challenge: the same request sent again is no second report. One mail a day. */
export async function reportStaleCounter(
  ctx: Ctx,
  { passkey, spent, userAgent }: { passkey: PasskeyRow; spent: SpentToken; userAgent: string },
): Promise<void> {
  const { userId } = passkey
  const done = wasSpentBy(spent)
  const mailed = dailyAttempt(ctx, { key: `mail:passkey_refused:${userId}`, perDay: 1 })
  const notice = mailNotice(ctx, { kind: 'passkey_refused', user: userId, userAgent, condition: wasCounted(mailed), isByAnother: true })
  await ctx.db.batch([
    spendToken(spent, always),
    audit(ctx, { type: 'passkey_refused', userId, userAgent, detail: passkey.name, condition: done }),
    countAttempt(mailed, done),
    notice.write,
  ])
  deliverLater(ctx, notice.mailId)
}
