/** What an identity's issuer is called here. */
import type { Config, UpstreamProvider } from '../../config.ts'
import { GITHUB_ISSUER, issuersOf, presetOf, TENANT } from './presets.ts'

/** Whether the issuer is the provider's, as configured now. */
function isIssuerOf(provider: UpstreamProvider, issuer: string): boolean {
  if (provider.preset === 'github') return issuer === GITHUB_ISSUER
  if (provider.preset === 'apple') return issuer === presetOf(provider).metadata?.issuer
  const [before = '', after] = issuersOf(provider).issuer.split(TENANT)
  return after === undefined ? issuer === before : issuer.startsWith(before) && issuer.endsWith(after)
}

/** As the configuration calls it; the issuer's host, and no id, if it is no longer configured. */
export function upstreamNameOf({ upstream }: Config, issuer: string): { readonly id: string | null; readonly name: string } {
  return upstream.find((provider) => isIssuerOf(provider, issuer)) ?? { id: null, name: new URL(issuer).host }
}
