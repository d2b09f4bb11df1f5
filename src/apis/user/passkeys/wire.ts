/** Requests about passkeys. */
import * as z from 'zod'
import { authenticationCredential, passkeyName, registrationCredential } from '../../../core/passkeys/credential.ts'
import type { PasskeyId } from '../../../ids.ts'
import { PendingSignInBody } from '../sessions/wire.ts'
import { hexId } from '../wire.ts'

const ID = 'pGWxlTWTkKSPnL_qUzQ7PQ'

/** Cut short: real values are longer. */
const exampleOf = (response: Record<string, unknown>) => ({
  id: ID,
  rawId: ID,
  type: 'public-key',
  response: { clientDataJSON: 'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0', ...response },
})

export const RegisterPasskeyBody = z.strictObject({
  name: passkeyName.default('Passkey'),
  credential: registrationCredential.meta({
    example: exampleOf({ attestationObject: 'o2NmbXRkbm9uZWdhdHRTdG10oA', transports: ['internal', 'hybrid'] }),
  }),
})
export const RenamePasskeyBody = z.strictObject({ name: passkeyName })
export const PasskeyParams = z.object({ id: hexId<PasskeyId>() })

const pending = PendingSignInBody.optional().meta({
  example: { target: '507f1f77bcf86cd799439011', sessionHash: 'q3Z0uTnk1fY8v0m7Wb2c5d8e1f4g7h0i3j6k9l2m5n8' },
  description:
    'To complete a log-in that returned a sessionHash: `target` is the _id of its user. Leave it out to sign in with the passkey alone',
})
export const AuthenticationOptionsBody = z.strictObject({ pending })
export const PasskeySignInBody = z.strictObject({
  pending,
  credential: authenticationCredential.meta({
    example: exampleOf({
      authenticatorData: 'SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MdAAAAAA',
      signature: 'MEUCIQ',
      userHandle: 'UH8fd7z4bNeZQ5AR',
    }),
  }),
})
