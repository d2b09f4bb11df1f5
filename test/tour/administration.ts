/** Administration of accounts and roles. */
import { INVITE_CODE, MAIL, NOTHING, PAGE, READ, RECORDS, ROLE, type Stops, WRITE } from './tour.ts'

export const stops: Stops = {
  'GET /user/admin-api/list': { ...PAGE, access: 'admin:profile:read' },
  // A common beginning: a hundred strings are read, with their owners.
  'GET /user/admin-api/list with a query': { roundTrips: 1, rowsRead: 330, rowsWritten: 0 },
  'POST /user/admin-api/search': { access: 'admin:profile:read', roundTrips: 1, rowsRead: 330, rowsWritten: 0 },
  'POST /user/admin-api/retrieve-user-info': { ...PAGE, access: 'admin:profile:read' },
  'GET /user/admin-api/editable-fields': { ...READ, access: 'admin:profile:read' },
  'GET /system/version': { ...NOTHING, access: 'anyone' },
  'GET /system/settings-insecure': { ...NOTHING, access: 'anyone' },
  'GET /system/countries-insecure': { ...NOTHING, access: 'anyone' },
  'GET /user/admin-api/user-info': { ...READ, access: 'admin:profile:read' },
  'POST /user/admin-api/user-info': { ...PAGE, access: 'admin:profile:read' },
  'GET /user/admin-api/invite-codes': { ...PAGE, access: 'admin:profile:read' },
  'POST /user/admin-api/revoke-invite-code': {
    ...WRITE,
    access: 'admin:profile:write',
    restricted: 'refused',
    body: () => ({ code: INVITE_CODE }),
  },
  'GET /user/admin-api/login-history': { ...PAGE, access: 'admin:profile:read' },
  // 30 days of seven figures each, and five times what waits: up to 1,001 rows.
  'GET /user/admin-api/statistics': { access: 'admin:statistics:read', roundTrips: 1, rowsRead: 240 + 5 * 1_001, rowsWritten: 0 },
  'GET /user/admin-api/audit-log': { access: 'admin:audit:read', roundTrips: 1, rowsRead: 5 * RECORDS + 12, rowsWritten: 0 },
  // What matches is looked for among 500 events.
  'GET /user/admin-api/audit-log with a type': { roundTrips: 1, rowsRead: 1_600, rowsWritten: 0 },
  'GET /user/admin-api/audit': { ...PAGE, access: 'admin:profile:read' },
  'GET /user/admin-api/mails': { ...PAGE, access: 'admin:mail:read' },
  'POST /user/admin-api/retry-mail': {
    ...WRITE,
    rowsRead: 24,
    access: 'admin:mail:write',
    restricted: 'refused',
    body: () => ({ mail: MAIL }),
  },
  'GET /user/admin-api/sessions': { access: 'admin:profile:read', roundTrips: 1, rowsRead: 60, kv: RECORDS, rowsWritten: 0 },
  'GET /user/admin-api/2fa': { access: 'admin:profile:read', roundTrips: 1, rowsRead: 24, rowsWritten: 0 },
  'POST /user/admin-api/end-sessions': {
    access: 'admin:profile:sensitive:medium:write',
    roundTrips: 2,
    rowsRead: 30,
    restricted: 'refused',
    body: ({ other }) => ({ target: other.id }),
    app: 'needs_browser',
  },
  // Two factors and ten recovery codes.
  'POST /user/admin-api/remove-2fa': {
    access: 'admin:profile:sensitive:high:write',
    roundTrips: 2,
    rowsRead: 62,
    restricted: 'refused',
    app: 'needs_browser',
  },
  'POST /user/admin-api/resend-verification': {
    access: 'admin:profile:write',
    roundTrips: 2,
    rowsRead: 36,
    restricted: 'refused',
    mails: true,
  },
  'POST /user/admin-api/send-password-reset': {
    access: 'admin:profile:write',
    roundTrips: 2,
    rowsRead: 36,
    restricted: 'refused',
    mails: true,
  },
  'POST /user/admin-api/create': {
    ...WRITE,
    access: 'admin:profile:write',
    restricted: 'refused',
    body: ({ n, example }) => ({ ...example, username: `made_by_admin_${n}`, email: `made${n}@example.com`, role: 'user' }),
  },
  'PATCH /user/admin-api/update': {
    ...WRITE,
    access: 'admin:profile:write',
    restricted: 'refused',
    body: ({ other }) => ({ target: other.id, bio: 'Changed.' }),
  },
  // Five changes at once: an audit row for each, a notice, a password, strings for new names.
  'PATCH /user/admin-api/update with all that ends sessions': { roundTrips: 2, rowsRead: 58 },
  'PUT /user/admin-api/custom-data': { ...WRITE, access: 'admin:profile:write', restricted: 'refused' },
  'POST /user/admin-api/subscription': { ...WRITE, access: 'admin:profile:write', restricted: 'refused' },
  'POST /user/admin-api/ban': { ...WRITE, access: 'admin:profile:sensitive:high:write', restricted: 'refused' },
  // A permanent ban removes the first thousand edges in the same request (design §2); here there are two.
  'POST /user/admin-api/ban with edges': { roundTrips: 2, rowsRead: 43 },
  'POST /user/admin-api/restrict': { ...WRITE, access: 'admin:profile:sensitive:medium:write', restricted: 'refused' },
  'POST /user/admin-api/verify': { ...WRITE, access: 'admin:profile:sensitive:low:write', restricted: 'refused' },
  'POST /user/admin-api/delete': { ...WRITE, access: 'admin:profile:sensitive:extreme:write', restricted: 'refused' },
  'DELETE /user/admin-api/delete': { ...WRITE, access: 'admin:profile:sensitive:extreme:write', restricted: 'refused' },
  'POST /user/admin-api/restore': { ...WRITE, access: 'admin:profile:sensitive:extreme:write', restricted: 'refused' },
  'GET /user/admin-api/notes': { ...PAGE, access: 'admin:profile:read' },
  'POST /user/admin-api/notes': { ...WRITE, access: 'admin:profile:write', restricted: 'refused' },
  // There is none.
  'DELETE /user/admin-api/notes': { ...WRITE, access: 'admin:profile:write', restricted: 'refused', nothingThere: true },
  'POST /roles/admin-api/create': {
    ...WRITE,
    access: 'admin:roles:write',
    restricted: 'refused',
    body: ({ n, example, scope }) => ({ ...example, id: `role_${n}`, ranking: 500, scopes: [scope] }),
    app: 'gives_rights',
  },
  'PATCH /roles/admin-api/update': {
    ...WRITE,
    access: 'admin:roles:write',
    restricted: 'refused',
    body: ({ n }) => ({ id: ROLE, displayName: `Changed ${n}` }),
    app: 'gives_rights',
  },
  'DELETE /roles/admin-api/delete': {
    ...WRITE,
    access: 'admin:roles:write',
    restricted: 'refused',
    body: () => ({ id: ROLE }),
    app: 'gives_rights',
  },
}
