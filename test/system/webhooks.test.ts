// Webhooks of `npm start` to a receiver on this machine, and what a power failure between a change and its delivery leaves.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { receive } from '../../examples/webhooks/receiver.ts'
import { Demo } from './demo.ts'

const kith = new Demo()
const handled: { id: string; userId: string }[] = []
const sent: string[] = []
let receiver: Server
let secret = ''
let isAnswering = false

/** The example, in Node's own server. */
beforeAll(async () => {
  const seen = new Set<string>()
  receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const id = String(request.headers['webhook-id'])
    sent.push(id)
    if (!isAnswering) return
    const init = { method: 'POST', headers: request.headers as Record<string, string>, body: Buffer.concat(chunks) }
    const isNew = async () => !seen.has(id) && seen.add(id).size > 0
    const answer = await receive(
      new Request('http://localhost/', init),
      secret,
      async ({ data }) => void handled.push({ id, userId: String(data.userId) }),
      isNew,
    )
    response.writeHead(answer.status).end()
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  receiver.closeAllConnections()
  receiver.close()
})

const patch = async (cookie: string, bio: string) => {
  const headers = { cookie, 'content-type': 'application/json' }
  const reply = await fetch(`${kith.origin}/user/me`, { method: 'PATCH', headers, body: JSON.stringify({ bio }) })
  expect(reply.status).toBe(200)
}

test('kill -9 between the changes and their delivery: nothing is lost, and the order of each person holds', async () => {
  const cookies = { alice: await kith.cookieOf('alice_demo'), bob: await kith.cookieOf('bob_demo') }
  const cookie = await kith.cookieOf('root_admin')
  const { port } = receiver.address() as AddressInfo
  const body = { url: `http://localhost:${port}/kith`, events: ['user.updated'] }
  const created = await kith.post('/webhook/admin-api/create', body, { cookie })
  expect(created.status).toBe(201)
  secret = ((await created.json()) as { data: { secret: string } }).data.secret
  expect(() => new Webhook(secret)).not.toThrow()

  for (const n of [1, 2, 3]) for (const person of ['alice', 'bob'] as const) await patch(cookies[person], `Bio ${n}`)
  // Two are under way, without an answer; four wait behind them.
  await expect.poll(() => new Set(sent).size, { timeout: 20_000 }).toBe(2)
  await kith.server.kill()
  expect(handled).toEqual([])
  const events = kith.project.query('SELECT id, user_id FROM events ORDER BY id')
  expect(events).toHaveLength(6)
  // As if the two minutes of their leases were over.
  kith.project.query('UPDATE event_deliveries SET next_attempt_at = 0 WHERE next_attempt_at < 9007199254740991')

  isAnswering = true
  await kith.start()
  await patch(cookies.alice, 'Bio 4')
  await expect.poll(() => handled.length, { timeout: 20_000 }).toBe(7)
  for (const name of ['alice_demo', 'bob_demo']) {
    const userId = kith.project.demo().users[name].id
    const got = handled.filter((event) => event.userId === userId).map(({ id }) => Number(id.split('_')[2]))
    expect(got).toEqual([...got].sort((a, b) => a - b))
    expect(got.slice(0, 3)).toEqual(events.filter(({ user_id }) => user_id === Number.parseInt(userId, 16)).map(({ id }) => id))
  }
})
