/** Before any test: builds the static files as `npm run assets` does, even in a fresh clone. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

export default function setup(): void {
  execFileSync(process.execPath, ['scripts/assets.ts'], { cwd: join(import.meta.dirname, '..'), stdio: 'inherit' })
}
