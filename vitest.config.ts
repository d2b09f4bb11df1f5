// Tests run in the Workers runtime with local D1, KV and R2 (design §8). test/platform/ makes those as strict as
// production; test/system/ starts the server as a process and is not run from here.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { finalSchema, statementsOf } from './test/final-schema.ts'
import { longestFirst } from './test/longest-first.ts'
import { rowTypes } from './test/row-types.ts'
import { keepTemporaryFilesInMemory } from './test/temporary-files.ts'
import { dontOfferCompression } from './test/uncompressed-socket.ts'

keepTemporaryFilesInMemory()
dontOfferCompression()
// Megabytes. A request of a test leaves much garbage that is young; the runtime's own 1 to 16 cost a twentieth of all time.
process.env.MINIFLARE_WORKERD_V8_FLAGS ??= '--min-semi-space-size=64 --max-semi-space-size=64'

const migrations = existsSync('./migrations') ? await readD1Migrations('./migrations') : []

// The Worker's variables under test. Secrets come here as well, every one of them: fixed strings, worthless outside of
// the tests. A name that only a developer's .dev.vars has would reach the tests from there.
const testVars = {
  ENVIRONMENT: 'test',
  ORIGIN: 'https://kith.test',
  MAIL: 'capture',
  MAIL_FROM: 'Kith <no-reply@kith.test>',
  CORS_ORIGINS: 'https://app.kith.test',
  DYNAMIC_REGISTRATION: 'off',
  // Off by default; the tests of the setting itself turn it off.
  EMAIL_SIGN_IN: 'on',
  // Cheap, so that hundreds of sign-ins fit into a run; one test runs at full cost.
  SCRYPT_LN: '4',
  // More than a real deployment has: tests log in side by side.
  HASH_QUEUE_MAX: '8',
  REQUESTS_MAX: '1000',
  HMAC_KEYS: JSON.stringify({ 'test-1': 'aG1hYy1rZXktb2YtdGhlLXRlc3RzLTAxMjM0NTY3ODk' }),
  PEPPER_KEYS: JSON.stringify({ 'test-1': 'cGVwcGVyLW9mLXRoZS10ZXN0cy0wMTIzNDU2Nzg5MDE' }),
  ENCRYPTION_KEYS: JSON.stringify({ 'test-1': 'ZW5jcnlwdGlvbi1rZXktb2YtdGVzdHMtMDEyMzQ1Njc' }),
  PAIRWISE_KEY: JSON.stringify({ 'test-1': 'cGFpcndpc2Uta2V5LW9mLXRoZS10ZXN0cy0wMTIzNDU' }),
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
      {
        kid: 'test-rs256',
        kty: 'RSA',
        n: '30YBQTwvLqOpmAYaZW6akJWk2fO1F6iGEXOavO_LkQPMV8m1gNx9j4x8Mk5sSLUpxCxVKIlYbpjnmVKfesNdlxTfciOPoBFmiQKZH6XTJPnx07lyAoFTa0j7xbdAgtLKdaOhAsLoQedqJR0V74W2AH8lfpWpjC3vAj6Q1gmfqnaXge1L0S5MjcFnffyS306awxUcfj7F_59_9wB_Ce-QeL-qJ83-J_DI1AE5roq3zYPimM1fmp6dnW4crI7_TloLOjkvA3jE6wFFL1ei_uHmpKNIogE4AChnqLxzgFDcgtXPkGtYRxCCfrbjAMrjk2Qo7Fob5IZdW2ucUrRXx6yEuQ',
        e: 'AQAB',
        d: 'Fos5vLXAONgXG23AVA4NJrypWsVn-1XNha0TynB28DM_Onz4KeT5e5lOgADZn6TFLRTh21g02OPw_JLyXeGkjUjy_9IV4i5nmT1tKxwh--mN0Jg4qgaXXu2NWGsWpS71-NdW_lGiRGdCmTE84gSw-g9cgJHJfwkzSRl6o9XwbHRhM6COvVEmEECiierX-I4wBh1aKbP2T8yS5OKAckmaVANpUnTnTI_4VZmOI9IxSXdb7PAMK9S_KPNRuJ7gY9EeM-fybtsOsZPBbu4NYDTmcEbgFU-GBSAJME_cXEVP9BqMyoBwBzy8lZ4kKNEgdvvU-e1ll9Poa3bAa5ieeIYcZQ',
        p: '8BOlninp5XNz8ddLlkNi62cbEHa248HFWGf8EsmDNIxo6-FRemhvEDgfQ8zNCZogG4SX_tVdjAKa3DEP67t426liAIx-AFW_JogQDplLSv89rXDDHUqN-VZ5GTIhp2X15hxE12ZJAQuhKxhXyRF-XxvEGj2rlTyvxOTudKzBar0',
        q: '7hUMccLuvEt5tzQu3j5tjau3B-DM7eyxFzmK-2GpuLMBZZ67WfVAZwt6mXk8MRJpzqteUGarD6muhZbGxbWK7Fi6seaosSg2QI4iPqqnIZyLee8TDXGZc54dwwtz5ZXx22OaXAWqpH7nkt32z7i7-qqIY07Nsi4RAVeVqVccn60',
        dp: 'XqDf3v_WWcKwKNsbyBa3nuH9IPgqDowKJVaXXTBgrw3JLXCalQ0k-delOyw2hVpi3XXeE2w2e0FrmO8dv2UdtjeFkYHPCILD3YQ0EA0MSHti7EJOJfWFEIqtIOlJqpnd2t25pM2EaQ0UcdAeifqDPSnMmitEvoY1If66nvKZKmE',
        dq: '1ft3FtxEJFqVx_KP2VI0tutJ8zu6FHHy7NPcNXoeyBGjRMl4zC6gtrzbcQtE7ToGfSkK-Kp-PvKcGBdfCh3UAf7xtamBntBsinL1FmvdEVmZBnu5HREoAYFwcHhfr06odS29c83oBDbHPfpftWztDyusr80JFYdP42vr6KqR4HU',
        qi: 'esBEBeLub86seANpEoNAYcntFFz2IBbzGRMCEK7agZ8wyAXKhULMPF4Fnc9bHdBTQdS19Zod8p8WNxjnv8Vdj0gTi_zhr_5qX3JeIrJJcU-At8cecl6ls0g6TSxUuBuMmjt_H9pyEavwZ2vWkbFAWKhAioJyJctOzkX6WDWWWGY',
      },
    ],
  }),
}

const NO_CERTIFICATES = join(import.meta.dirname, 'src', 'core', 'passkeys', 'no-certificates.ts')

/** What the Worker is made of, and fast-check: each is one module, where every file of tests would load hundreds anew. */
const BUNDLED = [
  ...['zod', 'jose', 'oauth4webapi', 'openapi-fetch', 'uqr', 'otpauth/bare', 'content-disposition', 'fast-check'],
  ...['bcryptjs', '@stablelib/pbkdf2', '@stablelib/sha256', '@stablelib/sha512', 'argon2id/lib/setup.js'],
  ...['pbkdf2', 'legacy', 'argon2'].map((name) => `@noble/hashes/${name}.js`),
  ...['@simplewebauthn/server', '@simplewebauthn/server/helpers', '@hono/zod-validator'],
  ...['drizzle-orm', 'drizzle-orm/casing', 'drizzle-orm/sqlite-core'],
  ...['', '/accepts', '/cookie', '/cors', '/html', '/http-exception', '/jsx', '/jsx/jsx-runtime', '/jsx/jsx-dev-runtime'].map(
    (path) => `hono${path}`,
  ),
  ...['/route', '/router/trie-router', '/utils/handler', '/utils/url'].map((path) => `hono${path}`),
]

const LONG = [
  ...['tour/tour', 'security/siege', 'security/faults', 'security/guessing', 'http/openapi', 'social/model'],
  ...['apis/user/access', 'security/races', 'security/second-factors', 'security/kept-in', 'security/media-faults'],
]

export default defineConfig({
  plugins: [
    rowTypes(),
    cloudflareTest({
      wrangler: { configPath: './wrangler.toml' },
      miniflare: {
        bindings: { ...testVars, TEST_SCHEMA: finalSchema(migrations), TEST_MIGRATIONS: statementsOf(migrations) },
        outboundService: (request: { url: string }) => {
          throw new Error(`a test may not fetch from the network: ${request.url}`)
        },
      },
    }),
  ],
  resolve: {
    alias: [
      // As in wrangler.toml.
      ...['@peculiar/x509', '@peculiar/asn1-android', 'reflect-metadata'].map((find) => ({ find, replacement: NO_CERTIFICATES })),
      // The client's source, which needs no build.
      { find: /^@kith\/client(\/dpop|\/react-native|\/server)?$/, replacement: join(import.meta.dirname, 'client/src$1') },
      { find: /^@kith\/client\/(hono|express|web)$/, replacement: join(import.meta.dirname, 'client/src/server/$1') },
      { find: /^\.\.\/\.\.\/client\/dist\/(.+)\.js$/, replacement: join(import.meta.dirname, 'client/src/$1.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/system/**'],
    globalSetup: ['./test/assets.ts'],
    setupFiles: ['./test/setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // One more than the cores of CI: a worker waits for its runtime a fifth of the time.
    maxWorkers: 3,
    sequence: { sequencer: longestFirst(LONG) },
    // Files share the modules of their worker; test/setup.ts empties the stores before each.
    isolate: false,
    deps: { optimizer: { ssr: { enabled: true, include: BUNDLED } } },
    // The Worker logs each request; only a failing test's log is of interest.
    silent: 'passed-only',
  },
})
