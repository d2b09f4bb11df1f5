/** The console's pages about invite codes. */
import { Hono } from 'hono'
import type { AppEnv } from '../../../http/app-env.ts'
import { inviteCodeList } from './list.tsx'
import { inviteCodeRevocation } from './revoke.tsx'

export const inviteCodePages = new Hono<AppEnv>().route('/', inviteCodeList).route('/', inviteCodeRevocation)
