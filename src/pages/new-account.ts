/**
 * A cookie for the account created in this browser until its address is verified: verifying it here signs the user in.
 * The core's `first-sign-in.ts` says what the ticket allows.
 */
import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { UNVERIFIED_ACCOUNT_MS } from '../core/limits.ts'
import { type Newcomer, signInFirst } from '../core/sessions/first-sign-in.ts'
import { fromHex, toHex, type UserId } from '../ids.ts'
import { redirectWith } from './notices.ts'
import { askedReturn, withReturn } from './return-to.ts'
import { presented, signedIn } from './signed-in.ts'

/** Hono adds the `__Host-` prefix. */
const COOKIE = 'kith_new_account'
const FORM = /^([0-9a-f]{24})~(\S{1,256})$/
const ATTRIBUTES = { prefix: 'host', httpOnly: true, secure: true, sameSite: 'Lax', path: '/' } as const

export function rememberNewAccount(c: Context, userId: UserId, ticket: string): void {
  setCookie(c, COOKIE, `${toHex(userId)}~${ticket}`, { ...ATTRIBUTES, maxAge: UNVERIFIED_ACCOUNT_MS / 1000 })
}

function read(c: Context): { userId: UserId; ticket: string } | null {
  const [, id = '', ticket] = FORM.exec(getCookie(c, COOKIE, 'host') ?? '') ?? []
  const userId = fromHex<UserId>(id)
  return userId === null || ticket === undefined ? null : { userId, ticket }
}

/**
 * Where a proved sign-in leads while the address is unverified: with the ticket, the proof is not asked for again after
 * verification in this browser.
 */
export function toVerification(c: Context, userId: UserId, ticket: string | null, to: string | null = askedReturn(c)): Response {
  if (ticket !== null) rememberNewAccount(c, userId, ticket)
  return redirectWith(c, withReturn(c, '/verify', { account: toHex(userId) }, to), 'not_verified')
}

/** The user whose address is to be verified here; determines the page's text and where a new code goes. */
export function newAccountOf(c: Context): UserId | null {
  return read(c)?.userId ?? null
}

/** After verification of the user's address, signs them in if the account was created here; otherwise null. */
export async function signInNewAccount(c: Context, user: Newcomer, to: string | null): Promise<Response | null> {
  const known = read(c)
  if (known?.userId !== user.id) return null
  deleteCookie(c, COOKIE, ATTRIBUTES)
  const outcome = await signInFirst(c.var.ctx, { user, ticket: known.ticket, presented: await presented(c) })
  return outcome && signedIn(c, outcome, to)
}
