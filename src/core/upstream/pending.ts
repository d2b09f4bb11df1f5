/**
 * Somebody whom a provider has just identified and whom no account knows yet: kept by the browser, sealed, until they
 * sign up or sign in to the account that it belongs to. Used once: whoever stores the identity claims it.
 */
import * as z from 'zod'
import { decrypt, encrypt, randomToken, sha256 } from '../../crypto.ts'
import type { AnyId } from '../../ids.ts'
import type { SpentToken } from '../../store/db/spent-tokens.ts'
import type { Ctx } from '../ctx.ts'
import { email, username } from '../fields.ts'
import { PAGE_TICKET_MS } from '../limits.ts'
import type { UpstreamPerson } from './protocol.ts'

const AAD = 'upstream-person'
const optional = z.string().nullable()
const Sealed = z.object({
  nonce: z.string(),
  provedAt: z.number(),
  person: z.object({
    providerId: z.string(),
    issuer: z.string(),
    subject: z.string(),
    email: email.nullable(),
    isEmailVerified: z.boolean(),
    givenName: optional,
    familyName: optional,
    username: username.nullable(),
    label: z.string(),
  }) satisfies z.ZodType<UpstreamPerson>,
})

/** Identified by a provider, and not yet by an account. */
export interface PendingUpstream {
  readonly person: UpstreamPerson
  /** When the provider identified them. */
  readonly provedAt: number
  readonly nonce: string
}

export async function sealPerson(ctx: Ctx, person: UpstreamPerson): Promise<string> {
  const sealed: z.input<typeof Sealed> = { nonce: randomToken(16), provedAt: ctx.now(), person }
  return encrypt(ctx.config.encryptionKeys, AAD, Buffer.from(JSON.stringify(sealed), 'utf8'))
}

/** Null if it was not sealed here, or is too old. */
export async function openPerson(ctx: Ctx, sealed: string): Promise<PendingUpstream | null> {
  const plain = await decrypt(ctx.config.encryptionKeys, AAD, sealed)
  if (plain === null) return null
  // One sealed by an older version counts as none.
  const { data } = Sealed.safeParse(JSON.parse(Buffer.from(plain).toString('utf8')))
  return data !== undefined && ctx.now() - data.provedAt <= PAGE_TICKET_MS ? data : null
}

/** The claim of its one use. */
export function useOf(ctx: Ctx, { nonce, provedAt }: PendingUpstream): SpentToken {
  return { digest: sha256(`${AAD} ${nonce}`), claimedBy: ctx.newId<AnyId>(), expiresAt: provedAt + PAGE_TICKET_MS }
}
