// Before each test file: the schema, on the unwrapped database (the strict platform refuses what migrations need), and
// production's caps on key derivation (design §8). Each test file has stores of its own.
import type { D1Migration } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { guardCrypto } from './platform/crypto.ts'

guardCrypto()

const { DB, TEST_MIGRATIONS } = env as unknown as { DB: D1Database; TEST_MIGRATIONS: D1Migration[] }
// All of them in one batch: one after the other they take longer than most files of tests.
await DB.batch([
  ...TEST_MIGRATIONS.flatMap(({ queries }) => queries.map((query) => DB.prepare(query))),
  // As wrangler records them.
  DB.prepare(
    'CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)',
  ),
  ...TEST_MIGRATIONS.map(({ name }) => DB.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(name)),
])
