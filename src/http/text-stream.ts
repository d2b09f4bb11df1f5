/** Text that is written while the client reads it. */
import type { Ctx } from '../core/ctx.ts'

/** Reads the next part once the client has taken the previous one. A failure aborts the download, so that nobody takes it for complete. */
export function toStream(ctx: Ctx, parts: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await parts.next()
        if (done) controller.close()
        else controller.enqueue(encoder.encode(value))
      } catch (error) {
        ctx.log('error', 'export_broken_off', { cause: String(error) })
        controller.error(error)
      }
    },
    async cancel() {
      await parts.return(undefined)
    },
  })
}
