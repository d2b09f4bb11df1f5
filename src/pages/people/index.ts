/** The pages about other people. */
import { Hono } from 'hono'
import type { AppEnv } from '../../http/app-env.ts'
import { actPages } from './acts.ts'
import { listPages } from './lists.tsx'
import { profilePages } from './profile.tsx'
import { searchPages } from './search.tsx'

export { HANDLE } from './profile.tsx'

export const peoplePages = new Hono<AppEnv>().route('/', searchPages).route('/', listPages).route('/', actPages).route('/', profilePages)
