/** What a mailed code is good for, without using it: for the page that its link opens. Scanners of mail open links as well. */
import type { ChallengePurpose } from '../../store/db/challenges.ts'
import { findUsableCode } from '../../store/db/mailed-codes.ts'
import type { Ctx } from '../ctx.ts'
import { hashOfCode } from './email-change.ts'

/** Null for a code that is wrong, used or too old, and for one of another purpose. `returnTo`: what it was asked for with. */
export async function findMailedCode(
  ctx: Ctx,
  code: string,
  purposes: readonly ChallengePurpose[],
): Promise<{ readonly returnTo: string | null } | null> {
  const found = await ctx.db.one(findUsableCode(hashOfCode(code), ctx.now()))
  return found && purposes.includes(found.purpose) ? found : null
}
