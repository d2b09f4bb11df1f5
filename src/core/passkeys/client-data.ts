/** What the browser says that it asked the authenticator for (WebAuthn Level 3 §5.8.1): judged before anything else. */
import * as z from 'zod'
import type { PasskeySite } from '../../config.ts'
import { AppError } from '../errors.ts'

const PATH = 'credential.response.clientDataJSON'
export const refusedClientData = (message: string) => AppError.ofFields([{ path: PATH, message }])

const ClientData = z.looseObject({
  type: z.string(),
  challenge: z.string(),
  origin: z.string(),
  crossOrigin: z.boolean().optional(),
  topOrigin: z.string().optional(),
})

/** The challenge, if the client data is of this type, and of a page or app of ours that no other page has framed. */
export function readClientData({ origins }: PasskeySite, type: 'webauthn.create' | 'webauthn.get', encoded: string): string {
  const { success, data } = ClientData.safeParse(parse(encoded))
  if (!success) throw refusedClientData('must be the client data of a passkey')
  if (data.type !== type) throw refusedClientData(`must be of type ${type}`)
  if (!origins.includes(data.origin)) throw refusedClientData('is from another origin')
  if (data.crossOrigin === true || data.topOrigin !== undefined) throw refusedClientData('is from a frame in another page')
  return data.challenge
}

function parse(encoded: string): unknown {
  try {
    return JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'))
  } catch {
    return null
  }
}
