// The floors: what this runtime gives a bare Hono route that does one thing and nothing else. Kith's routes are
// measured against them in the same workerd and the same run. Bundled by bundle.ts; never part of the deployed Worker.
import { scryptSync } from 'node:crypto'
import { Hono } from 'hono'
import { FLOOR_ROWS } from './floor-rows.ts'

const app = new Hono<{ Bindings: { DB: D1Database } }>()

// The shape of every single-use claim in Kith: one guarded UPDATE that says whether it won.
const CLAIM = `UPDATE floor_claims SET uses = uses + 1, used_at = ?
  WHERE id = ? AND revoked_at IS NULL RETURNING id, uses`

const anyRow = () => 1 + Math.floor(Math.random() * FLOOR_ROWS)

app.get('/hello', (c) => c.json({ ok: 1 }))

app.get('/read', async (c) => {
  const row = await c.env.DB.withSession('first-primary').prepare('SELECT * FROM floor_users WHERE id = ?').bind(anyRow()).first()
  return c.json({ ok: 1, data: { user: row } })
})

app.post('/write', async (c) => {
  const row = await c.env.DB.withSession('first-primary').prepare(CLAIM).bind(Date.now(), anyRow()).first()
  return c.json({ ok: 1, data: row })
})

// Same cost and memory as Kith's (32 MiB; the default maxmem refuses it).
const SCRYPT = { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 1024 * 1024 }
const SCRYPT_KEY_BYTES = 32
const SCRYPT_SALT_BYTES = 16

app.post('/scrypt', (c) => {
  const salt = crypto.getRandomValues(new Uint8Array(SCRYPT_SALT_BYTES))
  const key = scryptSync('correct horse battery staple', salt, SCRYPT_KEY_BYTES, SCRYPT)
  return c.json({ ok: 1, bytes: key.length })
})

export default app
