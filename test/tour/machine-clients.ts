/** Machine clients, for administrators. */
import { MACHINE, PAGE, type Stops, WRITE } from './tour.ts'

export const stops: Stops = {
  'POST /machine/admin-api/create': {
    ...WRITE,
    access: 'admin:client:write',
    restricted: 'refused',
    body: ({ n }) => ({ kind: 'api_key', name: `Tour ${n}`, scope: 'delegated:profile:read' }),
    app: 'gives_rights',
  },
  'GET /machine/admin-api/list': { ...PAGE, access: 'admin:client:read' },
  'POST /machine/admin-api/revoke': { ...WRITE, access: 'admin:client:write', restricted: 'refused', body: () => ({ id: MACHINE }) },
}
