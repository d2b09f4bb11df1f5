// Tests run in the Workers runtime with local D1, KV and R2 (design §8). test/platform/ makes those as strict as
// production; test/system/ starts the server as a process and is not run from here.
import { existsSync } from 'node:fs'
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

const migrations = existsSync('./migrations') ? await readD1Migrations('./migrations') : []

// The Worker's variables under test. Secrets come here as well, every one of them: fixed strings, worthless outside of
// the tests. A name that only a developer's .dev.vars has would reach the tests from there.
const testVars = {
  ENVIRONMENT: 'test',
  ORIGIN: 'https://kith.test',
  MAIL: 'capture',
  MAIL_FROM: 'Kith <no-reply@kith.test>',
  CORS_ORIGINS: 'https://app.kith.test',
  // Cheap, so that hundreds of sign-ins fit into a run; one test runs at full cost.
  SCRYPT_LN: '4',
  HMAC_KEYS: JSON.stringify({ 'test-1': 'aG1hYy1rZXktb2YtdGhlLXRlc3RzLTAxMjM0NTY3ODk' }),
  PEPPER_KEYS: JSON.stringify({ 'test-1': 'cGVwcGVyLW9mLXRoZS10ZXN0cy0wMTIzNDU2Nzg5MDE' }),
  ENCRYPTION_KEYS: JSON.stringify({ 'test-1': 'ZW5jcnlwdGlvbi1rZXktb2YtdGVzdHMtMDEyMzQ1Njc' }),
  AVATARS_BASE_URL: 'https://avatars.kith.test',
  SIGNING_KEYS: JSON.stringify({
    keys: [
      {
        kid: 'test-1',
        kty: 'EC',
        crv: 'P-256',
        x: 'FP2mdq53H02CFQFC8bj5_YM2brrRLksHbaB2wENdyRE',
        y: 'ibVtheR06gSjGD2XpoKNqCTfInZ7kcuer1jlS720ChI',
        d: '6Kj0Cyh9YBZqwVAD6n5V4AQDbdelo4z2bECtVFKOPCM',
      },
    ],
  }),
}

/** What the Worker is made of, and fast-check: each is one module, where every file of tests would load hundreds anew. */
const BUNDLED = [
  ...['zod', 'jose', 'uqr', 'otpauth/bare', 'content-disposition', 'fast-check'],
  ...['drizzle-orm', 'drizzle-orm/casing', 'drizzle-orm/sqlite-core'],
  ...['', '/accepts', '/cookie', '/cors', '/html', '/http-exception', '/jsx', '/jsx/jsx-runtime', '/jsx/jsx-dev-runtime'].map(
    (path) => `hono${path}`,
  ),
  ...['/route', '/router/trie-router', '/utils/handler', '/utils/url'].map((path) => `hono${path}`),
]

export default defineConfig({
  plugins: [
    cloudflareTest({
      wrangler: { configPath: './wrangler.toml' },
      miniflare: {
        bindings: { ...testVars, TEST_MIGRATIONS: migrations },
        outboundService: (request: { url: string }) => {
          throw new Error(`a test may not fetch from the network: ${request.url}`)
        },
      },
    }),
  ],
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/system/**'],
    setupFiles: ['./test/setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // Files share the modules of their worker; test/setup.ts empties the stores before each.
    isolate: false,
    deps: { optimizer: { ssr: { enabled: true, include: BUNDLED } } },
    // Rounds of each race; RACE_ROUNDS=50 for a thorough run.
    provide: { raceRounds: Number(process.env.RACE_ROUNDS ?? 2) },
    // The Worker logs each request; only a failing test's log is of interest.
    silent: 'passed-only',
  },
})
