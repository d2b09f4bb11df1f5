/** The caller's second factors (security rows 18-20): authenticator app, recovery codes, codes by email. */
import { Hono } from 'hono'
import { mailSecondFactorCode } from '../../../core/sessions/second-factor-sign-in.ts'
import { listSecondFactors, newRecoveryCodes, removeTotp, setEmailSecondFactor } from '../../../core/sessions/second-factors.ts'
import { confirmTotp, enrolTotp } from '../../../core/sessions/totp-enrolment.ts'
import { anyone, requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { networkLimit } from '../../../http/rate-limit.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { OK } from '../replies.ts'
import { PendingSignInBody } from '../sessions/wire.ts'
import { StateBody } from '../wire.ts'
import {
  EXAMPLE_RECOVERY_CODES,
  EXAMPLE_SECOND_FACTORS,
  EXAMPLE_TOTP,
  RecoveryCodesReply,
  SecondFactorsReply,
  TotpConfirmedReply,
  TotpReply,
  toSecondFactors,
} from './presenters.ts'
import { TotpCodeBody } from './wire.ts'

export const secondFactors = new Hono<AppEnv>()
  .get(
    '/user/2fa',
    requires('delegated:profile:2fa:read'),
    describe('getSecondFactors', {
      summary: 'Enabled second factors, strongest first',
      response: { status: 200, schema: SecondFactorsReply, example: { ok: 1, data: EXAMPLE_SECOND_FACTORS } },
    }),
    async (c) => c.json({ ok: 1, data: toSecondFactors(await listSecondFactors(c.var.ctx, c.var.gate)) }),
  )
  .post(
    '/user/2fa',
    requires('delegated:profile:2fa:write'),
    describe('setEmailCodes', {
      summary: 'Enable or disable codes by email',
      description:
        'The weakest second factor. Requires a browser that signed in within the last 10 minutes, with a second factor if one is enabled. The first factor can also be enabled with an access token from such a sign-in. Ends all other sessions.',
      response: OK,
    }),
    validate('json', StateBody),
    async (c) => {
      await setEmailSecondFactor(c.var.ctx, c.var.gate, c.req.valid('json').state)
      return c.json({ ok: 1 })
    },
  )
  .post(
    '/user/2fa/totp',
    requires('delegated:profile:2fa:write'),
    describe('enrollTotp', {
      summary: 'Start setting up an authenticator app',
      description:
        'Returns a secret for the app, once. POST /user/2fa/totp/confirm enables it, within 15 minutes. Requires a browser that signed in within the last 10 minutes, with a second factor if one is enabled.',
      response: { status: 200, schema: TotpReply, example: { ok: 1, data: EXAMPLE_TOTP } },
    }),
    async (c) => c.json({ ok: 1, data: await enrolTotp(c.var.ctx, c.var.gate) }),
  )
  .post(
    '/user/2fa/totp/confirm',
    requires('delegated:profile:2fa:write'),
    describe('confirmTotp', {
      summary: 'Enable the authenticator app with a code that it shows',
      description: 'Ends all other sessions. Returns ten recovery codes if the account has none.',
      response: { status: 200, schema: TotpConfirmedReply, example: { ok: 1, data: EXAMPLE_RECOVERY_CODES } },
      refusals: [404, 429],
    }),
    validate('json', TotpCodeBody),
    async (c) => c.json({ ok: 1, data: await confirmTotp(c.var.ctx, c.var.gate, c.req.valid('json').code) }),
  )
  .delete(
    '/user/2fa/totp',
    requires('delegated:profile:2fa:write'),
    describe('removeTotp', {
      summary: 'Remove the authenticator app',
      description: 'Requires a browser that signed in within the last 10 minutes with the app or a recovery code. Ends all other sessions.',
      response: OK,
    }),
    async (c) => {
      await removeTotp(c.var.ctx, c.var.gate)
      return c.json({ ok: 1 })
    },
  )
  .post(
    '/user/2fa/recovery-codes',
    requires('delegated:profile:2fa:write'),
    describe('createRecoveryCodes', {
      summary: 'Create ten new recovery codes',
      description: 'The old ones stop working. Requires a browser that signed in within the last 10 minutes with a second factor.',
      response: { status: 200, schema: RecoveryCodesReply, example: { ok: 1, data: EXAMPLE_RECOVERY_CODES } },
      refusals: [404],
    }),
    async (c) => c.json({ ok: 1, data: { recoveryCodes: await newRecoveryCodes(c.var.ctx, c.var.gate) } }),
  )
  .post(
    '/user/2fa/email',
    anyone(),
    describe('sendSignInCode', {
      summary: 'Mail the code of a pending log-in',
      description: 'For accounts with codes by email enabled. The answer is the same whether or not a mail is sent.',
      response: OK,
    }),
    networkLimit('code'),
    validate('json', PendingSignInBody),
    async (c) => {
      const { target, sessionHash } = c.req.valid('json')
      await mailSecondFactorCode(c.var.ctx, { userId: target, sessionHash })
      return c.json({ ok: 1 })
    },
  )
