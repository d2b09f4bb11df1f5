/** The pages of a user's own account. A new page needs its routes here and its place in `sections.ts`. */
import { Hono } from 'hono'
import type { AppEnv } from '../../http/app-env.ts'
import { activityPage } from './activity.tsx'
import { appsPages } from './apps.tsx'
import { authenticatorPages } from './authenticator.tsx'
import { deletionPage } from './deletion.tsx'
import { emailPage } from './email.tsx'
import { exportPage } from './export.tsx'
import { impersonationExit } from './impersonation.ts'
import { inviteCodesPage } from './invite-codes.tsx'
import { overviewPage } from './overview.tsx'
import { passkeyEnrolmentPage } from './passkey-enrolment.tsx'
import { passkeysPages } from './passkeys.tsx'
import { passwordPage } from './password.tsx'
import { picturePages } from './picture.tsx'
import { privacyPage } from './privacy.tsx'
import { profilePage } from './profile.tsx'
import { providersPages } from './providers.tsx'
import { recoveryCodesPages } from './recovery-codes.tsx'
import { sessionsPage } from './sessions.tsx'
import { statusPage } from './status.tsx'
import { twoStepPages } from './two-step.tsx'

export const accountPages = new Hono<AppEnv>()
  .route('/', overviewPage)
  .route('/', profilePage)
  .route('/', picturePages)
  .route('/', statusPage)
  .route('/', privacyPage)
  .route('/', passwordPage)
  .route('/', passkeysPages)
  .route('/', passkeyEnrolmentPage)
  .route('/', emailPage)
  .route('/', twoStepPages)
  .route('/', authenticatorPages)
  .route('/', recoveryCodesPages)
  .route('/', providersPages)
  .route('/', sessionsPage)
  .route('/', activityPage)
  .route('/', appsPages)
  .route('/', inviteCodesPage)
  .route('/', exportPage)
  .route('/', deletionPage)
  .route('/', impersonationExit)
