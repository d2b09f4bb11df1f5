/**
 * Mails about accounts: statements that queue a mail in the batch of the act itself (design §1.11), within the limit of
 * mails of one kind to one address. Replies never show whether a mail was queued.
 */
import { currentMac, randomHex, sha256 } from '../../crypto.ts'
import type { ChallengeId, MailId, UserId } from '../../ids.ts'
import { deriveCode, hasSixDigits } from '../../mail/codes.ts'
import { deliverMail } from '../../mail/outbox.ts'
import {
  type Attempt,
  countAttempt,
  isWithinLimit,
  justCounted,
  wasCounted,
  wasCountedAfter,
  writeDecoys,
} from '../../store/db/attempt-counters.ts'
import {
  type ChallengePurpose,
  hasOpenChallenge,
  insertChallenge,
  type NewChallenge,
  voidOlderChallenges,
} from '../../store/db/challenges.ts'
import { always, both, either, type Fragment, idOf, not, type Statement, yieldsNobody } from '../../store/db/database.ts'
import {
  challengeOf,
  insertMail,
  kindOf,
  type MailKind,
  newestChallenge,
  noChallenge,
  verifiedAddress,
} from '../../store/db/mail-outbox.ts'
import { updateReturnTo } from '../../store/db/mailed-codes.ts'
import type { Ctx, Recorder } from '../ctx.ts'
import { MAIL_OVER_PAUSE_MS, MAIL_PAUSE_MS, MAIL_WINDOW_MS, MAILS_PER_DAY, MAILS_PER_DAY_OF_ADDRESS } from '../limits.ts'
import { isKnown, sourceOf } from '../sessions/known-sources.ts'

export interface MailLimit {
  /** Holds in the batch once `count` has allowed a mail. */
  readonly counted: Fragment
  /** Must precede everything that depends on it, in this order. */
  readonly count: readonly Statement<unknown>[]
  /** Tells this mail from others. */
  readonly stamp: number
}

/**
 * The limit on mails of one kind to one address, known or not, counted by a keyed hash: 1 in 30 s, 10 a day per network
 * and 20 in all, and beyond those one an hour. If `owner` yields a user who knows the caller's browser or network, a
 * separate 10 a day and then one an hour apply, so other people's requests do not hold the owner's mails back. Nothing
 * is counted where `condition` does not hold.
 */
export function mailLimit(
  ctx: Ctx,
  mail: {
    sort: string
    address: string
    owner?: Fragment
    pauseMs?: number
    /** The pause applies only while this holds: while the previous mail is still useful. */
    pausedWhile?: Fragment
    condition?: Fragment
  },
): MailLimit {
  const { sort, owner, pausedWhile, condition = always } = mail
  const pauseMs = pausedWhile ? 0 : (mail.pauseMs ?? MAIL_PAUSE_MS)
  const [now, stamp, source] = [ctx.now(), ctx.newId<MailId>(), sourceOf(ctx)]
  const key = `mail:${sort}:${currentMac(ctx.config.hmacKeys, 'address', mail.address).toString('base64url')}`
  const limit = { limit: MAILS_PER_DAY, windowMs: MAIL_WINDOW_MS, pauseMs, overPauseMs: MAIL_OVER_PAUSE_MS, stamp, now }
  const known = owner ? { ...limit, key: `${key}:known:${source}` } : null
  const everywhere = { ...limit, key, limit: MAILS_PER_DAY_OF_ADDRESS }
  const here = { ...limit, key: `${key}:at:${ctx.caller.networkHash}` }
  const justMailed = [everywhere, ...(known ? [known] : [])].map((one) => wasCountedAfter(one.key, now - MAIL_PAUSE_MS)).reduce(either)
  const allowed = pausedWhile ? both(condition, not(both(pausedWhile, justMailed))) : condition
  // A caller held by their own pause does not use up the strangers' share meanwhile.
  const isWaiting = known && pauseMs > 0 ? either(justCounted, wasCountedAfter(known.key, now - pauseMs)) : justCounted
  const isStranger = known ? both(not(isWaiting), allowed) : allowed
  // Beyond the overall limit, a network that has used its share does not take the next mail from another.
  const isFair = either(isWithinLimit({ ...everywhere, overPauseMs: 0 }), isWithinLimit({ ...here, overPauseMs: 0 }))
  const isLetThrough = known ? either(justCounted, wasCounted(known)) : justCounted
  return {
    counted: wasCounted(here),
    stamp,
    count: [
      ...(known && owner ? [countAttempt(known, both(allowed, isKnown(ctx, owner)))] : []),
      countAttempt(everywhere, both(isStranger, both(isWithinLimit(here), isFair))),
      // Checked above; here it is only counted and becomes the condition for what depends on it.
      countAttempt({ ...here, limit: Number.MAX_SAFE_INTEGER, pauseMs: 0 }, isLetThrough),
    ],
  }
}

/** Mails to other addresses that one account may cause. */
export function mailsOfAccount(ctx: Ctx, userId: UserId): Attempt {
  const [now, stamp] = [ctx.now(), ctx.newId<MailId>()]
  return { key: `mail:change_email_by:${userId}`, limit: MAILS_PER_DAY, windowMs: MAIL_WINDOW_MS, pauseMs: 0, stamp, now }
}

/** A new challenge; a long code can be looked up by itself, six digits cannot. */
export function newChallenge<Purpose extends ChallengePurpose>(
  ctx: Ctx,
  purpose: Purpose,
  lifeMs: number,
  tokenHash: string | null = null,
): NewChallenge & { readonly purpose: Purpose } {
  const id = ctx.newId<ChallengeId>()
  const seed = { codeId: id, random: randomHex(16), kid: ctx.config.hmacKeys.current }
  const code = hasSixDigits(purpose) ? null : deriveCode(ctx.config.hmacKeys, purpose, seed)
  const now = ctx.now()
  return { id, purpose, ...seed, codeHash: code && sha256(code), tokenHash, createdAt: now, expiresAt: now + lifeMs }
}

export interface CodeMail {
  readonly purpose: Exclude<ChallengePurpose, 'sign_in' | 'mail_sign_in' | 'change_email_digits'>
  readonly lifeMs: number
  readonly kind: Fragment
  /** Yields the recipient, or nobody. */
  readonly user: Fragment
  /** The address as the caller typed it, for the limit. */
  readonly address: string
  /** A path of ours where the user continues after using the code. */
  readonly returnTo?: string | null | undefined
  /** Whose known browsers and networks have a limit of their own: `user`, unless anybody may create the account. */
  readonly owner?: Fragment
  /** Nobody may learn whether `user` yields anyone, so as much is written either way. */
  readonly isSilent?: true
  /** The minimum interval between two of these mails; 0 if each is about a different account. */
  readonly pauseMs?: number
  /** Somebody else asks for it: their language is not the recipient's. */
  readonly isForAnother?: true
}

/**
 * Statements that mail a code: the open one while at least half its lifetime is left, otherwise a new one, which
 * invalidates older ones. If the limit refuses, nothing changes and `counted` does not hold. `mailId` is the row to
 * deliver after the commit.
 */
export function mailCode(ctx: Ctx, mail: CodeMail): { mailId: MailId; counted: Fragment; writes: Statement<unknown>[] } {
  const { returnTo = null } = mail
  const challenge = { ...newChallenge(ctx, mail.purpose, mail.lifeMs), returnTo }
  const { purpose: sort, address, owner, pauseMs } = mail
  const { counted, count, stamp } = mailLimit(ctx, { sort, address, ...(owner && { owner }), ...(pauseMs !== undefined && { pauseMs }) })
  const mailId = ctx.newId<MailId>()
  const stillGood = hasOpenChallenge(mail.user, mail.purpose, ctx.now() + mail.lifeMs / 2)
  return {
    mailId,
    counted,
    writes: [
      ...count,
      insertChallenge(challenge, mail.user, both(counted, not(stillGood))),
      voidOlderChallenges({ user: mail.user, purpose: mail.purpose, newest: challenge.id, now: ctx.now() }),
      // A code that is sent again leads to where it was last requested from.
      ...(returnTo === null ? [] : [updateReturnTo(newestChallenge(mail.user, mail.purpose), returnTo, counted)]),
      insertMail(
        {
          id: mailId,
          kind: mail.kind,
          params: '{}',
          challengeId: newestChallenge(mail.user, mail.purpose),
          createdAt: ctx.now(),
          locale: mail.isForAnother ? null : ctx.caller.locale,
        },
        mail.user,
        counted,
      ),
      ...(mail.isSilent ? [writeDecoys(stamp, ctx.now(), both(counted, yieldsNobody(mail.user)))] : []),
    ],
  }
}

/** What a notice says about where an act came from. */
export function whereFrom(ctx: Recorder, userAgent = ctx.caller.userAgent) {
  const { place, timeZone } = ctx.caller
  return { userAgent, place, ...(timeZone === '' ? {} : { timeZone }) }
}

/**
 * A statement that notifies a user of what was done to the account, where `condition` holds. Notices are never limited,
 * and contain the given name: none goes to an address that nobody has verified, which may be a stranger's.
 */
export function mailNotice(
  ctx: Recorder,
  notice: {
    kind: MailKind | Fragment
    user: UserId | Fragment
    userAgent?: string
    condition?: Fragment
    /** The challenge whose code it carries. */
    challengeId?: ChallengeId
    /** Replaces the caller's device and place in the text. */
    params?: Record<string, unknown>
    /** The recipient, if not the user's current address. */
    to?: Fragment
    /** Somebody else has done it, or may have: an intruder does not choose the language of the warning. */
    isByAnother?: true
  },
): { mailId: MailId; write: Statement<void> } {
  const mailId = ctx.newId<MailId>()
  const params = JSON.stringify(notice.params ?? whereFrom(ctx, notice.userAgent))
  const user = typeof notice.user === 'number' ? idOf(notice.user) : notice.user
  const challengeId = notice.challengeId === undefined ? noChallenge : challengeOf(notice.challengeId)
  const row = {
    id: mailId,
    kind: typeof notice.kind === 'string' ? kindOf(notice.kind) : notice.kind,
    params,
    challengeId,
    to: notice.to ?? verifiedAddress,
    createdAt: ctx.now(),
    locale: notice.isByAnother ? null : ctx.caller.locale,
  }
  return { mailId, write: insertMail(row, user, notice.condition ?? always) }
}

/** Sends after the reply. Cron sends what fails now. */
export function deliverLater(ctx: Ctx, ...mailIds: MailId[]): void {
  ctx.defer(async () => {
    for (const id of mailIds) await deliverMail(ctx, id)
  })
}
