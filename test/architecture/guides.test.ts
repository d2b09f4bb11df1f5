// The guides (docs/guides): their code is that of files which tests run, their commands are run by tests, and each fits two screens.
/// <reference types="vite/types/importMeta.d.ts" />
import { describe, expect, test } from 'vitest'
import { blocksOf, snippetOf, withSnippets } from '../../scripts/guides/snippets.ts'
import { PROFILE_NAMES, UpdateMeBody } from '../../src/apis/user/profile/wire.ts'

const toPaths = (found: Record<string, string>) =>
  new Map(Object.entries(found).map(([path, text]) => [new URL(path, 'file:///test/architecture/').pathname.slice(1), text]))

const pages = toPaths(
  import.meta.glob<string>(['../../docs/*.md', '../../docs/guides/*.md', '../../client/*.md'], {
    query: '?raw',
    import: 'default',
    eager: true,
  }),
)
const sources = toPaths(
  import.meta.glob<string>(
    ['../../{examples,scripts,test/system}/**/*.{ts,tsx,js,css,html,json,toml}', '../../.ci/run', '!**/node_modules/**'],
    { query: '?raw', import: 'default', eager: true },
  ),
)
const guides = [...pages].filter(([path]) => path.startsWith('docs/guides/'))
const LINES_MAX = 120
const COLUMNS = 80

/** What takes a phone or an account: `by=hand`. */
const BY_HAND = ['npm run ios', 'npx wrangler login']

function read(path: string): string {
  const text = sources.get(path)
  if (text === undefined) throw new Error(`there is no ${path}`)
  return text
}

/** The words of a command that a test of it must have: its program, or the script of npm, and what these are to work on. */
function wordsOf(command: string): string[] {
  const words = command.split(' ').filter((word) => !/^-|^[A-Z_]+=|^(npm|run)$/.test(word))
  return words.length > 0 ? words : [command]
}

/** Lines of a terminal of 80 columns. */
const shownLines = (markdown: string) =>
  markdown
    .trimEnd()
    .split('\n')
    .reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / COLUMNS)), 0)

describe('guides', () => {
  test.each([...pages])('%s: its code is that of the files that it names (npm run snippets)', (_, text) => {
    expect(withSnippets(text, read)).toBe(text)
  })

  test.each(guides)('%s: every block has a source, or is commands that a test runs', (_, text) => {
    for (const { language, options, code } of blocksOf(text)) {
      const isCommands = language === 'sh'
      expect(isCommands || options.file !== undefined, `${language}\n${code}`).toBe(true)
      if (options.by === undefined) continue
      for (const line of code.split(/\n| && /).filter((line) => /^(?!cd )\w/.test(line))) {
        if (options.by === 'hand') expect(BY_HAND).toContain(line)
        else for (const word of wordsOf(line)) expect(read(options.by), `${options.by} runs ${line}`).toContain(word)
      }
    }
  })

  test.each(guides)(`%s: is at most ${LINES_MAX} lines of ${COLUMNS} columns`, (_, text) => {
    expect(shownLines(text)).toBeLessThanOrEqual(LINES_MAX)
  })

  test('the list of guides has each of them', () => {
    const list = pages.get('docs/guides/README.md') ?? ''
    const linked = [...list.matchAll(/\]\(([\w-]+\.md)\)/g)].map(([, name]) => `docs/guides/${name}`)
    expect(linked.sort()).toEqual(guides.map(([path]) => path).filter((path) => !path.endsWith('/README.md')))
  })
})

test('the table of a profile has each of its fields, with its limit, and whether null clears it', () => {
  const page = pages.get('docs/guides/profiles-and-graph.md') ?? ''
  const rows = [...page.matchAll(/^\| ([`\w, ]+) \| (.*) \| (yes|no) \|$/gm)]
  const fields = rows.flatMap(([, names = '', takes = '', clears]) =>
    [...names.matchAll(/\w+/g)].map(([name]) => ({ name, max: Number(/^(\d+) (?:characters|letters)/.exec(takes)?.[1]), clears })),
  )
  expect(fields.map(({ name }) => name).sort()).toEqual([...PROFILE_NAMES, 'username'].sort())
  const takes = (name: string, value: string | null) => UpdateMeBody.safeParse({ [name]: value }).success
  for (const { name, max, clears } of fields) {
    expect([name, takes(name, null), takes(name, '')]).toEqual([name, clears === 'yes', false])
    const text = (length: number) => (name === 'customLink' ? 'https://a.example/' : '').padEnd(length, 'a')
    if (max) expect([name, takes(name, text(max)), takes(name, text(max + 1))]).toEqual([name, true, false])
  }
})

describe('snippets', () => {
  const file = ['// region all', 'function a() {', '  // #region inner', '  b()', '  // #endregion', '}', '// endregion'].join('\n')

  test('a region is taken without its marks and its indent', () => {
    expect(snippetOf('x.ts#inner', () => file)).toBe('b()\n')
    expect(snippetOf('x.ts', () => file)).toBe('function a() {\n  b()\n}\n')
    expect(snippetOf('x.ts#a', () => file)).toBe('function a() {\n  b()\n}\n')
    expect(() => snippetOf('x.ts#lost', () => file)).toThrow('x.ts has no region lost')
  })

  test('a block that differs from its file, or has no source, would be seen', () => {
    const page = 'Text\n\n```ts file=x.ts#inner\nc()\n```\n'
    expect(withSnippets(page, () => file)).toBe('Text\n\n```ts file=x.ts#inner\nb()\n```\n')
    expect(blocksOf('```ts\nc()\n```\n')).toEqual([{ language: 'ts', options: {}, code: 'c()\n' }])
  })
})

describe('client/README.md', () => {
  const entries = import.meta.glob<string>('../../client/src/{index.ts,react/index.ts}', { query: '?raw', import: 'default', eager: true })
  const readme = pages.get('client/README.md') ?? ''

  test.each(Object.entries(entries))('names every export of %s', (_, source) => {
    const names = [...source.matchAll(/^export (?:type )?\{([^}]+)\}/gm)].flatMap(([, list = '']) =>
      list.replaceAll('type ', '').split(','),
    )
    expect(names.length).toBeGreaterThan(10)
    expect(names.filter((name) => !new RegExp(`\\b${name.trim()}\\b`).test(readme))).toEqual([])
  })
})
