/** Who is signed in: kept in the storage, which tabs share, and in memory while the storage cannot be used. */
import type { IDToken } from 'oauth4webapi'
import { type SignedOutReason, settled, signedOut, storageError } from './errors.ts'
import type { Settings } from './options.ts'

export type IdTokenClaims = IDToken

export type Session =
  | { readonly status: 'loading' }
  | { readonly status: 'signed_out'; readonly reason: SignedOutReason }
  | {
      readonly status: 'signed_in'
      readonly claims: IdTokenClaims
      /** Those of Kith, and of your own API once the app has a token for it. */
      readonly scopes: readonly string[]
    }

export interface AccessToken {
  readonly token: string
  /** By the device's clock. */
  readonly from: number
  readonly until: number
  readonly scopes?: readonly string[] | undefined
}

/** The audience of tokens for Kith itself. */
export const KITH = ''

export interface Grant {
  readonly claims: IdTokenClaims
  /** The scope that the sign-in asked for. */
  readonly asked?: string | undefined
  readonly idToken: string | undefined
  readonly refreshToken: string | undefined
  /** By audience: `KITH`, or an API's resource. */
  readonly access: Readonly<Record<string, AccessToken>>
}

/** What is stored: a grant, or why there is none any more. */
type Stored = Grant | { readonly reason: SignedOutReason }

export interface Sessions {
  readonly snapshot: Session
  subscribe(listener: () => void): () => void
  /** As the storage has it now. Throws `signed_out`. */
  read(): Promise<Grant>
  /** As it was when it was last read. Throws `signed_out`. */
  known(): Promise<Grant>
  save(stored: Stored): Promise<void>
}

export function openSessions({ environment: { storage }, key: keyOf, warn }: Settings): Sessions {
  const key = keyOf('session')
  const listeners = new Set<() => void>()
  let stored: Stored = { reason: 'never' }
  let snapshot: Session = { status: 'loading' }
  /** Whether `stored` is in the storage, and not only in memory. */
  let isKept = false

  function show(next: Stored) {
    stored = next
    const shown = toSession(next)
    if (toText(shown) === toText(snapshot)) return
    snapshot = shown
    for (const listener of listeners) {
      try {
        listener()
      } catch (error) {
        // What fails in the app must not lose the session, which is about to be stored.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }

  async function load(): Promise<Stored> {
    const text = await settled(() => storage.getItem(key))
    // Unreadable: what is in memory still holds.
    if (text === undefined) return stored
    const found = parse(text)
    if (found) isKept = true
    else if (isKept && !('reason' in stored)) isKept = false
    else return stored
    return found ?? { reason: 'storage_lost' }
  }

  async function save(next: Stored) {
    show(next)
    const text = JSON.stringify(next)
    isKept = true
    try {
      try {
        await storage.setItem(key, text)
      } catch {
        // In a full storage there is room for it where the last one was, and that one must not be used again.
        await storage.removeItem(key)
        await storage.setItem(key, text)
      }
    } catch (cause) {
      isKept = false
      warn(storageError(cause))
    }
  }

  async function read() {
    show(await load())
    return grantOf(stored)
  }

  const loaded = load().then(show)
  storage.onChange?.(key, () => void load().then(show))
  return {
    get snapshot() {
      return snapshot
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    read,
    async known() {
      await loaded
      return grantOf(stored)
    },
    async save(next) {
      await loaded
      await save(next)
    },
  }
}

/** Without what is new in the ID token of each refresh, though nothing has changed. */
function toText(session: Session): string {
  return JSON.stringify(session, (name, value) => (/^(iat|exp|at_hash|nonce)$/.test(name) ? undefined : value))
}

function grantOf(stored: Stored): Grant {
  if ('reason' in stored) throw signedOut(stored.reason)
  return stored
}

export function scopesOf({ access }: Grant): string[] {
  return [...new Set(Object.values(access).flatMap(({ scopes = [] }) => scopes))]
}

function toSession(stored: Stored): Session {
  if ('reason' in stored) return { status: 'signed_out', reason: stored.reason }
  return { status: 'signed_in', claims: stored.claims, scopes: scopesOf(stored) }
}

/** Null for what this version of the client has not written. */
function parse(text: string | null): Stored | null {
  try {
    const value = JSON.parse(text ?? 'null')
    return value?.reason || (value?.claims && value.access) ? value : null
  } catch {
    return null
  }
}
