/** The console: what its pages may cost. */
import { page, READ, type Stops, WRITE } from './tour.ts'

/** Records of a page. */
const SHOWN = 25
const list = page(SHOWN)
const FORM = { ...READ, rowsRead: 20 } as const
const REFUSED = { ...WRITE, restricted: 'refused' } as const
const asking = (paths: string) =>
  Object.fromEntries(
    paths.split(' ').flatMap((path) => [
      [`GET /admin/${path}`, FORM],
      [`POST /admin/${path}`, REFUSED],
    ]),
  )

export const stops: Stops = {
  // Metrics are no rows: the gate's own.
  'GET /admin/metrics': READ,
  'GET /admin/roles': list,
  'GET /admin/roles/role': list,
  'GET /admin/clients': list,
  'GET /admin/clients/client': READ,
  'GET /admin/apis': list,
  'GET /admin/machines': list,
  ...asking('roles/new roles/edit roles/delete'),
  ...asking('clients/new clients/edit clients/rotate clients/disable clients/enable clients/delete'),
  ...asking('apis/new apis/edit apis/disable apis/enable apis/delete'),
  ...asking('machines/new machines/revoke'),
  // There are 20 at most.
  'GET /admin/webhooks': list,
  'GET /admin/webhooks/webhook': list,
  ...asking('webhooks/new webhooks/edit webhooks/test webhooks/rotate webhooks/replay webhooks/enable'),
  ...asking('webhooks/retry webhooks/disable webhooks/delete'),
  // With what waits for the same user.
  'POST /admin/webhooks/replay': { ...REFUSED, rowsRead: 32 },
  // With the 30 that were given up, that wait, or that are there.
  'POST /admin/webhooks/retry': { ...REFUSED, rowsRead: 500 },
  'POST /admin/webhooks/disable': { ...REFUSED, rowsRead: 120 },
  'POST /admin/webhooks/delete': { ...REFUSED, rowsRead: 180 },
  // 25 codes, each with two people and a role.
  'GET /admin/invite-codes': { roundTrips: 1, rowsRead: 140, rowsWritten: 0 },
  // All of a person are found, to show the newest of them; there are at most 100.
  'GET /admin/invite-codes with a query': { roundTrips: 1, rowsRead: 330, rowsWritten: 0 },
  ...asking('invite-codes/revoke'),
  // The figures of 30 days, and what waits, as far as the tour fills it.
  'GET /admin/mail': { roundTrips: 1, rowsRead: 480, rowsWritten: 0 },
  'GET /admin/mail/templates': READ,
  'GET /admin/mail/templates/html': READ,
  'GET /admin/mail/retry': READ,
  'POST /admin/mail/retry': { ...WRITE, rowsRead: 30 },
  'GET /admin/mail/retry-all': READ,
  // 50 mails, each with its event.
  'POST /admin/mail/retry-all': { roundTrips: 2, rowsRead: 1_100 },
  // 30 days of seven figures each.
  // 25 events, each with two people and a client.
  'GET /admin/audit': { roundTrips: 1, rowsRead: 140, rowsWritten: 0 },
  'GET /admin/audit with a type': { roundTrips: 1, rowsRead: 1_600, rowsWritten: 0 },
  // That the file was made is noted; then a thousand events per round trip.
  'POST /admin/audit/file': { roundTrips: 4, rowsRead: 7_000, page: '/admin/audit' },
  'GET /admin/settings': READ,
  // KV is written and read, each bucket is written, read and emptied.
  'GET /admin/health': { roundTrips: 1, rowsRead: 12 + 7 * 1_001, rowsWritten: 0, kv: 2, r2: 6 },
  // Who it is about, and one's own factors.
  'GET /admin/people/:id/impersonate': { roundTrips: 1, rowsRead: 20, rowsWritten: 0 },
  'POST /admin/people/:id/impersonate': { roundTrips: 2, rowsRead: 50, page: '/admin/people/:id/impersonate' },
  'POST /account/impersonation/leave': { roundTrips: 2, rowsRead: 30, page: '/account' },
  'GET /admin/overview': { roundTrips: 1, rowsRead: 240, rowsWritten: 0 },
}
