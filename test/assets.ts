/** Before any test: the static files are made as `npm run assets` makes them, also in a fresh clone. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

export default function setup(): void {
  execFileSync(process.execPath, ['scripts/assets.ts'], { cwd: join(import.meta.dirname, '..'), stdio: 'inherit' })
}
