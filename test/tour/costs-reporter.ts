// For `npm run costs`: writes the table that the tour has measured.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Reporter } from 'vitest/node'

export default class CostsReporter implements Reporter {
  #measured = 0

  onTestCaseResult(test: Parameters<NonNullable<Reporter['onTestCaseResult']>>[0]): void {
    this.#measured += 1
    if (this.#measured % 50 === 0) console.error(`  ${this.#measured} of about 530 tests of the tour`)
    const { costs } = test.meta() as { costs?: string }
    if (costs !== undefined) writeFileSync(join(import.meta.dirname, '../../docs/costs-of-routes.md'), costs)
    if (test.result().state === 'failed' && costs === undefined) console.error(`failed: ${test.fullName}`)
  }
}
