/**
 * Uploads several files at once, each with its progress. Its contract with the page (`pages/files/upload-form.tsx`):
 * `[data-upload]` has the URL of uploads, the token of the form, the largest file in bytes, and its words.
 */
const AT_ONCE = 3
/** The answer to a request that lacks a sign-in leads there. */
const SIGN_IN = '/sign-in'

type Words = Readonly<
  Record<
    | 'waiting'
    | 'progress'
    | 'done'
    | 'cancel'
    | 'cancelName'
    | 'cancelled'
    | 'retry'
    | 'retryName'
    | 'summary'
    | 'show'
    | 'signedOut'
    | 'folderDropped'
    | 'broken'
    | 'other'
    | 'tooLarge',
    string
  >
>

const fill = (text: string, values: Readonly<Record<string, string>>) => text.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '')
const { lang } = document.documentElement
const percent = new Intl.NumberFormat(lang, { style: 'percent' })
const number = new Intl.NumberFormat(lang)

function sizeOf(bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte']
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log(bytes) / Math.log(1024)), units.length - 1)
  const unit = units[power] as string
  return new Intl.NumberFormat(lang, { style: 'unit', unit, maximumFractionDigits: 1 }).format(bytes / 1024 ** power)
}

function element<K extends keyof HTMLElementTagNameMap>(name: K, className: string, text = ''): HTMLElementTagNameMap[K] {
  const made = document.createElement(name)
  made.className = className
  made.textContent = text
  return made
}

const find = <E extends HTMLElement>(panel: HTMLElement, selector: string) => panel.querySelector(selector) as E

/** One file, from the choice to its end. */
interface Entry {
  readonly file: File
  readonly row: HTMLLIElement
  readonly status: HTMLElement
  readonly bar: HTMLProgressElement
  readonly button: HTMLButtonElement
  state: 'waiting' | 'sending' | 'done' | 'failed'
  request: XMLHttpRequest | null
}

class Queue {
  readonly #entries: Entry[] = []
  readonly #panel: HTMLElement
  readonly #list: HTMLElement
  readonly #summary: HTMLElement
  readonly #words: Words

  constructor(panel: HTMLElement, words: Words) {
    this.#panel = panel
    this.#list = find(panel, '.queue')
    this.#summary = find(panel, '.queue-summary')
    this.#words = words
  }

  /** `reason`: why it cannot be sent at all. */
  add(file: File, reason: string | null = null): void {
    const entry: Entry = {
      file,
      row: element('li', ''),
      status: element('small', 'status'),
      bar: element('progress', ''),
      button: element('button', 'secondary'),
      state: 'waiting',
      request: null,
    }
    const [text, strong, name] = [element('div', ''), element('strong', ''), element('bdi', '', file.name)]
    name.dir = 'auto'
    strong.append(name)
    text.append(strong, entry.status, entry.bar)
    entry.bar.max = 1
    entry.bar.setAttribute('aria-label', file.name)
    entry.button.type = 'button'
    entry.button.addEventListener('click', () => this.#press(entry))
    entry.row.append(text, entry.button)
    this.#list.append(entry.row)
    this.#list.hidden = false
    this.#entries.push(entry)
    const wrong = reason ?? (file.size > Number(this.#panel.dataset.bytesMax) ? this.#words.tooLarge : null)
    if (wrong === null) this.#wait(entry)
    else this.#fail(entry, wrong, false)
  }

  /** Begins what may begin, and says how far all is. */
  go(): void {
    const sending = this.#entries.filter(({ state }) => state === 'sending').length
    const waiting = this.#entries.filter(({ state }) => state === 'waiting')
    for (const entry of waiting.slice(0, AT_ONCE - sending)) this.#send(entry)
    const done = this.#entries.filter(({ state }) => state === 'done').length
    this.#summary.textContent = fill(this.#words.summary, { done: number.format(done), all: number.format(this.#entries.length) })
    if (this.isBusy() || this.#entries.length === 0) return
    // Everything is there: the page shows it. What has failed stays readable.
    if (done === this.#entries.length) location.assign(this.#panel.dataset.page ?? '')
    else if (done > 0) this.#offerReload()
  }

  isBusy(): boolean {
    return this.#entries.some(({ state }) => state === 'sending' || state === 'waiting')
  }

  #send(entry: Entry): void {
    const [panel, words] = [this.#panel, this.#words]
    const { file } = entry
    const request = new XMLHttpRequest()
    entry.state = 'sending'
    entry.request = request
    const name = encodeURIComponent(file.name.toWellFormed?.() ?? file.name)
    request.open('POST', `${panel.dataset.upload}&name=${name}`)
    request.setRequestHeader('x-form-token', panel.dataset.token ?? '')
    request.responseType = 'text'
    request.upload.onprogress = ({ loaded, total }) => {
      const share = total === 0 ? 1 : loaded / total
      entry.bar.value = share
      entry.status.textContent = fill(words.progress, { percent: percent.format(share), size: sizeOf(file.size) })
    }
    request.onload = () => this.#finish(entry, request)
    request.onerror = () => this.#fail(entry, words.broken)
    request.onabort = () => this.#fail(entry, words.cancelled)
    request.onloadend = () => this.go()
    entry.status.textContent = fill(words.progress, { percent: percent.format(0), size: sizeOf(file.size) })
    request.send(file)
  }

  #finish(entry: Entry, request: XMLHttpRequest): void {
    const reply = replyOf(request)
    if (request.status !== 201 || reply.path === undefined) {
      const isSignedOut = new URL(request.responseURL || location.href).pathname === SIGN_IN
      this.#fail(entry, isSignedOut ? this.#words.signedOut : (reply.message ?? this.#words.other))
      return
    }
    entry.state = 'done'
    entry.bar.value = 1
    entry.status.textContent = this.#words.done
    entry.row.className = 'done'
    entry.button.remove()
  }

  #fail(entry: Entry, reason: string, mayRetry = true): void {
    entry.state = 'failed'
    entry.row.className = 'failed'
    entry.status.textContent = reason
    entry.bar.hidden = true
    entry.button.textContent = this.#words.retry
    entry.button.setAttribute('aria-label', fill(this.#words.retryName, { name: entry.file.name }))
    entry.button.hidden = !mayRetry
  }

  /** Cancels what runs or waits; begins again what has failed. */
  #press(entry: Entry): void {
    if (entry.state === 'sending') entry.request?.abort()
    else if (entry.state === 'waiting') this.#fail(entry, this.#words.cancelled)
    else this.#wait(entry)
    this.go()
  }

  #wait(entry: Entry): void {
    const { row, bar, status, button, file } = entry
    entry.state = 'waiting'
    row.className = ''
    bar.hidden = false
    bar.value = 0
    status.textContent = this.#words.waiting
    button.textContent = this.#words.cancel
    button.setAttribute('aria-label', fill(this.#words.cancelName, { name: file.name }))
  }

  #offerReload(): void {
    if (this.#panel.querySelector('.show')) return
    const link = element('a', 'show', this.#words.show)
    link.href = this.#panel.dataset.page ?? ''
    this.#summary.append(' ', link)
  }
}

function replyOf({ responseText }: XMLHttpRequest): { path?: string; message?: string } {
  try {
    return JSON.parse(responseText)
  } catch {
    return {}
  }
}

function enhance(panel: HTMLElement): void {
  const words = JSON.parse(panel.dataset.words ?? '{}') as Words
  const [input, hint] = [find<HTMLInputElement>(panel, 'input[type=file]'), find(panel, '[data-with-script]')]
  const queue = new Queue(panel, words)
  hint.textContent = hint.dataset.withScript ?? ''
  find(panel, '[data-without-script]').hidden = true
  const take = () => {
    for (const file of input.files ?? []) queue.add(file)
    // So that the same file can be chosen again.
    input.value = ''
    queue.go()
  }
  input.addEventListener('change', take)
  // On a slow connection people choose before this script is there.
  if (input.files?.length) take()
  const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') === true
  for (const type of ['dragover', 'dragleave'] as const) {
    panel.addEventListener(type, (event) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      panel.classList.toggle('dropping', type === 'dragover')
    })
  }
  panel.addEventListener('drop', (event) => {
    if (!hasFiles(event)) return
    event.preventDefault()
    panel.classList.remove('dropping')
    for (const item of event.dataTransfer?.items ?? []) {
      const file = item.getAsFile()
      if (file) queue.add(file, item.webkitGetAsEntry()?.isDirectory ? words.folderDropped : null)
    }
    queue.go()
  })
  addEventListener('beforeunload', (event) => {
    if (queue.isBusy()) event.preventDefault()
  })
}

export function uploads(): void {
  for (const panel of document.querySelectorAll<HTMLElement>('[data-upload]')) enhance(panel)
}
