/** Webhooks, for administrators. */
import { PAGE, READ, type Stops, WEBHOOK, WRITE } from './tour.ts'

const endpoint = () => ({ endpoint: WEBHOOK })

export const stops: Stops = {
  'POST /webhook/admin-api/create': {
    ...WRITE,
    access: 'admin:webhook:write',
    restricted: 'refused',
    body: ({ example }) => ({ ...example, events: ['user.purged'] }),
    app: 'needs_browser',
  },
  'PATCH /webhook/admin-api/update': {
    ...WRITE,
    access: 'admin:webhook:write',
    restricted: 'refused',
    body: ({ n }) => ({ endpoint: WEBHOOK, description: `Changed ${n}` }),
    app: 'needs_browser',
  },
  'POST /webhook/admin-api/delete': { ...WRITE, access: 'admin:webhook:write', restricted: 'refused', body: endpoint },
  'GET /webhook/admin-api/list': { ...READ, access: 'admin:webhook:read' },
  'POST /webhook/admin-api/rotate-secret': {
    ...WRITE,
    access: 'admin:webhook:write',
    restricted: 'refused',
    body: endpoint,
    app: 'needs_browser',
  },
  'POST /webhook/admin-api/test': { ...WRITE, access: 'admin:webhook:write', restricted: 'refused', body: endpoint },
  'GET /webhook/admin-api/deliveries': { ...PAGE, access: 'admin:webhook:read' },
  // It looks at what waits for the same user.
  'POST /webhook/admin-api/replay': {
    ...WRITE,
    rowsRead: 32,
    access: 'admin:webhook:write',
    restricted: 'refused',
  },
  'POST /webhook/admin-api/replay-failed': { ...WRITE, access: 'admin:webhook:write', restricted: 'refused' },
}
