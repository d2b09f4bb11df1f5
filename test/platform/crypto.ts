// Production's cap on PBKDF2, 100,000 iterations, which the local WebCrypto lacks (security §2.1). The cap on scrypt, N*r*p =
// 2^20, needs nothing here: this workerd enforces it, and crypto.test.ts would notice if it stopped. @NOTE `pbkdf2` of
// node:crypto is not covered: named imports of a built-in module cannot be patched in workerd.

export const PBKDF2_ITERATIONS_MAX = 100_000

function checkIterations(algorithm: string | SubtleCryptoDeriveKeyAlgorithm): void {
  if (typeof algorithm === 'string' || algorithm.name.toUpperCase() !== 'PBKDF2') return
  const { iterations = 0 } = algorithm
  if (iterations <= PBKDF2_ITERATIONS_MAX) return
  throw new DOMException(
    `Pbkdf2 failed: iteration counts above ${PBKDF2_ITERATIONS_MAX} are not supported (requested ${iterations}).`,
    'NotSupportedError',
  )
}

let guarded = false

/** Lasts for the life of the isolate. */
export function guardCrypto(): void {
  if (guarded) return
  guarded = true
  const { deriveBits, deriveKey } = SubtleCrypto.prototype
  SubtleCrypto.prototype.deriveBits = async function (algorithm, ...rest) {
    checkIterations(algorithm)
    return deriveBits.call(this, algorithm, ...rest)
  }
  SubtleCrypto.prototype.deriveKey = async function (algorithm, ...rest) {
    checkIterations(algorithm)
    return deriveKey.call(this, algorithm, ...rest)
  }
}
