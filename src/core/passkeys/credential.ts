/**
 * What a browser or app sends of a passkey: the JSON of `PublicKeyCredential.toJSON()` (WebAuthn Level 3 §5.1), as far
 * as Kith reads it. More members are allowed, as clients send what later levels add.
 */
import * as z from 'zod'
import { CREDENTIAL_ID_LENGTH_MAX, PASSKEY_FIELD_LENGTH_MAX } from '../limits.ts'
import { text } from '../texts.ts'

const CLIENT_DATA_LENGTH_MAX = 4_096
/** 64 bytes. */
const USER_HANDLE_LENGTH_MAX = 86

const base64url = (max: number) =>
  z
    .string()
    .min(1, 'is required')
    .max(max, `must have at most ${max} characters`)
    .regex(/^[\w-]*$/, 'must be base64url')

const credentialId = base64url(CREDENTIAL_ID_LENGTH_MAX)
const clientDataJSON = base64url(CLIENT_DATA_LENGTH_MAX)
const type = z.literal('public-key')
const transports = z
  .array(z.string().regex(/^[a-z0-9-]{1,32}$/, 'must be a transport such as internal'))
  .max(8, 'must have at most 8 entries')
  .default([])

const isSameId = ({ id, rawId }: { id: string; rawId: string }) => id === rawId
const NOT_SAME = { path: ['rawId'], message: 'must equal id' }

export const registrationCredential = z
  .looseObject({
    id: credentialId,
    rawId: credentialId,
    type,
    response: z.looseObject({
      clientDataJSON,
      attestationObject: base64url(PASSKEY_FIELD_LENGTH_MAX),
      transports,
    }),
  })
  .refine(isSameId, NOT_SAME)
  .meta({
    id: 'RegistrationCredential',
    description: 'The JSON of the PublicKeyCredential that navigator.credentials.create() returned',
  })
export type RegistrationCredential = z.output<typeof registrationCredential>

export const authenticationCredential = z
  .looseObject({
    id: credentialId,
    rawId: credentialId,
    type,
    response: z.looseObject({
      clientDataJSON,
      authenticatorData: base64url(PASSKEY_FIELD_LENGTH_MAX),
      signature: base64url(CLIENT_DATA_LENGTH_MAX),
      userHandle: base64url(USER_HANDLE_LENGTH_MAX).nullish(),
    }),
  })
  .refine(isSameId, NOT_SAME)
  .meta({
    id: 'AuthenticationCredential',
    description: 'The JSON of the PublicKeyCredential that navigator.credentials.get() returned',
  })
export type AuthenticationCredential = z.output<typeof authenticationCredential>

/** The owner's name for a passkey. */
export const passkeyName = text({ max: 64 }).meta({ example: 'Phone' })
