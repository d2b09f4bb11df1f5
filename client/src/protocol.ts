/** The part of the client that speaks OAuth. It is loaded beside the rest, so that a page need not wait for it. */
import { type AuthorizationServerClient, authorizationServer } from './authorization-server.ts'
import type { Connection } from './connection.ts'
import type { OpenProof, Settings } from './options.ts'
import type { Sessions } from './sessions.ts'
import { type SignIn, signInFlow } from './sign-in.ts'
import { type SignOutOptions, signOutFlow } from './sign-out.ts'

export interface Protocol extends SignIn, Pick<AuthorizationServerClient, 'refresh'> {
  signOut(options?: SignOutOptions): Promise<void>
}

export function openProtocol(settings: Settings, connection: Connection, sessions: Sessions, proof: OpenProof): Protocol {
  const server = authorizationServer(settings, connection, proof)
  return {
    ...signInFlow(settings, sessions, server, proof),
    signOut: signOutFlow(settings, sessions, server),
    refresh: server.refresh,
  }
}
