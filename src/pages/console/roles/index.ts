/** The console's pages about roles. */
import { Hono } from 'hono'
import type { AppEnv } from '../../../http/app-env.ts'
import { roleForms } from './forms.tsx'
import { roleList } from './list.tsx'
import { roleRemoval } from './remove.tsx'

export const rolePages = new Hono<AppEnv>().route('/', roleList).route('/', roleForms).route('/', roleRemoval)
