/** The hosted pages, and what else is for people. Nothing, for whoever is not signed in: `walks/pages.ts` opens each. */
import { consentPath } from '../support/pages.ts'
import { CLIENT, FILE, FILE_FOLDER, NOTHING, PROVIDER, page, READ, type Stops, WRITE } from './tour.ts'

const REFUSED_WRITE = { ...WRITE, restricted: 'refused' } as const
const TWO_STEP = '/account/two-step'

/** Pages that are only shown. */
const FREE = [
  '/ /.well-known/change-password /assets/kith.css',
  '/sign-in/code /sign-in/code/mail /sign-in/mail /sign-in/mail/code /sign-in/with/:provider',
  '/sign-up /verify /verify/resend /verify/new-code /forgot /reset /continue /device/answer',
].join(' ')
const OWN =
  'profile picture picture/remove status status/clear privacy password email apps apps/remove apps/withdraw export delete providers providers/link providers/unlink'
const FREE_FOR_PASSKEYS = '/assets/pages.js /assets/passkeys.js /sign-in/passkey /sign-in/code/passkey'
const FILE_PATH = '/account/files/:fileId{[0-9a-f]{24}}'
const OWN_PASSKEYS = 'passkeys passkeys/add passkeys/rename passkeys/remove'
const OWN_TWO_STEP = 'two-step two-step/email two-step/app two-step/app/confirm two-step/app/remove two-step/recovery-codes'
const reads = [
  ...'/sign-in /sign-out /consent /device'.split(' '),
  ...`${OWN} ${OWN_PASSKEYS} ${OWN_TWO_STEP}`.split(' ').map((name) => `/account/${name}`),
]

export const stops: Stops = {
  ...Object.fromEntries(`${FREE} ${FREE_FOR_PASSKEYS}`.split(' ').map((path) => [`GET ${path}`, NOTHING])),
  ...Object.fromEntries(reads.map((path) => [`GET ${path}`, READ])),
  'GET /docs/:room{[a-z]+}': NOTHING,
  // What the account signs in with, its devices and apps; the last sign-ins.
  'GET /account': { roundTrips: 1, rowsRead: 24, rowsWritten: 0 },
  'GET /account/activity': page(25),
  // Which sections somebody may open.
  'GET /admin': { ...READ, page: '/admin' },
  // Developers' own: the list of mails, and a read of each.
  'GET /dev/mailbox': { ...NOTHING, kv: 2 },
  // With a second factor on there is a challenge and a mail as well.
  'POST /sign-in': { roundTrips: 3, rowsRead: 44, kv: 2, page: '/sign-in?reauth=1' },
  'POST /sign-in/passkey': { roundTrips: 2, rowsRead: 33, kv: 2, page: '/sign-in?reauth=1' },
  // The passkeys of whoever is signing in.
  // Which app it is.
  'GET /sign-in with an app': { roundTrips: 1, rowsRead: 2, rowsWritten: 0 },
  'GET /sign-in/code with a passkey': { roundTrips: 1, rowsRead: 8, rowsWritten: 0 },
  'POST /sign-in/code/passkey': { roundTrips: 2, rowsRead: 50, kv: 2, page: '/sign-in/code' },
  'POST /sign-in/code': { roundTrips: 2, rowsRead: 60, kv: 2, page: '/sign-in/code?use=code' },
  'POST /sign-in/code/mail': { ...WRITE, page: '/sign-in/code?use=code' },
  // The provider's documents come from KV, or go there.
  'POST /sign-in/with/:provider': { ...NOTHING, kv: 2, page: '/sign-up' },
  // Who it is, and the session or the second step; what the provider told about its keys.
  'GET /upstream/:provider/callback': { roundTrips: 2, rowsRead: 50, kv: 4 },
  'POST /upstream/:provider/callback': { ...NOTHING, page: '/sign-up' },
  // User names that are free.
  'GET /sign-up/with': { roundTrips: 1, rowsRead: 12, rowsWritten: 0 },
  // What is taken, the account, the session.
  'POST /sign-up/with': { roundTrips: 3, rowsRead: 50, kv: 2 },
  'GET /sign-in/connect': READ,
  'POST /sign-in/connect': { roundTrips: 2, rowsRead: 26 },
  'POST /account/providers/link': { ...READ, kv: 4, page: '/account/providers' },
  'POST /account/providers/unlink': { roundTrips: 2, rowsRead: 30, page: `/account/providers/unlink?id=${PROVIDER}` },
  // Known, unknown and refused alike: the account, then counters, a challenge and a mail.
  'POST /sign-in/mail': { roundTrips: 2, rowsRead: 60 },
  // The account, the try, and then what a log-in does.
  'POST /sign-in/mail/code': { roundTrips: 3, rowsRead: 60, kv: 2 },
  'GET /sign-in/mail/link': { ...READ, rowsRead: 4 },
  'POST /sign-in/mail/link': { roundTrips: 2, rowsRead: 60, kv: 2 },
  'POST /sign-up': { roundTrips: 2, rowsRead: 32 },
  // Who has just signed up is signed in as well.
  'POST /verify': { roundTrips: 3, rowsRead: 32, kv: 2 },
  'POST /verify/resend': { roundTrips: 2, rowsRead: 26, page: '/verify?account=0000000000000000ffffffff' },
  'POST /verify/new-code': WRITE,
  'GET /email/undo': { ...READ, rowsRead: 4 },
  'POST /email/undo': { roundTrips: 2, rowsRead: 36 },
  'GET /two-step/undo': { ...READ, rowsRead: 4 },
  // To find it, to count the try, to carry it out.
  'POST /two-step/undo': { roundTrips: 3, rowsRead: 60 },
  'POST /forgot': { roundTrips: 1, rowsRead: 38 },
  'POST /reset': { roundTrips: 2, rowsRead: 28 },
  'POST /sign-out': WRITE,
  // Two clients: five rows for each notice, with its indexes; the clients are asked after the reply.
  'POST /sign-out with clients to tell': { roundTrips: 2, rowsRead: 19, rowsWritten: 13, later: 3 },
  'POST /consent': { ...WRITE, page: consentPath(CLIENT) },
  'POST /device': { roundTrips: 2, rowsRead: 16 },
  'POST /device/answer': { roundTrips: 3, rowsRead: 36, page: '/device' },
  // A new user name is counted, and the old one held back.
  'POST /account/profile': { roundTrips: 2, rowsRead: 28, restricted: 'refused' },
  // The page shows what is wrong with a picture, so who it is for is looked up first.
  'POST /account/picture': { roundTrips: 4, rowsRead: 40, r2: 2, restricted: 'refused' },
  'POST /account/picture/remove': { ...REFUSED_WRITE, page: '/account/picture' },
  'POST /account/status': REFUSED_WRITE,
  'POST /account/status/clear': { ...REFUSED_WRITE, page: '/account/status' },
  'POST /account/privacy': WRITE,
  'POST /account/password': { roundTrips: 3, rowsRead: 36, kv: 2 },
  'POST /account/email': { roundTrips: 3, rowsRead: 50, restricted: 'refused' },
  'POST /account/passkeys/add': { roundTrips: 2, rowsRead: 40 },
  'POST /account/passkeys/rename': WRITE,
  'POST /account/passkeys/remove': { roundTrips: 2, rowsRead: 40 },
  [`POST ${TWO_STEP}/email`]: { roundTrips: 2, rowsRead: 31, page: TWO_STEP },
  [`POST ${TWO_STEP}/app`]: WRITE,
  // Ten recovery codes are written.
  [`POST ${TWO_STEP}/app/confirm`]: { roundTrips: 2, rowsRead: 80 },
  [`POST ${TWO_STEP}/app/remove`]: { roundTrips: 2, rowsRead: 60 },
  [`POST ${TWO_STEP}/recovery-codes`]: { roundTrips: 2, rowsRead: 60 },
  // One read of KV for each device.
  'GET /account/sessions': { ...READ, kv: 2 },
  'POST /account/sessions/end': { ...WRITE, page: '/account/sessions' },
  'POST /account/sessions/end-all': { ...WRITE, page: '/account/sessions' },
  'POST /account/apps/remove': { ...WRITE, page: `/account/apps/remove?client=${CLIENT}` },
  'POST /account/apps/withdraw': {
    roundTrips: 2,
    // Looks into all that the app has been granted.
    rowsRead: 45,
    page: `/account/apps/withdraw?client=${CLIENT}&scope=delegated:profile:read`,
  },
  // The gate, 25 files and one more, folders, usage.
  'GET /account/files': { roundTrips: 1, rowsRead: 90, rowsWritten: 0 },
  // The form's own gate, then each file: gate, reservation, commit.
  'POST /account/files': { roundTrips: 4, rowsRead: 40, r2: 1, restricted: 'refused' },
  'POST /account/files/upload': { roundTrips: 3, rowsRead: 24, r2: 1, restricted: 'refused' },
  'GET /account/files/new-folder': READ,
  'POST /account/files/new-folder': { ...REFUSED_WRITE, page: '/account/files' },
  'GET /account/files/folder': READ,
  'POST /account/files/folder': { ...REFUSED_WRITE, page: `/account/files/folder?folder=${FILE_FOLDER}` },
  'GET /account/files/folder/delete': READ,
  // As many files as are in it.
  'POST /account/files/folder/delete': {
    roundTrips: 2,
    rowsRead: 36,
    restricted: 'refused',
    page: `/account/files/folder/delete?folder=${FILE_FOLDER}`,
  },
  [`GET ${FILE_PATH}`]: READ,
  [`POST ${FILE_PATH}`]: { ...REFUSED_WRITE, page: `/account/files/${FILE}` },
  [`GET ${FILE_PATH}/link`]: READ,
  // Makes the link, and shows it on the page of the file.
  [`POST ${FILE_PATH}/link`]: { ...WRITE, rowsWritten: 0, page: `/account/files/${FILE}` },
  [`GET ${FILE_PATH}/link/end`]: READ,
  [`POST ${FILE_PATH}/link/end`]: { ...REFUSED_WRITE, page: `/account/files/${FILE}` },
  [`GET ${FILE_PATH}/delete`]: READ,
  [`POST ${FILE_PATH}/delete`]: { ...REFUSED_WRITE, page: `/account/files/${FILE}/delete` },
  // The first time codes are made.
  'GET /account/invites': { roundTrips: 2, rowsRead: 24 },
  // Whether the account has a password, and its archives.
  'GET /account/export': { roundTrips: 2, rowsRead: 30, rowsWritten: 0 },
  'POST /account/export': { roundTrips: 15, rowsRead: 120, kv: 1 },
  'GET /account/export/delete': READ,
  'POST /account/export/delete': { ...WRITE, page: '/account/export' },
  'POST /account/delete': { roundTrips: 3, rowsRead: 28 },
}
