// The system tests run in Node: they start Kith as a process, as a person would, and talk to it over HTTP.
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { longestFirst } from '../longest-first.ts'
import { keepTemporaryFilesInMemory } from '../temporary-files.ts'

keepTemporaryFilesInMemory()
// Hundreds of times wrangler, which is large: compiled once.
process.env.NODE_COMPILE_CACHE = join(tmpdir(), 'kith-compiled')

export default defineConfig({
  root: join(import.meta.dirname, '..', '..'),
  test: {
    include: ['test/system/**/*.test.ts'],
    environment: 'node',
    globalSetup: ['./test/client.ts', './test/system/prepare.ts'],
    // Each file runs its own server on a free port; a small machine has room for two.
    maxWorkers: 2,
    sequence: {
      sequencer: longestFirst(
        [
          'scripts',
          'start',
          'setup',
          'docs',
          'console',
          'client-tabs',
          'machines',
          'rooms-removed',
          'media',
          'client-failures',
          'deploy',
          'pages',
        ].map((name) => `system/${name}`),
      ),
    },
    // The operator's commands start wrangler each time, which takes seconds on a busy machine, and some tests run many.
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
})
