/**
 * The guides as static pages: `docs/**` becomes `assets/docs/index.html` and `assets/docs/guides/`, with an index for
 * the search. The assets of Cloudflare serve them; the Worker does not see these requests.
 */
import { posix } from 'node:path'
import type { Page } from './pages.ts'
import { escapeHtml, type Rendered, render } from './render.ts'

/** Files by their path below `assets/`. `rooms` are the names of the API documents. */
export async function siteOf(pages: readonly Page[], rooms: readonly string[]): Promise<Map<string, string>> {
  const urls = new Map(pages.map(({ path, url }) => [path, url]))
  const rendered = await Promise.all(pages.map(async (page) => ({ page, ...(await render(page, urls)) })))
  const files = rendered.map(({ page, html }): [string, string] => [fileOf(page.url), documentOf(page, html, pages, rooms)])
  return new Map([...files, ['docs/guides/search.json', JSON.stringify(searchIndex(rendered))]])
}

/** `/docs` and `/docs/guides` are folders as well: html_handling of wrangler.toml serves their index. */
function fileOf(url: string): string {
  const path = url.slice(1)
  return url === '/docs' || url === '/docs/guides' ? posix.join(path, 'index.html') : `${path}.html`
}

/** `[address, page, heading, text]` for each section, in the order of the pages. */
function searchIndex(rendered: readonly ({ readonly page: Page } & Rendered)[]): string[][] {
  return rendered.flatMap(({ page, sections }) =>
    sections.map(({ anchor, heading, text }, at) => [
      at === 0 ? page.url : `${page.url}#${anchor}`,
      page.title,
      at === 0 ? '' : heading,
      page.group === 'paper' ? '' : text,
    ]),
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
<script src="/docs/guides.js" defer></script>
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
