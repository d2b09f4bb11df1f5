/** Log-ins, sessions and sign-ins of a user: presenters, schemas and examples. */
import * as z from 'zod'
import type { SignInEvent } from '../../../core/accounts/sign-in-history.ts'
import type { User } from '../../../core/accounts/user.ts'
import type { Ctx } from '../../../core/ctx.ts'
import type { ListedSession } from '../../../core/sessions/sessions.ts'
import { toHex } from '../../../ids.ts'
import { EXAMPLE_USER, OwnUser, toOwnUser } from '../profile/presenters.ts'
import { date, LAST, listOf, ok, text } from '../replies.ts'

/** @NOTE The seed's log-in samples spell `varifiedDate`; log-in sends both spellings (wire §3.5). */
export function toSignedInUser(user: User, ctx: Ctx) {
  const own = toOwnUser(user, ctx)
  return { ...own, varifiedDate: own.verifiedDate }
}

/** All that a log-in reveals after the right password and before the second factor (wire §6.9). */
export function toPendingUser(user: User) {
  return { _id: toHex(user.id), username: user.username, email: user.email }
}

const SignedInUser = OwnUser.extend({ varifiedDate: date }).meta({ id: 'SignedInUser' })
const PendingUser = z.strictObject({ _id: z.string(), username: z.string(), email: text }).meta({ id: 'PendingUser' })

export const LoginReply = z.union([
  ok(z.strictObject({ '2faEnabled': z.literal(false), user: SignedInUser, userInfo: SignedInUser })),
  ok(
    z.strictObject({
      '2faEnabled': z.literal(true),
      sessionHash: z.string(),
      user: PendingUser,
      userInfo: PendingUser,
      methods: z.array(z.enum(['passkey', 'totp', 'recovery_code', 'email'])),
    }),
  ),
])
export const DoTwoFactorReply = ok(z.strictObject({ user: SignedInUser, userInfo: SignedInUser }))
export const SessionStateReply = ok(
  z.strictObject({ userInfo: OwnUser, session: z.strictObject({ _id: z.string(), authenticatedAt: z.iso.datetime() }) }),
)
export const EXAMPLE_SIGNED_IN_USER = { ...EXAMPLE_USER, varifiedDate: EXAMPLE_USER.verifiedDate }
export const EXAMPLE_LOGIN = {
  ok: 1,
  data: { '2faEnabled': false, user: EXAMPLE_SIGNED_IN_USER, userInfo: EXAMPLE_SIGNED_IN_USER },
} as const
export const SignInCodeReply = ok(z.strictObject({ token: z.string() }))

const CLIENT_ID = z.string().nullable().meta({ description: 'Null: a browser' })

const Session = z
  .strictObject({
    _id: z.string(),
    current: z.boolean(),
    clientId: CLIENT_ID,
    clientName: text,
    userAgent: text,
    place: text,
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime(),
    authenticatedAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'Session' })

export function toSession(session: ListedSession): z.output<typeof Session> {
  return {
    _id: toHex(session.id),
    current: session.current,
    clientId: session.clientId,
    clientName: session.clientName,
    userAgent: session.detail?.userAgent ?? null,
    place: session.detail?.place ?? null,
    createdAt: new Date(session.createdAt).toISOString(),
    lastUsedAt: new Date(session.lastUsedAt).toISOString(),
    authenticatedAt: new Date(session.authenticatedAt).toISOString(),
    expiresAt: new Date(session.expiresAt).toISOString(),
  }
}

const SignIn = z
  .strictObject({
    _id: z.string(),
    success: z.boolean(),
    clientId: CLIENT_ID,
    userAgent: z.string(),
    place: z.string(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'SignIn' })

export function toSignIn(event: SignInEvent): z.output<typeof SignIn> {
  return {
    _id: toHex(event.id),
    success: event.type === 'sign_in',
    clientId: event.clientId,
    userAgent: event.userAgent,
    place: event.place,
    createdAt: new Date(event.createdAt).toISOString(),
  }
}

export const SessionsReply = listOf(Session)

export const EXAMPLE_SESSIONS = {
  ok: 1,
  data: {
    records: [
      {
        _id: '507f1f77bcf86cd799439011',
        current: true,
        clientId: null,
        clientName: null,
        userAgent: 'Mozilla/5.0 (iPhone)',
        place: 'Paris, FR',
        createdAt: '2026-09-12T15:50:58.690Z',
        lastUsedAt: '2026-09-12T16:05:00.000Z',
        authenticatedAt: '2026-09-12T15:50:58.690Z',
        expiresAt: '2026-10-12T15:50:58.690Z',
      },
    ],
    ...LAST,
  },
} satisfies z.input<typeof SessionsReply>

export const LoginHistoryReply = listOf(SignIn)

export const EXAMPLE_SIGN_INS = {
  ok: 1,
  data: {
    records: [
      {
        _id: '507f1f77bcf86cd799439011',
        success: true,
        clientId: null,
        userAgent: 'Mozilla/5.0 (iPhone)',
        place: 'Paris, FR',
        createdAt: '2026-09-12T15:50:58.690Z',
      },
    ],
    ...LAST,
  },
} satisfies z.input<typeof LoginHistoryReply>
