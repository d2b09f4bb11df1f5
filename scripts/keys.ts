/**
 * `npm run keys`: new secrets for a deployment, one line each: `npx wrangler secret put NAME` takes the value.
 * docs/deploy.md, "New keys", says how to rotate them.
 */
import { pathToFileURL } from 'node:url'

/** SIGNING_KEYS with a key for ES256 and one for RS256, HMAC_KEYS, PEPPER_KEYS, ENCRYPTION_KEYS and PAIRWISE_KEY, their key ids beginning with `prefix`. */
export async function makeSecrets(prefix: string): Promise<Record<string, string>> {
  const kid = `${prefix}${new Date().toISOString().slice(0, 10)}-${hex(3)}`
  return {
    SIGNING_KEYS: JSON.stringify({ keys: [await makeEs256Key(kid), await makeRs256Key(`${kid}-rs256`)] }),
    HMAC_KEYS: JSON.stringify({ [kid]: secret() }),
    PEPPER_KEYS: JSON.stringify({ [kid]: secret() }),
    ENCRYPTION_KEYS: JSON.stringify({ [kid]: secret() }),
    PAIRWISE_KEY: JSON.stringify({ [kid]: secret() }),
  }
}

async function makeEs256Key(kid: string): Promise<JsonWebKey> {
  const { kty, crv, x, y, d } = await privateJwk({ name: 'ECDSA', namedCurve: 'P-256' })
  return { kid, kty, crv, x, y, d } as JsonWebKey
}

/** 2048 bits, so that two of each kind, as during a rotation, fit into the 5 KB of a secret. */
export async function makeRs256Key(kid: string): Promise<JsonWebKey> {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' }
  const { kty, n, e, d, p, q, dp, dq, qi } = await privateJwk(algorithm)
  return { kid, kty, n, e, d, p, q, dp, dq, qi } as JsonWebKey
}

async function privateJwk(algorithm: SubtleCryptoGenerateKeyAlgorithm): Promise<JsonWebKey> {
  const pair = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair
  return (await crypto.subtle.exportKey('jwk', pair.privateKey)) as JsonWebKey
}

function secret(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
}

function hex(bytes: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('hex')
}

const USAGE = `Usage: npm run --silent keys

Prints new secrets for a deployment, one NAME=value a line. It takes no arguments.`

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [argument] = process.argv.slice(2)
  if (argument === undefined) {
    for (const [name, value] of Object.entries(await makeSecrets(''))) console.log(`${name}=${value}`)
  } else if (argument === '--help' || argument === '-h') {
    console.log(USAGE)
  } else {
    console.error(`keys takes no arguments, not ${argument}\n\n${USAGE}`)
    process.exitCode = 1
  }
}
