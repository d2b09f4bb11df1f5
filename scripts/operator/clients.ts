/**
 * `npm run operator -- client <command>`: OAuth clients, by the rules of the admin API (core/oauth). The operator holds
 * every scope.
 */
import { parseArgs } from 'node:util'
import { readVars, toOrigin } from '../../src/config-vars.ts'
import { blockedOrigins } from '../../src/core/calling-origins.ts'
import { requireScopes } from '../../src/core/oauth/api-plans.ts'
import { toMetadata } from '../../src/core/oauth/client-columns.ts'
import * as metadata from '../../src/core/oauth/client-fields.ts'
import { jwks, jwksUri } from '../../src/core/oauth/client-keys.ts'
import { METADATA_NAMES } from '../../src/core/oauth/client-metadata.ts'
import { type ClientChanges, type NewClient, planChange, planClient, requireNoDocument } from '../../src/core/oauth/client-plans.ts'
import {
  type ClientRow,
  findClientGone,
  findClientOfVersion,
  findRegisteredClient,
  insertClient,
  isClientIdFree,
  isClientOfVersion,
  listRegisteredClients,
  markClientDeleted,
  updateClient,
} from '../../src/store/db/client-registration.ts'
import { execute } from '../database.ts'
import { Refusal } from '../local.ts'
import { findOrigin, readSettings } from '../settings.ts'
import { apiTexts, findNamed, readApis } from './client-apis.ts'
import { planCtx, readKeys } from './client-keys.ts'
import { describeClient } from './client-settings.ts'
import { eventOfOperator, judge, judgeOrRemove, misuse, withRefusals } from './input.ts'

export const usage = `client create [id] --name <name> --scope <scopes> [fields]
  client update <id> [fields]
  client rotate-secret | disable | enable | delete | show <id>
  client list [after]

  Fields of a client, as in RFC 7591:
    --name <text>                    shown to people
    --scope "<scope> <scope>"        the most that its tokens can hold
    --api "<resource> <scope> ..."   an API of your own (operator -- api), with scopes of it or none; once for each; none clears them
    --redirect-uri <uri>             https, loopback, or com.example.app:/callback; once for each URI
    --post-logout-redirect-uri <uri> once for each URI
    --backchannel-logout-uri <uri>   gets a logout token when a session ends; '' removes it
    --frontchannel-logout-uri <uri>  loaded in a frame when a browser signs out; '' removes it
    --grant-type <type>              authorization_code, refresh_token, client_credentials, urn:ietf:params:oauth:grant-type:device_code
                                    or urn:ietf:params:oauth:grant-type:token-exchange; once for each
    --auth-method <method>           none: public; client_secret_basic or _post: with a secret, sent either way;
                                     private_key_jwt, client_secret_jwt: by signed assertions
    --jwks <file>                    public keys for private_key_jwt (RFC 7517); or
    --jwks-uri <uri>                 where the client publishes them
    --first-party, --no-first-party  whether people are asked for consent
    --may-change-addresses           tokens of a fresh sign-in may change the email address; not for public clients
    --pkce, --no-pkce                whether PKCE is required; a public client may not do without
    --require-pushed-requests        authorization requests must be pushed (RFC 9126)
    --require-signed-request-object  they must be signed (RFC 9101); for private_key_jwt
    --dpop-bound                     tokens are issued only to a client that proves a key of its own (RFC 9449)
    --security-profile <profile>     none, or fapi2 (FAPI 2.0, docs/fapi.md): sets --pkce, --require-pushed-requests, --dpop-bound and
                                     --id-token-alg ES256; needs --auth-method private_key_jwt and https redirect URIs
    --access-token-seconds <n>       60 to 3600
    --id-token-alg <alg>             RS256 (most libraries) or ES256
    --claims-in-id-token             for libraries that do not call userinfo
    --claim <name>                   what it learns beyond its scopes: role, locale, picture or custom_data.<key>; once for each
    --subject-type <type>            public, or pairwise: its users' subjects are its own; cannot be changed
    --sector-identifier-uri <uri>    for pairwise, if the redirect URIs have several hosts: a list of them all
    --client-uri, --policy-uri, --tos-uri, --logo-uri <uri>
                                     its own page, privacy policy and terms, which people are shown; its picture is only kept
    --native-development             allows redirect URIs such as myapp://callback and exp://…`

const OPTIONS = {
  name: { type: 'string' },
  scope: { type: 'string' },
  api: { type: 'string', multiple: true },
  'redirect-uri': { type: 'string', multiple: true },
  'post-logout-redirect-uri': { type: 'string', multiple: true },
  'backchannel-logout-uri': { type: 'string' },
  'frontchannel-logout-uri': { type: 'string' },
  'grant-type': { type: 'string', multiple: true },
  'auth-method': { type: 'string' },
  jwks: { type: 'string' },
  'jwks-uri': { type: 'string' },
  'first-party': { type: 'boolean' },
  'may-change-addresses': { type: 'boolean' },
  pkce: { type: 'boolean' },
  'require-pushed-requests': { type: 'boolean' },
  'require-signed-request-object': { type: 'boolean' },
  'dpop-bound': { type: 'boolean' },
  'security-profile': { type: 'string' },
  'access-token-seconds': { type: 'string' },
  'id-token-alg': { type: 'string' },
  'claims-in-id-token': { type: 'boolean' },
  claim: { type: 'string', multiple: true },
  'subject-type': { type: 'string' },
  'sector-identifier-uri': { type: 'string' },
  'client-uri': { type: 'string' },
  'logo-uri': { type: 'string' },
  'policy-uri': { type: 'string' },
  'tos-uri': { type: 'string' },
  'native-development': { type: 'boolean' },
} as const

/** The options of the fields that the core's rules name. */
const OPTION_OF = {
  redirect_uris: '--redirect-uri',
  post_logout_redirect_uris: '--post-logout-redirect-uri',
  backchannel_logout_uri: '--backchannel-logout-uri',
  frontchannel_logout_uri: '--frontchannel-logout-uri',
  grant_types: '--grant-type',
  scope: '--scope',
  api_scopes: '--api',
  token_endpoint_auth_method: '--auth-method',
  jwks: '--jwks',
  jwks_uri: '--jwks-uri',
  may_change_addresses: '--may-change-addresses',
  require_pkce: '--no-pkce',
  require_pushed_authorization_requests: '--no-require-pushed-requests',
  dpop_bound_access_tokens: '--no-dpop-bound',
  id_token_signed_response_alg: '--id-token-alg',
  require_signed_request_object: '--require-signed-request-object',
  subject_type: '--subject-type',
  sector_identifier_uri: '--sector-identifier-uri',
}

const PAGE = 100

export function run(args: readonly string[], remote: boolean): Promise<void> {
  return withRefusals(() => act(args, remote), OPTION_OF)
}

async function act(args: readonly string[], remote: boolean): Promise<void> {
  const { values, positionals } = read(args)
  const [command, id, ...rest] = positionals
  if (command === undefined || rest.length > 0) throw misuse('client', 'client needs a command and an id')
  const fields = toFields(values)
  const isGiven = Object.values(fields).some((value) => value !== undefined)
  if (isGiven && command !== 'create' && command !== 'update') throw new Refusal(`client ${command} takes no fields`)
  switch (command) {
    case 'create':
      return await create(id, fields, remote)
    case 'update':
      if (!isGiven) throw new Refusal('client update needs the fields to change')
      return await change(required(id, command), fields, remote)
    case 'rotate-secret':
      return await change(required(id, command), { rotateSecret: true }, remote)
    case 'disable':
    case 'enable':
      return await change(required(id, command), { disabled: command === 'disable' }, remote)
    case 'delete':
      return await remove(required(id, command), remote)
    case 'show':
      return await tellAbout(required(id, command), remote)
    case 'list':
      return await list(id ?? '', remote)
    default:
      throw misuse('client', `Unknown command: client ${command}`)
  }
}

function read(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, allowNegative: true })
  } catch (error) {
    throw misuse('client', error as Error)
  }
}

/** The options, validated by the atoms of the API; errors name the option. */
function toFields(values: ReturnType<typeof read>['values']): ClientChanges {
  const seconds = values['access-token-seconds']
  return {
    name: judge('--name', metadata.clientName, values.name),
    scopes: judge('--scope', metadata.clientScope, values.scope),
    apiScopes: readApis(values.api),
    redirectUris: judge('--redirect-uri', metadata.redirectUris, values['redirect-uri']),
    postLogoutRedirectUris: judge('--post-logout-redirect-uri', metadata.postLogoutRedirectUris, values['post-logout-redirect-uri']),
    backchannelLogoutUri: judgeOrRemove('--backchannel-logout-uri', metadata.backchannelLogoutUri, values['backchannel-logout-uri']),
    frontchannelLogoutUri: judgeOrRemove('--frontchannel-logout-uri', metadata.frontchannelLogoutUri, values['frontchannel-logout-uri']),
    grantTypes: judge('--grant-type', metadata.grantTypes, values['grant-type']),
    authMethod: judge('--auth-method', metadata.authMethod, values['auth-method']),
    jwks: judge('--jwks', jwks, readKeys(values.jwks)),
    jwksUri: judge('--jwks-uri', jwksUri, values['jwks-uri']),
    isFirstParty: values['first-party'],
    mayChangeAddresses: values['may-change-addresses'],
    requiresPkce: values.pkce,
    requiresPushedRequests: values['require-pushed-requests'],
    requiresSignedRequests: values['require-signed-request-object'],
    isDpopBound: values['dpop-bound'],
    securityProfile: judge('--security-profile', metadata.securityProfile, values['security-profile']),
    idTokenAlg: judge('--id-token-alg', metadata.idTokenAlg, values['id-token-alg']),
    claimsInIdToken: values['claims-in-id-token'],
    claims: judge('--claim', metadata.clientClaims, values.claim),
    subjectType: judge('--subject-type', metadata.subjectType, values['subject-type']),
    sectorIdentifierUri: judge('--sector-identifier-uri', metadata.sectorIdentifierUri, values['sector-identifier-uri']),
    clientUri: judge('--client-uri', metadata.clientUri, values['client-uri']),
    logoUri: judge('--logo-uri', metadata.logoUri, values['logo-uri']),
    policyUri: judge('--policy-uri', metadata.policyUri, values['policy-uri']),
    tosUri: judge('--tos-uri', metadata.tosUri, values['tos-uri']),
    isNativeDevelopment: values['native-development'],
    accessTokenSeconds: judge('--access-token-seconds', metadata.accessTokenSeconds, seconds === undefined ? undefined : Number(seconds)),
  }
}

function required(id: string | undefined, command: string): string {
  if (id === undefined) throw new Refusal(`client ${command} needs the id of a client`)
  return id
}

async function find(id: string, remote: boolean): Promise<ClientRow> {
  const row = await execute([], findRegisteredClient(id), remote)
  if (!row) throw new Refusal(`No client has the id ${JSON.stringify(id)}`)
  return row
}

/** Like the admin API: the deployment's own default. */
function defaultTokenSeconds(remote: boolean): number | undefined {
  const { ACCESS_TOKEN_SECONDS } = readSettings(remote)
  return readVars({ ACCESS_TOKEN_SECONDS }).read.ACCESS_TOKEN_SECONDS
}

async function create(id: string | undefined, fields: ClientChanges, remote: boolean): Promise<void> {
  const { apis, apiScopes } = await findNamed(fields.apiScopes, remote)
  const { name, scopes = apiScopes && [] } = fields
  if (name === undefined || scopes === undefined) throw new Refusal('client create needs --name, and --scope or --api')
  const now = Date.now()
  const { accessTokenSeconds = defaultTokenSeconds(remote) } = fields
  const input: NewClient = { ...fields, name, scopes, apiScopes, accessTokenSeconds, id: judge('id', metadata.newClientId, id) }
  const { row, secret } = await planClient(input, planCtx(now, remote))
  requireScopes(row, null, apis)
  const writes = [eventOfOperator('client_created', row.id, now, isClientIdFree(row.id)), insertClient(row)]
  const stored = await execute(writes, findRegisteredClient(row.id), remote)
  if (stored?.createdAt !== now || stored.secretHash !== row.secretHash) throw new Refusal(`The id ${row.id} is taken`)
  show(row)
  tell(row, secret, remote)
  warn(row, remote)
}

async function change(id: string, changes: ClientChanges, remote: boolean): Promise<void> {
  const before = await find(id, remote)
  requireNoDocument(before, changes)
  const now = Date.now()
  const { apis, apiScopes } = await findNamed(changes.apiScopes, remote)
  const { row, secret, events } = await planChange(before, { ...changes, apiScopes }, planCtx(now, remote))
  requireScopes(row, before, apis)
  if (events.length === 0) return console.log(`${id} already has these settings; nothing was changed.`)
  const condition = isClientOfVersion(id, before.updatedAt)
  const trail = events.map(({ type, detail }) => eventOfOperator(type, detail, now, condition))
  const stored = await execute([...trail, updateClient(row, condition)], findClientOfVersion(id, row.updatedAt), remote)
  if (!stored || stored.secretHash !== row.secretHash)
    throw new Refusal(`${id} was changed by somebody else in the meantime; nothing was done`)
  show(row)
  tell(row, secret, remote)
  warn(row, remote)
}

async function remove(id: string, remote: boolean): Promise<void> {
  const { updatedAt } = await find(id, remote)
  const now = Date.now()
  const condition = isClientOfVersion(id, updatedAt)
  const writes = [eventOfOperator('client_deleted', id, now, condition), ...markClientDeleted(id, now, condition)]
  if (!(await execute(writes, findClientGone(id), remote)))
    throw new Refusal(`${id} was changed by somebody else in the meantime; nothing was done`)
  console.log(`${id} is deleted. Its tokens are refused from now on; its sessions and consents are removed by the next cron runs.`)
}

async function list(after: string, remote: boolean): Promise<void> {
  const rows = await execute([], listRegisteredClients({ after, limit: PAGE }), remote)
  if (rows.length === 0) return console.log('There are no clients.')
  for (const { id, name, source, disabledAt } of rows) {
    console.log(`${id.padEnd(32)} ${name}${source === 'operator' ? '' : ` (${source})`}${disabledAt === null ? '' : ' (disabled)'}`)
  }
  if (rows.length === PAGE) console.log(`\nThere may be more: client list ${rows.at(-1)?.id}`)
}

/** What is set: a field that is empty or false is not shown. */
function show(row: ClientRow): void {
  const known = toMetadata(row)
  const fields = Object.entries({ ...known, apiScopes: apiTexts(known.apiScopes).join('; ') }).map(([name, value]): [string, unknown] => [
    METADATA_NAMES[name as keyof typeof METADATA_NAMES],
    toText(value),
  ])
  for (const [name, value] of [['client_id', row.id], ...fields, ['disabled', row.disabledAt !== null]]) {
    if (value !== '' && value !== false) console.log(`${String(name).padEnd(28)} ${value}`)
  }
}

function toText(value: unknown): unknown {
  if (Array.isArray(value)) return value.join(' ')
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : (value ?? '')
}

async function tellAbout(id: string, remote: boolean): Promise<void> {
  const row = await find(id, remote)
  show(row)
  tell(row, null, remote)
}

function tell(row: ClientRow, secret: string | null, remote: boolean): void {
  console.log(`\n${describeClient(row, secret, remote)}`)
  if (secret === null) return
  const kept = row.sealedSecret === null ? 'Kith keeps only its SHA-256' : 'Kith keeps it encrypted'
  console.log(`\nThe secret is shown only once; ${kept}.`)
}

/** A page that gets its own tokens has to be allowed to. */
function warn(row: ClientRow, remote: boolean): void {
  const { authMethod, grantTypes, redirectUris } = toMetadata(row)
  if (authMethod !== 'none' || !grantTypes.includes('authorization_code')) return
  const { CORS_ORIGINS: corsOrigins = [], ENVIRONMENT: environment = 'production' } = readVars(readSettings(remote)).read
  const origins = corsOrigins.map((entry) => toOrigin(entry) ?? '')
  const blocked = blockedOrigins({ corsOrigins: origins, environment, origin: findOrigin(remote) ?? '' }, redirectUris)
  if (blocked.length === 0) return
  const place = remote ? 'in wrangler.toml, and deploy' : 'in .dev.vars, and restart npm start'
  console.log(`\nNot in CORS_ORIGINS: ${blocked.join(' ')}
If the app is a web page, browsers block its calls to Kith from there. Add the origin to CORS_ORIGINS ${place}.`)
}
