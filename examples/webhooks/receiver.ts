/** A receiver of Kith's webhooks (docs/webhooks.md): a function from Request to Response, for any server that speaks the fetch API. */
import { Webhook } from 'standardwebhooks'

interface KithEvent {
  type: string
  timestamp: string
  data: { userId?: string } & Record<string, unknown>
}

/** `isNew` remembers ids for some days, in the same transaction as what `handle` does. */
export async function receive(
  request: Request,
  secret: string,
  handle: (event: KithEvent) => Promise<void>,
  isNew: (id: string) => Promise<boolean>,
): Promise<Response> {
  const body = await request.text()
  let event: KithEvent
  try {
    // Throws if the signature is wrong or older than five minutes.
    event = new Webhook(secret).verify(body, Object.fromEntries(request.headers)) as KithEvent
  } catch {
    return new Response(null, { status: 400 })
  }
  if (await isNew(request.headers.get('webhook-id') ?? '')) await handle(event)
  return new Response(null, { status: 204 })
}
