/** The room oauth. The token endpoint's own figure is that of a code. */
import type { Stops } from './tour.ts'

export const stops: Stops = {
  'GET /oauth/authorize': { roundTrips: 2, rowsRead: 12 },
  'POST /oauth/authorize': { roundTrips: 2, rowsRead: 12 },
  'POST /oauth/token': { roundTrips: 2, rowsRead: 20 },
  'POST /oauth/token with refresh_token': { roundTrips: 1, rowsRead: 12 },
  'POST /oauth/token with client_credentials': { roundTrips: 1, rowsRead: 4, rowsWritten: 0 },
  'POST /oauth/token with client_assertion': { roundTrips: 2, rowsRead: 8, rowsWritten: 2 },
  'POST /oauth/token with refresh_token and client_assertion': { roundTrips: 2, rowsRead: 20 },
  'POST /oauth/par': { roundTrips: 2, rowsRead: 4 },
  'GET /oauth/authorize with request': { roundTrips: 3, rowsRead: 16 },
  'GET /oauth/authorize with request_uri': { roundTrips: 3, rowsRead: 16 },
  'POST /oauth/device_authorization': { roundTrips: 2, rowsRead: 4 },
  'POST /oauth/token with device_code': { roundTrips: 2, rowsRead: 20 },
  'GET /oauth/userinfo': { roundTrips: 1, rowsRead: 8, rowsWritten: 0 },
  'POST /oauth/userinfo': { roundTrips: 1, rowsRead: 8, rowsWritten: 0 },
  'POST /oauth/introspect': { roundTrips: 1, rowsRead: 12, rowsWritten: 0 },
  'POST /oauth/token/introspect': { roundTrips: 1, rowsRead: 12, rowsWritten: 0 },
  'POST /oauth/revoke': { roundTrips: 2, rowsRead: 12 },
  'GET /oauth/logout': { roundTrips: 2, rowsRead: 12 },
  'POST /oauth/logout': { roundTrips: 2, rowsRead: 12 },
  'GET /.well-known/openid-configuration': { roundTrips: 0, rowsRead: 0, rowsWritten: 0 },
  'GET /.well-known/oauth-protected-resource': { roundTrips: 0, rowsRead: 0, rowsWritten: 0 },
  'GET /.well-known/jwks.json': { roundTrips: 0, rowsRead: 0, rowsWritten: 0 },
  'GET /.well-known/oauth-authorization-server': { roundTrips: 0, rowsRead: 0, rowsWritten: 0 },
  'GET /.well-known/webauthn': { roundTrips: 0, rowsRead: 0, rowsWritten: 0 },
}
