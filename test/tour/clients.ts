/** OAuth clients, for administrators. */
import { CLIENT, PAGE, READ, type Stops, WRITE } from './tour.ts'

export const stops: Stops = {
  'POST /client/admin-api/create': {
    ...WRITE,
    access: 'admin:client:write',
    restricted: 'refused',
    body: ({ n, example, scope }) => ({ ...example, client_id: `${CLIENT}-${n}`, scope }),
    app: 'gives_rights',
  },
  'PATCH /client/admin-api/update': {
    ...WRITE,
    access: 'admin:client:write',
    restricted: 'refused',
    body: ({ n }) => ({ client_id: CLIENT, client_name: `Changed ${n}` }),
    app: 'gives_rights',
  },
  'POST /client/admin-api/delete': { ...WRITE, access: 'admin:client:write', restricted: 'refused', body: () => ({ client_id: CLIENT }) },
  'DELETE /client/admin-api/delete': { ...WRITE, access: 'admin:client:write', restricted: 'refused', body: () => ({ client_id: CLIENT }) },
  'GET /client/admin-api/list': { ...PAGE, access: 'admin:client:read' },
  'GET /client/admin-api/logout-notices': { ...PAGE, access: 'admin:client:read' },
  'GET /client/:clientId': { ...READ, access: 'admin:client:read' },
}
