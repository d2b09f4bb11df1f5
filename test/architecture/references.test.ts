// Whatever a comment or a page of documentation refers to is there: sections and rows of docs/design.md, wire.md and
// security.md, files beside a page, and headings of a page.
/// <reference types="vite/types/importMeta.d.ts" />
import { describe, expect, test } from 'vitest'

const texts = import.meta.glob<string>(
  [
    '../../{src,test,scripts,bench}/**/*.{ts,tsx}',
    '../../migrations/*.sql',
    '../../vitest.config.ts',
    '../../**/*.md',
    '!**/node_modules/**',
  ],
  { query: '?raw', import: 'default', eager: true },
)
/** Names only: nothing of it is loaded. */
const names = import.meta.glob(['../../*', '../../{.ci,assets,bench,docs,migrations,scripts,src,test}/**'], { exhaustive: true })

const ROOT = '/'
const toPath = (name: string) => new URL(name, `file://${ROOT}test/architecture/`).pathname
const sources = Object.entries(texts).map(([name, text]) => ({ path: toPath(name), text }))
const pages = new Map(sources.filter(({ path }) => path.endsWith('.md')).map(({ path, text }) => [path, withoutCode(text)]))
const files = new Set([...Object.keys(names).map(toPath), ...sources.map(({ path }) => path)])

function withoutCode(markdown: string): string {
  return markdown.replace(/^(```+)[\s\S]*?^\1/gm, '')
}

describe('a reference to the design papers', () => {
  const references = sources.flatMap(({ path, text }) => referencesOf(text).map((reference) => ({ path, ...reference })))

  test('leads to a section or row that is there', () => {
    expect(references.length).toBeGreaterThan(300)
    const lost = references.filter(({ paper, numbers, isRow }) => {
      const known = isRow ? rowsOf(paper) : sectionsOf(paper)
      return numbers.some((number) => !known.has(number))
    })
    expect(lost.map(({ path, paper, sign }) => `${path}: ${paper} ${sign}`)).toEqual([])
  })

  test('to what is not there would be seen', () => {
    const [section, range, row] = referencesOf('// (wire §6.99, §6.21-23;\n// security row 850)')
    expect([section, range, row].map((one) => one?.numbers)).toEqual([['6.99'], ['6.21', '6.22', '6.23'], ['850']])
    expect(sectionsOf('wire').has('6.22')).toBe(true)
    expect(sectionsOf('wire').has('6.23')).toBe(false)
    expect(rowsOf('security').has('850')).toBe(false)
  })
})

describe('documentation', () => {
  const links = [...pages].flatMap(([path, text]) => linksOf(text).map((link) => ({ path, link })))

  test('links files and headings that are there', () => {
    expect(links.length).toBeGreaterThan(100)
    expect(links.filter(({ path, link }) => !isThere(path, link)).map(({ path, link }) => `${path}: ${link}`)).toEqual([])
  })

  test('a link to what is not there would be seen', () => {
    expect(isThere('/docs/deploy.md', 'nowhere.md')).toBe(false)
    expect(isThere('/README.md', 'docs/deploy.md#nowhere')).toBe(false)
    expect(isThere('/README.md', 'docs/security.md#1-checklist')).toBe(true)
  })
})

interface Reference {
  readonly paper: string
  /** As it is written. */
  readonly sign: string
  readonly isRow: boolean
  readonly numbers: readonly string[]
}

const SECTION = String.raw`§+ ?([\d.-]*\d)`
const ROWS = String.raw`rows? (\d+(?:(?:, | and | to |-)\d+)*)`
const ITEM = new RegExp(`${SECTION}|${ROWS}`, 'g')
const REFERENCE = new RegExp(`\\b(design|wire|security|style),? ((?:(?:,? and |, | )?(?:${SECTION}|${ROWS}))+)`, 'gi')

/** `design §1.7-8`, `wire §3.2, §6.9`, `security §3.4, rows 25 and 52-54`, also over the lines of a comment. */
function referencesOf(text: string): Reference[] {
  const line = text.replace(/\n\s*(?:\/\/|\*|--)?[ \t]*/g, ' ')
  return [...line.matchAll(REFERENCE)].flatMap(([, name = '', list = '']) =>
    [...list.matchAll(ITEM)].map(([sign, section, rows]) => ({
      paper: name.toLowerCase(),
      sign,
      isRow: rows !== undefined,
      numbers: rows === undefined ? sectionsIn(section ?? '') : rows.split(/, | and /).flatMap((range) => between(range.split(/ to |-/))),
    })),
  )
}

/** Of `3.1-3.3` and `1.7-8`: each section between. */
function sectionsIn(range: string): string[] {
  const [first = '', last = first] = range.split('-')
  const chapter = first.includes('.') ? `${first.split('.')[0]}.` : ''
  return between([first.slice(chapter.length), last.slice(last.includes('.') ? chapter.length : 0)]).map((number) => `${chapter}${number}`)
}

function between([first = '', last = first]: string[]): string[] {
  // Deeper than the papers are numbered: as it is, which is nothing that is there.
  if (first.includes('.')) return [first]
  return Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => String(Number(first) + i))
}

function sectionsOf(paper: string): ReadonlySet<string> {
  return new Set([...(pages.get(`/docs/${paper}.md`) ?? '').matchAll(/^#{2,3} (\d+(?:\.\d+)?)\.? /gm)].map(([, number = '']) => number))
}

function rowsOf(paper: string): ReadonlySet<string> {
  return new Set([...(pages.get(`/docs/${paper}.md`) ?? '').matchAll(/^\| (\d+) \|/gm)].map(([, number = '']) => number))
}

/** Without those to other sites. */
function linksOf(markdown: string): string[] {
  const text = markdown.replace(/`[^`\n]*`/g, '')
  const found = [...text.matchAll(/\]\(([^()\s]+)(?: "[^"]*")?\)|\b(?:src|href)="([^"]+)"/g)]
  return found.map(([, link, source]) => link ?? source ?? '').filter((link) => !/^[a-z][a-z+.-]*:/i.test(link))
}

function isThere(from: string, link: string): boolean {
  const { pathname, hash } = new URL(link, `file://${from}`)
  const path = decodeURIComponent(pathname)
  const isFolder = [...files].some((file) => file.startsWith(`${path.replace(/\/$/, '')}/`))
  if (!files.has(path) && !isFolder) return false
  return hash === '' || !pages.has(path) || anchorsOf(pages.get(path) ?? '').has(decodeURIComponent(hash.slice(1)))
}

/** As GitHub makes them of headings: letters, digits, `-` and `_`; a heading that comes again gets a number. */
function anchorsOf(markdown: string): ReadonlySet<string> {
  const anchors = new Set<string>()
  for (const [, heading = ''] of markdown.matchAll(/^#{1,6} (.+)$/gm)) {
    const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
    const slug = text.replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '').replaceAll(' ', '-')
    let anchor = slug
    for (let again = 1; anchors.has(anchor); again++) anchor = `${slug}-${again}`
    anchors.add(anchor)
  }
  return anchors
}
