/** Passkeys (WebAuthn Level 3): the caller's own, and sign-in with one. */
import { Hono } from 'hono'
import { listPasskeys, removePasskey, renamePasskey } from '../../../core/passkeys/passkeys.ts'
import { passkeyRegistrationOptions, registerPasskey } from '../../../core/passkeys/registration.ts'
import { type PendingPasskey, passkeyAuthenticationOptions, signInWithPasskey } from '../../../core/passkeys/sign-in.ts'
import { anyone, requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { signInLimit } from '../../../http/rate-limit.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import type { UserId } from '../../../ids.ts'
import { OK } from '../replies.ts'
import { DoTwoFactorReply, EXAMPLE_SIGNED_IN_USER } from '../sessions/presenters.ts'
import { presented, signedIn } from '../sessions/signed-in.ts'
import {
  CreationOptionsReply,
  EXAMPLE_CREATION_OPTIONS,
  EXAMPLE_PASSKEY,
  EXAMPLE_REQUEST_OPTIONS,
  PasskeyReply,
  PasskeysReply,
  RequestOptionsReply,
  toPasskey,
} from './presenters.ts'
import { AuthenticationOptionsBody, PasskeyParams, PasskeySignInBody, RegisterPasskeyBody, RenamePasskeyBody } from './wire.ts'

const FRESH = 'Requires a browser that signed in within the last 10 minutes, with a second factor if one is enabled.'

export const passkeys = new Hono<AppEnv>()
  .get(
    '/user/passkeys',
    requires('delegated:profile:2fa:read'),
    describe('listPasskeys', {
      summary: "The caller's passkeys, oldest first",
      response: { status: 200, schema: PasskeysReply, example: { ok: 1, data: { passkeys: [EXAMPLE_PASSKEY] } } },
    }),
    async (c) => c.json({ ok: 1, data: { passkeys: (await listPasskeys(c.var.ctx, c.var.gate)).map(toPasskey) } }),
  )
  .post(
    '/user/passkeys/registration-options',
    requires('delegated:profile:2fa:write'),
    describe('getPasskeyRegistrationOptions', {
      summary: 'What the browser needs to make a passkey',
      description: `Pass publicKey to navigator.credentials.create(), and what that returns to POST /user/passkeys. ${FRESH}`,
      response: { status: 200, schema: CreationOptionsReply, example: { ok: 1, data: { publicKey: EXAMPLE_CREATION_OPTIONS } } },
    }),
    async (c) => c.json({ ok: 1, data: { publicKey: await passkeyRegistrationOptions(c.var.ctx, c.var.gate) } }),
  )
  .post(
    '/user/passkeys',
    requires('delegated:profile:2fa:write'),
    describe('registerPasskey', {
      summary: 'Add a passkey',
      description: `A passkey signs in by itself, as two factors. Attestation is ignored. A mail tells the user. ${FRESH}`,
      response: { status: 201, schema: PasskeyReply, example: { ok: 1, data: { passkey: EXAMPLE_PASSKEY } } },
      refusals: [409, 429],
    }),
    validate('json', RegisterPasskeyBody),
    async (c) => {
      const { name, credential } = c.req.valid('json')
      const passkey = await registerPasskey(c.var.ctx, c.var.gate, { name, credential })
      return c.json({ ok: 1, data: { passkey: toPasskey(passkey) } }, 201)
    },
  )
  .patch(
    '/user/passkeys/:id{[0-9a-f]{24}}',
    requires('delegated:profile:2fa:write'),
    describe('renamePasskey', {
      summary: 'Rename a passkey',
      response: { status: 200, schema: PasskeyReply, example: { ok: 1, data: { passkey: EXAMPLE_PASSKEY } } },
      refusals: [404],
    }),
    validate('param', PasskeyParams),
    validate('json', RenamePasskeyBody),
    async (c) => {
      const passkey = await renamePasskey(c.var.ctx, c.var.gate, c.req.valid('param').id, c.req.valid('json').name)
      return c.json({ ok: 1, data: { passkey: toPasskey(passkey) } })
    },
  )
  .delete(
    '/user/passkeys/:id{[0-9a-f]{24}}',
    requires('delegated:profile:2fa:write'),
    describe('removePasskey', {
      summary: 'Remove a passkey',
      description: `The last way into an account cannot be removed. Ends all other sessions. A mail tells the user. ${FRESH}`,
      response: OK,
      refusals: [404],
    }),
    validate('param', PasskeyParams),
    async (c) => {
      await removePasskey(c.var.ctx, c.var.gate, c.req.valid('param').id)
      return c.json({ ok: 1 })
    },
  )
  .post(
    '/user/passkeys/authentication-options',
    anyone(),
    describe('getPasskeyAuthenticationOptions', {
      summary: 'What the browser needs to use a passkey',
      description: 'Pass publicKey to navigator.credentials.get(), and what that returns to POST /user/passkeys/sign-in.',
      response: { status: 200, schema: RequestOptionsReply, example: { ok: 1, data: { publicKey: EXAMPLE_REQUEST_OPTIONS } } },
    }),
    signInLimit(),
    validate('json', AuthenticationOptionsBody),
    async (c) => c.json({ ok: 1, data: { publicKey: await passkeyAuthenticationOptions(c.var.ctx, toPending(c.req.valid('json'))) } }),
  )
  .post(
    '/user/passkeys/sign-in',
    anyone(),
    describe('signInWithPasskey', {
      summary: 'Sign in with a passkey',
      description:
        'Sets the session cookie. By itself the passkey is two factors, so nothing more is asked. With `pending` it completes a log-in with a password, in place of a code.',
      response: {
        status: 200,
        schema: DoTwoFactorReply,
        example: { ok: 1, data: { user: EXAMPLE_SIGNED_IN_USER, userInfo: EXAMPLE_SIGNED_IN_USER } },
      },
      refusals: [401],
    }),
    signInLimit(),
    validate('json', PasskeySignInBody),
    async (c) => {
      const body = c.req.valid('json')
      const { ctx } = c.var
      const outcome = await signInWithPasskey(ctx, {
        credential: body.credential,
        pending: toPending(body),
        userAgent: ctx.caller.userAgent,
        presented: await presented(c),
      })
      return c.json({ ok: 1, data: signedIn(c, outcome) })
    },
  )

function toPending({ pending }: { pending?: { target: UserId; sessionHash: string } | undefined }): PendingPasskey | null {
  return pending ? { userId: pending.target, sessionHash: pending.sessionHash } : null
}
