/** `@kith/client/server`: an API that accepts Kith's access tokens, and a service that acts for itself. */
export { type Failure, KithError } from '../errors.ts'
export { AccessRefused, type RefusalCode } from './access-refused.ts'
export type { AccessTokenClaims, Demands } from './claims.ts'
export type { Credentials, Send } from './kith.ts'
export type { ReplayStore } from './replays.ts'
export { type IncomingRequest, type ResourceServer, type ResourceServerOptions, resourceServer } from './resource-server.ts'
export { type Service, type ServiceOptions, service } from './service.ts'
