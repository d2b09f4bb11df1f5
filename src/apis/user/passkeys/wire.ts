/** Requests about passkeys. */
import * as z from 'zod'
import { authenticationCredential, passkeyName, registrationCredential } from '../../../core/passkeys/credential.ts'
import type { PasskeyId } from '../../../ids.ts'
import { PendingSignInBody } from '../sessions/wire.ts'
import { hexId } from '../wire.ts'

export const RegisterPasskeyBody = z.strictObject({ name: passkeyName.default('Passkey'), credential: registrationCredential })
export const RenamePasskeyBody = z.strictObject({ name: passkeyName })
export const PasskeyParams = z.object({ id: hexId<PasskeyId>() })

const pending = PendingSignInBody.optional().meta({
  description:
    'To complete a log-in that returned a sessionHash: `target` is the _id of its user. Leave it out to sign in with the passkey alone',
})
export const AuthenticationOptionsBody = z.strictObject({ pending }).default({})
export const PasskeySignInBody = z.strictObject({ pending, credential: authenticationCredential })
