/** Sessions (wire §3.2, §6.8-9): log-in and its second factor, log-out, the caller's own sessions. */
import { type Context, Hono } from 'hono'
import { listSignIns } from '../../../core/accounts/sign-in-history.ts'
import { getOwnProfile } from '../../../core/profiles/own-profile.ts'
import { completeSecondFactor } from '../../../core/sessions/second-factor-sign-in.ts'
import { listSessions, revokeSession, signOut, signOutEverywhere } from '../../../core/sessions/sessions.ts'
import { signIn } from '../../../core/sessions/sign-in.ts'
import { anyone, optionalSession, requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { browserSession, clearSessionCookie, credentials } from '../../../http/credentials.ts'
import { ownNavigationOnly } from '../../../http/cross-site.ts'
import { accessToken } from '../../../http/dpop.ts'
import { signInLimit } from '../../../http/rate-limit.ts'
import { type Description, describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { toHex } from '../../../ids.ts'
import { EXAMPLE_USER, toOwnUser } from '../profile/presenters.ts'
import { OK, toList } from '../replies.ts'
import { PageQuery, toPage } from '../wire.ts'
import {
  DoTwoFactorReply,
  EXAMPLE_LOGIN,
  EXAMPLE_SESSIONS,
  EXAMPLE_SIGN_INS,
  EXAMPLE_SIGNED_IN_USER,
  LoginHistoryReply,
  LoginReply,
  SessionStateReply,
  SessionsReply,
  toSession,
  toSignIn,
} from './presenters.ts'
import { presented, signedIn, signedInOrPending } from './signed-in.ts'
import { DoTwoFactorBody, LoginBody, SessionParams } from './wire.ts'

/** An administrator who looks at somebody's account signs out of their own, and so of both. */
const themselves = credentials(accessToken, browserSession)

const LOGOUT: Description = {
  summary: 'Sign out',
  description: 'Succeeds even without a live session.',
  response: OK,
}
const LOGOUT_ALL: Description = {
  summary: 'Sign out everywhere',
  description: 'Every session, access and refresh token is refused from the next request on.',
  response: OK,
}

export const sessions = new Hono<AppEnv>()
  .post(
    '/user/login',
    anyone(),
    describe('login', {
      summary: 'Sign in with a password',
      description:
        'Sets the session cookie. If a second factor is enabled, returns a sessionHash for POST /user/do-2fa instead, and the `methods` that can complete it.',
      response: { status: 200, schema: LoginReply, example: EXAMPLE_LOGIN },
      refusals: [401],
    }),
    signInLimit(),
    validate('json', LoginBody),
    async (c) => {
      const { username, email, password, userAgent } = c.req.valid('json')
      const outcome = await signIn(c.var.ctx, {
        username: username ?? null,
        email: email ?? null,
        password,
        userAgent: userAgent ?? c.var.ctx.caller.userAgent,
        presented: await presented(c),
      })
      return c.json({ ok: 1, data: signedInOrPending(c, outcome) })
    },
  )
  .post(
    '/user/do-2fa',
    anyone(),
    describe('completeSecondFactor', {
      summary: 'Complete a sign-in with its second factor',
      description: 'Sets the session cookie. Accepts the mailed code, a code from the authenticator app, or a recovery code.',
      response: {
        status: 200,
        schema: DoTwoFactorReply,
        example: { ok: 1, data: { user: EXAMPLE_SIGNED_IN_USER, userInfo: EXAMPLE_SIGNED_IN_USER } },
      },
    }),
    signInLimit(),
    validate('json', DoTwoFactorBody),
    async (c) => {
      const { target, code, sessionHash } = c.req.valid('json')
      const { ctx } = c.var
      const outcome = await completeSecondFactor(ctx, {
        userId: target,
        code,
        sessionHash,
        userAgent: ctx.caller.userAgent,
        presented: await presented(c),
      })
      return c.json({ ok: 1, data: signedIn(c, outcome) })
    },
  )
  .get('/user/logout', themselves, optionalSession(), describe('logoutByGet', LOGOUT), ownNavigationOnly(), async (c) => {
    await signOut(c.var.ctx, c.var.gate)
    return signedOut(c)
  })
  .post('/user/logout', themselves, optionalSession(), describe('logout', LOGOUT), async (c) => {
    await signOut(c.var.ctx, c.var.gate)
    return signedOut(c)
  })
  .get(
    '/user/logout-all',
    requires('delegated:session:write'),
    describe('logoutEverywhereByGet', LOGOUT_ALL),
    ownNavigationOnly(),
    async (c) => {
      await signOutEverywhere(c.var.ctx, c.var.gate)
      return signedOut(c)
    },
  )
  .post('/user/logout-all', requires('delegated:session:write'), describe('logoutEverywhere', LOGOUT_ALL), async (c) => {
    await signOutEverywhere(c.var.ctx, c.var.gate)
    return signedOut(c)
  })
  .get(
    '/user/session-state',
    requires('delegated:profile:read'),
    describe('getSessionState', {
      summary: 'Whether the caller is signed in, and as whom',
      response: {
        status: 200,
        schema: SessionStateReply,
        example: {
          ok: 1,
          data: { userInfo: EXAMPLE_USER, session: { _id: '507f1f77bcf86cd799439011', authenticatedAt: '2026-09-12T15:50:58.690Z' } },
        },
      },
    }),
    async (c) => {
      const { ctx, gate } = c.var
      const { user, principal } = await getOwnProfile(ctx, gate)
      const session = { _id: toHex(principal.sessionId), authenticatedAt: new Date(principal.authenticatedAt).toISOString() }
      return c.json({ ok: 1, data: { userInfo: toOwnUser(user, ctx), session } })
    },
  )
  .get(
    '/user/login-history',
    requires('delegated:profile:login-history:read'),
    describe('listSignIns', {
      summary: 'Sign-in history of the caller, newest first',
      response: { status: 200, schema: LoginHistoryReply, example: EXAMPLE_SIGN_INS },
    }),
    validate('query', PageQuery),
    async (c) => {
      const records = await listSignIns(c.var.ctx, c.var.gate, toPage(c.req.valid('query')))
      return c.json(toList(records, toSignIn))
    },
  )
  .get(
    '/user/sessions',
    requires('delegated:session:read'),
    describe('listSessions', {
      summary: 'Live sessions of the caller, newest first',
      response: { status: 200, schema: SessionsReply, example: EXAMPLE_SESSIONS },
    }),
    validate('query', PageQuery),
    async (c) => {
      const records = await listSessions(c.var.ctx, c.var.gate, toPage(c.req.valid('query')))
      return c.json(toList(records, toSession))
    },
  )
  .delete(
    '/user/sessions/:id',
    requires('delegated:session:write'),
    describe('endSession', { summary: 'Sign out one session of the caller', response: OK, refusals: [404] }),
    validate('param', SessionParams),
    async (c) => {
      await revokeSession(c.var.ctx, c.var.gate, c.req.valid('param').id)
      return c.json({ ok: 1 })
    },
  )

function signedOut(c: Context): Response {
  clearSessionCookie(c)
  return c.json({ ok: 1 })
}
