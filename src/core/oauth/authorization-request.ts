/**
 * The authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID Connect Core §3.1.2.1) as parameters: the
 * authorization endpoint reads it, and carries it along in Kith's own URLs when a user has to sign in or consent first.
 */

/** The supported parameters. Others are ignored: `display`, `claims_locales`. */
const PARAMETERS = {
  client_id: 'clientId',
  redirect_uri: 'redirectUri',
  response_type: 'responseType',
  response_mode: 'responseMode',
  scope: 'scope',
  state: 'state',
  nonce: 'nonce',
  prompt: 'prompt',
  max_age: 'maxAge',
  acr_values: 'acrValues',
  claims: 'claims',
  login_hint: 'loginHint',
  id_token_hint: 'idTokenHint',
  /** Only for the pages, which read it in their own address or in the one to return to (`texts/locales.ts`). */
  ui_locales: 'uiLocales',
  code_challenge: 'codeChallenge',
  code_challenge_method: 'codeChallengeMethod',
  dpop_jkt: 'dpopJkt',
  request: 'requestObject',
  request_uri: 'requestUri',
  registration: 'registration',
  /** Kith's own: a ticket that records when a new sign-in was requested, so that it is requested only once; or `declined`. */
  reauthentication: 'reauthentication',
  /** Kith's own: a ticket that the request was pushed (RFC 9126), in exactly this form. */
  pushed_request: 'pushed',
  /** Kith's own: a ticket that the client has signed these parameters (RFC 9101). */
  signed_request: 'signed',
} as const
export const PARAMETER_NAMES = Object.keys(PARAMETERS) as (keyof typeof PARAMETERS)[]

type Field = (typeof PARAMETERS)[keyof typeof PARAMETERS]

/** All as received; `authorize.ts` validates them. */
export type AuthorizationRequest = { readonly [F in Exclude<Field, 'clientId' | 'redirectUri'>]?: string | undefined } & {
  readonly clientId: string
  readonly redirectUri: string
  /** RFC 8707: the only parameter that may be repeated. */
  readonly resources?: readonly string[] | undefined
  /** The name of a repeated parameter, whose values are ignored. */
  readonly repeated?: string | undefined
}

/** A parameter without a value counts as omitted (RFC 6749 §3.1). */
export function readAuthorizationRequest(params: Readonly<Record<string, unknown>>): AuthorizationRequest {
  const fields = Object.entries(PARAMETERS).map(([name, field]): [string, string | undefined] => {
    const value = params[name]
    return [field, typeof value === 'string' && value !== '' ? value : undefined]
  })
  const resources = [params.resource ?? []].flat().filter((value): value is string => typeof value === 'string' && value !== '')
  const sent = Object.fromEntries(fields.filter(([, value]) => value !== undefined))
  return { clientId: '', redirectUri: '', ...sent, ...(resources.length > 0 && { resources }) }
}

/** The request that `toAuthorizationQuery` wrote. */
export function readAuthorizationQuery(query: string): AuthorizationRequest {
  const params = new URLSearchParams(query)
  return readAuthorizationRequest({ ...Object.fromEntries(params), resource: params.getAll('resource') })
}

/** The request as the client made it, without what Kith has added. */
export function withoutTickets(request: AuthorizationRequest): AuthorizationRequest {
  return { ...request, reauthentication: undefined, pushed: undefined, signed: undefined }
}

/** What tickets are about: the request without them, in whichever language its pages are. */
export function toTicketText(request: AuthorizationRequest): string {
  return toAuthorizationQuery({ ...withoutTickets(request), uiLocales: undefined })
}

/** The request as a query string, always the same for the same request. */
export function toAuthorizationQuery(request: AuthorizationRequest): string {
  const pairs = Object.entries(PARAMETERS).flatMap(([name, field]) => {
    const value = request[field]
    return value === undefined || value === '' ? [] : [[name, value]]
  })
  return new URLSearchParams([...pairs, ...(request.resources ?? []).map((resource) => ['resource', resource])]).toString()
}

/** Where the request is made, and where the user returns. */
export function toAuthorizationPath(request: AuthorizationRequest): string {
  return `/oauth/authorize?${toAuthorizationQuery(request)}`
}
