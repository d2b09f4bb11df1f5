/**
 * What registering or changing a client does to its row: its metadata, its secret, and what ends with a change. Writes
 * nothing; `client-registration.ts` and the operator's command do.
 */
import { type Keyring, sha256 } from '../../crypto.ts'
import type { AuditEventType } from '../../store/db/audit-events.ts'
import type { ClientRow } from '../../store/db/client-registration.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { toColumns, toMetadata } from './client-columns.ts'
import { type KeySet, sealSecret } from './client-keys.ts'
import {
  type ClientMetadata,
  DEFAULTS,
  hasSecret,
  judgeMetadata,
  METADATA_NAMES,
  makeClientId,
  newClientSecret,
} from './client-metadata.ts'
import type { ClientSource } from './clients.ts'
import { FAPI_FIELDS, isFapi } from './fapi.ts'
import { judgeSubjects } from './sectors.ts'

/** A client, and its secret if it was just issued: returned only once, stored as SHA-256, and sealed if it is an HMAC key. */
export interface Registration {
  readonly row: ClientRow
  readonly secret: string | null
}

/** Omitted fields get their defaults. */
export type NewClient = Pick<ClientMetadata, 'name' | 'scopes'> & {
  readonly [F in Exclude<keyof ClientMetadata, 'name' | 'scopes'>]?: ClientMetadata[F] | undefined
} & { readonly id?: string | undefined; readonly source?: ClientSource; readonly registrationTokenHash?: string }

/** Omitted fields stay. */
export type ClientChanges = { readonly [F in keyof ClientMetadata]?: ClientMetadata[F] | undefined } & {
  readonly rotateSecret?: boolean | undefined
  readonly disabled?: boolean | undefined
}

/** What a plan needs: the time, the keys that encrypt a secret, which only client_secret_jwt asks for, and whether there can be pairwise subjects. */
export interface PlanCtx {
  readonly now: number
  readonly keys: () => Keyring
  readonly hasPairwiseKey: () => boolean
}

export const planCtxOf = (ctx: Pick<Ctx, 'now' | 'config'>): PlanCtx => ({
  now: ctx.now(),
  keys: () => ctx.config.encryptionKeys,
  hasPairwiseKey: () => ctx.config.pairwiseKey !== null,
})

/** The row of a new client; throws what its metadata break. May fetch `sector_identifier_uri`, so strangers are turned away before. */
export async function planClient(input: NewClient, ctx: PlanCtx, newSecret: string = newClientSecret()): Promise<Registration> {
  const { id = makeClientId(), source = 'operator', registrationTokenHash = null, ...fields } = input
  const metadata = { ...DEFAULTS, ...impliedBy(fields), ...given(fields) } as ClientMetadata
  judgeMetadata(metadata)
  await judgeSubjects(ctx, metadata, null)
  const secret = hasSecret(metadata.authMethod) ? newSecret : null
  const columns = { ...toColumns(metadata), ...(await storedSecret(ctx, id, metadata, secret)) }
  const { now } = ctx
  return {
    row: {
      id,
      ...columns,
      source,
      registrationTokenHash,
      epoch: 0,
      consentsSince: 0,
      disabledAt: null,
      createdAt: now,
      updatedAt: now,
    },
    secret,
  }
}

/** A change of a client: the updated row, and its differences as the audit trail records them; none if nothing changed. */
export interface ClientChange extends Registration {
  readonly events: readonly { readonly type: AuditEventType; readonly detail: string }[]
}

/** The client's next request would undo the change. */
export function requireNoDocument(before: ClientRow, { disabled: _, ...changes }: ClientChanges): void {
  const changed = Object.entries(changes).find(([, value]) => value !== undefined)?.[0]
  if (before.source !== 'document' || changed === undefined) return
  const path = METADATA_NAMES[changed as keyof typeof METADATA_NAMES] ?? 'rotate_secret'
  throw AppError.ofFields([{ path, message: 'is up to the document of the client: it can only be disabled or deleted' }])
}

/** A new secret, a key taken away, or disabling the client invalidates its own tokens; users' tokens are checked against its row each time. */
export async function planChange(before: ClientRow, changes: ClientChanges, ctx: PlanCtx): Promise<ClientChange> {
  const { rotateSecret = false, disabled = before.disabledAt !== null, ...fields } = changes
  const metadata = withOneSetOfKeys({ ...toMetadata(before), ...impliedBy(fields), ...given(fields) } as ClientMetadata, fields)
  // Whatever its metadata are by today's rules, it can be disabled.
  if (Object.keys(given(fields)).length > 0) judgeMetadata(metadata)
  await judgeSubjects(ctx, metadata, toMetadata(before))
  const columns = toColumns(metadata)
  const isSecret = hasSecret(metadata.authMethod)
  if (rotateSecret && !isSecret) throw AppError.ofFields([{ path: 'rotate_secret', message: 'the client has no secret' }])
  // What is stored as SHA-256 alone is no HMAC key.
  const isMissing = before.secretHash === null || (metadata.authMethod === 'client_secret_jwt' && before.sealedSecret === null)
  const secret = isSecret && (rotateSecret || isMissing) ? newClientSecret() : null
  const secrets = await secretsAfter(ctx, before, metadata, secret)
  const changed = Object.entries(columns).filter(([name, value]) => before[name as keyof typeof columns] !== value)
  const names = changed.map(([column]) => NAME_OF_COLUMN[column as keyof typeof columns])
  const isSwitched = disabled !== (before.disabledAt !== null)
  const events = [
    ...(names.length > 0 ? [{ type: 'client_updated', detail: `${before.id}: ${names.join(' ')}` } as const] : []),
    ...(secret === null ? [] : [{ type: 'client_secret_rotated', detail: before.id } as const]),
    ...(isSwitched ? [{ type: disabled ? 'client_disabled' : 'client_enabled', detail: before.id } as const] : []),
  ]
  // The version of the row: never the same twice.
  const updatedAt = Math.max(ctx.now, before.updatedAt + 1)
  const row = {
    ...before,
    ...columns,
    ...secrets,
    consentsSince: isAnotherParty(before, metadata) ? updatedAt : before.consentsSince,
    epoch: before.epoch + Number(isWithdrawn(before, { ...columns, ...secrets }) || (isSwitched && disabled)),
    disabledAt: disabled ? (before.disabledAt ?? ctx.now) : null,
    updatedAt,
  }
  return events.length > 0 ? { row, secret, events } : { row: before, secret: null, events }
}

type Secrets = Pick<ClientRow, 'secretHash' | 'sealedSecret'>

async function storedSecret({ keys }: PlanCtx, id: string, { authMethod }: ClientMetadata, secret: string | null): Promise<Secrets> {
  if (secret === null) return { secretHash: null, sealedSecret: null }
  return { secretHash: sha256(secret), sealedSecret: authMethod === 'client_secret_jwt' ? await sealSecret(keys(), id, secret) : null }
}

async function secretsAfter(ctx: PlanCtx, before: ClientRow, metadata: ClientMetadata, secret: string | null): Promise<Secrets> {
  if (secret !== null || !hasSecret(metadata.authMethod)) return storedSecret(ctx, before.id, metadata, secret)
  const { secretHash, sealedSecret } = before
  return { secretHash, sealedSecret: metadata.authMethod === 'client_secret_jwt' ? sealedSecret : null }
}

/** New keys replace old ones, wherever those were; another method than private_key_jwt has none. */
function withOneSetOfKeys(metadata: ClientMetadata, { jwks, jwksUri }: ClientChanges): ClientMetadata {
  const isKept = metadata.authMethod === 'private_key_jwt'
  return {
    ...metadata,
    jwks: jwks === undefined && (jwksUri != null || !isKept) ? null : metadata.jwks,
    jwksUri: jwksUri === undefined && (jwks != null || !isKept) ? null : metadata.jwksUri,
  }
}

type Credentials = Pick<ClientRow, 'secretHash' | 'jwks' | 'jwksUri'>

/** Whether the client could prove itself with something that no longer counts. */
function isWithdrawn(before: Credentials, after: Credentials): boolean {
  const of = ({ secretHash, jwks, jwksUri }: Credentials): (string | null)[] => [
    secretHash,
    jwksUri,
    ...(JSON.parse(jwks ?? '{"keys":[]}') as KeySet).keys.map((key) => JSON.stringify(key)),
  ]
  const still = of(after)
  return of(before).some((one) => one !== null && !still.includes(one))
}

/** Codes may now go to new URIs, or to a client that authenticates differently: users are asked again (RFC 9700 §4.16). */
function isAnotherParty(before: ClientRow, after: ClientMetadata): boolean {
  const known = toMetadata(before)
  return after.authMethod !== known.authMethod || after.redirectUris.some((uri) => !known.redirectUris.includes(uri))
}

const NAME_OF_COLUMN: Readonly<Record<keyof ReturnType<typeof toColumns>, string>> = {
  name: METADATA_NAMES.name,
  redirectUris: METADATA_NAMES.redirectUris,
  postLogoutRedirectUris: METADATA_NAMES.postLogoutRedirectUris,
  grantTypes: METADATA_NAMES.grantTypes,
  scopes: METADATA_NAMES.scopes,
  tokenEndpointAuthMethod: METADATA_NAMES.authMethod,
  jwks: METADATA_NAMES.jwks,
  jwksUri: METADATA_NAMES.jwksUri,
  firstParty: METADATA_NAMES.isFirstParty,
  mayChangeAddresses: METADATA_NAMES.mayChangeAddresses,
  requirePkce: METADATA_NAMES.requiresPkce,
  requirePushedRequests: METADATA_NAMES.requiresPushedRequests,
  requireSignedRequests: METADATA_NAMES.requiresSignedRequests,
  dpopBound: METADATA_NAMES.isDpopBound,
  securityProfile: METADATA_NAMES.securityProfile,
  accessTokenSeconds: METADATA_NAMES.accessTokenSeconds,
  idTokenSignedResponseAlg: METADATA_NAMES.idTokenAlg,
  claimsInIdToken: METADATA_NAMES.claimsInIdToken,
  claims: METADATA_NAMES.claims,
  subjectType: METADATA_NAMES.subjectType,
  sectorIdentifierUri: METADATA_NAMES.sectorIdentifierUri,
  backchannelLogoutUri: METADATA_NAMES.backchannelLogoutUri,
  frontchannelLogoutUri: METADATA_NAMES.frontchannelLogoutUri,
  clientUri: METADATA_NAMES.clientUri,
  logoUri: METADATA_NAMES.logoUri,
  policyUri: METADATA_NAMES.policyUri,
  tosUri: METADATA_NAMES.tosUri,
  nativeDevelopment: METADATA_NAMES.isNativeDevelopment,
}

const impliedBy = ({ securityProfile = 'none' }: ClientChanges) => (isFapi({ securityProfile }) ? FAPI_FIELDS : {})

function given<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>
}
