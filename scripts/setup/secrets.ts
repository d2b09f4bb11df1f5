/**
 * The secrets of a deployment. Those that Kith generates and those that somebody entered are first kept in `secrets.env`,
 * which Git ignores: the keys are needed with every backup, and an interrupted run goes on with the same ones. A secret
 * that the Worker has is never replaced.
 */
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { makeSecrets } from '../keys.ts'
import { Refusal, ROOT } from '../local.ts'
import type { Answers } from './answers.ts'

export const SECRETS_FILE = join(ROOT, 'secrets.env')

/** A secret that somebody has to enter. */
export interface Wanted {
  readonly name: string
  /** Apple's private key, a file of several lines. */
  readonly isFile: boolean
}

export function wantedOf({ mail, providers }: Answers): Wanted[] {
  const isConfidential = (provider: Answers['providers'][number]) => provider.tokenEndpointAuthMethod !== 'none'
  return [
    ...(mail === 'email-service' ? [] : [{ name: 'MAIL_API_KEY', isFile: false }]),
    ...providers
      .filter(isConfidential)
      .map(({ id, preset }) => ({ name: `UPSTREAM_SECRET_${id.toUpperCase()}`, isFile: preset === 'apple' })),
  ]
}

export const GENERATED = ['SIGNING_KEYS', 'HMAC_KEYS', 'PEPPER_KEYS', 'ENCRYPTION_KEYS', 'PAIRWISE_KEY'] as const
/** Without them nobody can sign in any more. */
const IRREPLACEABLE = ['PEPPER_KEYS', 'ENCRYPTION_KEYS', 'HMAC_KEYS']

export interface KnownSecrets {
  /** To be put, with their values. */
  readonly values: Readonly<Record<string, string>>
  /** To be generated. */
  readonly toGenerate: readonly string[]
  /** To be entered. */
  readonly toAsk: readonly Wanted[]
}

export function findSecrets(answers: Answers, present: readonly string[], hasAccounts: boolean): KnownSecrets {
  const kept = readSecretsFile()
  const owner = /^# The secrets of the Worker ([\w-]+)/m.exec(textOfFile())?.[1] ?? answers.worker
  if (owner !== answers.worker)
    throw new Refusal(
      `${SECRETS_FILE} has the secrets of the Worker ${owner}, and ${answers.worker} needs its own. Move the file away first.`,
    )
  const known = (name: string) => process.env[name] || kept[name]
  const missing = (name: string) => !present.includes(name)
  const wanted = wantedOf(answers).filter(({ name }) => missing(name))
  const generated = GENERATED.filter(missing)
  const lost = IRREPLACEABLE.filter((name) => missing(name) && !kept[name])
  if (hasAccounts && lost.length > 0) {
    throw new Refusal(
      `The database has accounts, but the Worker lacks ${lost.join(', ')}. With new keys, nobody could sign in.
Put the deployment's keys into ${SECRETS_FILE} and run this again, or choose another Worker name for a new Kith.`,
    )
  }
  const names = [...generated.filter((name) => kept[name]), ...wanted.map(({ name }) => name).filter(known)]
  return {
    values: Object.fromEntries(
      names.map((name) => [name, (generated as readonly string[]).includes(name) ? (kept[name] ?? '') : (known(name) ?? '')]),
    ),
    toGenerate: generated.filter((name) => !kept[name]),
    toAsk: wanted.filter(({ name }) => !known(name)),
  }
}

const textOfFile = () => (existsSync(SECRETS_FILE) ? readFileSync(SECRETS_FILE, 'utf8') : '')
const readSecretsFile = (): Record<string, string | undefined> => parseEnv(textOfFile())

export async function generate(names: readonly string[]): Promise<Record<string, string>> {
  const made = await makeSecrets('')
  return Object.fromEntries(names.map((name) => [name, made[name] ?? '']))
}

/** Adds what the file lacks, and whose secrets they are; a crash in the middle leaves the old file. */
export function keep(secrets: Readonly<Record<string, string>>, worker: string): void {
  const present = readSecretsFile()
  const missing = Object.entries(secrets).filter(([name, value]) => present[name] !== value)
  if (missing.length === 0) return
  const owner = `# The secrets of the Worker ${worker}: keep a copy where you keep secrets. Never commit this file.\n`
  const text = textOfFile()
    .replace(/(?<!\n)$/, '\n')
    .trimStart()
  const before = text.startsWith(owner) ? text : owner + text
  const draft = `${SECRETS_FILE}.new`
  writeFileSync(draft, before + missing.map(([name, value]) => `${name}=${quoted(name, value)}\n`).join(''), { mode: 0o600 })
  chmodSync(draft, 0o600)
  renameSync(draft, SECRETS_FILE)
}

/** The first kind of quotes that the value does not contain; a dotenv file knows no escapes. */
function quoted(name: string, value: string): string {
  const quote = ["'", '`', '"'].find((one) => !value.includes(one))
  if (quote === undefined) throw new Refusal(`${name} contains every kind of quote. Set it by hand: npx wrangler secret put ${name}`)
  return `${quote}${value}${quote}`
}
