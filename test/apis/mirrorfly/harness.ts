/** The room as its clients use it: a deployment with a license key, its service's token, and calls with raw tokens. */

import type { Bindings } from '../../../src/config.ts'
import type { MadeMachine } from '../../../src/core/machines/machines.ts'
import { Client, type Options, type Reply } from '../../support/kith.ts'
import { makeMachine } from '../../support/machines.ts'

export const BASE = '/api/v1'

export interface Deployment {
  readonly machine: MadeMachine['machine']
  readonly licenseKey: string
  readonly account: { readonly username: string; readonly password: string }
  /** The service's own. */
  readonly token: string
}

export const logIn = (credentials: { username: string; password: string }, client = new Client()) =>
  client.post(`${BASE}/login`, credentials)

export async function newDeployment(options: Parameters<typeof makeMachine>[1] = {}): Promise<Deployment> {
  const { machine, secret, account } = await makeMachine('license_key', options)
  if (!account) throw new Error('a license key has an account')
  const reply = await logIn(account)
  if (reply.status !== 200) throw new Error(`log-in failed: ${reply.status} ${reply.text}`)
  return { machine, licenseKey: secret, account, token: reply.json.data.token }
}

/** A call with a raw token; null for none. */
export function call(token: string | null, path: string, options: Options = {}, client = new Client()): Promise<Reply> {
  const headers = { ...(token === null ? {} : { authorization: token }), ...options.headers }
  return client.fetch(`${BASE}${path}`, { ...options, headers })
}

export type Fields = Readonly<Record<string, string | Blob>>

export function formOf(fields: Fields): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  return form
}

export const basic = ({ licenseKey }: Deployment, userIdentifier: string): Fields => ({ deviceType: 'web', licenseKey, userIdentifier })

/** createUser by the service, as multipart. */
export function createUser(
  deployment: Deployment,
  userIdentifier: string,
  fields: Fields = {},
  options: { token?: string | null; env?: Partial<Bindings> } = {},
): Promise<Reply> {
  const { token = deployment.token, env } = options
  const body = formOf({ ...basic(deployment, userIdentifier), ...fields })
  return call(token, '/users/createUser', { method: 'POST', body, ...(env ? { env } : {}) })
}

export interface MadeUser {
  readonly token: string
  readonly username: string
  readonly password: string
  readonly userId: string
  readonly profileUrl: string
  readonly profileUrlThumb: string
}

export async function madeUser(deployment: Deployment, userIdentifier: string, fields: Fields = {}): Promise<MadeUser> {
  const reply = await createUser(deployment, userIdentifier, fields)
  if (reply.status !== 200) throw new Error(`createUser failed: ${reply.status} ${reply.text}`)
  return reply.json.data
}

export const getUser = (token: string | null, userIdentifier: string) => call(token, `/users/${encodeURIComponent(userIdentifier)}`)

export const picture = (bytes: Uint8Array<ArrayBuffer>, type = 'image/png') => new File([bytes], 'me.png', { type })
