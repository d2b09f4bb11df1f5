/** `wrangler.toml` as the answers want it, and whether the Worker accepts the whole. */
import { createHash } from 'node:crypto'
import { problemsAcross } from '../../src/config-problems.ts'
import { readSecrets } from '../../src/config-upstream.ts'
import { readVars } from '../../src/config-vars.ts'
import type { Names } from './account.ts'
import { type Answers, PRESIGNED, R2_DEV } from './answers.ts'
import { type Addition, type Edit, edit, parse } from './toml.ts'

/** What is known only once it exists. */
export interface Ids {
  readonly database: string | null
  readonly namespace: string | null
  readonly devUrl: string | null
}

type Config = Record<string, unknown>
const elements = (config: Config, table: string) => (config[table] ?? []) as Record<string, unknown>[]
const varsOf = (config: Config) => (config.vars ?? {}) as Record<string, unknown>

export const isWorkersDev = (origin: string) => new URL(origin).hostname.endsWith('.workers.dev')

/** The text of `wrangler.toml` with what differs. */
export function configure(text: string, answers: Answers, names: Names, ids: Ids): string {
  const config = parse(text)
  const changes: (Edit | Addition)[] = []
  const setTop = (key: string, value: string | boolean) => config[key] !== value && changes.push({ table: '', key, value })
  const setOf = (table: string, where: [string, string], key: string, value: string) => {
    const present = elements(config, table).find((element) => element[where[0]] === where[1])
    if ((present?.[key] ?? '') !== value) changes.push({ table, where, key, value })
  }
  setTop('name', names.worker)
  if (answers.account !== '') setTop('account_id', answers.account)
  setTop('workers_dev', isWorkersDev(answers.origin))
  for (const [key, value] of Object.entries(wantedVars(answers, ids))) {
    if (String(varsOf(config)[key] ?? '') !== value) changes.push({ table: 'vars', key, value })
  }
  setOf('d1_databases', ['binding', 'DB'], 'database_name', names.database)
  if (ids.database !== null) setOf('d1_databases', ['binding', 'DB'], 'database_id', ids.database)
  if (ids.namespace !== null) setOf('kv_namespaces', ['binding', 'KV'], 'id', ids.namespace)
  for (const [binding, bucket] of [
    ['AVATARS', names.avatars],
    ['MEDIA', names.media],
  ] as const) {
    setOf('r2_buckets', ['binding', binding], 'bucket_name', bucket)
    setOf('r2_buckets', ['binding', binding], 'jurisdiction', answers.jurisdiction)
  }
  for (const [name, id] of limitIds(names.worker)) setOf('ratelimits', ['name', name], 'namespace_id', id)
  return edit(text, [...changes, ...routeChanges(config, answers.origin)])
}

function wantedVars(answers: Answers, { devUrl }: Ids): Record<string, string> {
  const sender = answers.name.replace(/["<>]/g, '').trim()
  const pictures = answers.pictures === R2_DEV ? devUrl : answers.pictures === PRESIGNED ? null : answers.pictures
  return {
    ORIGIN: answers.origin,
    MAIL: answers.mail,
    MAIL_FROM: sender === '' ? answers.from : `${sender} <${answers.from}>`,
    MAIL_API_URL: answers['mail-url'],
    MAIL_SES_REGION: answers['ses-region'],
    MAIL_SES_ACCESS_KEY_ID: answers['ses-access-key-id'],
    BRAND_NAME: answers.name,
    BRAND_ACCENT: answers.accent,
    BRAND_LOGO_URL: answers.logo,
    ...(pictures === null ? {} : { AVATARS_BASE_URL: pictures }),
    ...(answers.providers.length === 0 ? {} : { UPSTREAM_PROVIDERS: JSON.stringify(answers.providers) }),
  }
}

/** A domain of its own: the element of the former address, if there is one, moves to the new one. */
function routeChanges(config: Config, origin: string): (Edit | Addition)[] {
  const host = new URL(origin).hostname
  const patterns = elements(config, 'routes').map(({ pattern }) => String(pattern))
  if (isWorkersDev(origin) || patterns.includes(host)) return []
  const former = URL.parse(String(varsOf(config).ORIGIN ?? ''))?.hostname ?? ''
  return patterns.includes(former)
    ? [{ table: 'routes', where: ['pattern', former], key: 'pattern', value: host }]
    : [{ append: 'routes', values: { pattern: host, custom_domain: true } }]
}

/** Counters of rate limits belong to the account: each Kith there needs ids of its own. */
function limitIds(worker: string): [name: string, id: string][] {
  const hash = createHash('sha256').update(worker).digest().readUInt32BE()
  const first = worker === 'kith' ? 7001 : 10_000 + (hash % 10_000_000) * 10
  return ['LIMIT_CREATE', 'LIMIT_LOGIN', 'LIMIT_CODE', 'LIMIT_OTHER'].map((name, index) => [name, String(first + index)])
}

/** The Worker's verdict on vars and secrets. `kept` are secrets that are set already and cannot be read. */
export function workerProblems(text: string, secrets: Readonly<Record<string, string>>, kept: readonly string[]): string[] {
  const placeholders = Object.fromEntries(kept.map((name) => [name, 'kept']))
  const env = { ...placeholders, ...varsOf(parse(text)), ...secrets }
  const { read, problems } = readVars(env)
  const ofSecrets = readSecrets(env, read.UPSTREAM_PROVIDERS ?? []).problems
  const all = [...problems, ...ofSecrets, ...problemsAcross(read)]
  return all.filter((problem) => !kept.includes(problem.split(':')[0] ?? '') || problem.split(':')[0] === undefined)
}
