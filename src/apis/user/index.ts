/**
 * The room `user`: Kith's own API, an extension of Liquid's (seed 002). Callers send a Bearer access token or the
 * browser's session cookie. Mounted last, at the root: it ends in a catch-all.
 */
import { Hono } from 'hono'
import { admission } from '../../http/admission.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { credentials, personalSession } from '../../http/credentials.ts'
import { allowedOrigins, refuseCrossSiteWrites } from '../../http/cross-site.ts'
import { accessToken } from '../../http/dpop.ts'
import { errorsAs, unmatched } from '../../http/errors.ts'
import type { RoomDocument, RouteGroup } from '../../http/room-document.ts'
import { archives } from './accounts/archive-routes.ts'
import { auditTrail } from './accounts/audit-routes.ts'
import { deletion } from './accounts/deletion-routes.ts'
import { accountExport } from './accounts/export-routes.ts'
import { accounts } from './accounts/routes.ts'
import { adminAuditLog } from './administration/audit-log-routes.ts'
import { adminInviteCodes } from './administration/invite-code-routes.ts'
import { adminMails } from './administration/mail-routes.ts'
import { adminNotes } from './administration/notes-routes.ts'
import { adminProvisioning } from './administration/provisioning-routes.ts'
import { adminRoles } from './administration/role-routes.ts'
import { admins } from './administration/routes.ts'
import { adminStatistics } from './administration/statistics-routes.ts'
import { adminSupport } from './administration/support-routes.ts'
import { adminUpdate } from './administration/update-routes.ts'
import { clients } from './clients/routes.ts'
import { apps } from './connected-apps/routes.ts'
import { renderError, toErrorBody } from './errors.ts'
import { imports } from './imports/routes.ts'
import { inviteCodes } from './invite-codes/routes.ts'
import { liquidAdmin, liquidSystem, notHere } from './liquid.ts'
import { machines } from './machine-clients/routes.ts'
import { mediaFiles } from './media-library/file-routes.ts'
import { media } from './media-library/folder-routes.ts'
import { passkeys } from './passkeys/routes.ts'
import { people } from './people/routes.ts'
import { profilePicture } from './profile/picture-routes.ts'
import { profile } from './profile/routes.ts'
import { status } from './profile/status-routes.ts'
import { providers } from './providers/routes.ts'
import { apis } from './registered-apis/routes.ts'
import { ErrorReply } from './replies.ts'
import { roles } from './roles/routes.ts'
import { search } from './search/routes.ts'
import { secondFactors } from './second-factors/routes.ts'
import { mailSignIn } from './sessions/mail-routes.ts'
import { sessions } from './sessions/routes.ts'
import { social } from './social-graph/routes.ts'
import { system } from './system/routes.ts'
import { webhooks } from './webhooks/routes.ts'

/** Routes match in this order. `people` comes last, because its paths start with a parameter. */
const GROUPS: readonly RouteGroup[] = [
  {
    name: 'Accounts',
    description: 'Sign up, verify an address, reset a forgotten password, delete the account, read its audit trail, export everything.',
    routes: [accounts, deletion, auditTrail, accountExport, archives],
  },
  { name: 'Sessions', description: 'Sign in, with or without a second factor, sign out, list sessions.', routes: [sessions, mailSignIn] },
  {
    name: 'Second factors',
    description: 'Authenticator apps, recovery codes, codes by email.',
    routes: [secondFactors],
  },
  {
    name: 'Passkeys',
    description: 'Add, list and remove passkeys; sign in with one (WebAuthn Level 3).',
    routes: [passkeys],
  },
  {
    name: 'Other providers',
    description: 'Accounts at other providers that sign the caller in.',
    routes: [providers],
  },
  { name: 'Connected apps', description: 'Apps that the caller has authorized.', routes: [apps] },
  { name: 'Profile', description: "The caller's own profile, picture and status.", routes: [profile, profilePicture, status] },
  { name: 'Social graph', description: 'Follow, request, accept, block; private accounts.', routes: [social] },
  { name: 'Search', description: 'Find people by the beginning of a name.', routes: [search] },
  {
    name: 'Invite codes',
    description: 'Codes to give away: a user who signs up with one was invited by its owner.',
    routes: [inviteCodes],
  },
  {
    name: 'Media library',
    description: 'Private files in folders, with quotas; links that expire after minutes.',
    routes: [media, mediaFiles],
  },
  { name: 'Roles', description: 'The roles that accounts can have.', routes: [roles] },
  {
    name: 'Administration',
    description: 'For administrators: accounts, sanctions, help with signing in, notes, roles, the audit log, figures, mails.',
    routes: [
      adminUpdate,
      admins,
      adminSupport,
      adminNotes,
      adminProvisioning,
      adminInviteCodes,
      adminRoles,
      adminStatistics,
      adminAuditLog,
      adminMails,
      liquidAdmin,
    ],
  },
  { name: 'Imports', description: 'For administrators and services: people from another system, and whom they follow.', routes: [imports] },
  { name: 'Clients', description: 'For administrators: the OAuth clients.', routes: [clients] },
  { name: 'APIs', description: "For administrators: the team's own APIs, which clients get tokens for (RFC 8707).", routes: [apis] },
  { name: 'Machine clients', description: 'For administrators: robots, API keys, license keys of older programs.', routes: [machines] },
  { name: 'Webhooks', description: 'For administrators: where events go, and what was delivered.', routes: [webhooks] },
  { name: 'Service', description: 'Public information: health, scopes, settings.', routes: [system, liquidSystem] },
  { name: 'People', description: 'Other users, as the caller may see them.', routes: [people] },
]

export const user = new Hono<AppEnv>()
user.use(errorsAs(renderError, 'user'), allowedOrigins(), admission(), refuseCrossSiteWrites(), credentials(accessToken, personalSession))
for (const routes of GROUPS.flatMap((group) => group.routes)) user.route('/', routes)
user.route('/', notHere)
user.all('*', unmatched(user))

export const userDocument: RoomDocument = {
  title: 'Kith user API',
  description: 'Accounts, sign-in, profiles, people, files, administration. Every reply carries x-request-id.',
  mounts: [{ prefix: '', room: user, groups: GROUPS }],
  credentials: ['oauth2', 'bearer', 'session'],
  error: ErrorReply,
  toErrorBody,
}
