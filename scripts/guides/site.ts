/**
 * The guides as static pages: `docs/**` becomes `assets/docs/index.html` and `assets/docs/guides/`, with an index for
 * the search. The assets of Cloudflare serve them; the Worker does not see these requests.
 */
import { posix } from 'node:path'
import type { Page } from './pages.ts'
import { escapeHtml, type Rendered, render } from './render.ts'

/** What the search has of an OpenAPI document. */
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}
interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly tags: readonly string[]
}

/** Files by their path below `assets/`. `documents` are those of the APIs, by room. */
export async function siteOf(pages: readonly Page[], documents: Readonly<Record<string, ApiDocument>>): Promise<Map<string, string>> {
  const rooms = Object.keys(documents)
  const urls = new Map(pages.map(({ path, url }) => [path, url]))
  const rendered = await Promise.all(pages.map(async (page) => ({ page, ...(await render(page, urls)) })))
  const files = rendered.map(({ page, html }): [string, string] => [fileOf(page.url), documentOf(page, html, pages, rooms)])
  return new Map([
    ...files,
    ['docs/guides/search.json', JSON.stringify([...sectionsOf(rendered), ...Object.entries(documents).flatMap(operationsOf)])],
  ])
}

/** `/docs` and `/docs/guides` are folders as well: html_handling of wrangler.toml serves their index. */
function fileOf(url: string): string {
  const path = url.slice(1)
  return url === '/docs' || url === '/docs/guides' ? posix.join(path, 'index.html') : `${path}.html`
}

/** `[address, page, heading, text, group]`, for `assets/docs/search.js`, which ranks the groups. */
export type Entry = readonly [string, string, string, string, number]
const GROUPS = { index: 0, guide: 0, operation: 1, reference: 2, paper: 3, olderOperation: 3 } as const

function sectionsOf(rendered: readonly ({ readonly page: Page } & Rendered)[]): Entry[] {
  return rendered.flatMap(({ page, sections }) =>
    sections.map(
      ({ anchor, heading, text }, at): Entry => [
        at === 0 ? page.url : `${page.url}#${anchor}`,
        page.title,
        at === 0 ? '' : heading,
        page.group === 'paper' ? '' : text,
        GROUPS[page.group],
      ],
    ),
  )
}

/** With the address by which the viewer opens the operation. */
function operationsOf([room, { paths }]: [string, ApiDocument]): Entry[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, summary, tags }]): Entry => {
      const address = `/docs/${room}#/${tags[0]?.replaceAll(' ', '%20')}/${operationId}`
      const group = room === 'user' || room === 'oauth' ? GROUPS.operation : GROUPS.olderOperation
      return [address, operationId, summary, `${method.toUpperCase()} ${path}`, group]
    }),
  )
}

function documentOf(page: Page, html: string, pages: readonly Page[], rooms: readonly string[]): string {
  const link = (url: string, text: string) => `<a href="${url}"${url === page.url ? ' aria-current="page"' : ''}>${text}</a>`
  const list = (group: Page['group']) =>
    pages.filter((other) => other.group === group).map(({ url, title }) => `<li>${link(url, escapeHtml(title))}</li>`)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(page.title)} · Kith</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/docs.css">
<link rel="stylesheet" href="/docs/guides.css">
<script type="module" src="/docs/guides.js"></script>
</head>
<body>
<a class="skip" href="#main">Skip to the text</a>
<header>
<a class="name" href="/"><span class="mark" aria-hidden="true"></span>Kith</a>
<nav aria-label="Documentation">
${[link('/docs/guides', 'Guides'), link('/docs', 'HTTP'), ...rooms.map((room) => link(`/docs/${room}`, room))].join('\n')}
</nav>
<nav class="pages" aria-label="Pages"><a href="/account">Your account</a></nav>
</header>
<div class="columns">
<div class="headings">
<div class="search" hidden>
<label for="search">Search</label>
<input id="search" type="search" placeholder="Search" role="combobox" autocomplete="off" spellcheck="false" aria-expanded="false" aria-controls="found" aria-autocomplete="list">
<kbd aria-hidden="true">/</kbd>
<div id="found" role="listbox" aria-label="Search results" hidden></div>
<p role="status"></p>
</div>
<nav aria-label="Guides">
<details open>
<summary>All guides</summary>
<ul>
${list('guide').join('\n')}
</ul>
<h2>Reference</h2>
<ul>
${list('reference').join('\n')}
</ul>
</details>
</nav>
</div>
<main id="main">
${html}</main>
</div>
</body>
</html>
`
}
