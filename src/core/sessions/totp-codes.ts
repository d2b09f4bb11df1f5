/**
 * The arithmetic of authenticator apps (RFC 6238): six digits, steps of 30 s, SHA-1, which every app supports. The
 * library computes codes; secrets are generated, sealed, opened and compared here.
 */
import { createHmac } from 'node:crypto'
import { HOTP, Secret, TOTP } from 'otpauth/bare'
import { decrypt, encrypt, equalInConstantTime, isUnderOldKey } from '../../crypto.ts'
import type { UserId } from '../../ids.ts'
import { resealTotp, type TotpRow } from '../../store/db/totp.ts'
import type { Ctx } from '../ctx.ts'
import { TOTP_SECRET_BYTES, TOTP_STEPS_AROUND } from '../limits.ts'

const PARAMETERS = { algorithm: 'SHA1', digits: 6 } as const
const PERIOD_SECONDS = 30

const hmac = (_algorithm: string, key: Uint8Array, message: Uint8Array): Uint8Array => createHmac('sha1', key).update(message).digest()

const secretOf = (bytes: Uint8Array) => new Secret({ buffer: Uint8Array.from(bytes).buffer })

/** The owner is part of the ciphertext: in another user's row it does not open. */
const aadOf = (userId: UserId) => `totp:${userId}`

export interface TotpEnrolment {
  /** Base32, for typing it into an app. */
  readonly secret: string
  /** `otpauth://`, for a QR code. */
  readonly uri: string
}

/** A new secret, as the app takes it and as it is stored. */
export async function newTotpSecret(ctx: Ctx, userId: UserId, username: string): Promise<{ enrolment: TotpEnrolment; sealed: string }> {
  const bytes = crypto.getRandomValues(new Uint8Array(TOTP_SECRET_BYTES))
  return { enrolment: enrolmentOf(ctx, username, secretOf(bytes)), sealed: await encrypt(ctx.config.encryptionKeys, aadOf(userId), bytes) }
}

function enrolmentOf(ctx: Ctx, username: string, secret: Secret): TotpEnrolment {
  // A colon would end it (the format of otpauth URIs).
  const issuer = ctx.config.brand.name.replaceAll(':', ' ')
  const uri = new TOTP({ ...PARAMETERS, period: PERIOD_SECONDS, issuer, label: username, secret }).toString()
  return { secret: secret.base32, uri }
}

const BASE32 = /^[A-Z2-7]{32}$/

/** The same enrolment again, for a page that has shown its secret; null if the text is not one. Nothing is stored. */
export function sameEnrolment(ctx: Ctx, username: string, base32: string): TotpEnrolment | null {
  return BASE32.test(base32) ? enrolmentOf(ctx, username, Secret.fromBase32(base32)) : null
}

/** The time step of the code, the latest if several match; null if none around now does. All are compared, each in constant time. */
export function stepOfCode(secret: Uint8Array, code: string, now: number): number | null {
  const present = TOTP.counter({ period: PERIOD_SECONDS, timestamp: now })
  let found: number | null = null
  for (let counter = present - TOTP_STEPS_AROUND; counter <= present + TOTP_STEPS_AROUND; counter++) {
    if (equalInConstantTime(HOTP.generate({ ...PARAMETERS, secret: secretOf(secret), counter, hmac }), code)) found = counter
  }
  return found
}

/** The step of a code for a sealed secret. A secret that cannot be opened (its key is gone) matches no code. */
export async function stepOfSealed(ctx: Ctx, userId: UserId, sealed: string | null, code: string): Promise<number | null> {
  if (sealed === null) return null
  const secret = await decrypt(ctx.config.encryptionKeys, aadOf(userId), sealed)
  if (secret !== null) return stepOfCode(secret, code, ctx.now())
  ctx.log('error', 'totp_secret_unreadable')
  return null
}

/** After the reply: a secret under an older key moves to the current one, so that the older one can be removed. */
export function resealLater(ctx: Ctx, userId: UserId, { secret }: Pick<TotpRow, 'secret'>): void {
  const ring = ctx.config.encryptionKeys
  if (secret === null || !isUnderOldKey(ring, secret)) return
  ctx.defer(async () => {
    const opened = await decrypt(ring, aadOf(userId), secret)
    if (opened !== null) await ctx.db.one(resealTotp(userId, secret, await encrypt(ring, aadOf(userId), opened)))
  })
}
