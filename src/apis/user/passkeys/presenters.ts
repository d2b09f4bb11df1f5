/** Passkeys: presenters, schemas and examples. */
import * as z from 'zod'
import { userHandleOf } from '../../../core/passkeys/descriptors.ts'
import type { PasskeyRow } from '../../../core/passkeys/passkeys.ts'
import { fromHex, toHex, type UserId } from '../../../ids.ts'
import { date, ok, toIso } from '../replies.ts'

const Passkey = z
  .strictObject({
    _id: z.string(),
    name: z.string(),
    synced: z.boolean().meta({ description: 'Whether it is copied between devices, for example by a password manager' }),
    backedUp: z.boolean().meta({ description: 'Whether it was backed up when last used' }),
    transports: z.array(z.string()),
    aaguid: z.string().meta({ description: 'The model of the authenticator, as it says itself; all zeros if it does not' }),
    createdAt: z.iso.datetime(),
    lastUsedAt: date,
  })
  .meta({ id: 'Passkey' })

export function toPasskey(row: PasskeyRow): z.output<typeof Passkey> {
  return {
    _id: toHex(row.id),
    name: row.name,
    synced: row.backupEligible === 1,
    backedUp: row.backedUp === 1,
    transports: row.transports.split(' ').filter(Boolean),
    aaguid: row.aaguid,
    createdAt: new Date(row.createdAt).toISOString(),
    lastUsedAt: toIso(row.lastUsedAt),
  }
}

export const PasskeyReply = ok(z.strictObject({ passkey: Passkey }))
export const PasskeysReply = ok(z.strictObject({ passkeys: z.array(Passkey).meta({ description: 'Oldest first' }) }))

export const EXAMPLE_PASSKEY: z.output<typeof Passkey> = {
  _id: '507f1f77bcf86cd799439011',
  name: 'Phone',
  synced: true,
  backedUp: true,
  transports: ['internal', 'hybrid'],
  aaguid: 'fbfc3007-154e-4ecc-8c0b-6e020557d7bd',
  createdAt: '2026-09-12T15:50:58.690Z',
  lastUsedAt: null,
}

const Descriptor = z.strictObject({ type: z.literal('public-key'), id: z.string(), transports: z.array(z.string()) })
const verified = z.literal('required')

const CreationOptions = z
  .strictObject({
    rp: z.strictObject({ id: z.string(), name: z.string() }),
    user: z.strictObject({ id: z.string(), name: z.string(), displayName: z.string() }),
    challenge: z.string().meta({ description: 'Good for one registration, by this session, within 5 minutes' }),
    pubKeyCredParams: z.array(z.strictObject({ type: z.literal('public-key'), alg: z.int() })),
    timeout: z.int(),
    excludeCredentials: z.array(Descriptor),
    authenticatorSelection: z.strictObject({ residentKey: verified, requireResidentKey: z.boolean(), userVerification: verified }),
    attestation: z.literal('none'),
    extensions: z.strictObject({ credProps: z.boolean() }),
  })
  .meta({ id: 'PasskeyCreationOptions', description: 'For PublicKeyCredential.parseCreationOptionsFromJSON()' })
export const CreationOptionsReply = ok(z.strictObject({ publicKey: CreationOptions }))

const RequestOptions = z
  .strictObject({
    challenge: z.string().meta({ description: 'Good for one sign-in, within 5 minutes' }),
    rpId: z.string(),
    timeout: z.int(),
    allowCredentials: z.array(Descriptor).meta({ description: 'Empty unless a pending log-in is given' }),
    userVerification: verified,
  })
  .meta({ id: 'PasskeyRequestOptions', description: 'For PublicKeyCredential.parseRequestOptionsFromJSON()' })
export const RequestOptionsReply = ok(z.strictObject({ publicKey: RequestOptions }))

const CHALLENGE = 'cG1CWVd3T1pMZ0ZpS1RSYXp4Y1RfZy4xNzg5MjI4MjU4NjkwLmsxLjQ3REVRcGo4SEJTYS1fVEltVy01SkNldVFlUmttNU5NcEpXWkczaFN1RlU'
const TIMES = { timeout: 300_000 } as const

export const EXAMPLE_CREATION_OPTIONS: z.output<typeof CreationOptions> = {
  rp: { id: 'id.example.com', name: 'id.example.com' },
  user: { id: userHandleOf(fromHex<UserId>('507f1f77bcf86cd799439011') as UserId), name: 'john_doe', displayName: 'John Doe' },
  challenge: CHALLENGE,
  pubKeyCredParams: [
    { type: 'public-key', alg: -7 },
    { type: 'public-key', alg: -8 },
    { type: 'public-key', alg: -257 },
  ],
  ...TIMES,
  excludeCredentials: [],
  authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
  attestation: 'none',
  extensions: { credProps: true },
}

export const EXAMPLE_REQUEST_OPTIONS: z.output<typeof RequestOptions> = {
  challenge: CHALLENGE,
  rpId: 'id.example.com',
  ...TIMES,
  allowCredentials: [],
  userVerification: 'required',
}
