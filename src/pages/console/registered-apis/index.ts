/** The console's pages about the team's own APIs. */
import { Hono } from 'hono'
import type { AppEnv } from '../../../http/app-env.ts'
import { apiActs } from './acts.tsx'
import { apiForms } from './forms.tsx'
import { apiList } from './list.tsx'

export const apiPages = new Hono<AppEnv>().route('/', apiList).route('/', apiForms).route('/', apiActs)
