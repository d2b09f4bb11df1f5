/** The questions of `npm run setup`, each with what is already known as its default. */
import { readFileSync } from 'node:fs'
import {
  type Answers,
  type Field,
  type Given,
  isRequired,
  MAIL_FIELDS,
  normalize,
  type Provider,
  problemOf,
  providerProblems,
} from './answers.ts'
import type { Prompts } from './prompts.ts'

const QUESTIONS: Readonly<Partial<Record<Field, string>>> = {
  name: "Your product's name, as people see it",
  worker: 'Name of the Worker (its database and buckets are named after it)',
  origin: "Kith's address: a domain of yours on Cloudflare (https://id.example.com), or https://<worker>.<your subdomain>.workers.dev",
  pictures: 'Address of profile pictures: another domain of yours (https://avatars.example.com), or r2.dev to start with',
  'zone-id': "Zone id of the pictures' domain, from its overview in the dashboard (Enter to connect it by hand later)",
  mail: 'Mail provider: email-service (Cloudflare), resend, postmark, ses or relay',
  from: 'Sender address of mails',
  'mail-url': 'URL of your relay',
  'ses-region': 'Region of Amazon SES',
  'ses-access-key-id': 'Access key id of Amazon SES',
  accent: 'Colour of links and buttons, such as #2954c8 (Enter for blue)',
  logo: "URL of your logo (Enter for Kith's mark)",
  location: 'Where to store the data: weur, eeur, apac, oc, wnam, enam (Enter for near you)',
  jurisdiction: 'Jurisdiction that must hold the data: eu, us, fedramp (Enter for none)',
}

const mailFields = (): Field[] => Object.values(MAIL_FIELDS).flat()

/** Asks for what was not given; what an earlier run knows is the default. */
export async function askAnswers(prompts: Prompts, given: Given, known: Given): Promise<Answers> {
  const answers: Record<string, unknown> = { ...known, ...given }
  for (const field of ['name', 'worker', 'origin', 'pictures', 'zone-id', 'mail', ...mailFields(), 'from', 'accent', 'logo'] as const) {
    await askField(field)
  }
  // Both are fixed when the stores are made.
  if (!known.origin) for (const field of ['jurisdiction', 'location'] as const) await askField(field)
  answers.providers = given.providers ?? (await askProviders(prompts, known.providers ?? [], String(answers.origin)))
  if (given.admin === undefined) {
    answers.admin = await prompts.ask('Email address of the first administrator (Enter to do it later)', {
      check: (text) => problemOf('admin', text, {}),
    })
  }
  return answers as unknown as Answers

  /** What needs no question; undefined: it is asked. */
  function settled(field: Field, sofar: Given): string | undefined {
    if (given[field] !== undefined) return given[field]
    if (mailFields().includes(field) && !isRequired(field, sofar)) return known[field] ?? ''
    if (field === 'zone-id' && !needsZone(sofar)) return ''
    return field === 'location' && sofar.jurisdiction ? '' : undefined
  }

  async function askField(field: Field): Promise<void> {
    const sofar = answers as Given
    answers[field] = settled(field, sofar) ?? (await askFor(field, sofar))
  }

  async function askFor(field: Field, sofar: Given): Promise<string> {
    const check = (text: string) => {
      const problem = problemOf(field, normalize(field, text), sofar)
      return problem === null ? null : `${field} ${problem}`
    }
    return normalize(field, await prompts.ask(QUESTIONS[field] ?? field, { fallback: String(sofar[field] ?? ''), check }))
  }
}

export const needsZone = ({ pictures = '' }: Given) => pictures.startsWith('https://') && !pictures.endsWith('.r2.dev')

const ASKED_OF: Readonly<Record<string, readonly [field: string, question: string][]>> = {
  google: [['clientId', 'client id']],
  microsoft: [['clientId', 'application (client) id']],
  apple: [
    ['clientId', 'services id'],
    ['teamId', 'team id'],
    ['keyId', 'key id'],
  ],
  github: [['clientId', 'client id']],
  oidc: [
    ['id', 'a short name, such as staff'],
    ['name', 'name, as people see it'],
    ['issuer', 'issuer'],
    ['clientId', 'client id'],
  ],
}

async function askProviders(prompts: Prompts, known: readonly Provider[], origin: string): Promise<Provider[]> {
  const providers = [...known]
  const list = Object.keys(ASKED_OF).join(', ')
  const present = known.length > 0 ? `; keeps ${known.map(({ id }) => id).join(', ')}` : ''
  const words = (text: string) =>
    text
      .toLowerCase()
      .split(/[\s,]+/)
      .filter(Boolean)
  const chosen = await prompts.ask(`Sign-in providers to add: ${list} (Enter for none${present})`, {
    check: (text) => (words(text).every((word) => word in ASKED_OF) ? null : `Choose from ${list}.`),
  })
  for (const preset of words(chosen)) {
    const entry: Record<string, unknown> & { id: string } = preset === 'oidc' ? { id: '' } : { id: preset, preset }
    for (const [field, question] of ASKED_OF[preset] ?? []) {
      const check = (text: string) =>
        providerProblems([{ ...entry, [field]: text }]).find((problem) => problem.includes(`: ${field}: `)) ?? null
      entry[field] = await prompts.ask(`  ${preset}: ${question}`, { check: (text) => (text === '' ? 'is required' : check(text)) })
    }
    const at = providers.findIndex(({ id }) => id === entry.id)
    providers.splice(at < 0 ? providers.length : at, at < 0 ? 0 : 1, entry)
    console.log(`  Register this redirect URI with ${preset}: ${origin}/upstream/${entry.id}/callback`)
  }
  return providers
}

/** Asks for a secret. Apple's private key is a file of several lines, so its path is asked for. */
export async function askSecret(
  prompts: Prompts,
  name: string,
  isFile: boolean,
  problem: (value: string) => string | null,
): Promise<string> {
  if (!isFile) return await prompts.askSecret(name, (text) => (text === '' ? 'is required' : problem(text)))
  let key = ''
  await prompts.ask(`${name}: path of the private key (.p8)`, {
    check: (path) => {
      try {
        key = readFileSync(path, 'utf8').trim()
      } catch (error) {
        return (error as Error).message
      }
      return problem(key)
    },
  })
  return key
}
