/** The hosted pages, and what else is for people. Nothing, for whoever is not signed in: `walks/pages.ts` opens each. */
import { consentPath } from '../support/pages.ts'
import { CLIENT, NOTHING, READ, type Stops, WRITE } from './tour.ts'

const REFUSED_WRITE = { ...WRITE, restricted: 'refused' } as const
const TWO_STEP = '/account/two-step'

export const stops: Stops = {
  'GET /': NOTHING,
  'GET /docs': NOTHING,
  'GET /docs/:room{[a-z]+}': NOTHING,
  // Developers' own: the list of mails, and a read of each.
  'GET /dev/mailbox': { ...NOTHING, kv: 2 },
  'GET /.well-known/change-password': NOTHING,
  'GET /assets/kith.css': NOTHING,
  'GET /sign-in': READ,
  // With a second factor on there is a challenge and a mail as well.
  'POST /sign-in': { roundTrips: 3, rowsRead: 34, kv: 2, page: '/sign-in?reauth=1' },
  'GET /sign-in/code': NOTHING,
  'POST /sign-in/code': { roundTrips: 2, rowsRead: 60, kv: 2 },
  'GET /sign-in/code/mail': NOTHING,
  'POST /sign-in/code/mail': { ...WRITE, page: '/sign-in/code' },
  'GET /sign-up': NOTHING,
  'POST /sign-up': { roundTrips: 2, rowsRead: 32 },
  'GET /verify': NOTHING,
  // Who has just signed up is signed in as well.
  'POST /verify': { roundTrips: 4, rowsRead: 32, kv: 2 },
  'GET /verify/resend': NOTHING,
  'POST /verify/resend': { roundTrips: 2, rowsRead: 26, page: '/verify?account=0000000000000000ffffffff' },
  'GET /verify/new-code': NOTHING,
  'POST /verify/new-code': WRITE,
  'GET /email/undo': { ...READ, rowsRead: 4 },
  'POST /email/undo': { roundTrips: 2, rowsRead: 36 },
  'GET /two-step/undo': { ...READ, rowsRead: 4 },
  // To find it, to count the try, to carry it out.
  'POST /two-step/undo': { roundTrips: 3, rowsRead: 60 },
  'GET /forgot': NOTHING,
  'POST /forgot': { roundTrips: 1, rowsRead: 38 },
  'GET /reset': NOTHING,
  'POST /reset': { roundTrips: 2, rowsRead: 26 },
  'GET /sign-out': READ,
  'POST /sign-out': WRITE,
  'GET /continue': NOTHING,
  'GET /consent': READ,
  'POST /consent': { ...WRITE, page: consentPath(CLIENT) },
  'GET /account': READ,
  'GET /account/profile': READ,
  // A new user name is counted, and the old one held back.
  'POST /account/profile': { roundTrips: 2, rowsRead: 28, restricted: 'refused' },
  'GET /account/picture': READ,
  // The page shows what is wrong with a picture, so who it is for is looked up first.
  'POST /account/picture': { roundTrips: 4, rowsRead: 40, r2: 2, restricted: 'refused' },
  'GET /account/picture/remove': READ,
  'POST /account/picture/remove': { ...REFUSED_WRITE, page: '/account/picture' },
  'GET /account/status': READ,
  'POST /account/status': REFUSED_WRITE,
  'GET /account/status/clear': READ,
  'POST /account/status/clear': { ...REFUSED_WRITE, page: '/account/status' },
  'GET /account/privacy': READ,
  'POST /account/privacy': WRITE,
  'GET /account/password': READ,
  'POST /account/password': { roundTrips: 3, rowsRead: 36, kv: 2 },
  'GET /account/email': READ,
  'POST /account/email': { roundTrips: 3, rowsRead: 50 },
  [`GET ${TWO_STEP}`]: READ,
  [`GET ${TWO_STEP}/email`]: READ,
  [`POST ${TWO_STEP}/email`]: { roundTrips: 2, rowsRead: 30, page: TWO_STEP },
  [`GET ${TWO_STEP}/app`]: READ,
  [`POST ${TWO_STEP}/app`]: WRITE,
  [`GET ${TWO_STEP}/app/confirm`]: READ,
  // Ten recovery codes are written.
  [`POST ${TWO_STEP}/app/confirm`]: { roundTrips: 2, rowsRead: 80 },
  [`GET ${TWO_STEP}/app/remove`]: READ,
  [`POST ${TWO_STEP}/app/remove`]: { roundTrips: 2, rowsRead: 60 },
  [`GET ${TWO_STEP}/recovery-codes`]: READ,
  [`POST ${TWO_STEP}/recovery-codes`]: { roundTrips: 2, rowsRead: 60 },
  // One read of KV for each device.
  'GET /account/sessions': { ...READ, kv: 2 },
  'POST /account/sessions/end': { ...WRITE, page: '/account/sessions' },
  'POST /account/sessions/end-all': { ...WRITE, page: '/account/sessions' },
  'GET /account/apps': READ,
  'GET /account/apps/remove': READ,
  'POST /account/apps/remove': { ...WRITE, page: `/account/apps/remove?client=${CLIENT}` },
  // The first time codes are made.
  'GET /account/invites': { roundTrips: 2, rowsRead: 24 },
  'GET /account/export': READ,
  'POST /account/export': { roundTrips: 15, rowsRead: 120, kv: 1 },
  'GET /account/delete': READ,
  'POST /account/delete': { roundTrips: 3, rowsRead: 28 },
}
