/** The console's pages about webhooks. */
import { Hono } from 'hono'
import type { AppEnv } from '../../../http/app-env.ts'
import { webhookActs } from './acts.tsx'
import { webhookForms } from './forms.tsx'
import { webhookList } from './list.tsx'
import { replayPages } from './replay.tsx'
import { webhookPage } from './webhook.tsx'

export const webhookPages = new Hono<AppEnv>()
  .route('/', webhookList)
  .route('/', webhookPage)
  .route('/', webhookForms)
  .route('/', webhookActs)
  .route('/', replayPages)
