/** Where an import goes: into the local database through the core, or to a deployment through its admin API. */
import { setTimeout as wait } from 'node:timers/promises'
import { vars } from '../../../src/config-vars.ts'
import { importEdgesAsOperator } from '../../../src/core/imports/edges.ts'
import type { ImportCtx } from '../../../src/core/imports/importer.ts'
import { importPeopleAsOperator } from '../../../src/core/imports/people.ts'
import { edgeRecord, personRecord, readRecord } from '../../../src/core/imports/person-record.ts'
import { newId } from '../../../src/ids.ts'
import { Database } from '../../../src/store/db/database.ts'
import { withStores } from '../../doctor/stores.ts'
import { Refusal } from '../../local.ts'
import { readSettings } from '../../settings.ts'
import { OPERATOR } from '../input.ts'

/** What became of a record. */
export interface Outcome {
  readonly status: 'created' | 'exists' | 'refused'
  readonly field?: string
  readonly message?: string
  readonly isProposed?: boolean
  readonly needsReset?: boolean
  readonly isUnverified?: boolean
}

export type Kind = 'people' | 'edges'

export interface Target {
  /** Shown, and a part of the state: an import is continued where it began. */
  readonly name: string
  send(kind: Kind, records: readonly unknown[], isDryRun: boolean): Promise<readonly Outcome[]>
}

// --- here ------------------------------------------------------------------------------------------------------

export async function withLocalTarget<T>(use: (target: Target) => Promise<T>): Promise<T> {
  const config = localConfig()
  return withStores(false, ({ DB }) => {
    const ctx: ImportCtx = {
      config,
      db: new Database(DB.withSession('first-primary')),
      now: () => Date.now(),
      newId: () => newId(Date.now()),
      caller: OPERATOR.caller,
    }
    const send: Target['send'] = async (kind, records, isDryRun) => {
      const run = kind === 'people' ? importPeopleAsOperator : importEdgesAsOperator
      return (await run(ctx, { records, isDryRun }).catch(explain)).results
    }
    return use({ name: 'the local database', send })
  })
}

/** What an import needs of the settings. */
function localConfig(): ImportCtx['config'] {
  const parsed = vars.pick({ PEPPER_KEYS: true, USERNAME_LENGTH_MIN: true }).safeParse(readSettings(false))
  if (!parsed.success)
    throw new Refusal(`Kith has not run on this machine yet (npm start), or its settings are wrong: ${parsed.error.issues[0]?.message}`)
  return { pepperKeys: parsed.data.PEPPER_KEYS, signUp: { usernameLengthMin: parsed.data.USERNAME_LENGTH_MIN } }
}

function explain(error: unknown): never {
  if (error instanceof Error && /no such (table|column)/.test(error.message)) {
    throw new Refusal('The local database is of an older version: npm run db:migrate')
  }
  throw error
}

// --- a deployment ----------------------------------------------------------------------------------------------

/** What asks for a token: that of an administrator, or the credentials of a client. */
export type Credentials = { readonly token: string } | { readonly clientId: string; readonly clientSecret: string }

const PATHS = { people: '/user/admin-api/import/people', edges: '/user/admin-api/import/edges' }
const SCOPE = 'client:import:write'
/** Some four minutes in all. */
const TRIES = 10
const WAIT_MS_MAX = 60_000
const REPLY_WITHIN_MS = 60_000

export function remoteTarget(origin: string, credentials: Credentials): Target {
  let token: string | null = null
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
    const body = JSON.stringify({ records: fine.map(({ record }) => record), dryRun: isDryRun })
    const results = await ask(kind, body)
    for (const [index, answer] of results.entries()) outcomes[fine[index]?.at ?? 0] = toOutcome(answer)
    return outcomes
  }

  async function ask(kind: Kind, body: string): Promise<readonly Answer[]> {
    let problem = ''
    for (let tries = 0; tries < TRIES; tries++) {
      token ??= await tokenFrom(origin, credentials)
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'user-agent': OPERATOR.caller.userAgent }
      const init = { method: 'POST', headers, body, signal: AbortSignal.timeout(REPLY_WITHIN_MS) }
      const reply = await fetch(`${origin}${PATHS[kind]}`, init).catch((error: unknown) => error as Error)
      if (reply instanceof Error) problem = reply.message
      else if (reply.ok) return ((await reply.json()) as { data: { results: Answer[] } }).data.results
      else {
        problem = `${reply.status} ${await reply.text()}`
        if (reply.status === 401 && 'clientId' in credentials && tries === 0) token = null
        else if (reply.status < 500 && reply.status !== 429) throw new Refusal(`${origin} refuses the import: ${problem}`)
      }
      const asked = reply instanceof Error ? 0 : Number(reply.headers.get('retry-after') ?? 0) * 1_000
      await wait(Math.min(Math.max(asked, 500 * 2 ** tries), WAIT_MS_MAX))
    }
    throw new Refusal(`${origin} does not answer: ${problem}\nWhat was imported so far is kept; run the command again to continue.`)
  }

  return { name: origin, send }
}

async function tokenFrom(origin: string, credentials: Credentials): Promise<string> {
  if ('token' in credentials) return credentials.token
  const { clientId, clientSecret } = credentials
  const basic = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')
  const reply = await fetch(`${origin}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: SCOPE }),
  }).catch((error: unknown) => {
    throw new Refusal(`${origin} does not answer: ${(error as Error).message}`)
  })
  const text = await reply.text()
  if (!reply.ok) throw new Refusal(`${origin} gives no token to ${clientId}: ${reply.status} ${text}`)
  return (JSON.parse(text) as { access_token: string }).access_token
}

/** A result of the API, which calls some things otherwise. */
type Answer = Omit<Outcome, 'isProposed' | 'isUnverified'> & { readonly usernameProposed?: boolean; readonly unverified?: boolean }

function toOutcome({ usernameProposed: isProposed = false, unverified: isUnverified = false, ...result }: Answer): Outcome {
  return { ...result, isProposed, isUnverified }
}
