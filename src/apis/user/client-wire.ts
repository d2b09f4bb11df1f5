/** Clients and connected apps: requests and replies, in Liquid's envelope, with the metadata names of RFC 7591. */
import * as z from 'zod'
import * as client from '../../core/oauth/client-metadata.ts'
import type { ClientChanges, ClientRow, NewClient, Registration } from '../../core/oauth/client-registration.ts'
import type { ConnectedApp } from '../../core/oauth/connected-apps.ts'
import { date, toIso } from './presenters.ts'
import { ok } from './replies.ts'
import { flag, PageQuery } from './wire.ts'

const optionalMetadata = {
  redirect_uris: client.redirectUris.optional(),
  post_logout_redirect_uris: client.postLogoutRedirectUris.optional(),
  grant_types: client.grantTypes.optional(),
  token_endpoint_auth_method: client.authMethod.optional(),
  first_party: flag.optional().meta({ description: 'First-party: users are not asked for consent', example: false }),
  may_change_addresses: flag
    .optional()
    .meta({ description: "Fresh tokens may change the user's e-mail address; only for clients with a secret", example: false }),
  require_pkce: flag.optional().meta({ description: 'false only for clients with a secret', example: true }),
  access_token_seconds: client.accessTokenSeconds.optional(),
  id_token_signed_response_alg: client.idTokenAlg.optional(),
  claims_in_id_token: flag.optional().meta({ description: 'ID tokens also contain the userinfo claims', example: false }),
  native_development: flag
    .optional()
    .meta({ description: 'A native app in development: redirect URIs such as myapp://callback and exp://… are allowed', example: false }),
}

/** Programs of Liquid send a list; it is joined to text. */
const scope = z
  .preprocess((sent) => (Array.isArray(sent) && sent.every((name) => typeof name === 'string') ? sent.join(' ') : sent), client.clientScope)
  .meta({ description: 'The maximum scopes of its tokens, separated by spaces; a list is accepted too', example: 'delegated:profile:read' })

/** Liquid's names for the same. If both are sent, RFC 7591's win. */
const liquidMetadata = {
  displayName: client.clientName.optional().meta({ description: "Liquid's name for client_name" }),
  grants: client.grantTypes.optional().meta({ description: "Liquid's name for grant_types" }),
  redirectUris: client.redirectUris.optional().meta({ description: "Liquid's name for redirect_uris" }),
  role: z
    .enum(['internal_client', 'external_client'], 'must be internal_client or external_client')
    .optional()
    .meta({ description: "Liquid's name for first_party: internal_client means true", example: 'external_client' }),
}
const target = client.clientId.optional().meta({ description: "Liquid's name for client_id" })
const isNamed = (body: { client_id?: string | undefined; target?: string | undefined }) => (body.client_id ?? body.target) !== undefined
const UNNAMED = { path: ['client_id'], message: 'is required' }

export const CreateClientBody = z
  .strictObject({
    client_id: client.newClientId.optional(),
    id: client.newClientId.optional().meta({ description: "Liquid's name for client_id" }),
    client_name: client.clientName.optional(),
    scope,
    ...optionalMetadata,
    ...liquidMetadata,
  })
  .refine((body) => (body.client_name ?? body.displayName) !== undefined, { path: ['client_name'], message: 'is required' })

export const UpdateClientBody = z
  .strictObject({
    client_id: client.clientId.optional(),
    target,
    client_name: client.clientName.optional(),
    scope: scope.optional(),
    ...optionalMetadata,
    ...liquidMetadata,
    rotate_secret: flag.optional().meta({ description: 'true: issues a new secret; the old one stops working at once', example: false }),
    disabled: flag
      .optional()
      .meta({ description: 'true: the client and its tokens stop working until it is enabled again', example: false }),
  })
  .refine(isNamed, UNNAMED)

export const ClientBody = z.strictObject({ client_id: client.clientId.optional(), target }).refine(isNamed, UNNAMED)
export const idOfClient = (body: z.output<typeof ClientBody>) => body.client_id ?? body.target ?? ''
export const ClientParams = z.object({ clientId: client.clientId })
export const ListClientsQuery = PageQuery.omit({ offset: true })
  .strict()
  .extend({
    after: client.clientId.optional().meta({ description: 'The client_id of the last record of the previous page', example: 'my-app' }),
  })

type Body = Omit<z.output<typeof UpdateClientBody>, 'client_id' | 'target' | 'rotate_secret' | 'disabled'>

function toMetadata(body: Body) {
  return {
    name: body.client_name ?? body.displayName,
    scopes: body.scope,
    redirectUris: body.redirect_uris ?? body.redirectUris,
    postLogoutRedirectUris: body.post_logout_redirect_uris,
    grantTypes: body.grant_types ?? body.grants,
    authMethod: body.token_endpoint_auth_method,
    isFirstParty: body.first_party ?? (body.role === undefined ? undefined : body.role === 'internal_client'),
    mayChangeAddresses: body.may_change_addresses,
    requiresPkce: body.require_pkce,
    accessTokenSeconds: body.access_token_seconds,
    idTokenAlg: body.id_token_signed_response_alg,
    claimsInIdToken: body.claims_in_id_token,
    isNativeDevelopment: body.native_development,
  }
}

export function toNewClient(body: z.output<typeof CreateClientBody>): NewClient {
  const metadata = toMetadata(body)
  return { ...metadata, id: body.client_id ?? body.id, name: metadata.name ?? '', scopes: body.scope }
}

export function toClientChanges(body: z.output<typeof UpdateClientBody>): { id: string } & ClientChanges {
  return { ...toMetadata(body), id: idOfClient(body), rotateSecret: body.rotate_secret, disabled: body.disabled }
}

const clientFields = {
  client_id: z.string(),
  client_name: z.string(),
  redirect_uris: z.array(z.string()),
  post_logout_redirect_uris: z.array(z.string()),
  grant_types: z.array(z.string()),
  scope: z.string(),
  token_endpoint_auth_method: z.string(),
  first_party: z.boolean(),
  may_change_addresses: z.boolean(),
  require_pkce: z.boolean(),
  access_token_seconds: z.int(),
  id_token_signed_response_alg: z.string(),
  claims_in_id_token: z.boolean(),
  native_development: z.boolean(),
  disabled: z.boolean(),
  client_id_issued_at: z.int().meta({ description: 'Seconds since 1970' }),
}
const ClientOut = z.strictObject(clientFields).meta({ id: 'Client' })
const RegisteredClient = z
  .strictObject({
    ...clientFields,
    client_secret: z.string().optional().meta({ description: 'Shown only once, when it was just issued' }),
    client_secret_expires_at: z.literal(0).optional().meta({ description: 'Never' }),
  })
  .meta({ id: 'RegisteredClient' })

export function toClient(row: ClientRow): z.output<typeof ClientOut> {
  const metadata = client.toMetadata(row)
  return {
    client_id: row.id,
    client_name: metadata.name,
    redirect_uris: [...metadata.redirectUris],
    post_logout_redirect_uris: [...metadata.postLogoutRedirectUris],
    grant_types: [...metadata.grantTypes],
    scope: metadata.scopes.join(' '),
    token_endpoint_auth_method: metadata.authMethod,
    first_party: metadata.isFirstParty,
    may_change_addresses: metadata.mayChangeAddresses,
    require_pkce: metadata.requiresPkce,
    access_token_seconds: metadata.accessTokenSeconds,
    id_token_signed_response_alg: metadata.idTokenAlg,
    claims_in_id_token: metadata.claimsInIdToken,
    native_development: metadata.isNativeDevelopment,
    disabled: row.disabledAt !== null,
    client_id_issued_at: Math.floor(row.createdAt / 1000),
  }
}

export function toRegisteredClient({ row, secret }: Registration): z.output<typeof RegisteredClient> {
  return { ...toClient(row), ...(secret === null ? {} : { client_secret: secret, client_secret_expires_at: 0 }) }
}

const App = z
  .strictObject({
    clientId: z.string(),
    name: z.string(),
    firstParty: z.boolean(),
    scopes: z.array(z.strictObject({ scope: z.string(), description: z.string() })),
    connectedAt: z.iso.datetime(),
    lastUsedAt: date.meta({ description: 'Accurate to 15 minutes; null while no session is live' }),
    liveSessions: z.int(),
  })
  .meta({ id: 'ConnectedApp' })

export function toApp(app: ConnectedApp): z.output<typeof App> {
  const { clientId, name, isFirstParty, scopes, connectedAt, lastUsedAt, liveSessions } = app
  return {
    clientId,
    name,
    firstParty: isFirstParty,
    scopes: [...scopes],
    connectedAt: new Date(connectedAt).toISOString(),
    lastUsedAt: toIso(lastUsedAt),
    liveSessions,
  }
}

export const ClientReply = ok(z.strictObject({ client: ClientOut }))
export const RegisteredClientReply = ok(z.strictObject({ client: RegisteredClient }))
export const ClientsReply = ok(
  z.strictObject({
    records: z.array(ClientOut),
    clients: z.array(ClientOut),
    hasMore: z.boolean(),
    next: z.string().nullable().meta({ description: 'The `after` of the next page' }),
  }),
)
export const AppsReply = ok(z.strictObject({ records: z.array(App) }))

export const EXAMPLE_CLIENT: z.output<typeof ClientOut> = {
  client_id: 'my-app',
  client_name: 'My app',
  redirect_uris: ['https://app.example.com/callback'],
  post_logout_redirect_uris: ['https://app.example.com/'],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'delegated:profile:read',
  token_endpoint_auth_method: 'none',
  first_party: false,
  may_change_addresses: false,
  require_pkce: true,
  access_token_seconds: 600,
  id_token_signed_response_alg: 'RS256',
  claims_in_id_token: false,
  native_development: false,
  disabled: false,
  client_id_issued_at: 1789228258,
}

export const EXAMPLE_APP: z.output<typeof App> = {
  clientId: 'my-app',
  name: 'My app',
  firstParty: false,
  scopes: [{ scope: 'delegated:profile:read', description: 'See profiles, including yours' }],
  connectedAt: '2026-09-12T15:50:58.690Z',
  lastUsedAt: '2026-09-12T15:50:58.690Z',
  liveSessions: 1,
}
