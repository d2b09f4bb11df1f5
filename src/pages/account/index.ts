/** The pages of a person's own account. A new one: its routes here, its place in `sections.ts`. */
import { Hono } from 'hono'
import type { AppEnv } from '../../http/app-env.ts'
import { deletionPage } from './deletion.tsx'
import { emailPage } from './email.tsx'
import { inviteCodesPage } from './invite-codes.tsx'
import { overviewPage } from './overview.tsx'
import { passwordPage } from './password.tsx'
import { privacyPage } from './privacy.tsx'
import { profilePage } from './profile.tsx'
import { sessionsPage } from './sessions.tsx'
import { statusPage } from './status.tsx'

export const accountPages = new Hono<AppEnv>()
  .route('/', overviewPage)
  .route('/', profilePage)
  .route('/', statusPage)
  .route('/', privacyPage)
  .route('/', passwordPage)
  .route('/', emailPage)
  .route('/', sessionsPage)
  .route('/', inviteCodesPage)
  .route('/', deletionPage)
