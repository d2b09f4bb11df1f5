/** A refused request, with the challenge that tells the client what to do (RFC 6750 §3, RFC 9728 §5.1). */

export type RefusalCode =
  /** The request has no access token. */
  | 'missing_token'
  | 'invalid_token'
  | 'insufficient_scope'
  /** The user has to sign in again, or with a stronger factor (RFC 9470). */
  | 'insufficient_user_authentication'
  /** Kith could not be reached: the token may be valid. */
  | 'unavailable'

/** What a challenge asks for. */
export interface Wanted {
  readonly description?: string | undefined
  readonly scope?: string | undefined
  readonly acrValues?: string | undefined
  readonly maxAge?: number | undefined
}

const STATUS: Readonly<Record<RefusalCode, number>> = {
  missing_token: 401,
  invalid_token: 401,
  insufficient_scope: 403,
  insufficient_user_authentication: 401,
  unavailable: 503,
}

export class AccessRefused extends Error {
  readonly code: RefusalCode
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** What is wrong with the token, for the developer of the client. */
  readonly description: string | undefined

  constructor(
    code: RefusalCode,
    headers: Readonly<Record<string, string>>,
    options: ErrorOptions & { description?: string | undefined } = {},
  ) {
    super(`Access refused: ${code}${options.description ? ` (${options.description})` : ''}`, options)
    this.name = 'AccessRefused'
    this.code = code
    this.description = options.description
    this.status = STATUS[code]
    // Pages of other origins may read what to do.
    this.headers = { ...headers, 'access-control-expose-headers': 'WWW-Authenticate, Retry-After' }
  }

  get body(): { readonly error: RefusalCode; readonly error_description?: string } {
    return { error: this.code, ...(this.description !== undefined && { error_description: this.description }) }
  }

  toResponse(): Response {
    return new Response(JSON.stringify(this.body), {
      status: this.status,
      headers: { ...this.headers, 'content-type': 'application/json' },
    })
  }
}

export interface About {
  /** The URL of the API's metadata. */
  readonly metadata: string
  /** Of DPoP proofs. */
  readonly algorithms: readonly string[]
}

/** The header of a refusal. */
export function challenge(
  scheme: 'Bearer' | 'DPoP',
  { metadata, algorithms }: About,
  code: RefusalCode,
  { description, scope, acrValues, maxAge }: Wanted,
): Readonly<Record<string, string>> {
  const params = {
    resource_metadata: metadata,
    error: code === 'missing_token' ? undefined : code,
    error_description: description,
    scope,
    acr_values: acrValues,
    max_age: maxAge,
    algs: scheme === 'DPoP' ? algorithms.join(' ') : undefined,
  }
  const list = Object.entries(params).flatMap(([name, value]) => (value === undefined ? [] : [`${name}="${value}"`]))
  return { 'www-authenticate': `${scheme} ${list.join(', ')}` }
}
