/** A browser at one of the two: keeps cookies, and sends the forms that it is shown. */
export class Visitor {
  readonly #origin: string
  readonly #jar: Map<string, string>

  constructor(origin: string, cookie = '') {
    this.#origin = origin
    this.#jar = new Map(cookie.split('; ').flatMap((pair) => (pair === '' ? [] : [split(pair)])))
  }

  get cookie(): string {
    return [...this.#jar].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  /** The page, or where it leads. */
  async go(url: string, init: RequestInit = {}): Promise<{ readonly location: string; readonly html: string }> {
    const headers = { cookie: this.cookie, accept: 'text/html', origin: this.#origin }
    const reply = await fetch(new URL(url, this.#origin), { ...init, headers, redirect: 'manual' })
    for (const line of reply.headers.getSetCookie()) {
      const [name, value] = split(line.split(';')[0] ?? '')
      if (value === '') this.#jar.delete(name)
      else this.#jar.set(name, value)
    }
    return { location: reply.headers.get('location') ?? '', html: await reply.text() }
  }

  /** Sends the form of the page whose address has `path` in it, with all its hidden fields. */
  submit({ html }: { readonly html: string }, path: string, values: Readonly<Record<string, string>> = {}) {
    const [, tag = '', inside = ''] = [...html.matchAll(/(<form\b[^>]*>)(.*?)<\/form>/gs)].find(([, one = '']) => one.includes(path)) ?? []
    const action = /action="([^"]*)"/.exec(tag)?.[1]
    if (action === undefined) throw new Error(`no form for ${path} in ${html.slice(0, 2000)}`)
    const fields = [...inside.matchAll(/<input\b[^>]*>/g)].map(([input]) => [attribute(input, 'name'), attribute(input, 'value')])
    return this.go(action.replaceAll('&amp;', '&'), {
      method: 'POST',
      body: new URLSearchParams({ ...Object.fromEntries(fields), ...values }),
    })
  }

  /** Enters the code that a device shows, and answers the question. */
  async decide(verificationUri: string, answer: 'allow' | 'deny'): Promise<void> {
    const question = await this.submit(await this.go(verificationUri), '/device')
    await this.submit(question, '/device', answer === 'allow' ? { answer } : { answer, abort: 'yes' })
  }
}

function split(pair: string): [string, string] {
  const at = pair.indexOf('=')
  return [pair.slice(0, at), pair.slice(at + 1)]
}

function attribute(input: string, name: string): string {
  return new RegExp(`\\s${name}="([^"]*)"`).exec(input)?.[1] ?? ''
}
