/**
 * The fields of a client, one by one, in the terms of RFC 7591 §2: the admin API, the operator's command and clients
 * that register themselves all send these. The rules that combine them are in `client-metadata.ts`.
 */
import * as z from 'zod'
import { isPublicHttpsUrl } from '../outside.ts'
import { listScopes, parseScopes, type Scope } from '../scopes.ts'
import { text } from '../texts.ts'
import { CLIENT_AUTHENTICATION_METHODS } from './client-authentication.ts'
import { CLAIM_RULE, CLIENT_CLAIMS_MAX, isClientClaim } from './client-claims.ts'
import { GRANT_TYPES, SECURITY_PROFILES, SUBJECT_TYPES } from './clients.ts'
import {
  ACCESS_TOKEN_SECONDS_DEFAULT,
  ACCESS_TOKEN_SECONDS_MAX,
  ACCESS_TOKEN_SECONDS_MIN,
  CLIENT_DOCUMENT_URL_LENGTH_MAX,
  CLIENT_URI_LENGTH_MAX,
  CLIENT_URIS_MAX,
  REDIRECT_URI_LENGTH_MAX,
} from './limits.ts'
import { isAcceptableRedirectUri } from './redirect-uri.ts'
import { SIGNING_ALGORITHMS } from './signing-keys.ts'

const REGISTERED_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{2,63}$/
const ID_RULE = 'must have 3 to 64 letters, digits, ., _ or -, and begin with a letter or digit'

/** A valid client id: registered, or the URL of the client's metadata. */
export const clientId = z
  .string()
  .max(CLIENT_DOCUMENT_URL_LENGTH_MAX, ID_RULE)
  .refine((v) => REGISTERED_ID.test(v) || /^https?:\/\/[!-~]+$/.test(v), ID_RULE)
  .meta({ description: 'The client_id', example: 'my-app' })

/** RFC 9068 §5: the subject of a client's own token is its id, which must never pass for a user's. */
export const newClientId = clientId
  .regex(REGISTERED_ID, ID_RULE)
  .refine((v) => !/^(m\d+|[0-9a-f]{24}|[0-9a-f]{32})$/i.test(v), 'must not look like the id of a user')
  .refine((v) => !/^machine-/i.test(v), 'must not begin with machine-, which is reserved for keys')
  .meta({ description: 'Generated if omitted', example: 'my-app' })

/** Shown to users on the consent page. */
export const clientName = text({ max: 128 }).meta({ description: 'Shown to users', example: 'My app' })

const uri = z
  .string()
  .max(REDIRECT_URI_LENGTH_MAX, `must have at most ${REDIRECT_URI_LENGTH_MAX} characters`)
  .refine(
    (v) => isAcceptableRedirectUri(v, { nativeDevelopment: true }),
    'must be https, http on loopback, or the scheme of an app such as com.example.app:/callback',
  )
const uris = z
  .array(uri)
  .max(CLIENT_URIS_MAX, `must have at most ${CLIENT_URIS_MAX} URIs`)
  .refine((v) => new Set(v).size === v.length, 'must not be repeated')
export const redirectUris = uris.meta({ description: 'Compared exactly', example: ['https://app.example.com/callback'] })
export const postLogoutRedirectUris = uris.meta({ description: 'Allowed targets after sign-out', example: ['https://app.example.com/'] })

export const grantTypes = z
  .array(z.enum(GRANT_TYPES, `must be one of ${GRANT_TYPES.join(', ')}`))
  .min(1, 'must name a grant type')
  .max(GRANT_TYPES.length)
  .refine((v) => new Set(v).size === v.length, 'must not be repeated')
  .meta({ example: ['authorization_code', 'refresh_token'] })

export const clientScope = z
  .string()
  .max(4_000, 'must have at most 4000 characters')
  .transform((text, refine): Scope[] => {
    const { scopes, unknown } = parseScopes(text)
    if (unknown.length > 0) refine.addIssue({ code: 'custom', message: `names unknown scopes: ${listScopes(unknown)}` })
    return scopes
  })
  .meta({ description: 'The maximum scopes of its tokens, separated by spaces', example: 'delegated:profile:read' })

export const authMethod = z.enum(CLIENT_AUTHENTICATION_METHODS, `must be one of ${CLIENT_AUTHENTICATION_METHODS.join(', ')}`).meta({
  description: 'none: a public client; client_secret_basic or client_secret_post: a secret, sent either way; the others: signed assertions',
  example: 'none',
})

export const accessTokenSeconds = z
  .int('must be a whole number')
  .min(ACCESS_TOKEN_SECONDS_MIN, `must be ${ACCESS_TOKEN_SECONDS_MIN} or more`)
  .max(ACCESS_TOKEN_SECONDS_MAX, `must be ${ACCESS_TOKEN_SECONDS_MAX} or less`)
  .meta({ example: ACCESS_TOKEN_SECONDS_DEFAULT })

export const idTokenAlg = z
  .enum(SIGNING_ALGORITHMS, `must be one of ${SIGNING_ALGORITHMS.join(', ')}`)
  .meta({ description: 'Signs its ID tokens; RS256 is what most libraries expect', example: 'RS256' })

const httpsUri = z
  .string()
  .max(CLIENT_URI_LENGTH_MAX, `must have at most ${CLIENT_URI_LENGTH_MAX} characters`)
  .refine((v) => v.startsWith('https://') && URL.canParse(v) && !/[\s"<>\\^`{|}]/.test(v), 'must be an https URL')
export const clientUri = httpsUri.meta({ description: "The app's own page", example: 'https://app.example.com/' })
export const logoUri = httpsUri.meta({
  description: 'Its picture: kept, and never loaded by a page of Kith',
  example: 'https://app.example.com/logo.png',
})
export const policyUri = httpsUri.meta({ description: 'Its privacy policy', example: 'https://app.example.com/privacy' })
export const tosUri = httpsUri.meta({ description: 'Its terms of service', example: 'https://app.example.com/terms' })
const publicUri = httpsUri.refine(isPublicHttpsUrl, 'must be an https URL with a public host name, without a fragment')
export const backchannelLogoutUri = publicUri.meta({ description: 'Gets a logout token when a user signs out (Back-Channel Logout 1.0)' })
export const frontchannelLogoutUri = publicUri.meta({ description: 'Loaded in a frame when a user signs out (Front-Channel Logout 1.0)' })
export const sectorIdentifierUri = publicUri.meta({
  description: 'A JSON list of the redirect URIs whose clients share pairwise subjects (OpenID Connect Core §8.1)',
})
export const subjectType = z
  .enum(SUBJECT_TYPES, `must be one of ${SUBJECT_TYPES.join(', ')}`)
  .meta({ description: "pairwise: its users' subjects are its own (OpenID Connect Core §8)", example: 'public' })
export const securityProfile = z
  .enum(SECURITY_PROFILES, `must be one of ${SECURITY_PROFILES.join(', ')}`)
  .meta({ description: 'fapi2: all that the FAPI 2.0 Security Profile asks of the client is required', example: 'none' })
export const clientClaims = z
  .array(z.string().refine(isClientClaim, CLAIM_RULE))
  .max(CLIENT_CLAIMS_MAX, `must have at most ${CLIENT_CLAIMS_MAX} names`)
  .refine((v) => new Set(v).size === v.length, 'must not be repeated')
  .meta({ description: 'What it learns of users beyond the claims of its scopes', example: ['role'] })
