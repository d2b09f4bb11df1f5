/** `@kith/client/server`: an API that accepts Kith's access tokens, and a service with a client of its own. */
export { AccessRefused, type RefusalCode } from './access-refused.ts'
export type { AccessTokenClaims, Demands } from './claims.ts'
export type { Credentials, Fetch } from './kith.ts'
export type { ReplayStore } from './replays.ts'
export { type IncomingRequest, type ResourceServer, type ResourceServerOptions, resourceServer } from './resource-server.ts'
