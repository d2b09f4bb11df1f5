/** HTTP Digest as a client does it (RFC 7616), independent of the server's code: every part of a response can be changed. */
import { createHash } from 'node:crypto'
import type { MadeMachine } from '../../src/core/machines/machines.ts'
import { Client, type Options, type Reply } from './kith.ts'

const md5 = (text: string) => createHash('md5').update(text).digest('hex')

export type Fields = Record<string, string>

/** The parameters of a challenge. */
export function challengeOf(reply: Pick<Reply, 'headers'>): Fields {
  const header = reply.headers.get('www-authenticate') ?? ''
  if (!header.startsWith('Digest ')) throw new Error(`no Digest challenge: ${header}`)
  return Object.fromEntries(
    [...header.slice(7).matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g)].map(([, name, quoted, token]) => [name, quoted ?? token]),
  )
}

export async function newChallenge(path = '/api', options?: Options): Promise<Fields> {
  const reply = await new Client().get(path, options)
  if (reply.status !== 401) throw new Error(`${path}: ${reply.status} ${reply.text}`)
  return challengeOf(reply)
}

interface Asked {
  readonly method?: string
  readonly count?: number
}

/** The fields of a correct response to a challenge, as written. */
export function answerTo(challenge: Fields, who: Pick<Robot, 'username' | 'secret'>, uri: string, asked: Asked = {}): Fields {
  const { method = 'GET', count = 1 } = asked
  const nc = count.toString(16).padStart(8, '0')
  const ha1 = md5(`${who.username}:${challenge.realm}:${who.secret}`)
  const response = md5(`${ha1}:${challenge.nonce}:${nc}:0a4f113b:auth:${md5(`${method}:${uri}`)}`)
  const quoted = {
    username: who.username,
    realm: challenge.realm,
    nonce: challenge.nonce,
    uri,
    cnonce: '0a4f113b',
    response,
    opaque: challenge.opaque,
  }
  const fields = Object.entries(quoted).map(([name, value]): [string, string] => [name, `"${value}"`])
  return { ...Object.fromEntries(fields), algorithm: 'MD5', qop: 'auth', nc }
}

export const toHeader = (fields: Fields) =>
  `Digest ${Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')}`

export const JSON_PLEASE = { accept: 'application/json' }

/** A robot that keeps its nonce, as many clients do. It asks for JSON by default. */
export class Robot {
  readonly client = new Client()
  readonly username: string
  readonly secret: string
  #challenge: Fields | null = null
  #count = 0

  constructor({ machine, secret }: Pick<MadeMachine, 'machine' | 'secret'>) {
    this.username = machine.name
    this.secret = secret
  }

  async get(path: string, options: Options = {}): Promise<Reply> {
    const headers = await this.headers(path, options)
    return await this.client.fetch(path, { ...options, headers: { ...headers, ...options.headers } })
  }

  /** Of the next request, which is this one. */
  async headers(path: string, options: Options = {}): Promise<Record<string, string>> {
    const { method = 'GET', env, origin } = options
    this.#challenge ??= await newChallenge('/api', { ...(env ? { env } : {}), ...(origin ? { origin } : {}) })
    this.#count += 1
    return { ...JSON_PLEASE, authorization: toHeader(answerTo(this.#challenge, this, path, { method, count: this.#count })) }
  }
}
