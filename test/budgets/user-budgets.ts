/**
 * The budgets of the room `user` (design §7), a figure per route, and what holds a request to its own. What a request does
 * after its reply is counted apart.
 */
import { expect } from 'vitest'
import { COUNT_READS, COUNT_WRITES, kvOperations, type Spent } from '../support/budget.ts'

interface Budget {
  readonly roundTrips: number
  readonly rowsRead: number
  /** Before the reply and after it together. */
  readonly kv: number
  /** Zero: it may write nothing at all. */
  readonly rowsWritten?: 0
  /** Counts against a limit of the account: one row written. */
  readonly counted?: true
  /** Before the reply; none unless it says so. */
  readonly r2?: number
}

export const RECORDS = 10

const READ = { roundTrips: 1, rowsRead: 8, kv: 0, rowsWritten: 0 } as const
const PAGE = { roundTrips: 1, rowsRead: 3 * RECORDS + 12, kv: 0, rowsWritten: 0 } as const
const WRITE = { roundTrips: 2, rowsRead: 20, kv: 0 } as const
const DOWNLOAD = { roundTrips: 1, rowsRead: 12, kv: 0, rowsWritten: 0, r2: 1 } as const
const NOTHING = { roundTrips: 0, rowsRead: 0, kv: 0, rowsWritten: 0 } as const

/** ` with `: a case of a route that has a figure of its own. Mails go out after the reply; those that are captured in KV under test count for nothing. */
export const BUDGETS: Readonly<Record<string, Budget>> = {
  // A new account is a row in seven tables, one of them with a string for each way to find the person.
  'POST /user/create': { roundTrips: 2, rowsRead: 32, kv: 0 },
  // Which of the two proofs a code is for is looked up first.
  'POST /user/verify-email': { roundTrips: 2, rowsRead: 20, kv: 0 },
  'GET /user/verify-email': { roundTrips: 2, rowsRead: 20, kv: 0 },
  // A new address: the old one is told, and gets a code to undo it.
  'POST /user/verify-email with a new address': { roundTrips: 2, rowsRead: 30, kv: 0 },
  'POST /user/undo-email-change': { roundTrips: 2, rowsRead: 36, kv: 0 },
  'GET /user/resend-verification': { roundTrips: 2, rowsRead: 20, kv: 0 },
  // Whether somebody has the address is asked twice more: for the decoys, and for the limit of known networks.
  'GET /user/code': { roundTrips: 1, rowsRead: 34, kv: 0 },
  'POST /user/code': { roundTrips: 1, rowsRead: 34, kv: 0 },
  // Two counters of failures in a row begin anew: of the password, and of second factors.
  'POST /user/reset-password': { roundTrips: 2, rowsRead: 26, kv: 0 },
  'POST /user/login': { roundTrips: 3, rowsRead: 20, kv: 2 },
  // With a second factor on, the log-in also makes a challenge and a mail; do-2fa claims the one and makes a session.
  'POST /user/login with a second factor': { roundTrips: 3, rowsRead: 34, kv: 2 },
  'POST /user/do-2fa': { roundTrips: 2, rowsRead: 40, kv: 2 },
  // Both kinds are looked at, and ten recovery codes counted.
  'POST /user/do-2fa with an app': { roundTrips: 2, rowsRead: 60, kv: 2 },
  'POST /user/do-2fa with a recovery code': { roundTrips: 2, rowsRead: 60, kv: 2 },
  // The codes' own row, the event that all of it depends on, and the end of the other sessions.
  'POST /user/2fa': { ...WRITE, rowsRead: 24 },
  // A row for each of ten recovery codes, which are counted here and made or deleted below.
  'GET /user/2fa': { roundTrips: 1, rowsRead: 20, kv: 0, rowsWritten: 0 },
  'POST /user/2fa/totp': WRITE,
  'POST /user/2fa/totp/confirm': { roundTrips: 2, rowsRead: 72, kv: 0 },
  'DELETE /user/2fa/totp': { roundTrips: 2, rowsRead: 60, kv: 0 },
  'POST /user/2fa/recovery-codes': { roundTrips: 2, rowsRead: 60, kv: 0 },
  'POST /user/2fa/email': WRITE,
  'GET /user/logout': WRITE,
  'POST /user/logout': WRITE,
  'GET /user/logout-all': WRITE,
  'POST /user/logout-all': WRITE,
  'GET /user/session-state': READ,
  'GET /user/login-history': PAGE,
  'GET /user/sessions': { roundTrips: 1, rowsRead: 60, kv: RECORDS, rowsWritten: 0 },
  'DELETE /user/sessions/:id': WRITE,
  'GET /user/me': READ,
  'PATCH /user/me': WRITE,
  // Each of at most twelve strings that the person was found by goes, and each of at most twelve comes.
  // A new user name is counted, and the old one held back.
  'PATCH /user/me with a user name': { roundTrips: 2, rowsRead: 28, kv: 0 },
  'PATCH /user/me with all names': { roundTrips: 2, rowsRead: 52, kv: 0 },
  // A password is tried, which is two counters and their reset, and so is the address, which is two more.
  'PATCH /user/me with an address': { roundTrips: 3, rowsRead: 50, kv: 0 },
  // The same of a password: four trips, as a log-in has them.
  'DELETE /user/me': { roundTrips: 4, rowsRead: 28, kv: 0 },
  // The gate; the reservation of two objects, before they are written; the commit, with the limit and the objects before.
  'PATCH /user/profile-picture': { roundTrips: 3, rowsRead: 40, kv: 0, r2: 2 },
  'PUT /user/profile-picture': { roundTrips: 3, rowsRead: 40, kv: 0, r2: 2 },
  'DELETE /user/profile-picture': WRITE,
  'GET /user/:userId{[0-9a-f]{24}}/profile-picture': READ,
  'GET /user/audit': PAGE,
  // The codes are made when they are first looked at; five of them.
  'GET /user/invite-codes': { roundTrips: 2, rowsRead: 24, kv: 0 },
  'GET /user/invite-codes with codes': { roundTrips: 1, rowsRead: 12, kv: 0, rowsWritten: 0 },
  'POST /user/search': { roundTrips: 1, rowsRead: 400 + COUNT_READS, kv: 0, counted: true },
  // A list of all roles: one row each.
  'GET /roles/list': { roundTrips: 1, rowsRead: 3 * RECORDS + 12, kv: 0, rowsWritten: 0 },
  'GET /user/admin-api/list': PAGE,
  // A beginning that many have: a hundred strings are looked at, and their owners.
  'GET /user/admin-api/list with a query': { roundTrips: 1, rowsRead: 330, kv: 0, rowsWritten: 0 },
  'POST /user/admin-api/search': { roundTrips: 1, rowsRead: 330, kv: 0, rowsWritten: 0 },
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
  'GET /user/admin-api/2fa': { roundTrips: 1, rowsRead: 24, kv: 0, rowsWritten: 0 },
  'POST /user/admin-api/end-sessions': { roundTrips: 2, rowsRead: 30, kv: 0 },
  // Two factors and ten recovery codes.
  'POST /user/admin-api/remove-2fa': { roundTrips: 2, rowsRead: 60, kv: 0 },
  'POST /user/admin-api/resend-verification': { roundTrips: 2, rowsRead: 36, kv: 0 },
  'POST /user/admin-api/send-password-reset': { roundTrips: 2, rowsRead: 36, kv: 0 },
  'POST /user/admin-api/create': WRITE,
  'PATCH /user/admin-api/update': WRITE,
  // Five things at once: an audit row for each, a notice, a password, strings for new names.
  'PATCH /user/admin-api/update with all that ends sessions': { roundTrips: 2, rowsRead: 58, kv: 0 },
  'PUT /user/admin-api/custom-data': WRITE,
  'POST /user/admin-api/subscription': WRITE,
  'POST /user/admin-api/ban': WRITE,
  // Without an end it takes the first thousand edges with it (design §2); here there are two.
  'POST /user/admin-api/ban with edges': { roundTrips: 2, rowsRead: 40, kv: 0 },
  'POST /user/admin-api/restrict': WRITE,
  'POST /user/admin-api/verify': WRITE,
  'POST /user/admin-api/delete': WRITE,
  'DELETE /user/admin-api/delete': WRITE,
  'POST /roles/admin-api/create': WRITE,
  'PATCH /roles/admin-api/update': WRITE,
  'DELETE /roles/admin-api/delete': WRITE,
  'POST /client/admin-api/create': WRITE,
  'PATCH /client/admin-api/update': WRITE,
  'POST /client/admin-api/delete': WRITE,
  'DELETE /client/admin-api/delete': WRITE,
  'GET /client/admin-api/list': PAGE,
  'GET /client/:clientId': READ,
  'POST /machine/admin-api/create': WRITE,
  'GET /machine/admin-api/list': PAGE,
  'POST /machine/admin-api/revoke': WRITE,
  // Of as many sessions as the apps have together.
  'GET /user/apps': PAGE,
  // The sessions of one app are found among those of all.
  'DELETE /user/apps/:clientId': { roundTrips: 2, rowsRead: 3 * RECORDS + 12, kv: 0 },
  'GET /user/media/usage': READ,
  // As many folders as the test has made; there are at most MEDIA_FOLDERS_PER_USER of them.
  'GET /user/media/folders': PAGE,
  'POST /user/media/folders': WRITE,
  'PATCH /user/media/folders/:folderId': WRITE,
  // It takes its files with it (here two): a row, its mark and four indexes each.
  'DELETE /user/media/folders/:folderId': { roundTrips: 2, rowsRead: 36, kv: 0 },
  'GET /user/media/files': PAGE,
  // Gate, reservation, commit; the triggers count.
  'POST /user/media/files': { roundTrips: 3, rowsRead: 24, kv: 0, r2: 1 },
  'GET /user/media/files/:fileId': READ,
  'PATCH /user/media/files/:fileId': WRITE,
  'DELETE /user/media/files/:fileId': WRITE,
  'GET /user/media/files/:fileId/content': DOWNLOAD,
  'GET /user/media/files/:fileId/content with no body to send': { ...DOWNLOAD, r2: 0 },
  'POST /user/media/files/:fileId/links': READ,
  'DELETE /user/media/files/:fileId/links': WRITE,
  'GET /files/:fileId': DOWNLOAD,
  'GET /files/:fileId with a link that is not good': NOTHING,
  // The first in ten seconds looks for the newest migration, the others for nothing.
  'GET /health': { roundTrips: 1, rowsRead: 1, kv: 0, rowsWritten: 0 },
  'GET /health with another just before': NOTHING,
  'GET /user/scopes': NOTHING,
}

/** Routes of the graph: their budgets, and crowds to spend them on, are in `test/social/budgets.test.ts`. */
export const BUDGETS_OF_THE_GRAPH: readonly string[] = [
  'POST /user/private',
  'POST /user/follow',
  'POST /user/unfollow',
  'GET /user/followers',
  'GET /user/following',
  'GET /user/follow-requests',
  'PATCH /user/follow-request',
  'DELETE /user/follow-entry',
  'GET /user/follow-status',
  'GET /user/follow-status/:userId',
  'POST /user/block',
  'POST /user/unblock',
  'GET /user/blocks',
  'POST /user/relationships',
  'POST /user/lookup',
  'GET /user/suggestions',
  'GET /user/status',
  'PUT /user/status',
  'DELETE /user/status',
  'GET /user/:userId{[0-9a-f]{24}}',
  'GET /user/info/:userId',
  'GET /user/:userId/followers',
  'GET /user/:userId/following',
]

/** KV of the reply and of what comes after it, without the captured mails: one list and one write each. */
export function kvOf({ counts, later }: Pick<Spent, 'counts' | 'later'>): number {
  const captured = later.kvLists * 2
  return kvOperations(counts) + kvOperations(later) - captured
}

export function expectWithin(route: string, spent: Spent, status = 200): void {
  const budget = BUDGETS[route]
  if (!budget) throw new Error(`no budget for ${route}`)
  const { counts } = spent
  const says = `${route}: ${JSON.stringify(counts)} ${JSON.stringify(spent.json)}`
  expect(spent.status, says).toBe(status)
  expect(counts.d1RoundTrips, says).toBeLessThanOrEqual(budget.roundTrips)
  expect(counts.rowsRead, says).toBeLessThanOrEqual(budget.rowsRead)
  expect(kvOf(spent), says).toBeLessThanOrEqual(budget.kv)
  expect(counts.r2Operations, says).toBeLessThanOrEqual(budget.r2 ?? 0)
  if (budget.counted) expect(counts.rowsWritten, says).toBe(COUNT_WRITES)
  if (budget.rowsWritten === 0) expect(counts.rowsWritten, says).toBe(0)
}
