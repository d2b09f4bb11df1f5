// d1.ts enforces its rules: sizes, one statement per prepare, queries per invocation, lagging replicas.
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { D1_QUERIES_MAX } from './invocation.ts'
import { type Bindings, createPlatform } from './platform.ts'
import { hasSeveralStatements, isRead } from './sql-text.ts'

const native = (env as unknown as Bindings).DB
const platform = createPlatform(env as unknown as Bindings)
const { DB } = platform.env

beforeAll(async () => {
  await native.prepare('CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT)').run()
})
beforeEach(async () => {
  platform.reset()
  await native.prepare('DELETE FROM notes').run()
})

async function add(id: number, body: string): Promise<void> {
  await native.prepare('INSERT INTO notes VALUES (?, ?)').bind(id, body).run()
}

describe('limits', () => {
  test('101 parameters are refused and 100 are not', async () => {
    const select = (count: number) => DB.prepare(`SELECT ${Array(count).fill('?').join()}`).bind(...Array(count).fill(1))
    await expect(select(101).run()).rejects.toThrow('too many SQL variables')
    expect(await select(100).raw()).toEqual([Array(100).fill(1)])
  })

  test('a value over 2 MB is refused, as text by its bytes and as a blob', async () => {
    const insert = DB.prepare('INSERT INTO notes VALUES (1, ?)')
    await expect(insert.bind('é'.repeat(1_000_001)).run()).rejects.toThrow('SQLITE_TOOBIG')
    await expect(insert.bind(new Uint8Array(2_000_001)).run()).rejects.toThrow('SQLITE_TOOBIG')
    await expect(DB.batch([insert.bind('x'.repeat(2_000_001))])).rejects.toThrow('SQLITE_TOOBIG')
    expect(await native.prepare('SELECT count(*) AS n FROM notes').first('n')).toBe(0)
  })

  test('a statement over 100 KB is refused', async () => {
    await expect(DB.prepare(`SELECT '${'x'.repeat(100_000)}'`).all()).rejects.toThrow('statement too long')
  })

  test('two statements in one prepare are refused', async () => {
    await expect(DB.prepare('SELECT 1; DELETE FROM notes').run()).rejects.toThrow('one statement')
    expect(await DB.prepare("SELECT ';' || 'a;b' AS text; ").first('text')).toBe(';a;b')
  })

  test('exec, dump and BEGIN are refused', async () => {
    expect(() => DB.exec('SELECT 1')).toThrow('D1_EXEC_ERROR')
    expect(() => DB.dump()).toThrow('D1_DUMP_ERROR')
    await expect(DB.prepare('/* why */ begin').run()).rejects.toThrow('batch()')
  })

  test('query 1,001 of an invocation is refused, and the next invocation starts afresh', async () => {
    const select = DB.prepare('SELECT 1')
    await DB.batch(Array(D1_QUERIES_MAX).fill(select))
    await expect(select.run()).rejects.toThrow('Too many API requests')
    platform.beginInvocation()
    await select.run()
  })
})

describe('replies', () => {
  test('run, all, first, raw and batch answer as D1 itself does', async () => {
    await add(1, 'one')
    const statement = DB.prepare('SELECT id, body, id FROM notes WHERE id = ?').bind(1)
    expect((await statement.all()).results).toEqual([{ id: 1, body: 'one' }])
    expect(await statement.first()).toEqual({ id: 1, body: 'one' })
    expect(await statement.first('body')).toBe('one')
    expect(await statement.raw()).toEqual([[1, 'one', 1]])
    expect(await statement.raw({ columnNames: true })).toEqual([
      ['id', 'body', 'id'],
      [1, 'one', 1],
    ])
    expect((await DB.batch([statement, statement])).map(({ results }) => results)).toEqual([
      [{ id: 1, body: 'one' }],
      [{ id: 1, body: 'one' }],
    ])
    expect((await DB.prepare('DELETE FROM notes WHERE id = 1').run()).meta.changes).toBe(1)
    expect(await statement.first()).toBeNull()
    await expect(DB.prepare('SELECT 1 AS one').first('two')).rejects.toThrow('D1_COLUMN_NOTFOUND')
    await expect(DB.prepare('SELECT * FROM nowhere').all()).rejects.toThrow('no such table')
  })

  test('a batch that fails in its last statement leaves nothing', async () => {
    const insert = DB.prepare('INSERT INTO notes VALUES (?, ?)')
    await expect(DB.batch([insert.bind(1, 'a'), insert.bind(1, 'b')])).rejects.toThrow('UNIQUE')
    expect(await native.prepare('SELECT count(*) AS n FROM notes').first('n')).toBe(0)
  })
})

describe('lagging replicas', () => {
  const read = (db: D1Database | D1DatabaseSession) => db.prepare('SELECT body FROM notes WHERE id = ?').bind(1).first('body')

  async function readThenChange(): Promise<void> {
    platform.replicaLag = true
    await add(1, 'old')
    await read(DB)
    await native.prepare("UPDATE notes SET body = 'new'").run()
  }

  test('an unconstrained session reads what was true before', async () => {
    const lagging = createPlatform(env as unknown as Bindings)
    lagging.replicaLag = true
    await add(1, 'old')
    expect(await read(lagging.env.DB.withSession())).toBe('old')
    await native.prepare("UPDATE notes SET body = 'new'").run()
    expect(await read(lagging.env.DB.withSession('first-unconstrained'))).toBe('old')
    lagging.replicaLag = false
    expect(await read(lagging.env.DB.withSession('first-unconstrained'))).toBe('new')
  })

  test('no session, a first-primary session and one with a bookmark read what is true now', async () => {
    await readThenChange()
    const primary = DB.withSession('first-primary')
    expect(await read(DB)).toBe('new')
    expect(await read(primary)).toBe('new')
    expect(await read(DB.withSession(primary.getBookmark() as string))).toBe('new')
  })

  test('a session reads its own writes', async () => {
    await readThenChange()
    const session = DB.withSession('first-unconstrained')
    expect(await read(session)).toBe('old')
    await session.batch([session.prepare("UPDATE notes SET body = 'mine' WHERE id = 1")])
    expect(await read(session)).toBe('mine')
  })
})

describe('the text of a statement', () => {
  test('a semicolon counts outside of quotes and comments only', () => {
    expect(hasSeveralStatements('SELECT 1; SELECT 2')).toBe(true)
    expect(hasSeveralStatements("SELECT 'it''s; fine', \"a;b\", [c;d] -- e;f\n /* g;h */ ;; ")).toBe(false)
  })

  test('a WITH that writes is no read', () => {
    expect(isRead('WITH a AS (SELECT 1) SELECT * FROM a')).toBe(true)
    expect(isRead("SELECT 'delete', replace(a, 'b', 'c') FROM t")).toBe(true)
    expect(isRead('WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a')).toBe(false)
    expect(isRead('UPDATE t SET a = 1 RETURNING a')).toBe(false)
  })
})
