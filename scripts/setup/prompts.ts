/** Questions on the terminal. Secrets are not echoed. Without a terminal, each line of the input is an answer. */
import { createInterface, type Interface } from 'node:readline'
import { Writable } from 'node:stream'
import { Refusal } from '../local.ts'

/** What is wrong with an answer; null if nothing is. */
export type Check = (answer: string) => string | null

const UNANSWERED = `
The input ended before all questions were answered. Without a terminal, answer by options:

  npm run setup -- --yes --origin <https://...> --pictures <https://... or r2.dev> --mail <kind> --from <address>

npm run setup -- --help lists them all; --dry-run shows a plan first.`

export class Prompts {
  readonly #isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true
  #isMuted = false
  readonly #lines: string[] = []
  #waiting: (() => void) | null = null
  #hasEnded = false
  #input = this.#open()

  #open(): Interface {
    const output = new Writable({
      write: (chunk, _encoding, done) => {
        if (!this.#isMuted) process.stdout.write(chunk)
        done()
      },
    })
    const input = createInterface({ input: process.stdin, output, terminal: this.#isTerminal, historySize: 0 })
    const wake = () => {
      this.#waiting?.()
      this.#waiting = null
    }
    input.on('line', (line) => {
      this.#lines.push(line)
      wake()
    })
    input.on('close', () => {
      this.#hasEnded = true
      wake()
    })
    input.on('SIGINT', () => {
      input.close()
      console.log('\nStopped. Run npm run setup again to continue.')
      process.exit(130)
    })
    return input
  }

  close(): void {
    this.#input.close()
  }

  /** Gives the terminal to child processes, which may ask something themselves. */
  async lend<T>(run: () => Promise<T>): Promise<T> {
    if (!this.#isTerminal) return await run()
    this.close()
    try {
      return await run()
    } finally {
      this.#hasEnded = false
      this.#input = this.#open()
    }
  }

  /** Asks until the answer passes the check; Enter is the default. */
  async ask(question: string, { fallback = '', check = () => null }: { fallback?: string; check?: Check } = {}): Promise<string> {
    for (;;) {
      const answer = (await this.#read(`${question}${fallback === '' ? '' : ` [${fallback}]`}: `)).trim() || fallback
      const problem = check(answer)
      if (problem === null) return answer
      console.log(`  ${problem}`)
    }
  }

  async askSecret(question: string, check: Check = () => null): Promise<string> {
    for (;;) {
      const answer = (await this.#read(`${question} (not shown): `, true)).trim()
      const problem = check(answer)
      if (problem === null) return answer
      console.log(`  ${problem}`)
    }
  }

  async confirm(question: string): Promise<boolean> {
    const answer = await this.ask(`${question} [y/N]`, {
      check: (text) => (/^(y|yes|n|no|)$/i.test(text) ? null : 'Answer y or n.'),
    })
    return /^y/i.test(answer)
  }

  async #read(question: string, isSecret = false): Promise<string> {
    if (this.#hasEnded && this.#lines.length === 0) throw new Refusal(UNANSWERED)
    if (this.#hasEnded) process.stdout.write(question)
    else {
      this.#input.setPrompt(question)
      this.#input.prompt()
    }
    this.#isMuted = isSecret
    while (this.#lines.length === 0) {
      if (this.#hasEnded) throw new Refusal(UNANSWERED)
      await new Promise<void>((resolve) => {
        this.#waiting = resolve
      })
    }
    this.#isMuted = false
    if (isSecret || !this.#isTerminal) process.stdout.write('\n')
    return this.#lines.shift() ?? ''
  }
}
