/** Administration of accounts and roles. */
import { NOTHING, PAGE, READ, RECORDS, ROLE, type Stops, WRITE } from './tour.ts'

export const stops: Stops = {
  'GET /user/admin-api/list': PAGE,
  // A common beginning: a hundred strings are read, with their owners.
  'GET /user/admin-api/list with a query': { roundTrips: 1, rowsRead: 330, rowsWritten: 0 },
  'POST /user/admin-api/search': { roundTrips: 1, rowsRead: 330, rowsWritten: 0 },
  'POST /user/admin-api/retrieve-user-info': PAGE,
  'GET /user/admin-api/editable-fields': READ,
  'GET /system/version': NOTHING,
  'GET /system/settings-insecure': NOTHING,
  'GET /system/countries-insecure': NOTHING,
  'GET /user/admin-api/user-info': READ,
  'POST /user/admin-api/user-info': PAGE,
  'GET /user/admin-api/invite-codes': PAGE,
  'GET /user/admin-api/login-history': PAGE,
  'GET /user/admin-api/audit': PAGE,
  'GET /user/admin-api/sessions': { roundTrips: 1, rowsRead: 60, kv: RECORDS, rowsWritten: 0 },
  'GET /user/admin-api/2fa': { roundTrips: 1, rowsRead: 24, rowsWritten: 0 },
  'POST /user/admin-api/end-sessions': {
    roundTrips: 2,
    rowsRead: 30,
    restricted: 'refused',
    body: ({ other }) => ({ target: other.id }),
    app: 'needs_browser',
  },
  // Two factors and ten recovery codes.
  'POST /user/admin-api/remove-2fa': { roundTrips: 2, rowsRead: 60, restricted: 'refused', app: 'needs_browser' },
  'POST /user/admin-api/resend-verification': { roundTrips: 2, rowsRead: 36, restricted: 'refused', mails: true },
  'POST /user/admin-api/send-password-reset': { roundTrips: 2, rowsRead: 36, restricted: 'refused', mails: true },
  'POST /user/admin-api/create': {
    ...WRITE,
    restricted: 'refused',
    body: ({ n, example }) => ({ ...example, username: `made_by_admin_${n}`, email: `made${n}@example.com`, role: 'user' }),
  },
  'PATCH /user/admin-api/update': { ...WRITE, restricted: 'refused', body: ({ other }) => ({ target: other.id, bio: 'Changed.' }) },
  // Five changes at once: an audit row for each, a notice, a password, strings for new names.
  'PATCH /user/admin-api/update with all that ends sessions': { roundTrips: 2, rowsRead: 58 },
  'PUT /user/admin-api/custom-data': { ...WRITE, restricted: 'refused' },
  'POST /user/admin-api/subscription': { ...WRITE, restricted: 'refused' },
  'POST /user/admin-api/ban': { ...WRITE, restricted: 'refused' },
  // A permanent ban removes the first thousand edges in the same request (design §2); here there are two.
  'POST /user/admin-api/ban with edges': { roundTrips: 2, rowsRead: 40 },
  'POST /user/admin-api/restrict': { ...WRITE, restricted: 'refused' },
  'POST /user/admin-api/verify': { ...WRITE, restricted: 'refused' },
  'POST /user/admin-api/delete': { ...WRITE, restricted: 'refused' },
  'DELETE /user/admin-api/delete': { ...WRITE, restricted: 'refused' },
  'POST /roles/admin-api/create': {
    ...WRITE,
    restricted: 'refused',
    body: ({ n, example, scope }) => ({ ...example, id: `role_${n}`, ranking: 500, scopes: [scope] }),
    app: 'gives_rights',
  },
  'PATCH /roles/admin-api/update': {
    ...WRITE,
    restricted: 'refused',
    body: ({ n }) => ({ id: ROLE, displayName: `Changed ${n}` }),
    app: 'gives_rights',
  },
  'DELETE /roles/admin-api/delete': { ...WRITE, restricted: 'refused', body: () => ({ id: ROLE }), app: 'gives_rights' },
}
