/** Log-in and token refresh, with an API key only (wire §4.1). */
import { Hono } from 'hono'
import { refreshUnderKey, signInUnderKey } from '../../../core/machines/key-sessions.ts'
import { requiresKey } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { networkLimit } from '../../../http/rate-limit.ts'
import { describe } from '../../../http/tags.ts'
import { validateAnyForm } from '../../../http/validate.ts'
import { readApiKey } from '../api-key.ts'
import { LoginBody, LoginReply, RefreshBody, RefreshReply } from '../wire.ts'

const ACCESS = 'eyJ0eXAiOiJhdCtqd3QifQ.e30.c2lnbmF0dXJl'

export const sessions = new Hono<AppEnv>()
  .post(
    '/user/login',
    networkLimit('login'),
    requiresKey('api_key', readApiKey),
    describe('login', {
      summary: 'Sign in with a password',
      description: 'Not for accounts with a second factor, which this protocol does not support.',
      response: {
        status: 200,
        schema: LoginReply,
        example: { refresh: 'q3Z0uTnk1fY8v0m7Wb2c5d8e1f4g7h0i3j6k9l2m5n8', access: ACCESS },
      },
    }),
    validateAnyForm(LoginBody),
    async (c) => {
      const { ctx, machine } = c.var
      const { username, password } = c.req.valid('json')
      const { refreshToken, accessToken } = await signInUnderKey(ctx, machine, {
        username,
        email: null,
        password,
        userAgent: ctx.caller.userAgent,
      })
      return c.json({ refresh: refreshToken, access: accessToken })
    },
  )
  .post(
    '/user/token/refresh',
    networkLimit('other'),
    requiresKey('api_key', readApiKey),
    describe('refreshToken', {
      summary: 'Get a new access token',
      description: 'Possible for 14 days after log-in. The refresh token stays the same.',
      response: { status: 200, schema: RefreshReply, example: { access: ACCESS } },
    }),
    validateAnyForm(RefreshBody),
    async (c) => {
      const { accessToken } = await refreshUnderKey(c.var.ctx, c.var.machine, c.req.valid('json').refresh)
      return c.json({ access: accessToken })
    },
  )
