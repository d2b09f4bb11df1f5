/** The console at `/admin`. A new section needs its routes here and its place in `sections.ts`. */
import { Hono } from 'hono'
import { AppError } from '../../core/errors.ts'
import { requiresSession } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { auditPages } from './audit/page.tsx'
import { clientPages } from './clients/index.ts'
import { healthPage } from './health/page.tsx'
import { impersonationPages } from './impersonation/page.tsx'
import { inviteCodePages } from './invite-codes/index.ts'
import { machinePages } from './machines/index.ts'
import { mailPages } from './mail/index.ts'
import { metricsPage } from './metrics/page.tsx'
import { overviewPage } from './overview/page.tsx'
import { peoplePages } from './people/index.ts'
import { apiPages } from './registered-apis/index.ts'
import { rolePages } from './roles/index.ts'
import { consoleSectionsOf } from './sections.ts'
import { settingsPage } from './settings/page.tsx'
import { webhookPages } from './webhooks/index.ts'

export const consolePages = new Hono<AppEnv>()
  // Leads to the first section that the caller may open.
  .get('/admin', requiresSession(), async (c) => {
    const { principal } = await c.var.gate()
    const first = consoleSectionsOf(principal.scopes)[0]
    if (!first) throw new AppError('forbidden')
    return c.redirect(first.path, 303)
  })
  .route('/', overviewPage)
  .route('/', metricsPage)
  .route('/', peoplePages)
  .route('/', rolePages)
  .route('/', clientPages)
  .route('/', apiPages)
  .route('/', machinePages)
  .route('/', inviteCodePages)
  .route('/', mailPages)
  .route('/', webhookPages)
  .route('/', auditPages)
  .route('/', impersonationPages)
  .route('/', settingsPage)
  .route('/', healthPage)
