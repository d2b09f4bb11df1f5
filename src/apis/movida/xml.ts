/**
 * Writes XML 1.0 for this room: elements with attributes, and text or child elements, indented by two spaces. Element
 * names are ours; text can be anything.
 */
import { escapeXml } from '../../core/media/default-avatars.ts'

export interface Element {
  readonly name: string
  readonly attributes?: Readonly<Record<string, string>>
  /** Omitted for an empty element. */
  readonly content?: string | readonly Element[]
}

export function toXml(root: Element): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${render(root, '')}`
}

function render({ name, attributes = {}, content }: Element, indent: string): string {
  const head = [name, ...Object.entries(attributes).map(([attribute, value]) => `${attribute}="${toText(value)}"`)].join(' ')
  if (content === undefined) return `${indent}<${head}/>\n`
  const inside =
    typeof content === 'string' ? toText(content) : `\n${content.map((child) => render(child, `${indent}  `)).join('')}${indent}`
  return `${indent}<${head}>${inside}</${name}>\n`
}

/** Characters that XML cannot contain, even as references (XML 1.0 §2.2): control characters, lone surrogates, U+FFFE and U+FFFF. */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu

export function withoutForbidden(text: string): string {
  return text.replace(FORBIDDEN, '')
}

/** Also escapes white space that parsers would normalize (§2.11, §3.3.3). */
function toText(text: string): string {
  return escapeXml(withoutForbidden(text)).replace(/[\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`)
}
