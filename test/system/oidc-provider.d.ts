// What the differential test uses of `oidc-provider`, which comes without declarations.
declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http'

  export interface Account {
    readonly accountId: string
    readonly claims: () => { sub: string; [claim: string]: unknown }
  }
  export interface Grant {
    addOIDCScope(scope: string): void
    addOIDCClaims(claims: readonly string[]): void
    addResourceScope(resource: string, scope: string): void
    save(): Promise<string>
  }
  export interface Context {
    readonly oidc: {
      readonly provider: Provider
      readonly client: { readonly clientId: string }
      readonly session: { readonly accountId: string }
      readonly requestParamScopes: ReadonlySet<string>
      readonly requestParamClaims: ReadonlySet<string>
      readonly resourceServers: Readonly<Record<string, { readonly scope: string }>>
    }
  }
  export const errors: { readonly InvalidTarget: new () => Error }
  export default class Provider {
    constructor(issuer: string, configuration: object)
    callback(): RequestListener
    readonly Grant: new (of: {
      accountId: string
      clientId: string
    }) => Grant
    interactionResult(request: unknown, response: unknown, result: object): Promise<string>
  }
}
