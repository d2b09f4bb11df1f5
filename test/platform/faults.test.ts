// The faults of faults.ts strike where they are ordered, and leave behind what real ones would.
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Bindings, createPlatform } from './platform.ts'

const native = env as unknown as Bindings
const platform = createPlatform(native)
const { DB, KV, MEDIA, EMAIL, LIMIT_LOGIN } = platform.env
const { faults } = platform
const mail = { to: 'a@example.com', from: 'b@example.com', subject: 'Hi', text: 'text', html: '<p>text</p>' }

beforeAll(async () => {
  await native.DB.prepare('CREATE TABLE marks (id INTEGER PRIMARY KEY)').run()
})
beforeEach(async () => {
  platform.reset()
  await native.DB.prepare('DELETE FROM marks').run()
})

function mark(id: number) {
  return DB.prepare('INSERT INTO marks VALUES (?)').bind(id)
}

async function marks(): Promise<number[]> {
  return (await native.DB.prepare('SELECT id FROM marks ORDER BY id').raw<[number]>()).map(([id]) => id)
}

describe('D1', () => {
  test('a statement that fails leaves nothing, and only the nth fails', async () => {
    faults.failStatement(2)
    await mark(1).run()
    await expect(mark(2).run()).rejects.toThrow('D1_ERROR: Network connection lost.')
    await mark(3).run()
    expect(await marks()).toEqual([1, 3])
    expect(faults.fired).toBe(1)
  })

  test('a lost reply leaves the row there', async () => {
    faults.loseReply(1)
    await expect(mark(1).run()).rejects.toThrow('D1_ERROR: Network connection lost.')
    expect(await marks()).toEqual([1])
  })

  test('a batch is one operation: failed it leaves nothing, with its reply lost it leaves everything', async () => {
    faults.failStatement(1)
    await expect(DB.batch([mark(1), mark(2)])).rejects.toThrow()
    expect(await marks()).toEqual([])
    faults.loseReply(1)
    await expect(DB.batch([mark(1), mark(2)])).rejects.toThrow()
    expect(await marks()).toEqual([1, 2])
  })

  test('statements of a session count as well', async () => {
    faults.failStatement(1)
    await expect(DB.withSession('first-primary').prepare('SELECT 1').first()).rejects.toThrow('connection lost')
  })

  test('overload, reset and CPU show with their own texts', async () => {
    faults.failStatement(1, 'overloaded')
    faults.failStatement(2, 'reset')
    faults.failStatement(3, 'exceededCpu')
    await expect(mark(1).run()).rejects.toThrow('D1 DB is overloaded')
    await expect(mark(1).run()).rejects.toThrow('storage caused object to be reset')
    await expect(mark(1).run()).rejects.toThrow('exceeded its CPU time limit')
  })

  test('a statement that hangs gives no answer until the faults are cleared', async () => {
    faults.hangStatement(1)
    const hanging = mark(1).run()
    const first = await Promise.race([hanging, new Promise((resolve) => setTimeout(resolve, 50, 'nothing'))])
    expect(first).toBe('nothing')
    faults.clear()
    await expect(hanging).rejects.toThrow('connection lost')
    expect(await marks()).toEqual([])
  })

  test('cleared faults do not strike', async () => {
    faults.failStatement(1)
    faults.clear()
    await mark(1).run()
    expect(faults.fired).toBe(0)
  })
})

describe('KV', () => {
  test('a put fails with nothing stored, or with the value stored', async () => {
    faults.kv('put', 'throw')
    await expect(KV.put('failed', '1')).rejects.toThrow('KV PUT failed: 500')
    expect(await native.KV.get('failed')).toBeNull()
    faults.kv('put', 'lose-reply')
    await expect(KV.put('lost', '1')).rejects.toThrow('Network connection lost')
    expect(await native.KV.get('lost')).toBe('1')
    faults.kv('put', 'refuse')
    await expect(KV.put('refused', '1')).rejects.toThrow('429')
  })

  test('a get finds nothing, or half of the value', async () => {
    await native.KV.put('value', '{"a":1}')
    faults.kv('get', 'miss')
    expect(await KV.get('value')).toBeNull()
    faults.kv('get', 'corrupt')
    await expect(KV.get('value', 'json')).rejects.toThrow(SyntaxError)
    faults.clear()
    expect(await KV.get('value', 'json')).toEqual({ a: 1 })
  })
})

describe('R2', () => {
  test('a put fails, answers null, breaks off, or is stored with its reply lost', async () => {
    faults.r2('put', 'throw')
    await expect(MEDIA.put('object', 'body')).rejects.toThrow('500')
    faults.r2('put', 'null')
    expect(await MEDIA.put('object-2', 'body')).toBeNull()
    faults.r2('put', 'break')
    await expect(MEDIA.put('object-3', new Response('body').body)).rejects.toThrow('connection lost')
    expect((await native.MEDIA.list()).objects).toEqual([])
    faults.r2('put', 'lose-reply')
    await expect(MEDIA.put('object-4', 'body')).rejects.toThrow('connection lost')
    expect(await native.MEDIA.head('object-4')).not.toBeNull()
  })

  test('a body breaks off half-way', async () => {
    await native.MEDIA.put('whole', 'twelve bytes')
    faults.r2('get', 'break')
    const object = (await MEDIA.get('whole')) as R2ObjectBody
    expect(object.size).toBe(12)
    await expect(object.text()).rejects.toThrow('connection lost')
    const reader = object.body.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('twelve')
    await expect(reader.read()).rejects.toThrow('connection lost')
  })
})

describe('mail and rate limits', () => {
  test('mail is refused with the code that was ordered, or is sent with its reply lost', async () => {
    faults.email('E_RECIPIENT_SUPPRESSED')
    await expect(EMAIL.send(mail)).rejects.toMatchObject({ code: 'E_RECIPIENT_SUPPRESSED' })
    expect(platform.emails).toEqual([])
    faults.email('lose-reply')
    await expect(EMAIL.send(mail)).rejects.toThrow('connection lost')
    expect(platform.emails).toEqual([{ ...mail, headers: {} }])
  })

  test('a limiter throws, denies or allows', async () => {
    faults.limiter('throw')
    await expect(LIMIT_LOGIN.limit({ key: 'k' })).rejects.toThrow()
    faults.limiter('deny')
    expect(await LIMIT_LOGIN.limit({ key: 'k' })).toEqual({ success: false })
    faults.limiter('allow')
    const answers = await Promise.all(Array.from({ length: 30 }, () => LIMIT_LOGIN.limit({ key: 'k' })))
    expect(answers.every(({ success }) => success)).toBe(true)
  })
})
