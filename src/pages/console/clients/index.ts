/** The console's pages about OAuth clients. */
import { Hono } from 'hono'
import type { AppEnv } from '../../../http/app-env.ts'
import { clientActs } from './acts.tsx'
import { clientPage } from './client.tsx'
import { editClientPages } from './edit.tsx'
import { clientList } from './list.tsx'
import { newClientPages } from './new.tsx'

export const clientPages = new Hono<AppEnv>()
for (const routes of [clientList, clientPage, newClientPages, editClientPages, clientActs]) clientPages.route('/', routes)
