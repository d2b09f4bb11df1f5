/** The pages of a person's media library, below `/account/files`: `/files` itself is where links to files lead. */
import { Hono } from 'hono'
import type { AppEnv } from '../../http/app-env.ts'
import { filePage } from './file.tsx'
import { fileActs } from './file-acts.tsx'
import { folderPages } from './folders.tsx'
import { libraryPage } from './library.tsx'
import { uploadRoutes } from './upload.ts'

export const filesPages = new Hono<AppEnv>()
  .route('/', libraryPage)
  .route('/', uploadRoutes)
  .route('/', folderPages)
  .route('/', filePage)
  .route('/', fileActs)
