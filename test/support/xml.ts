/**
 * XML as a strict parser takes it (XML 1.0), independent of the code that writes it: elements, attributes and text, no comments,
 * no CDATA. Throws on anything that is not well-formed.
 */

export interface XmlElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
  readonly text: string
}

const PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n'
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
/** Production [2], without a literal carriage return, which a parser would turn into a line feed. */
const isChar = (code: number) =>
  code === 9 ||
  code === 10 ||
  (code >= 0x20 && code <= 0xd7ff) ||
  (code >= 0xe000 && code <= 0xfffd) ||
  (code >= 0x10000 && code <= 0x10ffff)

export function parseXml(document: string): XmlElement {
  if (!document.startsWith(PROLOG)) throw new Error(`no prolog: ${document.slice(0, 60)}`)
  for (const character of document) {
    if (!isChar(character.codePointAt(0) ?? 0)) throw new Error(`a character that XML does not allow: ${JSON.stringify(character)}`)
  }
  const reader = new Reader(document.slice(PROLOG.length))
  const root = reader.element()
  if (!/^\s*$/.test(reader.rest())) throw new Error(`something behind the root: ${reader.rest()}`)
  return root
}

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  rest = () => this.#text.slice(this.#at)

  #take(pattern: RegExp): RegExpExecArray {
    const sticky = new RegExp(pattern, 'y')
    sticky.lastIndex = this.#at
    const match = sticky.exec(this.#text)
    if (!match) throw new Error(`not ${pattern} at: ${this.rest().slice(0, 80)}`)
    this.#at += match[0].length
    return match
  }

  #isAt = (text: string) => this.#text.startsWith(text, this.#at)

  element(): XmlElement {
    const name = this.#take(/<([a-z][\w.-]*)/)[1] ?? ''
    const attributes: Record<string, string> = {}
    while (!this.#isAt('>') && !this.#isAt('/>')) {
      const [, attribute = '', value = ''] = this.#take(/\s+([a-z][\w.-]*)="([^"<]*)"/)
      if (Object.hasOwn(attributes, attribute)) throw new Error(`${attribute} twice`)
      // §3.3.3: literal white space counts as a space.
      attributes[attribute] = decode(value.replace(/[\t\n]/g, ' '))
    }
    if (this.#take(/\/?>/)[0] === '/>') return { name, attributes, children: [], text: '' }
    const children: XmlElement[] = []
    let text = ''
    while (!this.#isAt('</')) {
      if (this.#isAt('<')) children.push(this.element())
      else text += decode(this.#take(/[^<]+/)[0])
    }
    this.#take(new RegExp(`</${name}>`))
    return { name, attributes, children, text }
  }
}

function decode(raw: string): string {
  if (raw.includes(']]>')) throw new Error('the end of a CDATA section as it is')
  return raw.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));|&/g, (all, decimal?: string, hex?: string, name?: string) => {
    const code = decimal ? Number(decimal) : hex ? Number.parseInt(hex, 16) : null
    if (code !== null && (isChar(code) || code === 13)) return String.fromCodePoint(code)
    const named = name === undefined ? undefined : NAMED[name]
    if (named === undefined) throw new Error(`no reference: ${all}`)
    return named
  })
}
