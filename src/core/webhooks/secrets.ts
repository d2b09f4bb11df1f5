/**
 * Secrets and signatures of webhooks, by the Standard Webhooks specification 1.0: HMAC-SHA256 of `id.timestamp.body` under each secret
 * that counts. A secret is stored encrypted, bound to its endpoint.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { decrypt, encrypt, isUnderOldKey, type Keyring } from '../../crypto.ts'
import { toHex, type WebhookEndpointId } from '../../ids.ts'
import { type EndpointRow, resealSecret } from '../../store/db/webhook-endpoints.ts'
import type { Ctx } from '../ctx.ts'
import { SECRET_BYTES } from './limits.ts'

const PREFIX = 'whsec_'

export function newSecret(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString('base64')
}

const purposeOf = (id: WebhookEndpointId) => `webhook:${id}`

export function sealSecret(ring: Keyring, id: WebhookEndpointId, secret: string): Promise<string> {
  return encrypt(ring, purposeOf(id), Buffer.from(secret.slice(PREFIX.length), 'base64'))
}

/** The keys that sign now: one, or two during a rotation. Empty if the secret cannot be read. */
export async function openSecrets(ctx: Ctx, endpoint: EndpointRow): Promise<Uint8Array[]> {
  const { id, secret, previousSecret, previousSecretUntil } = endpoint
  const ring = ctx.config.encryptionKeys
  const current = await decrypt(ring, purposeOf(id), secret)
  if (current === null) {
    ctx.log('error', 'webhook_secret_unreadable', { endpointId: toHex(id) })
    return []
  }
  if (isUnderOldKey(ring, secret)) {
    ctx.defer(async () => ctx.db.one(resealSecret(id, secret, await encrypt(ring, purposeOf(id), current))))
  }
  const isRotating = previousSecret !== null && (previousSecretUntil ?? 0) > ctx.now()
  const previous = isRotating ? await decrypt(ring, purposeOf(id), previousSecret) : null
  return previous === null ? [current] : [current, previous]
}

export interface Message {
  /** Stable over all tries. */
  readonly id: string
  readonly body: string
}

/** The headers of a try: each has its own time, so that a receiver can refuse old ones. */
export function signedHeaders({ id, body }: Message, keys: readonly Uint8Array[], now: number): Record<string, string> {
  const timestamp = String(Math.floor(now / 1000))
  const signatures = keys.map((key) => `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`)
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
}
