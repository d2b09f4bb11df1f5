/**
 * An import into a deployment, through its admin API. Whatever passes is waited for; a batch whose reply was lost is sent again,
 * and finds what it wrote.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { edgeRecord, personRecord, readRecord } from '../../../src/core/imports/person-record.ts'
import { Refusal } from '../../local.ts'
import { OPERATOR } from '../input.ts'
import type { Kind, Outcome, Target } from './target.ts'

/** What asks for tokens, or a file with one of an administrator. */
export type Credentials = { readonly tokenFile: string } | { readonly clientId: string; readonly clientSecret: string }

const PATHS = { people: '/user/admin-api/import/people', edges: '/user/admin-api/import/edges' }
const SCOPE = 'client:import:write'
/** Some four minutes in all. */
const TRIES = 10
const WAIT_MS_MIN = 500
const WAIT_MS_MAX = 60_000
const REPLY_WITHIN_MS = 60_000
const CONTINUE = 'What was imported so far is kept: run the command again to continue.'

export function remoteTarget(origin: string, credentials: Credentials): Target {
  const deployment = new Deployment(origin, credentials)
  const send: Target['send'] = async (kind, records, isDryRun) => {
    const outcomes: Outcome[] = []
    const fine: { at: number; record: unknown }[] = []
    // What a request must not have at all would refuse the whole batch.
    for (const [at, record] of records.entries()) {
      const judged = readRecord(kind === 'people' ? personRecord : edgeRecord, record)
      if ('refusal' in judged) outcomes[at] = { status: 'refused', ...judged.refusal }
      else fine.push({ at, record })
    }
    if (fine.length === 0) return outcomes
    const results = await deployment.import(kind, { records: fine.map(({ record }) => record), dryRun: isDryRun })
    for (const [index, { at }] of fine.entries()) outcomes[at] = toOutcome(results[index] as Answer)
    return outcomes
  }
  return { name: origin, identity: origin, send, rowsWritten: () => null }
}

/** A result of the API, which calls some things otherwise. */
interface Answer extends Omit<Outcome, 'id' | 'isProposed' | 'isUnverified' | 'isByAddress' | 'isPasswordAdded'> {
  readonly _id?: string | null
  readonly usernameProposed?: boolean
  readonly unverified?: boolean
  readonly byAddress?: boolean
  readonly passwordAdded?: boolean
}

export function toOutcome({ _id = null, usernameProposed, unverified, byAddress, passwordAdded, ...result }: Answer): Outcome {
  return {
    ...result,
    id: _id,
    isProposed: usernameProposed === true,
    isUnverified: unverified === true,
    isByAddress: byAddress === true,
    isPasswordAdded: passwordAdded === true,
  }
}

interface Reply {
  /** 0 if there is none. */
  readonly status: number
  readonly text: string
  /** What the deployment asks to wait. */
  readonly waitMs: number
}

const passes = ({ status }: Reply) => status === 0 || status >= 500 || status === 429 || status === 408

class Deployment {
  readonly #origin: string
  readonly #credentials: Credentials
  #token: string | null = null

  constructor(origin: string, credentials: Credentials) {
    this.#origin = origin
    this.#credentials = credentials
  }

  async import(kind: Kind, body: { records: readonly unknown[]; dryRun: boolean }): Promise<readonly Answer[]> {
    const text = JSON.stringify(body)
    const reply = await this.#send(PATHS[kind], text)
    const results = resultsOf(reply)
    if (results?.length === body.records.length) return results
    if (reply.status === 200) throw new Refusal(`${this.#origin} is no Kith that can import: it answers ${excerpt(reply.text)}`)
    throw new Refusal(`${this.#origin} refuses the import: ${reply.status} ${excerpt(reply.text)}\n${CONTINUE}`)
  }

  async #send(path: string, body: string): Promise<Reply> {
    for (let refusals = 1; ; refusals++) {
      this.#token ??= await this.#obtainToken()
      const used = this.#token
      const headers = { authorization: `Bearer ${used}`, 'content-type': 'application/json' }
      const reply = await this.#ask(path, { headers, body })
      if (reply.status !== 401) return reply
      // It has expired on the way: another may do.
      this.#token = null
      const { tokenFile } = this.#credentials as { tokenFile?: string }
      if (refusals > 1 && tokenFile === undefined)
        throw new Refusal(`${this.#origin} refuses the tokens that it gives: ${excerpt(reply.text)}`)
      if (tokenFile !== undefined && readToken(tokenFile) === used)
        throw new Refusal(`The token in ${tokenFile} is wrong or has expired: put a new one there.\n${CONTINUE}`)
    }
  }

  async #obtainToken(): Promise<string> {
    if ('tokenFile' in this.#credentials) return readToken(this.#credentials.tokenFile)
    const { clientId, clientSecret } = this.#credentials
    const basic = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')
    const headers = { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded' }
    const body = new URLSearchParams({ grant_type: 'client_credentials', scope: SCOPE }).toString()
    const { status, text } = await this.#ask('/oauth/token', { headers, body })
    const token = (parsed(text) as { access_token?: unknown } | null)?.access_token
    if (status === 200 && typeof token === 'string') return token
    throw new Refusal(`${this.#origin} gives ${clientId} no token with ${SCOPE}: ${status} ${excerpt(text)}\n${CONTINUE}`)
  }

  /** Until there is a reply that stays the same. */
  async #ask(path: string, { headers, body }: { headers: Readonly<Record<string, string>>; body: string }): Promise<Reply> {
    for (let tries = 1; ; tries++) {
      const reply = await request(`${this.#origin}${path}`, {
        method: 'POST',
        headers: { ...headers, 'user-agent': OPERATOR.caller.userAgent },
        body,
      })
      if (!passes(reply)) return reply
      const problem = `${reply.status || ''} ${excerpt(reply.text)}`.trim()
      if (tries === TRIES) throw new Refusal(`${this.#origin} does not answer: ${problem}\n${CONTINUE}`)
      const waitMs = Math.min(Math.max(reply.waitMs, WAIT_MS_MIN * 2 ** (tries - 1)), WAIT_MS_MAX)
      console.error(`\n${this.#origin} does not answer (${problem}): again in ${Math.ceil(waitMs / 1_000)} s`)
      await wait(waitMs)
    }
  }
}

async function request(url: string, init: RequestInit): Promise<Reply> {
  try {
    const reply = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(REPLY_WITHIN_MS) })
    const location = reply.headers.get('location')
    const text = location === null ? await reply.text() : `leads to ${location}: name the deployment's own address with --url`
    return { status: reply.status, text, waitMs: Number(reply.headers.get('retry-after') ?? 0) * 1_000 || 0 }
  } catch (error) {
    // What is wrong with the connection is in the cause.
    const { message, cause } = error as Error & { cause?: { code?: string; message?: string } }
    return { status: 0, text: cause?.code ?? cause?.message ?? message, waitMs: 0 }
  }
}

function readToken(file: string): string {
  const token = readFileSync(file, 'utf8').trim()
  if (/^[\w.~+/=-]+$/.test(token)) return token
  throw new Refusal(`${file} must have a token, and nothing else`)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function resultsOf({ status, text }: Reply): readonly Answer[] | null {
  const body = status === 200 ? (parsed(text) as { data?: { results?: unknown } } | null) : null
  return Array.isArray(body?.data?.results) ? body.data.results : null
}

/** A page of somebody's error is long. */
const EXCERPT_LENGTH = 300
const excerpt = (text: string) => text.replace(/\s+/g, ' ').slice(0, EXCERPT_LENGTH)
