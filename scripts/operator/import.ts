/** `npm run operator -- import <file>`: people from another system, and whom they follow and block (docs/moving-in.md). */
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { Refusal } from '../local.ts'
import { readOrigin } from '../settings.ts'
import { DryRun } from './import/dry-run.ts'
import {
  HEAD_BYTES,
  type Input,
  type Item,
  type ReaderOptions,
  readerFor,
  records,
  requireEdges,
  Unreadable,
} from './import/readers/index.ts'
import { type Credentials, remoteTarget } from './import/remote.ts'
import { type Finished, importLines, type Source } from './import/run.ts'
import { type Target, withLocalTarget } from './import/target.ts'
import { misuse, withRefusals } from './input.ts'

export const usage = `import <people> [--edges <file>] [--dry-run]
                            people from another system, and whom they follow and block; after a kill, the same
                            command continues. Refused lines go to <file>.refused.ndjson, with the reason
    --format <name>         whose export it is: auto (default), kith, auth0, clerk, supabase, firebase, cognito,
                            keycloak or better-auth
    --with <file>           a second file of the same export, such as Auth0's password hashes
    --hash-config <file>    the parameters of Firebase's password hashes
    --role <theirs>=<ours>  once for each role that people keep under a name of Kith's
    --issuer <name>=<url>   once for each other provider whose accounts sign people in
    --url <origin>          a deployment, through its admin API, with a client's credentials in KITH_CLIENT_ID and
                            KITH_CLIENT_SECRET, or an administrator's token in --token-file`

const OPTIONS = {
  edges: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  format: { type: 'string', default: 'auto' },
  with: { type: 'string' },
  'hash-config': { type: 'string' },
  role: { type: 'string', multiple: true, default: [] as string[] },
  issuer: { type: 'string', multiple: true, default: [] as string[] },
  url: { type: 'string' },
  'token-file': { type: 'string' },
} as const

export function run(args: readonly string[], remote: boolean): Promise<void> {
  return withRefusals(async () => {
    const { values, positionals } = read(args)
    const [people, ...rest] = positionals
    if (rest.length > 0 || (people === undefined && values.edges === undefined)) {
      throw misuse('import', 'import needs a file of people, or --edges, or both')
    }
    const { edges } = values
    for (const path of [people, edges]) if (path !== undefined) requireFile(path)
    const sources: Source[] = []
    if (people !== undefined) sources.push(await peopleOf(people, values))
    if (edges !== undefined) sources.push(await edgesOf(edges))
    const dryRun = values['dry-run'] ? new DryRun() : null
    const url = values.url ?? (remote ? readOrigin(true) : undefined)
    const work = (target: Target) => importAll(target, sources, dryRun)
    await (url === undefined ? withLocalTarget(work) : work(remoteTarget(originOf(url), credentialsOf(values['token-file']))))
  })
}

function read(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  } catch (error) {
    throw misuse('import', error as Error)
  }
}
type Values = ReturnType<typeof read>['values']

async function importAll(target: Target, sources: readonly Source[], dryRun: DryRun | null): Promise<void> {
  if (dryRun) console.log(`A dry run against ${target.name}: nothing is written.`)
  const all: Finished[] = []
  for (const source of sources) {
    const finished = await importLines(target, source, dryRun).catch((error: unknown) => refuse(source, error))
    console.log(reportOf(source, finished, dryRun !== null))
    all.push(finished)
  }
  if (dryRun) console.log('\nWhat happens in Kith until the import may change these figures.')
  for (const finished of all) finished.forget()
}

/** Names the file that cannot be read. */
function refuse({ file, companion }: Pick<Source, 'file' | 'companion'>, error: unknown): never {
  if (!(error instanceof Unreadable)) throw error
  throw new Refusal(`${error.isOfCompanion ? companion : file}: ${error.message}`)
}

// --- files -----------------------------------------------------------------------------------------------------

function requireFile(path: string): string {
  if (!existsSync(path)) throw new Refusal(`There is no file ${path}`)
  if (!statSync(path).isFile()) throw new Refusal(`${path} is not a file`)
  return path
}

async function peopleOf(file: string, values: Values): Promise<Source> {
  const config = values['hash-config']
  const options: ReaderOptions = {
    ...(values.with === undefined ? {} : { companion: createReadStream(requireFile(values.with)) }),
    ...(config === undefined ? {} : { hashConfig: readFileSync(requireFile(config), 'utf8') }),
    roles: pairsOf('--role', values.role),
    issuers: pairsOf('--issuer', values.issuer),
  }
  try {
    const reader = readerFor(values.format, await headOf(file))
    if (values.format === 'auto' && reader.name !== 'kith') console.log(`${file} is an export of ${reader.title}.`)
    return { ...sourceOf('people', file, (input) => reader.read(input, options)), companion: values.with }
  } catch (error) {
    return refuse({ file }, error)
  }
}

async function edgesOf(file: string): Promise<Source> {
  try {
    requireEdges(await headOf(file))
    return sourceOf('edges', file, records)
  } catch (error) {
    return refuse({ file }, error)
  }
}

async function headOf(file: string): Promise<Uint8Array> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

function sourceOf(kind: Source['kind'], file: string, itemsOf: (input: Input) => AsyncIterable<Item>): Source {
  const stream = createReadStream(file)
  return { kind, file, bytes: statSync(file).size, items: itemsOf(stream), read: () => stream.bytesRead }
}

function pairsOf(option: string, texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=')
      if (at < 1 || at === text.length - 1) throw new Refusal(`${option}: ${JSON.stringify(text)} must be of the form theirs=ours`)
      return [text.slice(0, at), text.slice(at + 1)]
    }),
  )
}

// --- deployments -----------------------------------------------------------------------------------------------

function originOf(url: string): string {
  const isUrl = URL.canParse(url)
  const { protocol, hostname, origin } = isUrl ? new URL(url) : { protocol: '', hostname: '', origin: '' }
  if (protocol === 'https:' || (protocol === 'http:' && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname))) return origin
  throw new Refusal(`--url: ${JSON.stringify(url)} must be the https address of a deployment`)
}

function credentialsOf(tokenFile: string | undefined): Credentials {
  if (tokenFile !== undefined) return { tokenFile: requireFile(tokenFile) }
  const { KITH_CLIENT_ID: clientId, KITH_CLIENT_SECRET: clientSecret } = process.env
  if (clientId && clientSecret) return { clientId, clientSecret }
  throw new Refusal('A deployment needs KITH_CLIENT_ID and KITH_CLIENT_SECRET of a client with client:import:write, or --token-file')
}

// --- the report ------------------------------------------------------------------------------------------------

function reportOf({ file }: Source, { kind, counts, lines, seconds, refusedFile, notesFile }: Finished, isDryRun: boolean): string {
  const number = (value: number) => value.toLocaleString('en').padStart(12)
  const pace = Math.round(lines / Math.max(seconds, 0.001)).toLocaleString('en')
  const rows: [number, string][] = [
    [counts.created, isDryRun ? 'would be created' : 'created'],
    [counts.exists, 'there already'],
    ...(counts.repeated > 0 ? [[counts.repeated, 'again in this file: the first line about them counts'] as [number, string]] : []),
    [counts.refused, counts.refused > 0 ? `refused: ${refusedFile} has the reasons` : 'refused'],
  ]
  if (kind === 'people') {
    if (counts.byAddress > 0) rows.push([counts.byAddress, 'of those there, found by their verified address alone'])
    if (counts.passwordsAdded > 0) rows.push([counts.passwordsAdded, 'of those there, without a password until now'])
    rows.push([counts.named, 'without a user name: Kith proposes one'])
    rows.push([counts.renamed, 'with another user name: theirs breaks a rule, or is taken'])
    rows.push([counts.needReset, 'with a password that Kith cannot check: they need a new one'])
    rows.push([counts.unverified, 'without a verified address: until it is, they can neither sign in nor get a new password'])
    if (existsSync(notesFile)) rows.push([readFileSync(notesFile, 'utf8').split('\n').length - 1, `listed in ${notesFile}`])
  }
  if (counts.rowsWritten > 0) rows.push([counts.rowsWritten, 'rows written, as D1 counts them'])
  for (const [what, count] of Object.entries(counts.lost)) rows.push([count, `without what does not move: ${what}`])
  const all = rows.map(([value, what]) => `${number(value)}  ${what}`)
  return [`\n${file}: ${lines.toLocaleString('en')} ${kind} in ${seconds.toFixed(1)} s (${pace} a second)`, ...all].join('\n')
}
