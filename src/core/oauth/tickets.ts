/**
 * Tickets: what Kith tells itself through the browser, such as "this user was shown this page". A time, and an HMAC
 * over it and everything that the ticket is about; nothing is stored.
 */
import { currentMac, equalInConstantTime, mac } from '../../crypto.ts'
import type { Ctx } from '../ctx.ts'

/** The purpose of a ticket is part of its MAC: none is valid for another. */
type TicketPurpose =
  | 'consent'
  | 'reauthentication'
  | 'sign-out'
  | 'signed-out'
  | 'device'
  | 'pushed-request'
  | 'signed-request'
  | 'first-sign-in'
  | 'passkey-registration'
  | 'passkey-sign-in'
  | 'passkey-second-step'

export function issueTicket(ctx: Ctx, purpose: TicketPurpose, about: readonly string[]): string {
  const at = String(ctx.now())
  const { hmacKeys } = ctx.config
  return `${at}.${hmacKeys.current}.${currentMac(hmacKeys, 'ticket', purpose, at, ...about).toString('base64url')}`
}

/** When the ticket was issued; null if it is forged, about something else, or older than `lifeMs`. */
export function readTicket(
  ctx: Ctx,
  purpose: TicketPurpose,
  ticket: string,
  { about, lifeMs }: { about: readonly string[]; lifeMs: number },
): number | null {
  const [, at = '', kid = '', digest = ''] = /^(\d{1,16})\.(.+)\.([\w-]{43})$/.exec(ticket) ?? []
  const expected = mac(ctx.config.hmacKeys, kid, 'ticket', purpose, at, ...about)?.toString('base64url')
  if (expected === undefined || !equalInConstantTime(expected, digest)) return null
  return ctx.now() - Number(at) <= lifeMs ? Number(at) : null
}
