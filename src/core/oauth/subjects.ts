/**
 * Subjects (OpenID Connect Core §8): the `sub` under which a client knows a person. A public one is the user's id. A
 * pairwise one is the same for the clients of a sector, and tells nobody else who it is: one AES-256 block of the user's
 * id and a mark of the sector, from which Kith reads the user without a look-up. It is as good as the key, which
 * therefore never changes (decision 040).
 */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { Config } from '../../config.ts'
import { currentMac, type Keyring } from '../../crypto.ts'
import { fromHex, toHex, type UserId } from '../../ids.ts'
import type { Client } from './clients.ts'

export type SubjectRules = Pick<Client, 'subjectType' | 'sectorIdentifierUri' | 'redirectUris'>

const CIPHER = 'aes-256-ecb'
const PAIRWISE = /^[0-9a-f]{32}$/
/** A block: the user's id, the sector's mark, and zeros by which a block of our own is recognized. */
const ID_BYTES = 7
const MARK_BYTES = 6
const ZEROS = '000000'

/** The `sub` of the user in everything that is for the client. */
export function subjectFor(config: Config, client: SubjectRules, userId: UserId): string {
  if (client.subjectType === 'public') return toHex(userId)
  const sector = sectorOf(client)
  // Never the public one instead: that cannot be taken back.
  if (sector === null || config.pairwiseKey === null) throw new Error('a pairwise client without a sector, or PAIRWISE_KEY is missing')
  const mark = currentMac(config.pairwiseKey, 'pairwise-sector', sector).toString('hex', 0, MARK_BYTES)
  const block = userId.toString(16).padStart(2 * ID_BYTES, '0') + mark + ZEROS
  return createCipheriv(CIPHER, keyOf(config.pairwiseKey), null).setAutoPadding(false).update(block, 'hex', 'hex')
}

export function isPairwise(sub: string): boolean {
  return PAIRWISE.test(sub)
}

/** The user of a `sub` of either type; null if it is none of ours. */
export function readSubject(config: Config, sub: string): UserId | null {
  if (config.pairwiseKey === null || !isPairwise(sub)) return fromHex<UserId>(sub)
  const block = createDecipheriv(CIPHER, keyOf(config.pairwiseKey), null).setAutoPadding(false).update(sub, 'hex', 'hex')
  return block.endsWith(ZEROS) ? fromHex<UserId>(toHex(0).slice(2 * ID_BYTES) + block.slice(0, 2 * ID_BYTES)) : null
}

/** Core §8.1: the host that the client's users are known to. Null if its redirect URIs have no host in common that is theirs alone. */
export function sectorOf({ sectorIdentifierUri, redirectUris }: Omit<SubjectRules, 'subjectType'>): string | null {
  if (sectorIdentifierUri !== null) return new URL(sectorIdentifierUri).hostname
  const [host = null, ...others] = new Set(redirectUris.map((uri) => (uri.startsWith('https://') ? new URL(uri).hostname : null)))
  return others.length === 0 ? host : null
}

function keyOf(ring: Keyring): Buffer {
  return currentMac(ring, 'pairwise-key')
}
