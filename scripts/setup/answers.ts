/**
 * What `npm run setup` has to know, from flags, a JSON file, an earlier run's `wrangler.toml`, or questions. Each answer
 * is checked by the Worker's own rules (`src/config*.ts`), so what is written is what the Worker accepts.
 */
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { parseArgs } from 'node:util'
import * as z from 'zod'
import { parseSender } from '../../src/config-brand.ts'
import { problemsAcross } from '../../src/config-problems.ts'
import { readVars, vars } from '../../src/config-vars.ts'
import { email } from '../../src/core/fields.ts'
import { Refusal } from '../local.ts'

const LOCATIONS = ['weur', 'eeur', 'apac', 'oc', 'wnam', 'enam']
const JURISDICTIONS = ['eu', 'us', 'fedramp']
/** The bucket's development address, for a start without a domain. */
export const R2_DEV = 'r2.dev'
/** Signed URLs, which are set up by hand (docs/deploy.md, "Profile pictures"). */
export const PRESIGNED = 'presigned'

export interface Provider {
  readonly id: string
  readonly [field: string]: unknown
}

/** A text for each flag; all but `origin` and `from` may be empty. */
export interface Answers extends Record<Field, string> {
  readonly providers: readonly Provider[]
}
export type Field = keyof typeof FIELDS
export type Given = Partial<Answers>

interface FieldRule {
  readonly help: string
  /** What is wrong with it; null if nothing is. */
  check(value: string, given: Given): string | null
  /** What people write, as it is stored. */
  readonly normalize?: (value: string) => string
}

const byVar = (name: keyof typeof vars.shape) => (value: string) => vars.shape[name].safeParse(value).error?.issues[0]?.message ?? null
const oneOf = (values: readonly string[]) => (value: string) =>
  value === '' || values.includes(value) ? null : `must be one of ${values.join(', ')}`
const matching = (pattern: RegExp, problem: string) => (value: string) => (pattern.test(value) ? null : problem)

export const FIELDS = {
  worker: {
    help: 'name of the Worker; its database and buckets are named after it (kith)',
    check: matching(
      /^[a-z0-9]([a-z0-9-]{1,52}[a-z0-9])$/,
      'must be 3 to 54 characters (a-z, 0-9 and -), and begin and end with a letter or digit',
    ),
  },
  account: {
    help: 'id of the Cloudflare account, if you have several',
    check: matching(/^([0-9a-f]{32})?$/, 'must be 32 hexadecimal digits'),
  },
  name: { help: "your product's name, as people see it", check: byVar('BRAND_NAME') },
  origin: {
    help: "Kith's address, such as https://id.example.com or https://kith.you.workers.dev",
    check: checkOrigin,
    normalize: toOrigin,
  },
  pictures: {
    help: 'address of profile pictures, such as https://avatars.example.com; r2.dev to start with',
    check: checkPictures,
    normalize: toPictures,
  },
  'zone-id': { help: "id of the zone of the pictures' domain", check: matching(/^([0-9a-f]{32})?$/, 'must be 32 hexadecimal digits') },
  mail: { help: 'mail provider: email-service, resend, postmark, ses or relay', check: checkMail },
  from: { help: 'sender address of mails', check: checkAddress },
  'mail-url': { help: 'URL of your relay', check: checkUrl('MAIL_API_URL') },
  'ses-region': { help: 'region of Amazon SES', check: byVar('MAIL_SES_REGION') },
  'ses-access-key-id': { help: 'access key id of Amazon SES', check: byVar('MAIL_SES_ACCESS_KEY_ID') },
  accent: { help: 'colour of links and buttons, such as #2954c8', check: byVar('BRAND_ACCENT') },
  logo: { help: 'URL of a logo', check: byVar('BRAND_LOGO_URL') },
  location: { help: `where to store the data: ${LOCATIONS.join(', ')}`, check: oneOf(LOCATIONS) },
  jurisdiction: { help: `jurisdiction that must hold the data: ${JURISDICTIONS.join(', ')}`, check: oneOf(JURISDICTIONS) },
  admin: { help: 'email address of the first administrator', check: (value) => (value === '' ? null : checkAddress(value)) },
} as const satisfies Record<string, FieldRule>

const PRODUCTION = { ENVIRONMENT: 'production' } as const

/** `id.example.com` means https; `/` at the end means nothing; names in other scripts become ASCII. */
function toOrigin(text: string): string {
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`)
  return url && url.href === `${url.origin}/` ? url.origin : text
}

function checkOrigin(value: string, { worker = '' }: Given): string | null {
  const [problem] = [byVar('ORIGIN')(value), ...(URL.canParse(value) ? problemsAcross({ ...PRODUCTION, ORIGIN: value }) : [])].filter(
    Boolean,
  )
  if (problem) return problem.replace('ORIGIN ', '')
  const { hostname, port } = new URL(value)
  if (port !== '' || isIP(hostname.replace(/[[\]]/g, '')) || !hostname.includes('.')) return 'must be a domain, without a port'
  if (hostname.endsWith('.workers.dev') && !(hostname.split('.').length === 4 && hostname.startsWith(`${worker}.`)))
    return `must be https://${worker || '<worker>'}.<your subdomain>.workers.dev`
  return null
}

function toPictures(text: string): string {
  const plain = text.replace(/\/+$/, '')
  return plain === R2_DEV || plain === PRESIGNED || /^https?:\/\/[^/]+\//i.test(plain) ? plain : toOrigin(plain)
}

function checkPictures(value: string, { origin }: Given): string | null {
  if (value === R2_DEV || value === PRESIGNED) return null
  const [problem] = [byVar('AVATARS_BASE_URL')(value), ...problemsAcross({ ...PRODUCTION, AVATARS_BASE_URL: value })].filter(Boolean)
  if (value === '' || problem)
    return problem?.replace('AVATARS_BASE_URL ', '') ?? 'must be a URL such as https://avatars.example.com, or r2.dev'
  return new URL(value).origin === origin ? "must not be Kith's own address" : null
}

function checkMail(value: string): string | null {
  if (byVar('MAIL')(value) !== null) return 'must be email-service, resend, postmark, ses or relay'
  return value === 'capture' ? (problemsAcross({ ...PRODUCTION, MAIL: 'capture' })[0] ?? null) : null
}

function checkUrl(name: 'MAIL_API_URL') {
  return (value: string) => byVar(name)(value) ?? problemsAcross({ ...PRODUCTION, [name]: value })[0] ?? null
}

function checkAddress(value: string): string | null {
  return email.safeParse(value).error?.issues[0]?.message ?? null
}

const isAbsent = (value: string | undefined) => value === undefined || value === ''
/** What each kind of mail needs besides its secret. */
export const MAIL_FIELDS: Readonly<Record<string, readonly Field[]>> = { relay: ['mail-url'], ses: ['ses-region', 'ses-access-key-id'] }
export const isRequired = (field: Field, { mail = '' }: Given) =>
  ['worker', 'origin', 'pictures', 'mail', 'from'].includes(field) || MAIL_FIELDS[mail]?.includes(field) === true

export function problemOf(field: Field, value: string, given: Given): string | null {
  if (isAbsent(value) && isRequired(field, given)) return `is missing: ${FIELDS[field].help}`
  return isAbsent(value) ? null : (FIELDS[field] as FieldRule).check(value, given)
}

export const normalize = (field: Field, value: string) => (FIELDS[field] as FieldRule).normalize?.(value.trim()) ?? value.trim()

/** Every problem of the answers together, a line each. */
export function problemsOf(given: Given): string[] {
  const fields = (Object.keys(FIELDS) as Field[]).flatMap((field) => {
    const problem = problemOf(field, given[field] ?? '', given)
    return problem === null ? [] : [`--${field} ${problem}`]
  })
  return [...fields, ...providerProblems(given.providers ?? []).map((problem) => `providers: ${problem}`)]
}

/** What is required and missing, with a value to look at a plan by. */
export function examplesFor(given: Given): Given {
  const examples = {
    origin: 'https://id.example.com',
    pictures: 'https://avatars.example.com',
    mail: 'email-service',
    from: 'no-reply@example.com',
  }
  return Object.fromEntries(Object.entries(examples).filter(([field]) => !given[field as Field]))
}

export function providerProblems(providers: readonly unknown[]): string[] {
  return vars.shape.UPSTREAM_PROVIDERS.safeParse(JSON.stringify(providers)).error?.issues.map(({ message }) => message) ?? []
}

/** What an earlier run, or somebody by hand, wrote into `wrangler.toml`. */
export function answersIn(config: Record<string, unknown>): Given {
  const text = (name: string) => String((config.vars as Record<string, unknown> | undefined)?.[name] ?? '')
  const { read } = readVars((config.vars ?? {}) as object)
  const sender = parseSender(text('MAIL_FROM'))
  const buckets = (config.r2_buckets ?? []) as { jurisdiction?: string }[]
  const known: Given = {
    worker: String(config.name ?? 'kith'),
    account: String(config.account_id ?? ''),
    name: text('BRAND_NAME') || (sender.name ?? ''),
    origin: text('ORIGIN'),
    pictures:
      text('AVATAR_URLS') === PRESIGNED
        ? PRESIGNED
        : /^https:\/\/pub-[0-9a-f]+\.r2\.dev$/.test(text('AVATARS_BASE_URL'))
          ? R2_DEV
          : text('AVATARS_BASE_URL'),
    mail: text('MAIL'),
    from: sender.email,
    'mail-url': text('MAIL_API_URL'),
    'ses-region': text('MAIL_SES_REGION'),
    'ses-access-key-id': text('MAIL_SES_ACCESS_KEY_ID'),
    accent: text('BRAND_ACCENT'),
    logo: text('BRAND_LOGO_URL'),
    jurisdiction: buckets[0]?.jurisdiction ?? '',
    // An unreadable list is a problem of its own, found when the whole is checked.
    providers: read.UPSTREAM_PROVIDERS ? (JSON.parse(text('UPSTREAM_PROVIDERS') || '[]') as Provider[]) : [],
  }
  return known
}

export interface Options {
  readonly given: Given
  readonly isDryRun: boolean
  readonly isYes: boolean
  readonly waitSeconds: number
}

const USAGE = `Usage: npm run setup -- [options]

Takes Kith from a fresh clone to a running service with an administrator, in your Cloudflare account. It asks for what it
needs, shows every command and change, and asks before it acts. Run it again at any time: it continues where it stopped and
changes only what differs.

  --dry-run                ask nothing, show what would be done with examples for what is missing, and change nothing; works without
                           an account
  --yes                    ask nothing; take answers from the options below, and secrets from the environment
  --answers <file>         read answers from JSON: {"origin": "https://id.example.com", "providers": [...]}; options override it
  --wait <seconds>         how long to wait for the new address to answer (300)

${Object.entries(FIELDS)
  .map(([field, { help }]) => `  ${`--${field} <text>`.padEnd(24)} ${help}`)
  .join('\n')}

Secrets are never options. Setup asks for them, or reads them from the environment or secrets.env, by their names in
docs/deploy.md, such as MAIL_API_KEY or UPSTREAM_SECRET_GOOGLE. "providers" has the format of UPSTREAM_PROVIDERS
(docs/sign-in.md).`

/** Null: only the help was asked for, which is printed. */
export function readOptions(argv: readonly string[]): Options | null {
  const texts = Object.fromEntries(Object.keys(FIELDS).map((field) => [field, { type: 'string' }] as const))
  const flags = { 'dry-run': { type: 'boolean' }, yes: { type: 'boolean', short: 'y' }, help: { type: 'boolean', short: 'h' } } as const
  const others = { answers: { type: 'string' }, wait: { type: 'string' } } as const
  let values: Record<string, string | boolean | undefined>
  try {
    values = parseArgs({ args: [...argv], options: { ...texts, ...flags, ...others } }).values
  } catch (error) {
    throw new Refusal(`${(error as Error).message}\n\n${USAGE}`)
  }
  if (values.help) {
    console.log(USAGE)
    return null
  }
  const waitSeconds = Number(values.wait ?? 300)
  if (!(waitSeconds >= 0)) throw new Refusal('--wait must be a number of seconds')
  const file = typeof values.answers === 'string' ? readAnswers(values.answers) : {}
  const given: Record<string, unknown> = { ...file }
  for (const field of Object.keys(FIELDS)) if (typeof values[field] === 'string') given[field] = values[field]
  for (const field of Object.keys(FIELDS) as Field[]) if (typeof given[field] === 'string') given[field] = normalize(field, given[field])
  return { given: given as Given, isDryRun: values['dry-run'] === true, isYes: values.yes === true, waitSeconds }
}

function readAnswers(path: string): Given {
  const text = z.string()
  const schema = z.strictObject({
    ...Object.fromEntries(Object.keys(FIELDS).map((field) => [field, text.optional()])),
    providers: z.array(z.looseObject({ id: text })).optional(),
  })
  let json: unknown
  try {
    json = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new Refusal(`--answers ${path}: ${(error as Error).message}`)
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data as Given
  throw new Refusal(parsed.error.issues.map(({ path: at, message }) => `--answers ${path}: ${at.join('.')} ${message}`).join('\n'))
}
