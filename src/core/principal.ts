/** The caller: what a credential claims before the gate, and who the caller is after it. */
import type { MachineId, SessionId, UserId } from '../ids.ts'
import type { NonceCount } from '../store/db/digest-nonces.ts'
import type { KeyKind } from '../store/db/machine-credentials.ts'
import type { SpentToken } from '../store/db/spent-tokens.ts'
import type { Impersonation } from './impersonation.ts'
import type { Scope } from './scopes.ts'

/** A DPoP proof as the gate claims it, and the algorithm that signed it. */
export type ClaimedProof = SpentToken & { readonly alg: string }

/** A machine's key sent along with a credential: the two must match (security row 53). */
export interface PresentedKey {
  readonly kind: KeyKind
  /** SHA-256 of the key. */
  readonly secretHash: string
}

/** What a credential claims. Its signature or form is valid; only the gate knows whether it still counts. */
export type Claim =
  | {
      readonly kind: 'browser'
      readonly sessionId: SessionId
      readonly userId: UserId
      readonly secret: string
      /** From the cookie of a session in which an administrator sees the account. */
      readonly isImpersonation?: true
    }
  | {
      readonly kind: 'access_token'
      readonly sessionId: SessionId
      readonly userId: UserId
      readonly clientId: string
      readonly scopes: readonly Scope[]
      /** The token's `sub`, if that is a pairwise one. */
      readonly subject?: string
      /** The thumbprint of the key that the token is bound to (RFC 9449). */
      readonly jkt?: string
      /** The proof of that key, which the gate claims. */
      readonly proof?: ClaimedProof
      readonly key?: PresentedKey
    }
  | {
      readonly kind: 'client'
      readonly clientId: string
      readonly clientEpoch: number
      readonly scopes: readonly Scope[]
      /** The thumbprint of the key that the token is bound to (RFC 9449). */
      readonly jkt?: string
      /** The proof of that key, which the gate claims. */
      readonly proof?: ClaimedProof
      readonly key?: PresentedKey
    }
  | {
      readonly kind: 'robot'
      readonly machineId: MachineId
      readonly scopes: readonly Scope[]
      readonly lastUsedAt: number | null
      /** What the gate claims: this proof is valid for one request. */
      readonly proof: NonceCount
    }

/** Credentials of a user. */
export type SessionClaim = Extract<Claim, { kind: 'browser' | 'access_token' }>

export interface UserPrincipal {
  readonly kind: 'user'
  readonly userId: UserId
  readonly sessionId: SessionId
  /** Null for a signed-in browser. */
  readonly clientId: string | null
  /** The pairwise `sub` under which the client knows the user; null if that is the user's id. */
  readonly pairwiseSubject: string | null
  /** What the user has granted it, and what it may have, as stored. */
  readonly grant: { readonly text: string; readonly clientScopes: string; readonly clientClaims: string }
  /** The client is registered as one that may start a change of the user's address (docs/decisions/011). */
  readonly mayChangeAddresses: boolean
  readonly scopes: readonly Scope[]
  readonly role: string
  /** What the role gives, whatever part of it this session or token has. */
  readonly roleScopes: readonly Scope[]
  readonly ranking: number
  readonly restricted: boolean
  readonly authenticatedAt: number
  /** RFC 8176. */
  readonly amr: readonly string[]
  /** The factor that completed a two-step sign-in: `passkey`, `totp`, `recovery_code` or `email`. Browsers only. */
  readonly secondFactor: string | null
  /** Of a session in which an administrator sees the account. */
  readonly impersonation: Impersonation | null
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
