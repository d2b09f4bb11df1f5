/**
 * The cryptography and the formats of passkeys (WebAuthn Level 3 §7), by `@simplewebauthn/server`. It is loaded when
 * first needed: most requests never are.
 */
import type { PasskeySite } from '../../config.ts'
import { AppError } from '../errors.ts'
import type { AuthenticationCredential, RegistrationCredential } from './credential.ts'

/**
 * The COSE algorithms that are offered, in the order in which authenticators choose, each with the type and curve of its
 * keys (RFC 9053 §2, RFC 8230 §4, RFC 8812 §2): ES256 with P-256, EdDSA with Ed25519, RS256.
 */
const KEYS = new Map([
  [-7, { kty: 2, crv: 1 }],
  [-8, { kty: 1, crv: 6 }],
  [-257, { kty: 3, crv: null }],
])
export const ALGORITHMS = [...KEYS.keys()]

export interface Registered {
  readonly publicKey: string
  readonly signCount: number
  readonly aaguid: string
  readonly isBackupEligible: boolean
  readonly isBackedUp: boolean
}

export interface Asserted {
  readonly signCount: number
  readonly isBackupEligible: boolean
  readonly isBackedUp: boolean
}

const ATTESTATION = 'credential.response.attestationObject'
const AUTHENTICATOR_DATA = 'credential.response.authenticatorData'
const refused = (path: string, message: string, cause?: unknown) =>
  new AppError('invalid_request', 'Some fields are invalid', { fields: [{ code: 'invalid', path, location: 'body', message }], cause })

/**
 * The new passkey. Throws a refusal that names the field. Whatever the authenticator attests about itself is ignored:
 * Kith asks for no attestation, trusts no manufacturer, and fetches no revocation list that a certificate names.
 */
export async function verifyRegistration(site: PasskeySite, credential: RegistrationCredential, challenge: string): Promise<Registered> {
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server')
  const attestationObject = await withoutAttestation(site, credential.response.attestationObject)
  const wrongKey = 'must have a public key of one of the requested algorithms'
  const { registrationInfo } = await verifyRegistrationResponse({
    response: { ...credential, response: { ...credential.response, attestationObject, transports: [] }, clientExtensionResults: {} },
    expectedChallenge: challenge,
    expectedOrigin: [...site.origins],
    expectedRPID: site.rpId,
    supportedAlgorithmIDs: ALGORITHMS,
  }).catch((cause: unknown) => {
    throw refused(ATTESTATION, wrongKey, cause)
  })
  if (!registrationInfo) throw refused(ATTESTATION, 'was not accepted')
  const { credential: made, aaguid, credentialDeviceType, credentialBackedUp } = registrationInfo
  if (!(await isKeyOfItsAlgorithm(made.publicKey))) throw refused(ATTESTATION, wrongKey)
  if (made.id !== credential.id) throw refused('credential.id', 'is not the id in the attestation object')
  return {
    publicKey: Buffer.from(made.publicKey).toString('base64url'),
    signCount: made.counter,
    aaguid,
    isBackupEligible: credentialDeviceType === 'multiDevice',
    isBackedUp: credentialBackedUp,
  }
}

/** The attestation object, its authenticator data judged, in the format `none`. */
async function withoutAttestation({ rpId }: PasskeySite, encoded: string): Promise<string> {
  const { decodeAttestationObject, isoCBOR } = await import('@simplewebauthn/server/helpers')
  const authData = attempt(() => decodeAttestationObject(Buffer.from(encoded, 'base64url')).get('authData'))
  if (!(authData instanceof Uint8Array)) throw refused(ATTESTATION, 'must be an attestation object')
  await judgeAuthenticatorData(rpId, authData, ATTESTATION)
  const bare = new Map<string, unknown>([
    ['fmt', 'none'],
    ['attStmt', new Map()],
    ['authData', authData],
  ])
  return Buffer.from(isoCBOR.encode(bare as Parameters<typeof isoCBOR.encode>[0])).toString('base64url')
}

/** A key that says another algorithm than it is for could never verify anything. The numbers are labels of RFC 9052 §7.1. */
async function isKeyOfItsAlgorithm(publicKey: Uint8Array): Promise<boolean> {
  const { decodeCredentialPublicKey } = await import('@simplewebauthn/server/helpers')
  const key = decodeCredentialPublicKey(new Uint8Array(publicKey)) as Map<number, unknown>
  const { kty, crv } = KEYS.get(Number(key.get(3))) ?? {}
  return key.get(1) === kty && (crv === null || key.get(-1) === crv)
}

/** Anything that is not CBOR, is nested too deeply, or says to be longer than it is. */
function attempt(decode: () => unknown): unknown {
  try {
    return decode()
  } catch {
    return null
  }
}

/** WebAuthn Level 3 §6.1. */
const HASH_BYTES = 32
const FLAGS_AT = HASH_BYTES
const AUTHENTICATOR_DATA_BYTES_MIN = 37
const USER_PRESENT = 0x01
const USER_VERIFIED = 0x04

async function judgeAuthenticatorData(rpId: string, data: Uint8Array, path: string): Promise<void> {
  if (data.length < AUTHENTICATOR_DATA_BYTES_MIN) throw refused(path, 'must have authenticator data')
  const expected = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(rpId)))
  if (!expected.equals(data.subarray(0, HASH_BYTES))) throw refused(path, 'is for another relying party')
  const flags = data[FLAGS_AT] ?? 0
  if ((flags & USER_PRESENT) === 0) throw refused(path, 'does not say that the user was present')
  if ((flags & USER_VERIFIED) === 0) throw refused(path, 'does not say that the user was verified')
}

/** Throws a refusal if the authenticator was asked by another site, or did not verify its user. */
export function requireUserVerified({ rpId }: PasskeySite, credential: AuthenticationCredential): Promise<void> {
  return judgeAuthenticatorData(rpId, Buffer.from(credential.response.authenticatorData, 'base64url'), AUTHENTICATOR_DATA)
}

/**
 * What the authenticator says, if it signed this with the passkey; null if it did not. The caller judges the counter:
 * only once the signature is right does it mean anything.
 */
export async function verifyAssertion(
  site: PasskeySite,
  credential: AuthenticationCredential,
  challenge: string,
  passkey: { readonly credentialId: string; readonly publicKey: string },
): Promise<Asserted | null> {
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server')
  const { userHandle, ...response } = credential.response
  const outcome = await verifyAuthenticationResponse({
    response: { ...credential, response: { ...response, ...(userHandle ? { userHandle } : {}) }, clientExtensionResults: {} },
    expectedChallenge: challenge,
    expectedOrigin: [...site.origins],
    expectedRPID: site.rpId,
    credential: { id: passkey.credentialId, publicKey: Buffer.from(passkey.publicKey, 'base64url'), counter: 0 },
  }).catch(() => null)
  if (!outcome?.verified) return null
  const { newCounter, credentialDeviceType, credentialBackedUp } = outcome.authenticationInfo
  return { signCount: newCounter, isBackupEligible: credentialDeviceType === 'multiDevice', isBackedUp: credentialBackedUp }
}
