/**
 * `npm run keys`: new secrets for a deployment, one line each: `npx wrangler secret put NAME` takes the value.
 * To rotate, put the new key before the old one in the same value; drop the old one when nothing made with it lives.
 */
import { pathToFileURL } from 'node:url'

/** SIGNING_KEYS, HMAC_KEYS, PEPPER_KEYS and ENCRYPTION_KEYS, their key ids beginning with `prefix`. */
export async function makeSecrets(prefix: string): Promise<Record<string, string>> {
  const kid = `${prefix}${new Date().toISOString().slice(0, 10)}-${hex(3)}`
  const pair = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])) as CryptoKeyPair
  const { kty, crv, x, y, d } = (await crypto.subtle.exportKey('jwk', pair.privateKey)) as JsonWebKey
  return {
    SIGNING_KEYS: JSON.stringify({ keys: [{ kid, kty, crv, x, y, d }] }),
    HMAC_KEYS: JSON.stringify({ [kid]: secret() }),
    PEPPER_KEYS: JSON.stringify({ [kid]: secret() }),
    ENCRYPTION_KEYS: JSON.stringify({ [kid]: secret() }),
  }
}

function secret(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
}

function hex(bytes: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('hex')
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const [name, value] of Object.entries(await makeSecrets(''))) console.log(`${name}=${value}`)
}
