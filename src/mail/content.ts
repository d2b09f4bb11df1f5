/** A mail's content as a list of blocks, and its text part. The HTML part is made of the same blocks (`template.tsx`). */
import { fill, type Texts } from '../texts/texts.ts'

/** A string is a paragraph. `link` leads to a page of Kith with a button for the act. */
export type Block =
  | string
  | { readonly code: string }
  | { readonly link: string; readonly text: string }
  | { readonly lines: readonly string[] }

export interface Content {
  readonly texts: Texts
  /** The product's name. */
  readonly product: string
  readonly subject: string
  /** What lists of mails show next to the subject. */
  readonly preview: string
  readonly blocks: readonly Block[]
  /** Below: why it comes, and from whom. */
  readonly reason: string
  readonly signature: string
  /** Empty: no link. */
  readonly supportUrl: string
}

/** As people read it: an address instead of its `mailto:` URL. */
export const shownUrl = (url: string) => url.replace(/^mailto:/, '')

/** A code has its own line, so that people can copy it and scripts can find it. */
export function toText({ texts: { mails }, blocks, reason, signature, supportUrl }: Content): string {
  const paragraphs = blocks.map((block) => {
    if (typeof block === 'string') return block
    if ('code' in block) return block.code
    if ('link' in block) return `${block.text}:\n${block.link}`
    return block.lines.join('\n')
  })
  const support = supportUrl === '' ? [] : [fill(mails.support, { link: shownUrl(supportUrl) })]
  return `${[...paragraphs, reason, ...support, signature].join('\n\n')}\n`
}
