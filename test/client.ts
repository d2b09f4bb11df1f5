/** Before the system tests: builds the static files and `@kith/client`, as the examples import it. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

export default function setup(): void {
  execFileSync(process.execPath, ['scripts/client.ts'], { cwd: join(import.meta.dirname, '..'), stdio: 'inherit' })
}
