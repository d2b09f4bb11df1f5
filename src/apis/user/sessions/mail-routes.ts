/** Sign-in with a mailed code, for apps. Exists only with `EMAIL_SIGN_IN`. */
import { Hono } from 'hono'
import { requestMailSignIn, signInWithMailedCode } from '../../../core/sessions/mail-sign-in.ts'
import { anyone } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { networkLimit, signInLimit } from '../../../http/rate-limit.ts'
import { onlyIf } from '../../../http/settings.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { EXAMPLE_LOGIN, LoginReply, SignInCodeReply } from './presenters.ts'
import { presented, signedInOrPending } from './signed-in.ts'
import { ConfirmSignInCodeBody, SignInCodeBody } from './wire.ts'

const isOn = onlyIf(({ emailSignIn }) => emailSignIn)

export const mailSignIn = new Hono<AppEnv>()
  .post(
    '/user/sign-in-code',
    anyone(),
    describe('requestSignInCode', {
      summary: 'Mail a code to sign in with',
      description:
        'The reply is the same for every name. The mail has six digits for POST /user/sign-in-code/confirm, and a link that signs in a browser; both work for 10 minutes. 404 unless the service has this switched on (`EMAIL_SIGN_IN`).',
      response: {
        status: 200,
        schema: SignInCodeReply,
        example: { ok: 1, data: { token: 'q3Z0uTnk1fY8v0m7Wb2c5d8e1f4g7h0i3j6k9l2m5n8' } },
      },
      refusals: [404],
    }),
    isOn,
    networkLimit('code'),
    validate('json', SignInCodeBody),
    async (c) => {
      const { username = null, email = null } = c.req.valid('json')
      return c.json({ ok: 1, data: await requestMailSignIn(c.var.ctx, { username, email }) })
    },
  )
  .post(
    '/user/sign-in-code/confirm',
    anyone(),
    describe('confirmSignInCode', {
      summary: 'Sign in with a mailed code',
      description:
        'Replies like POST /user/login, also about a second factor; a code by email cannot be that one. Each token allows 5 guesses. 404 unless the service has this switched on (`EMAIL_SIGN_IN`).',
      response: { status: 200, schema: LoginReply, example: EXAMPLE_LOGIN },
      refusals: [404],
    }),
    isOn,
    signInLimit(),
    validate('json', ConfirmSignInCodeBody),
    async (c) => {
      const { token, code, userAgent = c.var.ctx.caller.userAgent } = c.req.valid('json')
      const input = { token, code, userAgent, presented: await presented(c) }
      return c.json({ ok: 1, data: signedInOrPending(c, await signInWithMailedCode(c.var.ctx, input)) })
    },
  )
