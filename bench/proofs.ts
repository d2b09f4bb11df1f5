// DPoP proofs (RFC 9449), made before a round is measured: signing is the client's work.
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
const HEADER = encode({ typ: 'dpop+jwt', alg: 'ES256', jwk: publicKey.export({ format: 'jwk' }) })

export interface ProvedRequest {
  method: string
  uri: string
  nonce: string | undefined
  accessToken?: string
}

export function proofOf({ method, uri, nonce, accessToken }: ProvedRequest): string {
  const claims = { jti: randomBytes(16).toString('base64url'), htm: method, htu: uri, iat: Math.floor(Date.now() / 1000), nonce }
  const ath = accessToken && { ath: createHash('sha256').update(accessToken).digest('base64url') }
  const signed = `${HEADER}.${encode({ ...claims, ...ath })}`
  return `${signed}.${sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}
