/** The console's People. */
import { Hono } from 'hono'
import type { AppEnv } from '../../../http/app-env.ts'
import { actPages } from './act-pages.tsx'
import { bulkPages } from './bulk.tsx'
import { peopleList } from './list.tsx'
import { notePages } from './note-pages.ts'
import { personPage } from './person.tsx'
import { personLists } from './person-lists.tsx'

export const peoplePages = new Hono<AppEnv>()
  .route('/', peopleList)
  .route('/', bulkPages)
  .route('/', personPage)
  .route('/', personLists)
  .route('/', actPages)
  .route('/', notePages)
