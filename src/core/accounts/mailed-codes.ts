/** What a mailed code is for, without using it: for the page that its link opens. Mail scanners open links too. */
import type { ChallengePurpose } from '../../store/db/challenges.ts'
import { findUsableCode, type UsableCode } from '../../store/db/mailed-codes.ts'
import type { Ctx } from '../ctx.ts'
import { hashOfCode } from './email-change.ts'

/** Null if the code is wrong, used, too old or for another purpose. `returnTo`: what it was requested with. */
export async function findMailedCode(ctx: Ctx, code: string, purposes: readonly ChallengePurpose[]): Promise<UsableCode | null> {
  const found = await ctx.db.one(findUsableCode(hashOfCode(code), ctx.now()))
  return found && purposes.includes(found.purpose) ? found : null
}
