/**
 * Accounts (wire §3.2, §6.6-7, §6.9): sign-up, address verification, password reset. All routes are public, and none
 * reveals who has an account.
 */
import { Hono } from 'hono'
import { undoEmailChange } from '../../../core/accounts/email-change.ts'
import { requestPasswordReset, resetPassword } from '../../../core/accounts/password-reset.ts'
import { createAccount, resendVerification, verifyEmail } from '../../../core/accounts/sign-up.ts'
import { anyone } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { botChecked } from '../../../http/bot-check.ts'
import { networkLimit } from '../../../http/rate-limit.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { EXAMPLE_USER, toOwnUser } from '../profile/presenters.ts'
import { OK } from '../replies.ts'
import { CodeReply, CreateUserReply, VerifyEmailReply } from './presenters.ts'
import {
  CodeBody,
  CodeQuery,
  CreateUserBody,
  ResendVerificationQuery,
  ResetPasswordBody,
  VerifyEmailBody,
  VerifyEmailQuery,
} from './wire.ts'

const VERIFIED = 'Your email has been verified successfully. You can now login.'
const TARGET = { ok: 1, data: { target: '9f86d081884c7d659a2feaa0' } }

export const accounts = new Hono<AppEnv>()
  .post(
    '/user/create',
    anyone(),
    describe('createUser', {
      summary: 'Create an account',
      description: 'Mails a code for POST /user/verify-email. The reply is the same for a taken address, whose owner gets a mail.',
      response: { status: 201, schema: CreateUserReply, example: { ok: 1, data: { user: EXAMPLE_USER } } },
      refusals: [409],
    }),
    networkLimit('create'),
    botChecked('sign-up'),
    validate('json', CreateUserBody),
    async (c) => {
      const { firstName, lastName, phone, phoneCountryCode, ...body } = c.req.valid('json')
      const { ctx } = c.var
      const user = await createAccount(ctx, {
        ...body,
        givenName: firstName,
        familyName: lastName,
        phone: phone ?? null,
        phoneCountryCode: phoneCountryCode ?? null,
      })
      return c.json({ ok: 1, data: { user: toOwnUser(user, ctx) } }, 201)
    },
  )
  .post(
    '/user/verify-email',
    anyone(),
    describe('verifyEmail', {
      summary: 'Verify the email address with the code from the mail',
      description: 'For a new account, or for a change of address, which ends every session.',
      response: OK,
    }),
    networkLimit('other'),
    validate('json', VerifyEmailBody),
    async (c) => {
      await verifyEmail(c.var.ctx, { code: c.req.valid('json').code, userId: null })
      return c.json({ ok: 1 })
    },
  )
  .get(
    '/user/verify-email',
    anyone(),
    describe('verifyEmailByLink', {
      summary: 'The same for clients that follow a link; mails never contain this link',
      response: { status: 200, schema: VerifyEmailReply, example: { ok: 1, data: VERIFIED } },
    }),
    networkLimit('other'),
    validate('query', VerifyEmailQuery),
    async (c) => {
      const { target, code } = c.req.valid('query')
      await verifyEmail(c.var.ctx, { code, userId: target })
      return c.json({ ok: 1, data: VERIFIED })
    },
  )
  .post(
    '/user/undo-email-change',
    anyone(),
    describe('undoEmailChange', {
      summary: 'Restore the previous email address with the code mailed to it',
      description: 'Possible for 7 days after the change. Ends every session and token of the account. Set a new password afterwards.',
      response: OK,
    }),
    networkLimit('code'),
    validate('json', VerifyEmailBody),
    async (c) => {
      await undoEmailChange(c.var.ctx, c.req.valid('json').code)
      return c.json({ ok: 1 })
    },
  )
  .get(
    '/user/resend-verification',
    anyone(),
    describe('resendVerification', {
      summary: 'Mail the verification code again',
      response: OK,
    }),
    networkLimit('code'),
    validate('query', ResendVerificationQuery),
    async (c) => {
      await resendVerification(c.var.ctx, c.req.valid('query').target)
      return c.json({ ok: 1 })
    },
  )
  .get(
    '/user/code',
    anyone(),
    describe('requestPasswordResetByQuery', {
      summary: 'Mail a password reset code',
      description: 'The reply is the same for every address. POST /user/code does the same without an address in the URL.',
      response: { status: 200, schema: CodeReply, example: TARGET },
    }),
    networkLimit('code'),
    botChecked('reset'),
    validate('query', CodeQuery),
    async (c) => c.json({ ok: 1, data: await requestPasswordReset(c.var.ctx, c.req.valid('query').email) }),
  )
  .post(
    '/user/code',
    anyone(),
    describe('requestPasswordReset', {
      summary: 'Mail a password reset code',
      response: { status: 200, schema: CodeReply, example: TARGET },
    }),
    networkLimit('code'),
    botChecked('reset'),
    validate('json', CodeBody),
    async (c) => c.json({ ok: 1, data: await requestPasswordReset(c.var.ctx, c.req.valid('json').email) }),
  )
  .post(
    '/user/reset-password',
    anyone(),
    describe('resetPassword', {
      summary: 'Set a new password with the code from the mail',
      description: 'Ends every session and token of the account.',
      response: OK,
    }),
    networkLimit('code'),
    validate('json', ResetPasswordBody),
    async (c) => {
      const { code, password, target } = c.req.valid('json')
      await resetPassword(c.var.ctx, { code, password, target: target ?? null })
      return c.json({ ok: 1 })
    },
  )
