/** The team's own APIs, for administrators. */
import { API, PAGE, READ, type Stops, WRITE } from './tour.ts'

export const stops: Stops = {
  'POST /client/admin-api/apis': {
    ...WRITE,
    access: 'admin:client:write',
    restricted: 'refused',
    body: ({ n, example }) => ({ ...example, resource: `https://tour.example/${n}`, server_client_id: null }),
    app: 'needs_browser',
  },
  'PATCH /client/admin-api/apis': {
    ...WRITE,
    access: 'admin:client:write',
    restricted: 'refused',
    body: ({ n }) => ({ resource: API, name: `Changed ${n}` }),
    app: 'needs_browser',
  },
  'DELETE /client/admin-api/apis': { ...WRITE, access: 'admin:client:write', restricted: 'refused' },
  'GET /client/admin-api/apis': { ...PAGE, access: 'admin:client:read' },
  'GET /client/admin-api/api': { ...READ, access: 'admin:client:read' },
}
