// What the strict platform reports about a piece of work is what the work did, and its env can replace the real one.
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { CONNECTIONS_MAX, OPERATIONS_MAX } from './invocation.ts'
import { RATE_LIMITS } from './limiter.ts'
import { type Bindings, createPlatform } from './platform.ts'

const native = env as unknown as Bindings & { ENVIRONMENT: string; ORIGIN: string; TEST_MIGRATIONS: unknown }
const platform = createPlatform(native)
const { DB, KV, EMAIL, LIMIT_OTHER } = platform.env
const { '../../wrangler.toml': wrangler = '' } = import.meta.glob<string>('../../wrangler.toml', {
  query: '?raw',
  import: 'default',
  eager: true,
})
const mail = { to: 'a@example.com', from: { email: 'b@example.com', name: 'B' }, subject: 'Hi', text: 'text' }

beforeAll(async () => {
  await native.DB.prepare('CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT)').run()
  await native.DB.prepare("INSERT INTO things VALUES (1, 'a'), (2, 'b'), (3, 'c')").run()
})
beforeEach(() => platform.reset())

describe('counts', () => {
  test('each run, all, first, raw and batch is one round trip', async () => {
    const select = DB.prepare('SELECT id FROM things')
    await select.run()
    await select.all()
    await select.first()
    await select.raw()
    await DB.batch([select, select, select])
    await DB.withSession().prepare('SELECT 1').all()
    expect(platform.counts).toMatchObject({ d1RoundTrips: 6, d1Statements: 8 })
  })

  test('rows read and written are those that D1 reports, by whichever method', async () => {
    const select = DB.prepare('SELECT id FROM things')
    const reads: (() => Promise<unknown>)[] = [() => select.all(), () => select.raw(), () => select.first(), () => DB.batch([select])]
    for (const read of reads) {
      expect((await platform.counts.measure(read)).counts.rowsRead).toBe(3)
    }
    const { counts } = await platform.counts.measure(() => DB.prepare("INSERT INTO things VALUES (4, 'd')").run())
    expect(counts.rowsWritten).toBe(1)
  })

  test('each executed statement is listed with its parameters and rows', async () => {
    await DB.batch([DB.prepare('SELECT * FROM things WHERE id = ?').bind(2), DB.prepare('SELECT 1')])
    expect(platform.statements).toEqual([
      { sql: 'SELECT * FROM things WHERE id = ?', params: [2], rowsRead: 1, rowsWritten: 0 },
      { sql: 'SELECT 1', params: [], rowsRead: 0, rowsWritten: 0 },
    ])
  })

  test('reads, writes, lists and deletes of KV, mail and rate limits are counted one by one', async () => {
    await KV.put('counted', '1')
    await KV.get('counted')
    await KV.get(['counted', 'other'])
    await KV.list()
    await KV.delete('third')
    await EMAIL.send(mail)
    await LIMIT_OTHER.limit({ key: 'k' })
    expect(platform.counts.snapshot()).toMatchObject({
      kvReads: 3,
      kvWrites: 1,
      kvLists: 1,
      kvDeletes: 1,
      emails: 1,
      limiterCalls: 1,
    })
  })

  test('a measurement leaves out what went before it, and hands on the result', async () => {
    await DB.prepare('SELECT 1').run()
    const { counts, statements, result } = await platform.counts.measure(() => DB.prepare('SELECT 2 AS two').first('two'))
    expect({ trips: counts.d1RoundTrips, listed: statements.length, result }).toEqual({
      trips: 1,
      listed: 1,
      result: 2,
    })
  })

  test('a reset sets every count to 0', async () => {
    await DB.prepare('SELECT id FROM things').all()
    platform.counts.reset()
    expect(Object.values(platform.counts.snapshot()).every((count) => count === 0)).toBe(true)
    expect(platform.statements).toEqual([])
  })
})

describe('the env', () => {
  test('is one object, with the variables and other bindings of the real one', () => {
    expect(platform.env).toBe(platform.env)
    expect(platform.env.ENVIRONMENT).toBe('test')
    expect(platform.env.ORIGIN).toBe('https://kith.test')
    expect(platform.env.TEST_MIGRATIONS).toBe(native.TEST_MIGRATIONS)
  })

  test('operation 1,001 on KV and R2 in one invocation is refused', async () => {
    await Promise.all(Array.from({ length: OPERATIONS_MAX }, () => KV.get('often')))
    await expect(KV.get('often')).rejects.toThrow('Too many API requests')
    platform.beginInvocation()
    await KV.get('often')
  })
})

describe('connections', () => {
  test('at most 6 are open at once, over all bindings, and the rest wait for their turn', async () => {
    let open = 0
    let peak = 0
    const KV = {
      async getWithMetadata() {
        open += 1
        peak = Math.max(peak, open)
        await new Promise((resolve) => setTimeout(resolve, 2))
        open -= 1
        return { value: null, metadata: null }
      },
    } as unknown as KVNamespace
    const slow = createPlatform({ ...native, KV })
    const reads = Array.from({ length: 20 }, async (_, n) => {
      for (const time of [1, 2, 3]) await slow.env.KV.get(`key-${n}-${time}`)
    })
    const queries = Array.from({ length: 40 }, (_, n) => slow.env.DB.prepare('SELECT ? AS n').bind(n).first('n'))
    expect(await Promise.all(queries)).toEqual(Array.from({ length: 40 }, (_, n) => n))
    await Promise.all(reads)
    expect(peak).toBe(CONNECTIONS_MAX)
    expect(slow.invocation.peakConnections).toBe(CONNECTIONS_MAX)
  })

  test('a connection that fails is given back', async () => {
    await Promise.allSettled(Array.from({ length: 20 }, () => DB.prepare('SELECT * FROM nowhere').all()))
    expect(await DB.prepare('SELECT 1 AS one').first('one')).toBe(1)
  })
})

describe('mail', () => {
  test('is recorded, and not sent', async () => {
    await EMAIL.send(mail)
    expect(platform.emails).toEqual([
      { to: 'a@example.com', from: 'B <b@example.com>', subject: 'Hi', text: 'text', html: '', headers: {} },
    ])
  })

  test('to more than 50 recipients or over 5 MiB is refused', async () => {
    const to = Array.from({ length: 51 }, (_, n) => `${n}@example.com`)
    await expect(EMAIL.send({ ...mail, to })).rejects.toMatchObject({ code: 'E_TOO_MANY_RECIPIENTS' })
    const text = 'x'.repeat(5 * 1024 * 1024)
    await expect(EMAIL.send({ ...mail, text })).rejects.toMatchObject({ code: 'E_CONTENT_TOO_LARGE' })
  })

  test('with a header that the service does not know is refused', async () => {
    await expect(EMAIL.send({ ...mail, headers: { 'Message-ID': '<a@b>' } })).rejects.toMatchObject({ code: 'E_HEADER_NOT_ALLOWED' })
  })
})

test('the rate limits are those of wrangler.toml', () => {
  const declared = [...wrangler.matchAll(/^name = "(LIMIT_\w+)"\n.*\nsimple = \{ limit = (\d+), period = 60 \}$/gm)]
  expect(Object.fromEntries(declared.map(([, name = '', limit]) => [name, Number(limit)]))).toEqual(RATE_LIMITS)
})
