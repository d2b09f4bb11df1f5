/** A user's sessions and sign-ins: presenters, schemas and examples. */
import * as z from 'zod'
import type { SignInEvent } from '../../core/accounts/sign-in-history.ts'
import type { ListedSession } from '../../core/sessions/sessions.ts'
import { toHex } from '../../ids.ts'
import { text } from './presenters.ts'
import { listOf } from './replies.ts'

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
export const LoginHistoryReply = listOf(SignIn)
