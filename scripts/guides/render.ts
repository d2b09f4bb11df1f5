/** Markdown as HTML: headings with anchors as on GitHub, links between pages, coloured code. Raw HTML is shown as text, comments are not. */
import { posix } from 'node:path'
import { highlightText, type ShjLanguage } from '@speed-highlight/core'
import { Marked, type Tokens } from 'marked'
import type { Page } from './pages.ts'

export interface Section {
  readonly anchor: string
  readonly heading: string
  readonly text: string
}

export interface Rendered {
  readonly html: string
  readonly sections: readonly Section[]
}

const LANGUAGES: Readonly<Record<string, ShjLanguage>> = {
  ...{ bash: 'bash', sh: 'bash', css: 'css', html: 'html', http: 'http', js: 'js', json: 'json', toml: 'toml', ts: 'ts', tsx: 'ts' },
  ...{ dotenv: 'ini', yaml: 'yaml' },
}

/** `urls` has the address of every page by its path in the repository. */
export async function render(page: Page, urls: ReadonlyMap<string, string>): Promise<Rendered> {
  const anchors = new Set<string>()
  const coloured = new Map<Tokens.Code, string>()
  const marked = new Marked({
    async: true,
    walkTokens: async (token) => {
      if (token.type === 'code') coloured.set(token as Tokens.Code, await colour(token as Tokens.Code))
    },
    renderer: {
      html: ({ text }) => escapeHtml(text.replace(/<!--[\s\S]*?-->\s*/g, '')),
      code: (token) => `<div class="code"><pre tabindex="0"><code>${coloured.get(token) ?? escapeHtml(token.text)}</code></pre></div>\n`,
      heading({ tokens, depth, text }) {
        const anchor = anchorOf(text, anchors)
        return `<h${depth} id="${anchor}">${this.parser.parseInline(tokens)}${depth > 1 ? ` <a class="anchor" href="#${anchor}" aria-label="Link to this section">#</a>` : ''}</h${depth}>\n`
      },
      link({ href, tokens }) {
        const text = this.parser.parseInline(tokens)
        const url = addressOf(href, page, urls)
        return url === null ? text : `<a href="${escapeHtml(url)}">${text}</a>`
      },
      image: ({ text }) => escapeHtml(text),
      table(token) {
        const row = (cells: Tokens.TableCell[], name: string) =>
          `<tr>${cells.map((cell) => `<${name}>${breakable(this.parser.parseInline(cell.tokens))}</${name}>`).join('')}</tr>`
        const hasHead = token.header.some(({ text }) => text !== '')
        const head = hasHead ? `<thead>${row(token.header, 'th')}</thead>` : ''
        return `<div class="wide" tabindex="0"><table>${head}<tbody>${token.rows.map((cells) => row(cells, 'td')).join('')}</tbody></table></div>\n`
      },
    },
  })
  const html = await marked.parse(page.text)
  return { html, sections: sectionsOf(html) }
}

async function colour({ text, lang = '' }: Tokens.Code): Promise<string> {
  const language = LANGUAGES[lang.split(' ')[0] ?? '']
  return language === undefined ? escapeHtml(text) : await highlightText(text, language, false)
}

/** As GitHub makes it from a heading; a repeated heading gets a number. */
function anchorOf(heading: string, taken: Set<string>): string {
  const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
  const slug = text.replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '').replaceAll(' ', '-')
  let anchor = slug
  for (let again = 1; taken.has(anchor); again++) anchor = `${slug}-${again}`
  taken.add(anchor)
  return anchor
}

/** Where a link of the page leads on the site; null for a file that is only in the repository. */
function addressOf(href: string, page: Page, urls: ReadonlyMap<string, string>): string | null {
  if (/^(https?:|mailto:|#)/.test(href)) return href
  const [target = '', hash] = href.split('#', 2)
  const path = posix.join(posix.dirname(page.path), target).replace(/\/$/, '')
  const url = urls.get(path) ?? urls.get(`${path}/README.md`)
  if (url === undefined) return null
  return hash === undefined ? url : `${url}#${hash}`
}

function sectionsOf(html: string): Section[] {
  return html.split(/(?=<h[123] id=)/).flatMap((part) => {
    const [heading, anchor = '', title = ''] = /^<h[123] id="([^"]*)">(.*?)<\/h[123]>/.exec(part) ?? []
    if (heading === undefined) return []
    return [{ anchor, heading: textOf(title.replace(/ <a class="anchor".*/, '')), text: textOf(part.slice(heading.length)) }]
  })
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' }

function textOf(html: string): string {
  const text = html.replace(/<[^>]*>/g, (tag) => (/^<\/?(?:span|code|a|em|strong|wbr)\b/.test(tag) ? '' : ' '))
  return text
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(/&(\w+);/g, (entity, name: string) => ENTITIES[name] ?? entity)
    .replace(/\s+/g, ' ')
    .trim()
}

/** In a narrow cell, long names in code break between their words: `ClientInputError`, `step_up_required`. */
function breakable(html: string): string {
  return html.replace(/(?<=<code>[^<]*)\w{16,}/g, (name) => name.replace(/(?<=[a-z])(?=[A-Z])|(?<=_)/g, '<wbr>'))
}

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
