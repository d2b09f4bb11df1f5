/** When a request is sent again: only where it is safe to repeat, or was certainly not acted on. */
import { KithError, retryAfterOf } from './errors.ts'

const ATTEMPTS = 3
const WAIT_MAX_SECONDS = 10
const NETWORK_WAIT_SECONDS = 1
/** Up to half as long again: those who failed at the same moment do not come back at the same moment. */
const SPREAD = 0.5

type Wait = (milliseconds: number) => Promise<void>

/** Runs `work` again, up to three times in all, after as many seconds as `pause` says of its outcome. */
export async function repeated<T>(
  work: () => Promise<T>,
  wait: Wait,
  pause: (result?: T, error?: unknown) => number | undefined,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    let result: T | undefined
    let failure: { error: unknown } | undefined
    try {
      result = await work()
    } catch (error) {
      failure = { error }
    }
    const seconds = attempt < ATTEMPTS ? pause(result, failure?.error) : undefined
    if (seconds !== undefined && seconds <= WAIT_MAX_SECONDS) await wait(seconds * 1_000 * (1 + SPREAD * Math.random()))
    else if (failure) throw failure.error
    else return result as T
  }
}

/** Sends a request by `send`. One over a limit (429) was not acted on; one that met with a failure (503) may have been. */
export function sentAgain({ method, signal }: Request, wait: Wait, send: () => Promise<Response>): Promise<Response> {
  return repeated(send, wait, (response, error) => {
    if (signal.aborted) return undefined
    if (error) return /GET|HEAD/.test(method) && (error as KithError).kind === 'offline' ? NETWORK_WAIT_SECONDS : undefined
    const mayRepeat = response?.status === 429 || (response?.status === 503 && /GET|HEAD|PUT|DELETE/.test(method))
    return mayRepeat ? retryAfterOf(response) : undefined
  })
}

/** Of a failure: how many seconds until it may be over. */
export function passesIn(error: unknown): number | undefined {
  if (!(error instanceof KithError)) return undefined
  if (error.kind === 'rate_limited' || error.kind === 'unavailable') return error.retryAfterSeconds ?? NETWORK_WAIT_SECONDS
  return error.kind === 'offline' || error.kind === 'timeout' ? NETWORK_WAIT_SECONDS : undefined
}
