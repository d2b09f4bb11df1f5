/** Kinds of clients in everyday words, and the defaults that each has: what the form begins with, and which settings fit it. */
import { type ClientMetadata, DEFAULTS } from '../../../core/oauth/client-metadata.ts'
import { DEVICE_GRANT, type GrantType } from '../../../core/oauth/clients.ts'
import { isLoopbackRedirectUri } from '../../../core/oauth/redirect-uri.ts'
import type { Scope } from '../../../core/scopes.ts'

export const KINDS = ['web', 'spa', 'native', 'device', 'service', 'agent'] as const
export type Kind = (typeof KINDS)[number]

export const isKind = (text: string | undefined): text is Kind => (KINDS as readonly (string | undefined)[]).includes(text)

type Metadata = Pick<ClientMetadata, 'authMethod' | 'grantTypes' | 'redirectUris'>

const SIGN_IN: readonly GrantType[] = ['authorization_code', 'refresh_token']
const IDENTITY: readonly Scope[] = ['openid', 'profile', 'email']

const OF_KIND: Readonly<Record<Kind, Partial<ClientMetadata> & { readonly scopes: readonly Scope[] }>> = {
  web: { authMethod: 'client_secret_basic', grantTypes: SIGN_IN, scopes: IDENTITY },
  spa: { authMethod: 'none', grantTypes: SIGN_IN, scopes: IDENTITY },
  native: { authMethod: 'none', grantTypes: SIGN_IN, scopes: IDENTITY },
  device: { authMethod: 'none', grantTypes: [DEVICE_GRANT, 'refresh_token'], scopes: IDENTITY },
  service: { authMethod: 'client_secret_basic', grantTypes: ['client_credentials'], scopes: [] },
  agent: { authMethod: 'none', grantTypes: SIGN_IN, scopes: ['openid', 'profile'] },
}

/** What a new client of this kind begins with. */
export function defaultsOf(kind: Kind): ClientMetadata {
  return { ...DEFAULTS, name: '', ...OF_KIND[kind] }
}

/** People are sent back to clients of these kinds. */
export const hasRedirects = ({ grantTypes }: Pick<Metadata, 'grantTypes'>) => grantTypes.includes('authorization_code')

/** Which kind a registered client is, as far as its metadata tell: an agent is an app like others. */
export function kindOf({ authMethod, grantTypes, redirectUris }: Metadata): Kind {
  if (!hasRedirects({ grantTypes })) return grantTypes.includes(DEVICE_GRANT) ? 'device' : 'service'
  if (authMethod !== 'none') return 'web'
  const isOfBrowser = redirectUris.some((uri) => uri.startsWith('https://') || /^http:\/\/localhost:\d/.test(uri))
  return isOfBrowser && redirectUris.every((uri) => uri.startsWith('https://') || isLoopbackRedirectUri(uri)) ? 'spa' : 'native'
}
