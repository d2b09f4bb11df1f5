/** A consumer of the queue that Kith's events go into (docs/webhooks.md): a Worker of its own, bound to the queue in its wrangler.toml. */

interface KithEvent {
  /** The same each time the event is sent. */
  id: string
  type: string
  timestamp: string
  data: { userId?: string } & Record<string, unknown>
}

/** Cloudflare's `MessageBatch<KithEvent>` is one. */
interface Batch {
  readonly messages: readonly { readonly body: KithEvent; ack(): void; retry(): void }[]
}

/** `isNew` remembers ids for some days, in the same transaction as what `handle` does. */
export async function consume(
  batch: Batch,
  handle: (event: KithEvent) => Promise<void>,
  isNew: (id: string) => Promise<boolean>,
): Promise<void> {
  for (const message of batch.messages) {
    try {
      if (await isNew(message.body.id)) await handle(message.body)
      message.ack()
    } catch {
      // The queue brings it again, and the others of the batch are not held up.
      message.retry()
    }
  }
}
