/**
 * Notices of a new way into an account, or of one less. While a change of the address can be undone, the previous
 * address gets them, too: the current one may be a thief's.
 */
import type { MailId, UserId } from '../../ids.ts'
import { both, type Fragment, type Statement } from '../../store/db/database.ts'
import { formerAddress, hasOpenUndo } from '../../store/db/email-changes.ts'
import type { Ctx } from '../ctx.ts'
import { mailNotice } from './mail.ts'

type Notice = Omit<Parameters<typeof mailNotice>[1], 'to'> & { readonly user: UserId; readonly condition: Fragment }

export function ownerNotice(ctx: Ctx, notice: Notice): { mailIds: MailId[]; writes: Statement<void>[] } {
  const { user, condition } = notice
  const now = ctx.now()
  const current = mailNotice(ctx, notice)
  const former = mailNotice(ctx, { ...notice, to: formerAddress(user, now), condition: both(condition, hasOpenUndo(user, now)) })
  return { mailIds: [current.mailId, former.mailId], writes: [current.write, former.write] }
}
