// Whatever a comment or a page of documentation refers to exists: sections and rows of docs/design.md, wire.md and
// security.md, decisions, faults and invariants by number, files by path, links, and headings.
/// <reference types="vite/types/importMeta.d.ts" />
import { describe, expect, test } from 'vitest'

const texts = import.meta.glob<string>(
  [
    '../../{src,test,scripts,bench}/**/*.{ts,tsx}',
    '../../migrations/*.sql',
    '../../{vitest.config.ts,wrangler.toml}',
    '../../**/*.md',
    '!**/node_modules/**',
  ],
  { query: '?raw', import: 'default', eager: true },
)
/** Names only: nothing of it is loaded. */
const names = import.meta.glob(['../../*', '../../{.ci,assets,bench,docs,examples,migrations,scripts,src,test}/**'], { exhaustive: true })

const ROOT = '/'
const toPath = (name: string) => new URL(name, `file://${ROOT}test/architecture/`).pathname
const sources = Object.entries(texts).map(([name, text]) => ({ path: toPath(name), text }))
const pages = new Map(sources.filter(({ path }) => path.endsWith('.md')).map(({ path, text }) => [path, withoutCode(text)]))
/** A glob never lists the file that it is in. */
const files = new Set(['/test/architecture/references.test.ts', ...Object.keys(names).map(toPath), ...sources.map(({ path }) => path)])

const decisions = new Set([...files].map((path) => /^\/docs\/decisions\/(\d{3})-/.exec(path)?.[1] ?? ''))
/** Every suffix and infix of a path by which a file or folder may be named. */
const endings = new Set([...files].flatMap(endingsOf))

function endingsOf(file: string): string[] {
  const parts = file.slice(1).split('/')
  return parts.flatMap((_, from) => parts.slice(from).map((_, length) => parts.slice(from, from + length + 1).join('/')))
}

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

describe('what is cited by number or path', () => {
  test('a decision, a fault and an invariant', () => {
    const numbered = sources.flatMap(({ path, text }) => numberedOf(text).map((cited) => ({ path, ...cited })))
    expect(numbered.length).toBeGreaterThan(60)
    expect(numbered.filter(({ isThere }) => !isThere).map(({ path, sign }) => `${path}: ${sign}`)).toEqual([])
  })

  test('a file or folder in a comment, or in backticks of a page', () => {
    const paths = sources.flatMap(({ path, text }) => citedPathsOf(path, text).map((cited) => ({ path, cited })))
    expect(paths.length).toBeGreaterThan(300)
    expect(paths.filter(({ cited }) => !endings.has(cited)).map(({ path, cited }) => `${path}: ${cited}`)).toEqual([])
  })

  test('a section sign without a page of ours: the file names the public standard', () => {
    const lost = sources.filter(({ text }) => isSectionOfNothing(text))
    expect(lost.map(({ path }) => path)).toEqual([])
  })

  test('if it did not exist, that would be seen', () => {
    const cited = numberedOf('// decision 850, docs/decisions/851; faults (F2, F88), invariant 9,\n// invariants 2 and 899')
    expect(cited.filter(({ isThere }) => !isThere).map(({ sign }) => sign)).toEqual(['850', '851', '899', 'F88'])
    expect(citedPathsOf('/a.ts', 'const a = 1 // see core/nowhere.ts\n/** In src/nowhere/there.ts. */')).toEqual([
      'core/nowhere.ts',
      'src/nowhere/there.ts',
    ])
    expect(citedPathsOf('/a.md', 'The file `wire.ts` of `src/nowhere/`, `routes/<noun>.ts`')).toEqual(['wire.ts', 'src/nowhere'])
    expect(['src/nowhere', 'core/nowhere.ts', 'core/limits.ts', 'src/core'].map((path) => endings.has(path))).toEqual([
      false,
      false,
      true,
      true,
    ])
    expect([isSectionOfNothing('// §9.9'), isSectionOfNothing('// RFC 6749, §9.9'), isSectionOfNothing('// design §2')]).toEqual([
      true,
      false,
      false,
    ])
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
  /** As written. */
  readonly sign: string
  readonly isRow: boolean
  readonly numbers: readonly string[]
}

const SECTION = String.raw`§+ ?([\d.-]*\d)`
const ROWS = String.raw`rows? (\d+(?:(?:, | and | to |-)\d+)*)`
const ITEM = new RegExp(`${SECTION}|${ROWS}`, 'g')
const REFERENCE = new RegExp(`\\b(design|wire|security|style),? ((?:(?:,? and |, | )?(?:${SECTION}|${ROWS}))+)`, 'gi')

/** The lines of a comment as one. */
function toLine(text: string): string {
  return text.replace(/\n\s*(?:\/\/|\*|--)?[ \t]*/g, ' ')
}

/** `design §1.7-8`, `wire §3.2, §6.9`, `security §3.4, rows 25 and 52-54`, also over the lines of a comment. */
function referencesOf(text: string): Reference[] {
  return [...toLine(text).matchAll(REFERENCE)].flatMap(([, name = '', list = '']) =>
    [...list.matchAll(ITEM)].map(([sign, section, rows]) => ({
      paper: name.toLowerCase(),
      sign,
      isRow: rows !== undefined,
      numbers: rows === undefined ? sectionsIn(section ?? '') : rows.split(/, | and /).flatMap((range) => between(range.split(/ to |-/))),
    })),
  )
}

/** Each section of a range such as `3.1-3.3` or `1.7-8`. */
function sectionsIn(range: string): string[] {
  const [first = '', last = first] = range.split('-')
  const chapter = first.includes('.') ? `${first.split('.')[0]}.` : ''
  return between([first.slice(chapter.length), last.slice(last.includes('.') ? chapter.length : 0)]).map((number) => `${chapter}${number}`)
}

function between([first = '', last = first]: string[]): string[] {
  // Deeper than any page is numbered, so it matches nothing.
  if (first.includes('.')) return [first]
  return Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => String(Number(first) + i))
}

/** `decision 014`, `docs/decisions/014, 015`, `F2`, `invariants 7 and 8`, also over the lines of a comment. */
function numberedOf(text: string): { sign: string; isThere: boolean }[] {
  const line = toLine(text)
  const numbers = (pattern: RegExp) => [...line.matchAll(pattern)].flatMap(([list]) => list.match(/\d+/g) ?? [])
  const faults = [...line.matchAll(/(?<![\w%])F\d{1,2}\b/g)].map(([sign]) => sign)
  return [
    ...numbers(/\bdecisions?[ /]\[?\d{3}(?:(?:, | and )\d{3})*/g).map((sign) => ({ sign, isThere: decisions.has(sign) })),
    ...numbers(/\binvariants? \d+(?:(?:, | and )\d+)*/g).map((sign) => ({ sign, isThere: rowsOf('security').has(sign) })),
    ...faults.map((sign) => ({ sign, isThere: /^\| .*\|$/m.test(tableRowOf(sign)) })),
  ]
}

function tableRowOf(fault: string): string {
  const lines = (pages.get('/docs/security.md') ?? '').split('\n')
  return lines.find((line) => new RegExp(`^\\| [F\\d, ]*${fault}\\b`).test(line)) ?? ''
}

const FILE = String.raw`[\w-]+(?:[/.][\w-]+)*\.(?:tsx?|md|sql|toml)`
const FOLDER = String.raw`(?:src|test|scripts|bench|docs|migrations|assets)/[\w./-]*\w`

/** In a page those in backticks, in a source those in comments; without a trailing slash. */
function citedPathsOf(path: string, text: string): string[] {
  const isPage = path.endsWith('.md')
  const places = isPage ? text.matchAll(/`([^`\n]+)`/g) : text.matchAll(/(?:^|\s)(?:\/\/|\/?\*+|--|#) (.*)$/gm)
  const pattern = isPage ? new RegExp(`^(?:${FILE}|${FOLDER}/?)$`, 'g') : new RegExp(`(?<![\\w./@<>*-])${FILE}\\b(?![\\w*])`, 'g')
  return [...places].flatMap(([, place = '']) => place.match(pattern) ?? []).map((cited) => cited.replace(/\/$/, ''))
}

const STANDARD = /RFC \d|OpenID|OpenAPI 3|RP-Initiated|OAuth 2|\bCore §|XML 1|ISO|W3C|PNG|Unicode|E\.164|WebAuthn Level \d|ICC|ASVS|NIST/

function isSectionOfNothing(text: string): boolean {
  const line = toLine(text)
  return !STANDARD.test(line) && line.replace(REFERENCE, '').includes('§')
}

function sectionsOf(paper: string): ReadonlySet<string> {
  return new Set([...(pages.get(`/docs/${paper}.md`) ?? '').matchAll(/^#{2,3} (\d+(?:\.\d+)?)\.? /gm)].map(([, number = '']) => number))
}

function rowsOf(paper: string): ReadonlySet<string> {
  return new Set([...(pages.get(`/docs/${paper}.md`) ?? '').matchAll(/^\| (\d+) \|/gm)].map(([, number = '']) => number))
}

/** Without links to other sites. */
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

/** As GitHub makes them from headings: letters, digits, `-` and `_`; a repeated heading gets a number. */
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
