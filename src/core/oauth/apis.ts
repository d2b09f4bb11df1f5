/**
 * The team's own APIs, which Kith issues access tokens for (RFC 8707): their fields, one by one, and the rules that
 * combine them. The admin API and the operator's command send these. Pure: `api-registration.ts` stores them.
 */
import * as z from 'zod'
import type { ApiRow } from '../../store/db/apis.ts'
import { isScope } from '../scopes.ts'
import { text } from '../texts.ts'
import type { ApiScope } from './api-scopes.ts'
import { accessTokenSeconds, clientClaims, clientId, clientName } from './client-fields.ts'
import { API_RESOURCE_LENGTH_MAX, API_SCOPE_LENGTH_MAX, API_SCOPES_MAX, CLIENT_API_SCOPES_MAX } from './limits.ts'
import { isLoopbackRedirectUri } from './redirect-uri.ts'

export interface Api {
  /** The resource indicator: an absolute URI, and the audience of its tokens. */
  readonly resource: string
  readonly name: string
  readonly scopes: readonly DescribedScope[]
  /** What its tokens say of the user: names from the list in `client-claims.ts`. */
  readonly claims: readonly string[]
  /** Null: as long as the client's. */
  readonly accessTokenSeconds: number | null
  /** Whether clients that registered themselves may ask for it. */
  readonly isOpenToAll: boolean
  /** The API's own client, which may introspect and exchange the tokens that it receives. */
  readonly serverClientId: string | null
  /** If not, it gets no tokens, and those that it has are not active. */
  readonly isEnabled: boolean
}

export interface DescribedScope {
  readonly name: string
  /** In plain words, for the consent page. */
  readonly description: string
}

export function toApi(row: ApiRow): Api {
  return {
    resource: row.resource,
    name: row.name,
    scopes: JSON.parse(row.scopes) as DescribedScope[],
    claims: row.claims.split(' ').filter(Boolean),
    accessTokenSeconds: row.accessTokenSeconds,
    isOpenToAll: row.openToAll === 1,
    serverClientId: row.serverClientId,
    isEnabled: row.disabledAt === null,
  }
}

/** The API if it exists and is enabled. */
export function toEnabledApi(row: ApiRow | null | undefined): Api | null {
  return row && row.disabledAt === null ? toApi(row) : null
}

// --- fields ------------------------------------------------------------------------------------------------------

/** RFC 3986 without the fragment; stored lists of scopes are separated by spaces, and `|` ends the resource. */
const URI_CHARACTERS = /^[!$%&'()*+,\-./0-9:;=?@A-Z[\]_a-z~]+$/

/** RFC 8707 §2: an absolute URI without a fragment. It is compared exactly, so it is stored as it is sent. */
export const apiResource = z
  .string()
  .max(API_RESOURCE_LENGTH_MAX, `must have at most ${API_RESOURCE_LENGTH_MAX} characters`)
  .refine(
    (v) => URI_CHARACTERS.test(v) && ((/^https:\/\/[A-Za-z0-9[]/.test(v) && isPlain(v)) || isLoopbackRedirectUri(v)),
    'must be an https URI without a fragment; http on loopback for development',
  )
  .meta({ description: 'The resource indicator (RFC 8707): the audience of its tokens', example: 'https://orders.example.com/' })

/** Without credentials: programs disagree on whether those are part of it. */
function isPlain(uri: string): boolean {
  return URL.canParse(uri) && new URL(uri).username === '' && new URL(uri).password === ''
}

/** RFC 6749 §3.3 without what separates names in a list or ends a resource; never one of Kith's own scopes. */
const SCOPE_NAME = /^[!#-+\--[\]-{}~]+$/

export const apiScopeName = z
  .string()
  .max(API_SCOPE_LENGTH_MAX, `must have at most ${API_SCOPE_LENGTH_MAX} characters`)
  .refine((v) => SCOPE_NAME.test(v), 'must have letters, digits and punctuation other than a comma, |, " or \\')
  .refine((v) => !isScope(v) && v !== 'offline_access', "must not be one of Kith's own scopes, or offline_access")
  .meta({ example: 'orders:read' })

const scope = z.strictObject({
  name: apiScopeName,
  description: text({ max: 200 }).meta({ description: 'In plain words, for the consent page', example: 'See your orders' }),
})

export const apiScopes = z
  .array(scope)
  .max(API_SCOPES_MAX, `must have at most ${API_SCOPES_MAX} scopes`)
  .refine((v) => new Set(v.map(({ name }) => name)).size === v.length, 'must not be repeated')

export const apiName = clientName.meta({ description: 'Shown to users', example: 'Orders' })
export const apiClaims = clientClaims.meta({ description: 'What its tokens say of the user', example: ['role'] })
export const apiTokenSeconds = accessTokenSeconds.nullable().meta({ description: "null: as long as the client's", example: 300 })
export const apiServerClientId = clientId
  .nullable()
  .meta({ description: "The API's own client, which may introspect and exchange the tokens that it receives", example: 'orders-api' })

/** The scopes that a client may ask for, by API. An empty list admits it to the API itself. */
export const clientApiScopes = z
  .record(apiResource, z.array(apiScopeName))
  .transform((sent): ApiScope[] =>
    Object.entries(sent).flatMap(([resource, names]) => ['', ...new Set(names)].map((name) => ({ resource, name }))),
  )
  .refine((v) => v.length <= CLIENT_API_SCOPES_MAX, `must have at most ${CLIENT_API_SCOPES_MAX} scopes`)
  .meta({
    description: "What its tokens can hold of the team's own APIs: resources with the names of scopes, or none for the API itself",
    example: { 'https://orders.example.com/': ['orders:read'] },
  })
