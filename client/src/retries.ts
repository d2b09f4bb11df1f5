/** When a request is sent again: only where it is safe to repeat, or was certainly not acted on. */
import { KithError, retryAfterOf } from './errors.ts'

const ATTEMPTS = 3
export const RETRY_WAIT_MAX_SECONDS = 10
const NETWORK_WAIT_MS = 500
const READS = new Set(['GET', 'HEAD'])
const REPEATABLE = new Set(['GET', 'HEAD', 'PUT', 'DELETE'])

/** Of a failure: it may go over by itself. */
export function isPassing(error: unknown): boolean {
  return error instanceof KithError && ['offline', 'timeout', 'rate_limited', 'unavailable'].includes(error.kind)
}

export async function withRetries(
  { method, signal }: { readonly method: string; readonly signal?: AbortSignal | null },
  wait: (milliseconds: number) => Promise<void>,
  send: () => Promise<Response>,
): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    const isLast = attempt === ATTEMPTS
    let milliseconds: number
    try {
      const response = await send()
      const seconds = retryAfterOf(response) ?? Number.POSITIVE_INFINITY
      if (isLast || seconds > RETRY_WAIT_MAX_SECONDS || !mayRepeat(method, response.status)) return response
      milliseconds = seconds * 1_000
    } catch (error) {
      if (isLast || !READS.has(method) || !(error instanceof KithError && error.kind === 'offline')) throw error
      milliseconds = NETWORK_WAIT_MS * attempt
    }
    await wait(milliseconds)
    if (signal?.aborted) throw new KithError({ kind: 'aborted' }, 'The request was aborted', { cause: signal.reason })
  }
}

/** A request over a limit (429) was not acted on. One that met with a failure (503) may have been. */
function mayRepeat(method: string, status: number): boolean {
  return status === 429 || (status === 503 && REPEATABLE.has(method))
}
