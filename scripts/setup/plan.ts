/** What there is to do, in order. Each step can be repeated, so a run that was interrupted is continued by the next. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeAssets } from '../assets.ts'
import { Refusal, ROOT, startWrangler } from '../local.ts'
import type { Account, Found, Names } from './account.ts'
import { type Answers, R2_DEV } from './answers.ts'
import { configure, type Ids } from './configuration.ts'
import { needsZone } from './questions.ts'
import { generate, type KnownSecrets, keep, SECRETS_FILE } from './secrets.ts'

export const CONFIG_FILE = join(ROOT, 'wrangler.toml')

export interface Step {
  /** The command, or what it does. */
  readonly title: string
  run(): Promise<void>
  /** What to do by hand if it fails; without it, the run stops. */
  readonly otherwise?: string
}

export interface Situation {
  readonly answers: Answers
  readonly names: Names
  /** Null: nobody is logged in. */
  readonly found: Found | null
  readonly account: Account | null
  readonly secrets: KnownSecrets
  /** Secrets that somebody has entered. */
  readonly entered: Record<string, string>
}

export const idsOf = (found: Found | null): Ids => ({
  database: found?.database?.id ?? null,
  namespace: found?.namespace?.id ?? null,
  devUrl: found?.devUrl ?? null,
})

export function planSteps(situation: Situation): Step[] {
  const ids: { -readonly [key in keyof Ids]: Ids[key] } = { ...idsOf(situation.found) }
  const save = () => writeConfiguration(situation, ids)
  const steps: Step[] = []
  const { text, after } = preview(situation)
  if (text !== after) steps.push({ title: 'write wrangler.toml, as above', run: async () => save() })
  return [...steps, ...storeSteps(situation, ids, save), ...addressSteps(situation, ids, save), ...releaseSteps(situation)]
}

/** `wrangler.toml` now, and with all that is known. */
export function preview({ answers, names, found }: Situation): { text: string; after: string } {
  const text = readFileSync(CONFIG_FILE, 'utf8')
  return { text, after: configure(text, answers, names, idsOf(found)) }
}

/** A crash in the middle leaves the old file. */
function writeConfiguration({ answers, names }: Situation, ids: Ids): void {
  const draft = join(ROOT, '.wrangler.toml.new')
  writeFileSync(draft, configure(readFileSync(CONFIG_FILE, 'utf8'), answers, names, ids))
  renameSync(draft, CONFIG_FILE)
}

/** Runs wrangler where the person sees its output. Only a deployment may ask: whether it may take over an address. */
export async function act(args: readonly string[], input?: string): Promise<void> {
  const mayAsk = args[0] === 'deploy' && process.stdin.isTTY && process.stdout.isTTY
  const env = mayAsk ? {} : { CI: 'true' }
  const child = startWrangler(args, { stdio: [input === undefined ? (mayAsk ? 'inherit' : 'ignore') : 'pipe', 'inherit', 'inherit'], env })
  child.stdin?.on('error', () => undefined).end(input)
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
  if (code !== 0) throw new Refusal(`wrangler ${args.slice(0, 3).join(' ')} failed (see above)`)
}

const shown = (args: readonly string[]) => `wrangler ${args.join(' ')}`

function command(args: readonly string[], then: () => Promise<void> = async () => undefined): Step {
  return {
    title: shown(args),
    run: async () => {
      await act(args)
      await then()
    },
  }
}

const option = (name: string, value: string) => (value === '' ? [] : [name, value])
const jurisdictionOf = ({ jurisdiction }: Answers) => option('--jurisdiction', jurisdiction)

function storeSteps(
  { answers, names, found, account }: Situation,
  ids: { database: string | null; namespace: string | null },
  save: () => void,
): Step[] {
  // D1 ignores the location where the law decides.
  const where = answers.jurisdiction === '' ? option('--location', answers.location) : jurisdictionOf(answers)
  const steps: Step[] = []
  if (!found?.database) {
    const then = async () => {
      ids.database = (await account?.findDatabase(names.database)) ?? null
      save()
    }
    steps.push(command(['d1', 'create', names.database, ...where], then))
  }
  if (!found?.namespace) {
    const then = async () => {
      ids.namespace = (await account?.findNamespace(names.namespace)) ?? null
      save()
    }
    steps.push(command(['kv', 'namespace', 'create', names.namespace, ...jurisdictionOf(answers)], then))
  }
  for (const bucket of ['avatars', 'media'] as const) {
    if ((found?.[bucket] ?? null) === null) steps.push(command(['r2', 'bucket', 'create', names[bucket], ...where]))
  }
  return steps
}

/** Where pictures are public, and whom mails come from. */
function addressSteps({ answers, names, found, account }: Situation, ids: { devUrl: string | null }, save: () => void): Step[] {
  const steps: Step[] = []
  if (answers.pictures === R2_DEV && !found?.devUrl) {
    const then = async () => {
      ids.devUrl = (await account?.findDevUrl(names.avatars)) ?? null
      if (ids.devUrl === null) throw new Refusal(`wrangler does not show the public address of ${names.avatars}`)
      save()
    }
    steps.push(command(['r2', 'bucket', 'dev-url', 'enable', names.avatars, '--force', ...jurisdictionOf(answers)], then))
  }
  if (needsZone(answers) && answers['zone-id'] !== '') {
    const domain = new URL(answers.pictures).hostname
    const args = ['r2', 'bucket', 'domain', 'add', names.avatars, '--domain', domain, '--zone-id', answers['zone-id'], '--force']
    if (!found?.pictureDomains.includes(domain))
      steps.push({ ...command([...args, ...jurisdictionOf(answers)]), otherwise: connectByHand(answers, names) })
  }
  const sender = answers.from.split('@')[1] ?? ''
  if (answers.mail === 'email-service' && found?.sends !== true) {
    const otherwise = `Onboard ${sender} to Email Service; until then, mails wait in the outbox: npx wrangler email sending enable ${sender}`
    steps.push({ ...command(['email', 'sending', 'enable', sender]), otherwise })
  }
  return steps
}

export const connectByHand = ({ pictures }: Answers, names: Names) =>
  `Connect ${new URL(pictures).hostname} to the bucket ${names.avatars}; until then, no picture loads: dashboard, R2, ${names.avatars}, Settings, Custom Domains`

function releaseSteps({ names, secrets, entered }: Situation): Step[] {
  const steps: Step[] = []
  const names_ = [...secrets.toGenerate, ...secrets.toAsk.map(({ name }) => name)]
  const all: Record<string, string> = { ...secrets.values }
  if (names_.length > 0) {
    const run = async () => {
      Object.assign(all, await generate(secrets.toGenerate), entered)
      keep(all, names.worker)
    }
    steps.push({
      title: `add to ${SECRETS_FILE.slice(ROOT.length + 1)} (ignored by Git, readable only by you): ${names_.join(', ')}`,
      run,
    })
  }
  steps.push({ title: 'build assets/ (OpenAPI documents, styles)', run: async () => void (await makeAssets()) })
  steps.push(command(['d1', 'migrations', 'apply', 'DB', '--remote']))
  const put = [...Object.keys(secrets.values), ...names_]
  if (put.length > 0) {
    const args = ['secret', 'bulk', '--name', names.worker]
    const run = () => act(args, JSON.stringify(all))
    steps.push({ title: `${shown(args)}, with the values of ${put.join(', ')} on its input`, run })
  }
  steps.push(command(['deploy', '--minify']))
  return steps
}
