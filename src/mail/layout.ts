/** Renders a mail's paragraphs as text and as HTML. All escaping happens here. */

/** `link` leads to a page of Kith with a button for the act. In HTML it is a button with the URL below. */
export type Block =
  | string
  | { readonly code: string }
  | { readonly link: string; readonly text: string }
  | { readonly details: readonly (readonly [label: string, value: string])[] }

/** A code has its own line, so that people can copy it and scripts can find it. */
export function toText(blocks: readonly Block[]): string {
  const paragraphs = blocks.map((block) => {
    if (typeof block === 'string') return block
    if ('code' in block) return block.code
    if ('link' in block) return `${block.text}:\n${block.link}`
    return block.details.map(([label, value]) => `${label}: ${value}`).join('\n')
  })
  return `${paragraphs.join('\n\n')}\n`
}

const CODE_STYLE = 'font: 600 22px/1.4 ui-monospace, Menlo, Consolas, monospace; letter-spacing: 1px'
const BUTTON_STYLE =
  'display: inline-block; padding: 12px 20px; border-radius: 8px; background: #2954c8; color: #ffffff; font-weight: 600; text-decoration: none'
const SMALL_STYLE = 'font-size: 13px; opacity: 0.7'
const BODY_STYLE = 'margin: 0 auto; padding: 24px; max-width: 560px; font: 16px/1.5 system-ui, sans-serif'

export function toHtml(subject: string, blocks: readonly Block[], signature: string): string {
  const paragraphs = blocks.map((block) => {
    if (typeof block === 'string') return `<p>${escapeHtml(block)}</p>`
    if ('code' in block) return `<p style="${CODE_STYLE}">${escapeHtml(block.code)}</p>`
    if ('link' in block) return toButton(block)
    return `<p>${block.details.map(([label, value]) => `${label}: ${escapeHtml(value)}`).join('<br>')}</p>`
  })
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">',
    `<title>${escapeHtml(subject)}</title></head>`,
    `<body style="${BODY_STYLE}">`,
    ...paragraphs,
    `<p style="${SMALL_STYLE}">${escapeHtml(signature)}</p>`,
    '</body></html>\n',
  ].join('\n')
}

function toButton({ link, text }: { link: string; text: string }): string {
  const href = `href="${escapeHtml(link)}"`
  return [
    `<p><a ${href} style="${BUTTON_STYLE}">${escapeHtml(text)}</a></p>`,
    `<p style="${SMALL_STYLE}">Or open this address: <a ${href} style="word-break: break-all">${escapeHtml(link)}</a></p>`,
  ].join('\n')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign)
}
