/** The script of the account's and the console's pages. Everything works without it; it adds what only a browser knows. */

import { bulk } from './bulk.ts'
import { copyButtons } from './copy.ts'
import { localTimes } from './local-times.ts'
import { previews } from './previews.ts'
import { uploads } from './upload.ts'

copyButtons()
localTimes()
void bulk()
previews()
uploads()
