// The system tests run in Node: they start Kith as a process, as a person would, and talk to it over HTTP.
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: join(import.meta.dirname, '..', '..'),
  test: {
    include: ['test/system/**/*.test.ts'],
    environment: 'node',
    globalSetup: ['./test/assets.ts'],
    // Each file runs a server; a small machine has room for one at a time.
    fileParallelism: false,
    // The operator's commands start wrangler each time: seconds on a busy machine, and some tests give many.
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
})
