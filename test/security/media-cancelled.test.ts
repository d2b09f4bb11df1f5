// Uploads whose client goes away, as the platform cancels them: their space in the quota is released at every stage.
import { exports } from 'cloudflare:workers'
import { expect, test, vi } from 'vitest'
import { type Client, ORIGIN, platform } from '../support/kith.ts'
import { FILES, usageOf } from '../support/media.ts'
import { checkMedia } from '../support/media-invariants.ts'
import { signedInPerson } from '../support/people.ts'

const SIZE = 200_000
const kith = (exports as unknown as { default: Fetcher }).default

/** Sends this many bytes of an upload, and goes away after a while. */
async function uploadAndLeave(client: Client, bytes: number, afterMs: number): Promise<void> {
  const leave = new AbortController()
  const cookie = [...client.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const body = new ReadableStream({
    type: 'bytes',
    start: (controller) => controller.enqueue(new Uint8Array(bytes)),
    pull: (controller) => (bytes === SIZE ? controller.close() : new Promise(() => undefined)),
  } as UnderlyingByteSource)
  const headers = { cookie, 'content-length': String(SIZE), 'cf-connecting-ip': client.network }
  const init = { method: 'POST', body, headers, signal: leave.signal } as RequestInit
  const reply = kith.fetch(`${ORIGIN}${FILES}?name=cancelled`, init as never).then(
    ({ status }) => status,
    () => null,
  )
  await scheduler.wait(afterMs)
  leave.abort()
  await reply
}

test('an upload that is cancelled at any moment is stored as a whole, or gives its place back at once', async () => {
  platform.reset()
  const { client } = await signedInPerson('cancelled_uploads')
  const moments = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 40]
  for (const afterMs of moments) {
    for (const bytes of [SIZE / 2, SIZE]) {
      await uploadAndLeave(client, bytes, afterMs)
      const isInOrder = async () => {
        const files = (await client.get(`${FILES}?limit=100`)).json.data.records.length
        expect(await usageOf(client), `${bytes} bytes, ${afterMs} ms`).toMatchObject({ files, bytes: files * SIZE })
      }
      await vi.waitFor(isInOrder, 5_000)
    }
  }
  await checkMedia({ settled: true })
})
