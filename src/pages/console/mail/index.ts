/** The section `/admin/mail`: the outbox, another try, and the templates. */
import { Hono } from 'hono'
import type { AppEnv } from '../../../http/app-env.ts'
import { mailListPage } from './list.tsx'
import { mailRetryPages } from './retry.tsx'
import { mailTemplatePages } from './templates.tsx'

export const mailPages = new Hono<AppEnv>().route('/', mailListPage).route('/', mailRetryPages).route('/', mailTemplatePages)
