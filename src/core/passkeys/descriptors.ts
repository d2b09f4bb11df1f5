/** How browsers name passkeys and their users (WebAuthn Level 3 §5.8.3, §5.4.3). */
import { toHex, type UserId } from '../../ids.ts'
import type { PasskeyRow } from '../../store/db/passkeys.ts'

/** The user handle: the id that APIs show, 12 bytes. It never changes and says nothing about a person. */
export function userHandleOf(userId: UserId): string {
  return Buffer.from(toHex(userId), 'hex').toString('base64url')
}

export function descriptorOf({ credentialId, transports }: Pick<PasskeyRow, 'credentialId' | 'transports'>) {
  return { type: 'public-key' as const, id: credentialId, transports: transports.split(' ').filter(Boolean) }
}
