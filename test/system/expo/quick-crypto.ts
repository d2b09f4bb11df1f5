/** A stand-in for `react-native-quick-crypto`: what it has of Web Crypto, with keys of a class of its own. */
import type { Phone } from './native-modules.tsx'

declare const phone: Phone

class CryptoKey {
  /** The page's own. */
  readonly keyObject: globalThis.CryptoKey
  constructor(keyObject: globalThis.CryptoKey) {
    this.keyObject = keyObject
  }
  get [Symbol.toStringTag]() {
    return 'CryptoKey'
  }
  get type() {
    return this.keyObject.type
  }
  get extractable() {
    return this.keyObject.extractable
  }
  get algorithm() {
    return this.keyObject.algorithm
  }
  get usages() {
    return this.keyObject.usages
  }
}

const { subtle: web } = phone.crypto

class Subtle {
  digest = (algorithm: string, data: BufferSource) => web.digest(algorithm, data)
  async generateKey(algorithm: EcKeyGenParams, extractable: boolean, usages: KeyUsage[]) {
    const { publicKey, privateKey } = await web.generateKey(algorithm, extractable, usages)
    return { publicKey: new CryptoKey(publicKey), privateKey: new CryptoKey(privateKey) }
  }
  exportKey = (format: 'jwk', key: CryptoKey) => web.exportKey(format, key.keyObject)
  async importKey(format: 'jwk', data: JsonWebKey, algorithm: EcKeyImportParams, extractable: boolean, usages: KeyUsage[]) {
    return new CryptoKey(await web.importKey(format, data, algorithm, extractable, usages))
  }
  sign = (algorithm: EcdsaParams, key: CryptoKey, data: BufferSource) => web.sign(algorithm, key.keyObject, data)
  verify = (algorithm: EcdsaParams, key: CryptoKey, signature: BufferSource, data: BufferSource) =>
    web.verify(algorithm, key.keyObject, signature, data)
}

export default {
  CryptoKey,
  subtle: new Subtle(),
  getRandomValues: (array: Uint8Array<ArrayBuffer>) => phone.crypto.getRandomValues(array),
}
