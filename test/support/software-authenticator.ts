/**
 * An authenticator in software, with the browser in front of it: it makes passkeys and signs with them (WebAuthn Level 3
 * §6), in the JSON that `PublicKeyCredential.toJSON()` has. Each test can have one thing wrong. It shares no code with Kith.
 */
import type { Client, Options, Reply } from './kith.ts'
import { ORIGIN } from './kith.ts'

export type Algorithm = -7 | -8 | -257

const FLAGS = { up: 0x01, uv: 0x04, be: 0x08, bs: 0x10, at: 0x40 }

/** What is not as it should be. */
export interface Wrong {
  readonly origin?: string
  readonly type?: string
  readonly challenge?: string
  readonly crossOrigin?: boolean
  readonly topOrigin?: string
  readonly clientData?: string
  readonly rpId?: string
  /** Without user presence or verification. */
  readonly without?: readonly ('up' | 'uv')[]
  readonly signCount?: number
  readonly userHandle?: string | null
  /** Says so in the COSE key. */
  readonly algorithm?: number
  readonly credentialId?: Uint8Array
  readonly attestation?: { readonly fmt: string; readonly attStmt: Cbor }
  readonly attestationObject?: Uint8Array
  /** One bit of the signature is another. */
  readonly forged?: true
}

export interface Made {
  readonly id: string
  readonly rawId: string
  readonly type: 'public-key'
  readonly authenticatorAttachment: string
  readonly clientExtensionResults: Record<string, unknown>
  readonly response: Record<string, unknown>
}

interface Key {
  readonly id: Uint8Array
  readonly keys: CryptoKeyPair
  readonly algorithm: Algorithm
  readonly userHandle: string
}

const b64 = (bytes: Uint8Array | ArrayBuffer) => Buffer.from(bytes as Uint8Array).toString('base64url')

export class SoftwareAuthenticator {
  readonly algorithm: Algorithm
  /** Copied between devices, as by a password manager. */
  readonly isSynced: boolean
  /** 0: does not count. */
  signCount: number
  readonly made: Key[] = []

  constructor({ algorithm = -7, isSynced = true, signCount = 0 }: { algorithm?: Algorithm; isSynced?: boolean; signCount?: number } = {}) {
    this.algorithm = algorithm
    this.isSynced = isSynced
    this.signCount = signCount
  }

  // biome-ignore lint/suspicious/noExplicitAny: options as the API sends them
  async create(publicKey: any, wrong: Wrong = {}): Promise<Made> {
    const keys = await generate(this.algorithm)
    const id = wrong.credentialId ?? crypto.getRandomValues(new Uint8Array(16))
    const key = { id, keys, algorithm: this.algorithm, userHandle: publicKey.user.id }
    this.made.push(key)
    const credential = concat(new Uint8Array(16), uint16(id.length), id, encode(await coseKey(key, wrong.algorithm)))
    const authData = concat(await this.#authData(publicKey.rp.id, FLAGS.at, wrong), credential)
    const { fmt, attStmt } = wrong.attestation ?? { fmt: 'none', attStmt: new Map() }
    const whole = encode(
      new Map<Cbor, Cbor>([
        ['fmt', fmt],
        ['attStmt', attStmt],
        ['authData', authData],
      ]),
    )
    return this.#toJson(key, {
      clientDataJSON: clientData('webauthn.create', publicKey.challenge, wrong),
      attestationObject: b64(wrong.attestationObject ?? whole),
      transports: ['internal', 'hybrid'],
    })
  }

  // biome-ignore lint/suspicious/noExplicitAny: options as the API sends them
  async get(publicKey: any, wrong: Wrong = {}, key = this.made.at(-1)): Promise<Made> {
    if (!key) throw new Error('the authenticator has no passkey')
    if (this.signCount > 0) this.signCount += 1
    const authData = await this.#authData(publicKey.rpId, 0, wrong)
    const client = clientData('webauthn.get', publicKey.challenge, wrong)
    const signed = concat(authData, await sha256(Buffer.from(client, 'base64url')))
    const signature = await sign(key, signed)
    if (wrong.forged) signature[signature.length - 1] = (signature.at(-1) ?? 0) ^ 1
    const userHandle = wrong.userHandle === undefined ? key.userHandle : wrong.userHandle
    return this.#toJson(key, { clientDataJSON: client, authenticatorData: b64(authData), signature: b64(signature), userHandle })
  }

  async #authData(rpId: string, more: number, wrong: Wrong): Promise<Uint8Array> {
    const sync = this.isSynced ? FLAGS.be | FLAGS.bs : 0
    let flags = FLAGS.up | FLAGS.uv | sync | more
    for (const flag of wrong.without ?? []) flags &= ~FLAGS[flag]
    const count = new Uint8Array(4)
    new DataView(count.buffer).setUint32(0, wrong.signCount ?? this.signCount)
    return concat(await sha256(Buffer.from(wrong.rpId ?? rpId)), new Uint8Array([flags]), count)
  }

  #toJson({ id }: Key, response: Record<string, unknown>): Made {
    return {
      id: b64(id),
      rawId: b64(id),
      type: 'public-key',
      authenticatorAttachment: 'platform',
      clientExtensionResults: {},
      response,
    }
  }
}

function clientData(type: string, challenge: string, wrong: Wrong): string {
  const data = {
    type: wrong.type ?? type,
    challenge: wrong.challenge ?? challenge,
    origin: wrong.origin ?? ORIGIN,
    crossOrigin: wrong.crossOrigin ?? false,
    ...(wrong.topOrigin === undefined ? {} : { topOrigin: wrong.topOrigin }),
    other_keys_can_be_added_here: 'do not compare clientDataJSON against a template',
  }
  return b64(Buffer.from(wrong.clientData ?? JSON.stringify(data)))
}

// --- keys ------------------------------------------------------------------------------------------------------

async function generate(algorithm: Algorithm): Promise<CryptoKeyPair> {
  const params = {
    [-7]: { name: 'ECDSA', namedCurve: 'P-256' },
    [-8]: { name: 'Ed25519' },
    [-257]: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
  }[algorithm]
  return (await crypto.subtle.generateKey(params, true, ['sign', 'verify'])) as CryptoKeyPair
}

/** RFC 9052 §7, RFC 8230 §4. */
async function coseKey({ keys, algorithm }: Key, said: number = algorithm): Promise<Cbor> {
  const jwk = (await crypto.subtle.exportKey('jwk', keys.publicKey)) as JsonWebKey
  const part = (name: 'x' | 'y' | 'n' | 'e') => new Uint8Array(Buffer.from(jwk[name] ?? '', 'base64url'))
  const entries: [Cbor, Cbor][] =
    algorithm === -7
      ? [
          [1, 2],
          [3, said],
          [-1, 1],
          [-2, part('x')],
          [-3, part('y')],
        ]
      : algorithm === -8
        ? [
            [1, 1],
            [3, said],
            [-1, 6],
            [-2, part('x')],
          ]
        : [
            [1, 3],
            [3, said],
            [-1, part('n')],
            [-2, part('e')],
          ]
  return new Map(entries)
}

async function sign({ keys, algorithm }: Key, data: Uint8Array): Promise<Uint8Array> {
  const params = { [-7]: { name: 'ECDSA', hash: 'SHA-256' }, [-8]: { name: 'Ed25519' }, [-257]: { name: 'RSASSA-PKCS1-v1_5' } }[algorithm]
  const signature = new Uint8Array(await crypto.subtle.sign(params, keys.privateKey, data as Uint8Array<ArrayBuffer>))
  return algorithm === -7 ? der(signature.subarray(0, 32), signature.subarray(32)) : signature
}

/** WebAuthn Level 3 §6.5.5: an ECDSA signature is an ASN.1 sequence of two integers. */
function der(...numbers: Uint8Array[]): Uint8Array {
  const integers = numbers.map((number) => {
    const start = number.findIndex((byte) => byte !== 0)
    const bytes = number.subarray(start)
    const body = (bytes[0] ?? 0) & 0x80 ? concat(new Uint8Array([0]), bytes) : bytes
    return concat(new Uint8Array([0x02, body.length]), body)
  })
  const body = concat(...integers)
  return concat(new Uint8Array([0x30, body.length]), body)
}

// --- bytes -----------------------------------------------------------------------------------------------------

export type Cbor = number | string | Uint8Array | Map<Cbor, Cbor> | readonly Cbor[]

/** RFC 8949 §3, as far as passkeys need it. */
export function encode(value: Cbor): Uint8Array {
  if (typeof value === 'number') return value >= 0 ? head(0, value) : head(1, -1 - value)
  if (typeof value === 'string') return concat(head(3, Buffer.byteLength(value)), Buffer.from(value))
  if (value instanceof Uint8Array) return concat(head(2, value.length), value)
  if (value instanceof Map) return concat(head(5, value.size), ...[...value].flatMap(([key, item]) => [encode(key), encode(item)]))
  return concat(head(4, value.length), ...value.map(encode))
}

function head(major: number, size: number): Uint8Array {
  if (size < 24) return new Uint8Array([(major << 5) | size])
  if (size < 256) return new Uint8Array([(major << 5) | 24, size])
  return concat(new Uint8Array([(major << 5) | 25]), uint16(size))
}

const uint16 = (size: number) => new Uint8Array([size >> 8, size & 0xff])
export const concat = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts))
const sha256 = async (bytes: Uint8Array) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))

// --- over HTTP -------------------------------------------------------------------------------------------------

/** Asks for options; throws unless they come. */
export async function registrationOptions(client: Client) {
  const reply = await client.post('/user/passkeys/registration-options')
  if (reply.status !== 200) throw new Error(`no options: ${reply.status} ${reply.text}`)
  return reply.json.data.publicKey
}

export async function authenticationOptions(client: Client, pending?: { target: string; sessionHash: string }) {
  const reply = await client.post('/user/passkeys/authentication-options', pending ? { pending } : {})
  if (reply.status !== 200) throw new Error(`no options: ${reply.status} ${reply.text}`)
  return reply.json.data.publicKey
}

/** Adds a passkey of the authenticator to the account that the client is signed in to. */
export async function addPasskey(client: Client, authenticator: SoftwareAuthenticator, name = 'Phone'): Promise<Reply> {
  const credential = await authenticator.create(await registrationOptions(client))
  return client.post('/user/passkeys', { name, credential })
}

/** Signs in with the newest passkey of the authenticator. */
export async function passkeySignIn(
  client: Client,
  authenticator: SoftwareAuthenticator,
  wrong: Wrong = {},
  options: Options = {},
): Promise<Reply> {
  const credential = await authenticator.get(await authenticationOptions(client), wrong)
  return client.post('/user/passkeys/sign-in', { credential }, options)
}
