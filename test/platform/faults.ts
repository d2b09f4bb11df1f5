// Faults on demand, security §5.2: F1 to F4 and F6 (D1), F9, F10 and F29 (KV), F11 (R2), F13 (mail), F16 (rate limits). A D1
// fault strikes one operation, the nth from now, where a batch is one operation; `strikeR2` does so for R2. The other faults last
// until `clear()`. Killing the process (F18, F19) and shifting the clock (F17, see clock.ts) are done elsewhere.

/** The messages with which D1 reports that it, and not the statement, is at fault. */
export const D1_FAILURES = {
  connectionLost: 'D1_ERROR: Network connection lost.',
  overloaded: 'D1_ERROR: D1 DB is overloaded. Requests queued for too long.',
  reset: 'D1_ERROR: Internal error in D1 DB storage caused object to be reset.',
  exceededCpu: 'D1_ERROR: D1 DB exceeded its CPU time limit and was reset.',
} as const

export type D1Failure = keyof typeof D1_FAILURES
export type KvOperation = 'get' | 'put' | 'delete' | 'list'
/**
 * `throw`: does nothing. `lose-reply`: does it, then throws. `refuse`: 429. `miss`: get finds nothing. `corrupt`: get finds half
 * of the value. `hang`: no answer until `clear()`.
 */
export type KvFault = 'throw' | 'lose-reply' | 'refuse' | 'miss' | 'corrupt' | 'hang'
export type R2Operation = 'get' | 'head' | 'put' | 'delete' | 'list' | 'multipart'
/** As for KV; `null`: get or put returns null without reading a body. `break`: the body breaks off, nothing is stored. */
export type R2Fault = 'throw' | 'lose-reply' | 'refuse' | 'null' | 'break' | 'hang'
/** `down`: the service fails. `refuse`: it does not accept the picture. */
export type ImagesFault = 'down' | 'refuse' | 'hang'
/** A fault of R2, and after how many bytes a body breaks off: by default at once (put) or half-way (get). */
export interface R2Strike {
  readonly fault: R2Fault
  readonly atByte?: number
}
export type LimiterFault = 'throw' | 'deny' | 'allow'

interface D1Plan {
  operation: number
  kind: 'fail' | 'lose-reply' | 'hang'
  message: string
}

type Work<T> = () => Promise<T>

export class Faults {
  /** How many operations a fault has struck since the last `clear()`: an exhaustive test stops when it stays 0. */
  fired = 0
  #d1Seen = 0
  #d1Plans: D1Plan[] = []
  #kv = new Map<KvOperation, KvFault>()
  #r2 = new Map<R2Operation, R2Fault>()
  #r2Seen = 0
  #r2Plans = new Map<number, R2Strike>()
  #email: string | undefined
  #limiter: LimiterFault | undefined
  #images: ImagesFault | undefined
  #hung = new Set<(reason: Error) => void>()

  /** The nth D1 operation from now (1 is the next) throws, and does nothing. */
  failStatement(n: number, failure: D1Failure = 'connectionLost'): void {
    this.#d1Plans.push({ operation: this.#d1Seen + n, kind: 'fail', message: D1_FAILURES[failure] })
  }

  /** The nth D1 operation from now is committed, then throws. */
  loseReply(n: number, failure: D1Failure = 'connectionLost'): void {
    this.#d1Plans.push({ operation: this.#d1Seen + n, kind: 'lose-reply', message: D1_FAILURES[failure] })
  }

  /** The nth D1 operation from now does nothing, and does not answer until `clear()`. */
  hangStatement(n: number): void {
    this.#d1Plans.push({ operation: this.#d1Seen + n, kind: 'hang', message: D1_FAILURES.connectionLost })
  }

  kv(operation: KvOperation, fault: KvFault): void {
    this.#kv.set(operation, fault)
  }

  r2(operation: R2Operation, fault: R2Fault): void {
    this.#r2.set(operation, fault)
  }

  /** The nth R2 operation from now (1 is the next), of any kind and on any bucket, meets `fault`. */
  strikeR2(n: number, fault: R2Fault, atByte?: number): void {
    this.#r2Plans.set(this.#r2Seen + n, { fault, ...(atByte === undefined ? {} : { atByte }) })
  }

  /** `send` fails with an error of this `code`; `hang` and `lose-reply` (sends, then throws) are not codes. */
  email(code: string): void {
    this.#email = code
  }

  images(fault: ImagesFault): void {
    this.#images = fault
  }

  limiter(fault: LimiterFault): void {
    this.#limiter = fault
  }

  /** Ends all faults, and fails whatever hangs with a lost connection. */
  clear(): void {
    this.fired = 0
    this.#d1Plans = []
    this.#kv.clear()
    this.#r2.clear()
    this.#r2Plans.clear()
    this.#email = undefined
    this.#limiter = undefined
    this.#images = undefined
    for (const reject of this.#hung) reject(new Error(D1_FAILURES.connectionLost))
    this.#hung.clear()
  }

  // --- for the wrapped bindings ------------------------------------------------------------------------------------

  async aroundD1<T>(work: Work<T>): Promise<T> {
    this.#d1Seen += 1
    const index = this.#d1Plans.findIndex((plan) => plan.operation === this.#d1Seen)
    const [plan] = index < 0 ? [] : this.#d1Plans.splice(index, 1)
    if (!plan) return work()
    this.fired += 1
    if (plan.kind === 'hang') return this.#hang()
    if (plan.kind === 'lose-reply') await work()
    throw new Error(plan.message)
  }

  async aroundKv<T>(operation: KvOperation, work: Work<T>): Promise<T> {
    return this.#around(this.#kv.get(operation), `KV ${operation.toUpperCase()} failed:`, work)
  }

  /** `work` gets the fault, for those that only the wrapper can produce. */
  async aroundR2<T>(operation: R2Operation, work: (strike: R2Strike | undefined) => Promise<T>): Promise<T> {
    this.#r2Seen += 1
    const lasting = this.#r2.get(operation)
    const strike = this.#r2Plans.get(this.#r2Seen) ?? (lasting && { fault: lasting })
    this.#r2Plans.delete(this.#r2Seen)
    return this.#around(strike?.fault, `${operation}:`, () => work(strike))
  }

  async aroundEmail<T>(work: Work<T>): Promise<T> {
    const fault = this.#email
    if (fault === 'hang' || fault === 'lose-reply' || fault === undefined) return this.#around(fault, 'send:', work)
    this.fired += 1
    throw Object.assign(new Error(`send: ${fault}`), { code: fault })
  }

  async aroundImages<T>(work: Work<T>): Promise<T> {
    if (this.#images === undefined) return work()
    this.fired += 1
    if (this.#images === 'hang') return this.#hang()
    if (this.#images === 'refuse') throw Object.assign(new Error('IMAGES_TRANSFORM_ERROR 9412: not an image'), { code: 9412 })
    throw Object.assign(new Error('Unexpected error response 500: <html>at sharp.js:1</html>'), { code: 9523 })
  }

  kvFault(operation: KvOperation): KvFault | undefined {
    return this.#kv.get(operation)
  }

  strikeLimiter(): LimiterFault | undefined {
    if (this.#limiter) this.fired += 1
    return this.#limiter
  }

  /** The faults common to all bindings; the rest is up to the wrapper, which is told (R2) or asks `kvFault`. */
  async #around<T>(fault: string | undefined, prefix: string, work: Work<T>): Promise<T> {
    if (fault !== undefined) this.fired += 1
    if (fault === 'hang') return this.#hang()
    if (fault === 'refuse') throw new Error(`${prefix} 429 Too Many Requests`)
    if (fault === 'throw') throw new Error(`${prefix} 500 Internal Server Error`)
    const result = await work()
    if (fault === 'lose-reply') throw new Error(`${prefix} Network connection lost.`)
    return result
  }

  #hang(): Promise<never> {
    return new Promise((_, reject) => this.#hung.add(reject))
  }
}
