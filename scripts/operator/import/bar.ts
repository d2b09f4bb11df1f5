/** How far a long command is, on the terminal: a line that is rewritten, with the time left. Elsewhere a line every ten seconds. */
const EVERY_MS = { terminal: 200, elsewhere: 10_000 }
const WIDTH = 24

export class Bar {
  readonly #label: string
  readonly #total: number
  readonly #beganAt = Date.now()
  readonly #isTerminal = process.stderr.isTTY === true
  #shownAt = Date.now()
  #first: number | null = null

  /** `total`: of what `show` counts. */
  constructor(label: string, total: number) {
    this.#label = label
    this.#total = total
  }

  show(done: number, detail: string): void {
    this.#first ??= done
    const now = Date.now()
    if (now - this.#shownAt < (this.#isTerminal ? EVERY_MS.terminal : EVERY_MS.elsewhere)) return
    this.#shownAt = now
    const share = Math.min(1, done / Math.max(1, this.#total))
    const pace = (done - this.#first) / Math.max(1, now - this.#beganAt)
    const left = pace > 0 ? `${Math.ceil((this.#total - done) / pace / 1_000)} s left` : ''
    const filled = '#'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '.')
    const text = `${this.#label} [${filled}] ${String(Math.floor(share * 100)).padStart(3)} %  ${detail}  ${left}`
    process.stderr.write(this.#isTerminal ? `\r\x1b[K${text}` : `${text}\n`)
  }

  clear(): void {
    if (this.#isTerminal) process.stderr.write('\r\x1b[K')
  }
}
