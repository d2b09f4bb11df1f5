/** `npm run operator -- api <command>`: the team's own APIs (docs/apis.md), by the rules of the admin API (core/oauth). */
import { parseArgs } from 'node:util'
import { findSpelt, spellingsOf } from '../../src/core/oauth/api-grants.ts'
import { type ApiChanges, planApi, planApiChange } from '../../src/core/oauth/api-plans.ts'
import * as fields from '../../src/core/oauth/apis.ts'
import {
  type ApiRow,
  deleteApi,
  findApi,
  findApiGone,
  findApiOfVersion,
  findApis,
  insertApi,
  isApiNew,
  isApiOfVersion,
  listApis,
  mayServeApi,
  updateApi,
} from '../../src/store/db/apis.ts'
import { both, findIf } from '../../src/store/db/database.ts'
import { execute } from '../database.ts'
import { Refusal } from '../local.ts'
import { readOrigin } from '../settings.ts'
import { eventOfOperator, judge, misuse, withRefusals } from './input.ts'

export const usage = `api create <resource> --name <name> [fields]
  api update <resource> [fields]
  api disable | enable | delete | show <resource>
  api list [after]

  A resource is the URI that clients ask for and the audience of their tokens. The fields of an API:
    --name <text>                    shown to people
    --scope "<name> <words>"         a scope, with what it lets an app do: "orders:read See your orders"; once for each
    --claim <name>                   what its tokens say of people: role, locale, picture or custom_data.<key>; once for each
    --access-token-seconds <n>       60 to 3600; by default as long as the client's
    --open-to-all, --no-open-to-all  whether clients that registered themselves may ask for it
    --server-client <id>             its own client, which may introspect the tokens that were issued for it
  none clears any of them but --name.`

const OPTIONS = {
  name: { type: 'string' },
  scope: { type: 'string', multiple: true },
  claim: { type: 'string', multiple: true },
  'access-token-seconds': { type: 'string' },
  'open-to-all': { type: 'boolean' },
  'server-client': { type: 'string' },
} as const

/** The options of the fields that the core's rules name. */
const OPTION_OF = { server_client_id: '--server-client' }

const PAGE = 100
const NONE = 'none'

export function run(args: readonly string[], remote: boolean): Promise<void> {
  return withRefusals(() => act(args, remote), OPTION_OF)
}

async function act(args: readonly string[], remote: boolean): Promise<void> {
  const { values, positionals } = read(args)
  const [command, what, ...rest] = positionals
  if (command === undefined || rest.length > 0) throw misuse('api', 'api needs a command and a resource')
  if (Object.keys(values).length > 0 && command !== 'create' && command !== 'update') throw new Refusal(`api ${command} takes no fields`)
  if (command === 'list') return await list(what ?? '', remote)
  const resource = judge('resource', fields.apiResource, what)
  if (resource === undefined) throw new Refusal(`api ${command} needs a resource`)
  switch (command) {
    case 'create':
      return await create(resource, toChanges(values), remote)
    case 'update':
      return await change(resource, toChanges(values), remote)
    case 'disable':
    case 'enable':
      return await change(resource, { disabled: command === 'disable' }, remote)
    case 'delete':
      return await remove(resource, remote)
    case 'show':
      return show(await find(resource, remote))
    default:
      throw misuse('api', `Unknown command: api ${command}`)
  }
}

function read(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, allowNegative: true })
  } catch (error) {
    throw misuse('api', error as Error)
  }
}

/** The options, validated by the atoms of the API; errors name the option. */
function toChanges(values: ReturnType<typeof read>['values']): ApiChanges {
  const list = (sent: string[] | undefined) => (sent?.join() === NONE ? [] : sent)
  const seconds = values['access-token-seconds']
  return {
    name: judge('--name', fields.apiName, values.name),
    scopes: judge('--scope', fields.apiScopes, list(values.scope)?.map(toScope)),
    claims: judge('--claim', fields.apiClaims, list(values.claim)),
    accessTokenSeconds: judge('--access-token-seconds', fields.apiTokenSeconds, orNull(seconds, Number)),
    isOpenToAll: values['open-to-all'],
    serverClientId: judge('--server-client', fields.apiServerClientId, orNull(values['server-client'], String)),
  }
}

function toScope(text: string): { name: string; description: string } {
  const [, name = '', description = ''] = /^(\S*)\s*(.*)$/s.exec(text.trim()) ?? []
  if (description === '') throw new Refusal(`--scope: "${text}" needs words for people, as in "orders:read See your orders"`)
  return { name, description }
}

const orNull = <T>(text: string | undefined, to: (text: string) => T) => (text === undefined || text !== NONE ? text && to(text) : null)

async function find(resource: string, remote: boolean): Promise<ApiRow> {
  const row = findSpelt(await execute([], findApis(spellingsOf(resource)), remote), resource, (each) => each.resource)
  if (!row) throw new Refusal(`No API is registered as ${resource}; api list shows them`)
  return row
}

async function create(resource: string, changes: ApiChanges, remote: boolean): Promise<void> {
  const { name } = changes
  if (name === undefined) throw new Refusal('api create needs --name')
  const now = Date.now()
  const mayServe = mayServeApi(changes.serverClientId ?? null)
  const config = { origin: readOrigin(remote), environment: remote ? ('production' as const) : ('development' as const) }
  const row = planApi({ ...changes, resource, name }, await execute([], findIf(mayServe), remote), { now, config })
  const condition = both(isApiNew(resource), mayServe)
  const stored = await execute(
    [eventOfOperator('api_created', resource, now, condition), insertApi(row, condition)],
    findApi(resource),
    remote,
  )
  if (stored?.createdAt !== now) throw new Refusal(`An API is registered as ${resource} already`)
  show(row)
}

async function change(named: string, changes: ApiChanges, remote: boolean): Promise<void> {
  if (Object.values(changes).every((value) => value === undefined)) throw new Refusal('api update needs the fields to change')
  const now = Date.now()
  const mayServe = mayServeApi(changes.serverClientId ?? null)
  const before = await find(named, remote)
  const { resource } = before
  const { row, events } = planApiChange(before, changes, await execute([], findIf(mayServe), remote), now)
  if (events.length === 0) return console.log(`${resource} already has these settings; nothing was changed.`)
  const condition = both(isApiOfVersion(resource, before.updatedAt), mayServe)
  const trail = events.map(({ type, detail }) => eventOfOperator(type, detail, now, condition))
  const stored = await execute([...trail, updateApi(row, condition)], findApiOfVersion(resource, row.updatedAt), remote)
  if (!stored) throw changedMeanwhile(resource)
  show(row)
}

async function remove(named: string, remote: boolean): Promise<void> {
  const { resource, updatedAt } = await find(named, remote)
  const condition = isApiOfVersion(resource, updatedAt)
  const writes = [eventOfOperator('api_deleted', resource, Date.now(), condition), deleteApi(resource, condition)]
  if (!(await execute(writes, findApiGone(resource), remote))) throw changedMeanwhile(resource)
  console.log(`${resource} is deleted. No client gets a token for it, and introspection calls those that it has inactive.`)
}

const changedMeanwhile = (resource: string) => new Refusal(`${resource} was changed by somebody else in the meantime; nothing was done`)

async function list(after: string, remote: boolean): Promise<void> {
  const rows = await execute([], listApis({ after, limit: PAGE }), remote)
  if (rows.length === 0) return console.log('There are no APIs.')
  for (const { resource, name, disabledAt } of rows)
    console.log(`${resource.padEnd(48)} ${name}${disabledAt === null ? '' : ' (disabled)'}`)
  if (rows.length === PAGE) console.log(`\nThere may be more: api list ${rows.at(-1)?.resource}`)
}

function show(row: ApiRow): void {
  const api = fields.toApi(row)
  const lines: [string, string][] = [
    ['resource', api.resource],
    ['name', api.name],
    ...api.scopes.map(({ name, description }): [string, string] => ['scope', `${name}: ${description}`]),
    ['claims', api.claims.join(' ') || NONE],
    ['access_token_seconds', api.accessTokenSeconds === null ? "the client's" : String(api.accessTokenSeconds)],
    ['open_to_all', String(api.isOpenToAll)],
    ['server_client_id', api.serverClientId ?? NONE],
    ['disabled', String(!api.isEnabled)],
  ]
  for (const [label, value] of lines) console.log(`${label.padEnd(22)} ${value}`)
}
