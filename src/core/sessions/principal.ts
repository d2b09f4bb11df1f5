/** Who calls: what a credential claims before the gate, and who the caller is after it. */
import type { MachineId, SessionId, UserId } from '../../ids.ts'
import type { NonceCount } from '../../store/db/digest-nonces.ts'
import type { KeyKind } from '../../store/db/machine-credentials.ts'
import type { Scope } from '../oauth/scopes.ts'

/** A machine's key that came along with a credential: the two must agree (security row 53). */
export interface PresentedKey {
  readonly kind: KeyKind
  /** SHA-256 of the key. */
  readonly secretHash: string
}

/** What a credential says of itself. Its signature or form is right; whether it still counts, only the gate knows. */
export type Claim =
  | { readonly kind: 'browser'; readonly sessionId: SessionId; readonly userId: UserId; readonly secret: string }
  | {
      readonly kind: 'access_token'
      readonly sessionId: SessionId
      readonly userId: UserId
      readonly clientId: string
      readonly scopes: readonly Scope[]
      readonly key?: PresentedKey
    }
  | {
      readonly kind: 'client'
      readonly clientId: string
      readonly clientEpoch: number
      readonly scopes: readonly Scope[]
      readonly key?: PresentedKey
    }
  | {
      readonly kind: 'robot'
      readonly machineId: MachineId
      readonly scopes: readonly Scope[]
      readonly lastUsedAt: number | null
      /** What the gate claims: this proof is good for one request. */
      readonly proof: NonceCount
    }

/** What stands for a person. */
export type SessionClaim = Extract<Claim, { kind: 'browser' | 'access_token' }>

export interface UserPrincipal {
  readonly kind: 'user'
  readonly userId: UserId
  readonly sessionId: SessionId
  /** Null for a signed-in browser. */
  readonly clientId: string | null
  /** The client is registered as one that may start a change of the person's address (docs/decisions/011). */
  readonly mayChangeAddresses: boolean
  readonly scopes: readonly Scope[]
  readonly role: string
  readonly ranking: number
  readonly restricted: boolean
  readonly authenticatedAt: number
  /** RFC 8176. */
  readonly amr: readonly string[]
  /** What completed the sign-in in two steps: `totp`, `recovery_code` or `email`. Browsers only. */
  readonly secondFactor: string | null
}

export interface ClientPrincipal {
  readonly kind: 'client'
  readonly clientId: string
  readonly scopes: readonly Scope[]
}

export interface RobotPrincipal {
  readonly kind: 'robot'
  readonly machineId: MachineId
  readonly scopes: readonly Scope[]
}

export type Principal = UserPrincipal | ClientPrincipal | RobotPrincipal
