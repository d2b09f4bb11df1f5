// The test vectors of the W3C (Web Authentication Level 3 §16, https://www.w3.org/TR/webauthn-3/#sctn-test-vectors), verified in the
// runtime by the code that the routes use. Some have an authenticator that did not verify its user, which Kith refuses: of those
// the signature alone is verified, by the library. All also go through the routes, with their challenges in place of Kith's own.

import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { readClientData } from '../../../src/core/passkeys/client-data.ts'
import { authenticationCredential, registrationCredential } from '../../../src/core/passkeys/credential.ts'
import { ALGORITHMS, requireUserVerified, verifyAssertion, verifyRegistration } from '../../../src/core/passkeys/verification.ts'
import { idOf, newName, rows } from '../../support/actors.ts'
import { Client, type Reply } from '../../support/kith.ts'
import { PASSWORD, verifiedPerson } from '../../support/people.ts'

const SITE = { rpId: 'example.org', origins: ['https://example.org'] }
const b64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64url')

interface Ceremony {
  readonly challenge: string
  /** What the vector adds to the client data. */
  readonly extraData?: string
  readonly isUserVerified: boolean
}

interface Vector {
  readonly credentialId: string
  readonly registration: Ceremony & { readonly attestationObject: string }
  readonly authentication: Ceremony & { readonly authenticatorData: string; readonly signature: string }
}

const VECTORS: Readonly<Record<string, Vector>> = {
  '16.2, ES256 without attestation': {
    credentialId: 'f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4',
    registration: {
      challenge: '00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130',
      extraData: 'BkQeDjdcTBrXBiAwJTLE5Q',
      isUserVerified: false,
      attestationObject:
        'a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220',
    },
    authentication: {
      challenge: '39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408',
      isUserVerified: false,
      authenticatorData: 'bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000',
      signature:
        '3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87',
    },
  },
  '16.3, ES256 with self attestation': {
    credentialId: '455ef34e2043a87db3d4afeb39bbcb6cc32df9347c789a865ecdca129cbef58c',
    registration: {
      challenge: '7869c2b772d4b58eba9378cf8f29e26cf935aa77df0da89fa99c0bdc0a76f7e5',
      extraData: 'U9hTXvKE2URkMnb_0xYHVg',
      isUserVerified: true,
      attestationObject:
        'a363666d74667061636b65646761747453746d74a263616c672663736967584630440220067a20754ab925005dbf378097c92120031581c73228d1fb4f5b881bcd7da98302207fc7b147558c7c0eba3af18bd9d121fa3d3a26d17fe3f220272178f473b6006d68617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b55d00000000df850e09db6afbdfab51697791506cfc0020455ef34e2043a87db3d4afeb39bbcb6cc32df9347c789a865ecdca129cbef58ca5010203262001215820eb151c8176b225cc651559fecf07af450fd85802046656b34c18f6cf193843c5225820927b8aa427a2be1b8834d233a2d34f61f13bfd44119c325d5896e183fee484f2',
    },
    authentication: {
      challenge: '4478a10b1352348dd160c1353b0d469b5db19eb91c27f7dfa6fed39fe26af20b',
      extraData: 'gTb53rz6EhSWomXGzimC1Q',
      isUserVerified: false,
      authenticatorData: 'bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50900000000',
      signature:
        '304402203310b9431903c401f1be2bdc8d23a4007682dbbddcf846994947b7f465daf84002204e94dd00047b316061b3b99772b7efd95994a83ef584b3b6b825ea3550251b66',
    },
  },
  '16.7, ES256 with packed attestation': {
    credentialId: 'c9a6f5b3462d02873fea0c56862234f99f081728084e511bb7760201a89054a5',
    registration: {
      challenge: 'c1184a5fddf8045e13dc47f54b61f5a656b666b59018f16d870e9256e9952012',
      extraData: '9a8bNYjKCgWrBXU-fCl1ag',
      isUserVerified: true,
      attestationObject:
        'a363666d74667061636b65646761747453746d74a363616c6726637369675847304502203f19ec4b229f46ab8c45eff29b904ff10c0390dc40bf1216f04a78f4ceba3425022100fe7041a32759aff05a0f9f26c70a999c7a284451ba89234a1d3483c25e21925b637835638159022530820221308201c8a00302010202110088c220f83c8ef1feafe94deae45faad0300a06082a8648ce3d0403023062311e301c06035504030c15576562417574686e207465737420766563746f7273310c300a060355040a0c0357334331253023060355040b0c1c41757468656e74696361746f72204174746573746174696f6e204341310b30090603550406130241413020170d3234303130313030303030305a180f33303234303130313030303030305a305f311e301c06035504030c15576562417574686e207465737420766563746f7273310c300a060355040a0c0357334331223020060355040b0c1941757468656e74696361746f72204174746573746174696f6e310b30090603550406130241413059301306072a8648ce3d020106082a8648ce3d03010703420004a91ba4389409dd38a428141940ca8feb1ac0d7b4350558104a3777a49322f3798440f378b3398ab2d3bb7bf91322c92eb23556f59ad0a836fec4c7663b0e4dc3a360305e300c0603551d130101ff04023000300e0603551d0f0101ff040403020780301d0603551d0e04160414a589ba72d060842ab11f74fb246bdedab16f9b9b301f0603551d2304183016801445aff715b0dd786741fee996ebc16547a3931b1e300a06082a8648ce3d040302034700304402201726b9d85ecd8a5ed51163722ca3a20886fd9b242a0aa0453d442116075defd502207ef471e530ac87961a88a7f0d0c17b091ffc6b9238d30f79f635b417be5910e768617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b54d00000000876ca4f52071c3e9b25509ef2cdf7ed60020c9a6f5b3462d02873fea0c56862234f99f081728084e511bb7760201a89054a5a50102032620012158201cf27f25da591208a4239c2e324f104f585525479a29edeedd830f48e77aeae522582059e4b7da6c0106e206ce390c93ab98a15a5ec3887e57f0cc2bece803b920c423',
    },
    authentication: {
      challenge: 'b1106fa46a57bef1781511c0557dc898a03413d5f0f17d244630c194c7e1adb5',
      extraData: 'AZMwyMxIbD8-uguFNp6r8Q',
      isUserVerified: true,
      authenticatorData: 'bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50d00000000',
      signature:
        '30450220694969d3ee928de6f02ef23a9c644d7d779916451734a94b432542f498a1ebe90221008b0819c824218a97152cd099c55bfb1477b29d900a49a64018314f9bfccda163',
    },
  },
  '16.11, Ed25519 with packed attestation': {
    credentialId: 'ce9f840ed96599580cd140fbc7bb3230633f50f61041aff73308ae71caa8a2bd',
    registration: {
      challenge: 'a8abf9dabdc6b0df63466b39bda9e8a34a34e185337a59f1c579990676d3b3bd',
      extraData: 'B_DT5g7ZD_-9OTLYX5IvEQ',
      isUserVerified: false,
      attestationObject:
        'a363666d74667061636b65646761747453746d74a363616c67266373696758483046022100d83f60bd80269537583218858aefb03ac57d45fa06e42feaae332d187f62da9f022100a02bd3cb6f7e1d283c93bad1f3f4b5a4c0494463da7fdbf256949116754d1f17637835638159022730820223308201c8a003020102021100b2cfc9ea33c8643b0e1a760463eaf164300a06082a8648ce3d0403023062311e301c06035504030c15576562417574686e207465737420766563746f7273310c300a060355040a0c0357334331253023060355040b0c1c41757468656e74696361746f72204174746573746174696f6e204341310b30090603550406130241413020170d3234303130313030303030305a180f33303234303130313030303030305a305f311e301c06035504030c15576562417574686e207465737420766563746f7273310c300a060355040a0c0357334331223020060355040b0c1941757468656e74696361746f72204174746573746174696f6e310b30090603550406130241413059301306072a8648ce3d020106082a8648ce3d03010703420004dd2b7a564b73b8c0b81c4c62e521925c4d1198ec9f583dbf1eebe364b65cd9c29a9bdf346aaa81fb6b9507e5249a52fdaf8e39e26b0b7dc45992a7e233b70f70a360305e300c0603551d130101ff04023000300e0603551d0f0101ff040403020780301d0603551d0e041604140ae27546bc7eccb1b4b597bd354f0c0b1f1f8f8e301f0603551d2304183016801445aff715b0dd786741fee996ebc16547a3931b1e300a06082a8648ce3d0403020349003046022100a0d434ecb5fc3bfd7da5f41904517ad2836249f561bd834ba7a438a8ab7a4ce8022100fac845bb7a02513b58e9f319654dbe49b0f02b95835bac568c71f8a18cdde9ab6861757468446174615881bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b54100000000d5aa33581e8ca478e20fe713f5d32ff20020ce9f840ed96599580cd140fbc7bb3230633f50f61041aff73308ae71caa8a2bda401010327200621582044e06ddd331c36a8dc667bab52bcae63486c916aa5e339e6acebaa84934bf832',
    },
    authentication: {
      challenge: '895957e01c633a698348a2d8a31a54b7db27e8c1c43b2080d79ae2190267bfd2',
      isUserVerified: false,
      authenticatorData: 'bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50100000000',
      signature:
        'f5c59c7e46c34f6f8cc197101ddf9934fa2595f68eb1913a637e8419eb9ba4cfdfc48f85393bc0d40b011f0d6fecb097d6607525713223a0dc0d453993dae00b',
    },
  },
}

function clientData(type: string, { challenge, extraData }: Ceremony): string {
  const more = extraData && `clientDataJSON may be extended with additional fields in the future, such as this: ${extraData}`
  const data = { type, challenge: b64(challenge), origin: 'https://example.org', crossOrigin: false, ...(more ? { extraData: more } : {}) }
  return Buffer.from(JSON.stringify(data)).toString('base64url')
}

function registrationOf({ credentialId, registration }: Vector) {
  const id = b64(credentialId)
  const response = {
    clientDataJSON: clientData('webauthn.create', registration),
    attestationObject: b64(registration.attestationObject),
  }
  return registrationCredential.parse({ id, rawId: id, type: 'public-key', response })
}

function authenticationOf({ credentialId, authentication }: Vector) {
  const id = b64(credentialId)
  const response = {
    clientDataJSON: clientData('webauthn.get', authentication),
    authenticatorData: b64(authentication.authenticatorData),
    signature: b64(authentication.signature),
  }
  return authenticationCredential.parse({ id, rawId: id, type: 'public-key', response })
}

/** The public key, as the library reads it from the whole registration, its attestation included. */
async function publicKeyOf(vector: Vector): Promise<string> {
  const { registrationInfo } = await verifyRegistrationResponse({
    response: { ...registrationOf(vector), clientExtensionResults: {} } as never,
    expectedChallenge: b64(vector.registration.challenge),
    expectedOrigin: 'https://example.org',
    expectedRPID: 'example.org',
    requireUserVerification: false,
    supportedAlgorithmIDs: ALGORITHMS,
  })
  return Buffer.from(registrationInfo?.credential.publicKey ?? []).toString('base64url')
}

const NOT_VERIFIED = 'does not say that the user was verified'
const fieldOf = (path: string, message: string) =>
  expect.objectContaining({ fields: [expect.objectContaining({ path, message })], code: 'invalid_request' })

describe.each(Object.entries(VECTORS))('the vector of §%s', (_name, vector) => {
  test('is registered, or refused for the one reason that its user was not verified', async () => {
    const { challenge, isUserVerified } = vector.registration
    const credential = registrationOf(vector)
    expect(readClientData(SITE, 'webauthn.create', credential.response.clientDataJSON)).toBe(b64(challenge))
    const registered = verifyRegistration(SITE, credential, b64(challenge))
    if (isUserVerified) expect((await registered).publicKey).toBe(await publicKeyOf(vector))
    else await expect(registered).rejects.toEqual(fieldOf('credential.response.attestationObject', NOT_VERIFIED))
  })

  test('is a right signature, and no other is', async () => {
    const { challenge, isUserVerified } = vector.authentication
    const credential = authenticationOf(vector)
    const publicKey = await publicKeyOf(vector)
    const passkey = { credentialId: credential.id, publicKey }
    expect(readClientData(SITE, 'webauthn.get', credential.response.clientDataJSON)).toBe(b64(challenge))
    if (isUserVerified) {
      await requireUserVerified(SITE, credential)
      expect(await verifyAssertion(SITE, credential, b64(challenge), passkey)).toMatchObject({ signCount: 0 })
    } else {
      await expect(requireUserVerified(SITE, credential)).rejects.toEqual(fieldOf('credential.response.authenticatorData', NOT_VERIFIED))
      expect(await verifyAssertion(SITE, credential, b64(challenge), passkey)).toBeNull()
    }
    const verify = (signature: string) =>
      verifyAuthenticationResponse({
        response: { ...credential, response: { ...credential.response, signature }, clientExtensionResults: {} } as never,
        expectedChallenge: b64(challenge),
        expectedOrigin: 'https://example.org',
        expectedRPID: 'example.org',
        requireUserVerification: false,
        credential: { id: credential.id, publicKey: Buffer.from(publicKey, 'base64url'), counter: 0 },
      })
    expect((await verify(credential.response.signature)).verified).toBe(true)
    const wrong = Buffer.from(credential.response.signature, 'base64url')
    wrong[wrong.length - 1] = (wrong.at(-1) ?? 0) ^ 1
    expect((await verify(wrong.toString('base64url'))).verified).toBe(false)
  })
})

describe('through the routes', () => {
  const env = { ORIGIN: 'https://example.org' }
  const at = { env, origin: 'https://example.org', headers: { origin: 'https://example.org' } }
  afterEach(() => vi.restoreAllMocks())

  /** As if Kith had drawn the vector's bytes for this challenge of its own, which is bound to its purpose and used once. */
  function standIn(vectorChallenge: string, issued: string): void {
    const text = Buffer.from(issued, 'base64url').toString('utf8')
    const decode = Buffer.prototype.toString
    vi.spyOn(Buffer.prototype, 'toString').mockImplementation(function (this: Buffer, ...args) {
      const decoded = args[0] === 'utf8' && decode.call(this, 'hex') === vectorChallenge
      return decoded ? text : decode.apply(this, args)
    })
  }

  async function signedInAt(client = new Client()) {
    const person = await verifiedPerson(newName('vector'))
    const logIn = () => client.post('/user/login', { username: person.username, password: PASSWORD }, at)
    await logIn()
    return { person, client, logIn }
  }

  async function register(client: Client, vector: Vector): Promise<Reply> {
    const options = await client.post('/user/passkeys/registration-options', {}, at)
    expect(options.status, options.text).toBe(200)
    standIn(vector.registration.challenge, options.json.data.publicKey.challenge)
    const reply = await client.post('/user/passkeys', { name: 'Vector', credential: registrationOf(vector) }, at)
    vi.restoreAllMocks()
    return reply
  }

  test.each(Object.entries(VECTORS))('the registration of §%s is stored, or refused for its flags alone', async (_name, vector) => {
    const { client } = await signedInAt()
    const reply = await register(client, vector)
    if (vector.registration.isUserVerified) {
      expect(reply.status, reply.text).toBe(201)
      const stored = await rows('SELECT public_key FROM passkeys WHERE credential_id = ?', b64(vector.credentialId))
      expect(stored).toEqual([{ public_key: await publicKeyOf(vector) }])
      await rows('DELETE FROM passkeys')
    } else {
      expect([reply.status, reply.json.additionalInfo.errors[0].path]).toEqual([400, 'credential.response.attestationObject'])
    }
  })

  test('§16.7 is added, and completes a log-in, once', async () => {
    const vector = VECTORS['16.7, ES256 with packed attestation'] as Vector
    const { client, person, logIn } = await signedInAt()
    expect((await register(client, vector)).status).toBe(201)
    await rows("INSERT INTO second_factors (user_id, kind, created_at) VALUES (?, 'email', 0)", idOf(person.id))
    const pending = { target: person.id, sessionHash: (await logIn()).json.data.sessionHash }
    const options = await client.post('/user/passkeys/authentication-options', { pending }, at)
    standIn(vector.authentication.challenge, options.json.data.publicKey.challenge)
    const sent = { credential: authenticationOf(vector), pending }
    const first = await client.post('/user/passkeys/sign-in', sent, at)
    expect([first.status, first.json.data?.user?._id], first.text).toEqual([200, person.id])
    expect((await client.post('/user/passkeys/sign-in', sent, at)).status).toBe(400)
  })
})
