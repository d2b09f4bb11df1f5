/** Everything that can go wrong, as one error type: `error.kind` says what happened, and narrows the rest of its properties. */

/** Why there is no session. */
export type SignedOutReason =
  /** Nobody has signed in here. */
  | 'never'
  /** The person signed out, or another one signed in, here or in another tab. */
  | 'signed_out'
  /** Kith ended the session: it expired or was revoked. */
  | 'ended'
  /** The browser's data was cleared while the app was open. */
  | 'storage_lost'

/** Why a sign-in failed. */
export type SignInFailure =
  /** The person declined. */
  | 'access_denied'
  /** The app asked for `prompt: 'none'`, but the person has to sign in; or another person signed in at a step-up. */
  | 'login_required'
  /** The app asked for `prompt: 'none'`, but the person has to give consent. */
  | 'consent_required'
  /** The person cannot sign in as strongly as `acrValues` demands. Asking again does not help. */
  | 'unmet_authentication_requirements'
  /** The callback has no `state`, or the sign-in was started too long ago. Start again. */
  | 'state_lost'
  /** The sign-in was started in another browser. Start again in this one. */
  | 'other_browser'
  /** The callback was already used. The session that it started is not affected. */
  | 'callback_used'
  /** The device's clock is so far off that the reply cannot be checked. */
  | 'clock'
  /** The person closed the sign-in window (mobile apps). */
  | 'closed'
  /** The reply is not from this Kith, or belongs to another sign-in. */
  | 'invalid_response'
  /** Kith refused the request: `code` has the OAuth error. The app's options do not match its registration. */
  | 'refused'

export type Failure =
  /** Kith could not be reached. Nobody is signed out. */
  | { readonly kind: 'offline' }
  | { readonly kind: 'timeout' }
  /** The app aborted the request. */
  | { readonly kind: 'aborted' }
  | { readonly kind: 'signed_out'; readonly reason: SignedOutReason }
  /** The request needs a stronger or more recent sign-in: pass the error to `kith.stepUp`. */
  | { readonly kind: 'step_up_required'; readonly acrValues?: string | undefined; readonly maxAge?: number | undefined }
  | {
      readonly kind: 'refused'
      readonly status: number
      /** The reply's `error`, such as `ClientInputError`. */
      readonly code: string
      /** A machine-readable detail, such as `restricted`. */
      readonly reason?: string | undefined
      /** The scope that the token lacks. Sign in again with it. */
      readonly scope?: string | undefined
      /** What is wrong with each field, by its name. Empty if no field is at fault. */
      readonly fields: Readonly<Record<string, string>>
      /** Identifies the request in Kith's logs. */
      readonly requestId?: string | undefined
    }
  | { readonly kind: 'rate_limited'; readonly retryAfterSeconds: number; readonly requestId?: string | undefined }
  /** Kith failed. `status` is 500 or more. */
  | {
      readonly kind: 'unavailable'
      readonly status: number
      readonly retryAfterSeconds?: number | undefined
      readonly requestId?: string | undefined
    }
  | {
      readonly kind: 'sign_in_failed'
      readonly reason: SignInFailure
      /** The OAuth error (`refused`). */
      readonly code?: string | undefined
      /** Where the app was to go on after the sign-in, if known. */
      readonly returnTo?: string | undefined
    }
  /** A warning: the app asked for scopes that Kith did not grant. They are misspelt, or not allowed to the client or the person. */
  | { readonly kind: 'scope_not_granted'; readonly scopes: readonly string[] }
  /** The browser's storage cannot be used. A session lasts until the page is closed; a sign-in cannot start. */
  | { readonly kind: 'storage'; readonly reason: 'full' | 'forbidden' }

export type KithError = Error & { readonly name: 'KithError' } & Failure

interface KithErrorConstructor {
  new (failure: Failure, message: string, options?: ErrorOptions): KithError
}

class KithFailure extends Error {
  override readonly name = 'KithError'
  constructor(failure: Failure, message: string, options?: ErrorOptions) {
    super(message, options)
    Object.assign(this, failure)
  }
}

export const KithError: KithErrorConstructor = KithFailure as unknown as KithErrorConstructor

export function signedOut(reason: SignedOutReason, message = 'You are not signed in'): KithError {
  return new KithError({ kind: 'signed_out', reason }, message)
}

export function signInFailed(
  reason: SignInFailure,
  message: string,
  more: { code?: string | undefined; returnTo?: string | undefined; cause?: unknown } = {},
): KithError {
  const { code, returnTo, cause } = more
  return new KithError({ kind: 'sign_in_failed', reason, code, returnTo }, message, { cause })
}

/** A reply to a request for tokens that no authorization server sends, such as the page of a proxy. Errors of the library carry tokens. */
export function notOfKith({ message }: Error): KithError {
  return new KithError({ kind: 'unavailable', status: 502 }, `The reply did not come from Kith: ${message}`)
}

/** The error of a request that got no response. */
export function unreachable(cause: unknown, hint = ''): KithError {
  return new KithError({ kind: 'offline' }, `The server could not be reached${hint}`, { cause })
}

/** Turns an unsuccessful reply into an error: of the API (`additionalInfo`), or of OAuth (`error_description`). */
export function toKithError(response: Response, body: unknown): KithError {
  const { status, headers } = response
  const { error, error_description, additionalInfo = {} } = Object(body) as ErrorBody
  const { message, reason, scope, errors = [], duplicateFields = [] } = additionalInfo
  const text = message ?? error_description ?? errors[0]?.msg ?? error ?? `Kith answered ${status}`
  const requestId = headers.get('x-request-id') ?? undefined
  const retryAfterSeconds = retryAfterOf(response)
  if (status === 429) return new KithError({ kind: 'rate_limited', retryAfterSeconds: retryAfterSeconds ?? 1, requestId }, text)
  if (status >= 500) return new KithError({ kind: 'unavailable', status, retryAfterSeconds, requestId }, text)
  const named = [...errors.map(({ path, msg }) => [path, msg]), ...duplicateFields.map((path) => [path, 'is taken'])]
  const fields = Object.fromEntries(named)
  return new KithError({ kind: 'refused', status, code: error ?? String(status), reason, scope, fields, requestId }, text)
}

export function retryAfterOf({ headers }: Response): number | undefined {
  return Number(headers.get('retry-after')) || undefined
}

export function storageError(cause: unknown): KithError {
  const isFull = (cause as Error).name === 'QuotaExceededError'
  const message = isFull ? "The browser's storage is full" : "The browser blocks this site's storage"
  return new KithError({ kind: 'storage', reason: isFull ? 'full' : 'forbidden' }, message, { cause })
}

/** Undefined if the work fails, which does not matter then. */
export async function settled<T>(work: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch {
    return undefined
  }
}

interface ErrorBody {
  readonly error?: string
  readonly error_description?: string
  readonly additionalInfo?: {
    readonly message?: string
    readonly reason?: string
    readonly scope?: string
    readonly errors?: readonly { readonly path: string; readonly msg: string }[]
    readonly duplicateFields?: readonly string[]
  }
}
