/**
 * `npm run assets`: copies the viewer of /docs out of its package into `assets/docs/viewer`, from where it is served as it
 * is. `npm start`, `npm run build` and `npm run deploy` do this first, so nobody has to.
 */
import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { main, ROOT } from './local.ts'

const PACKAGE = join(ROOT, 'node_modules', 'swagger-ui-dist')
const VIEWER = join(ROOT, 'assets', 'docs', 'viewer')
/** What the page loads, and what the licenses ask to go with it. */
const FILES = ['swagger-ui-bundle.js', 'swagger-ui.css', 'LICENSE', 'NOTICE', 'swagger-ui-bundle.js.LICENSE.txt']

export function copyViewer(): void {
  mkdirSync(VIEWER, { recursive: true })
  for (const name of readdirSync(VIEWER)) if (!FILES.includes(name)) rmSync(join(VIEWER, name), { recursive: true })
  for (const name of FILES) copyFileSync(join(PACKAGE, name), join(VIEWER, name))
}

if (import.meta.main) await main(async () => copyViewer())
