/** What a Cloudflare account has already, as far as it concerns this Kith. Asked of wrangler; nothing is changed. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refusal, ROOT, startWrangler } from '../local.ts'

export interface Outcome {
  readonly code: number
  readonly output: string
  readonly errors: string
}

/** Runs wrangler and returns its output. It prompts for nothing. */
export function callWrangler(args: readonly string[], cwd = ROOT): Promise<Outcome> {
  const child = startWrangler(args, { stdio: ['ignore', 'pipe', 'pipe'], env: { CI: 'true', FORCE_COLOR: '0' }, cwd })
  let [output, errors] = ['', '']
  child.stdout?.on('data', (chunk) => {
    output += chunk
  })
  child.stderr?.on('data', (chunk) => {
    errors += chunk
  })
  return new Promise((resolve, reject) => child.on('error', reject).on('close', (code) => resolve({ code: code ?? 1, output, errors })))
}

/** Notices may precede the JSON, which begins on a line of its own. */
const json = <T>(text: string) => JSON.parse(text.slice(Math.max(0, text.search(/^[[{]/m)))) as T

export interface Names {
  readonly worker: string
  readonly database: string
  readonly namespace: string
  readonly avatars: string
  readonly media: string
}

export const namesOf = (worker: string): Names => ({
  worker,
  database: worker,
  namespace: worker,
  avatars: `${worker}-avatars`,
  media: `${worker}-media`,
})

/** `foreign`: it has contents that are not Kith's. */
type Contents = 'empty' | 'kith' | 'foreign'

export interface Found {
  readonly database: { readonly id: string; readonly contents: Contents; readonly hasAccounts: boolean } | null
  readonly namespace: { readonly id: string; readonly contents: Contents } | null
  /** How many objects; null: there is no such bucket. */
  readonly avatars: number | null
  readonly media: number | null
  /** Names of its secrets; null: there is no such Worker. */
  readonly secrets: readonly string[] | null
  /** Where the bucket for pictures is public already. */
  readonly pictureDomains: readonly string[]
  readonly devUrl: string | null
  /** Whether Email Service sends for the domain; null: unknown. */
  readonly sends: boolean | null
}

export interface Login {
  readonly accounts: readonly { readonly id: string; readonly name: string }[]
}

/** Null: nobody is logged in. */
export async function findLogin(): Promise<Login | null> {
  const { code, output, errors } = await callWrangler(['whoami', '--json'])
  if (code !== 0) {
    if (/"loggedIn"\s*:\s*false/.test(output)) return null
    throw new Refusal(`wrangler whoami failed:\n${output}${errors}`)
  }
  return json<Login>(output)
}

/** Wrangler would look up the names in `wrangler.toml` here, which may not be right yet. */
function elsewhere(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kith-setup-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** What Kith keeps in KV (src/store/kv, core/admin/health.ts). */
const KITH_KEY = /^(code:|session:|upstream:|captured-mail:|health\/probe$)/

export class Account {
  readonly #cwd = elsewhere()
  readonly #jurisdiction: readonly string[]

  constructor(jurisdiction: string) {
    this.#jurisdiction = jurisdiction === '' ? [] : ['--jurisdiction', jurisdiction]
  }

  async look(names: Names, sendingDomain: string): Promise<Found> {
    const [database, namespace, avatars, media, secrets, sends] = await Promise.all([
      this.#database(names.database),
      this.#namespace(names.namespace),
      this.#objects(names.avatars),
      this.#objects(names.media),
      this.#secrets(names.worker),
      sendingDomain === '' ? null : this.#sends(sendingDomain),
    ])
    const pictures = avatars === null ? { pictureDomains: [], devUrl: null } : await this.#pictures(names.avatars)
    return { database, namespace, avatars, media, secrets, sends, ...pictures }
  }

  async findDatabase(name: string): Promise<string | null> {
    const list = json<{ uuid: string; name: string }[]>(await this.#ask(['d1', 'list', '--json']))
    return list.find((database) => database.name === name)?.uuid ?? null
  }

  async findNamespace(title: string): Promise<string | null> {
    const list = json<{ id: string; title: string }[]>(await this.#ask(['kv', 'namespace', 'list']))
    return list.find((namespace) => namespace.title === title)?.id ?? null
  }

  /** Null unless the bucket's development address is public. */
  async findDevUrl(bucket: string): Promise<string | null> {
    const output = await this.#ask(['r2', 'bucket', 'dev-url', 'get', bucket, ...this.#jurisdiction])
    return /enabled at '(https:\/\/[^']+)'/.exec(output)?.[1] ?? null
  }

  #call = (args: readonly string[]) => callWrangler(args, this.#cwd)

  async #ask(args: readonly string[]): Promise<string> {
    const { code, output, errors } = await this.#call(args)
    if (code !== 0) throw new Refusal(`wrangler ${args.join(' ')} failed:\n${output}${errors}`)
    return output
  }

  async #database(name: string): Promise<Found['database']> {
    const id = await this.findDatabase(name)
    if (id === null) return null
    const query = async <Row>(sql: string) =>
      json<{ results: Row[] }[]>(await this.#ask(['d1', 'execute', name, '--remote', '--json', '--command', sql]))[0]?.results ?? []
    const tables = (await query<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")).map((table) => table.name)
    const own = tables.filter((table) => !/^(sqlite_|_cf_|d1_migrations$)/.test(table))
    if (own.length === 0) return { id, contents: 'empty', hasAccounts: false }
    if (!own.includes('users') || !own.includes('oauth_clients')) return { id, contents: 'foreign', hasAccounts: false }
    return { id, contents: 'kith', hasAccounts: (await query('SELECT 1 FROM users LIMIT 1')).length > 0 }
  }

  async #namespace(title: string): Promise<Found['namespace']> {
    const id = await this.findNamespace(title)
    if (id === null) return null
    const keys = json<{ name: string }[]>(await this.#ask(['kv', 'key', 'list', '--namespace-id', id, '--remote']))
    if (keys.length === 0) return { id, contents: 'empty' }
    return { id, contents: keys.every(({ name }) => KITH_KEY.test(name)) ? 'kith' : 'foreign' }
  }

  /** NaN: unknown, to a token that may not read the account's analytics. */
  async #objects(bucket: string): Promise<number | null> {
    const { code, output, errors } = await this.#call(['r2', 'bucket', 'info', bucket, '--json', ...this.#jurisdiction])
    if (code === 0) return Number(String(json<{ object_count: string }>(output).object_count).replace(/\D/g, ''))
    // NoSuchBucket.
    if (/\[code: 10006\]/.test(output + errors)) return null
    const list = await this.#ask(['r2', 'bucket', 'list', ...this.#jurisdiction])
    return [...list.matchAll(/^name:\s+(\S+)/gm)].some(([, name]) => name === bucket) ? Number.NaN : null
  }

  async #secrets(worker: string): Promise<readonly string[] | null> {
    const { code, output, errors } = await this.#call(['secret', 'list', '--name', worker, '--format', 'json'])
    if (code === 0) return json<{ name: string }[]>(output).map(({ name }) => name)
    if (/Worker "[^"]*"[^\n]* not found|\[code: 10007\]/.test(output + errors)) return null
    throw new Refusal(`wrangler secret list failed:\n${output}${errors}`)
  }

  async #pictures(bucket: string): Promise<Pick<Found, 'pictureDomains' | 'devUrl'>> {
    const [domains, devUrl] = await Promise.all([
      this.#ask(['r2', 'bucket', 'domain', 'list', bucket, ...this.#jurisdiction]),
      this.findDevUrl(bucket),
    ])
    return { pictureDomains: [...domains.matchAll(/^domain:\s+(\S+)/gm)].map((match) => match[1] ?? ''), devUrl }
  }

  async #sends(domain: string): Promise<boolean | null> {
    const { code, output } = await this.#call(['email', 'sending', 'list', domain])
    if (code !== 0) return null
    return output.split('\n').some((line) => line.split(/[\s│|]+/).includes(domain) && /\byes\b/.test(line))
  }
}
