/** Which Markdown files are pages of the site, and where each is served. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../local.ts'

export interface Page {
  /** In the repository, as `docs/limits.md`. */
  readonly path: string
  readonly url: string
  readonly title: string
  readonly text: string
  readonly group: 'index' | 'guide' | 'reference' | 'paper'
}

const GUIDES = '/docs/guides'
/** For who changes Kith: searched by their headings only, and not listed beside the pages. */
const PAPERS = /^docs\/(?:design|wire|security|decisions\/.*)\.md$/

/** The list of guides first, then the guides as it orders them, the reference, and the papers. */
export function readPages(): Page[] {
  const paths = globSync(['docs/**/*.md', 'client/README.md', 'examples/README.md', 'examples/*/README.md'], { cwd: ROOT })
  const list = readFileSync(join(ROOT, 'docs/guides/README.md'), 'utf8')
  const pages = paths.map((path): Page => {
    const text = readFileSync(join(ROOT, path), 'utf8')
    return { path, url: urlOf(path), title: /^# (.+)$/m.exec(text)?.[1]?.replaceAll('`', '') ?? path, text, group: groupOf(path) }
  })
  const place = ({ group, path }: Page) =>
    `${['index', 'guide', 'reference', 'paper'].indexOf(group)}${group === 'guide' ? at(list, path) : ''}`
  return pages.sort((a, b) => place(a).localeCompare(place(b)) || a.title.localeCompare(b.title))
}

const at = (list: string, path: string) => String(list.indexOf(`(${path.replace('docs/guides/', '')})`)).padStart(6, '0')

function groupOf(path: string): Page['group'] {
  if (path === 'docs/guides/README.md' || path === 'docs/http.md') return 'index'
  if (path.startsWith('docs/guides/')) return 'guide'
  return PAPERS.test(path) ? 'paper' : 'reference'
}

function urlOf(path: string): string {
  if (path === 'docs/http.md') return '/docs'
  if (path === 'docs/guides/README.md') return GUIDES
  if (path.startsWith('docs/guides/')) return `${GUIDES}/${path.slice('docs/guides/'.length, -'.md'.length)}`
  const name = path.replace(/^docs\//, '').replace(/(\/README)?\.md$/, '')
  return `${GUIDES}/reference/${name.replaceAll('/', '-')}`
}
