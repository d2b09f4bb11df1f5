// The catalogues: every language says the same things, in texts that a page can show; and nothing that people read is outside of them.
/// <reference types="vite/types/importMeta.d.ts" />
import { describe, expect, test } from 'vitest'
import { en, type Wording } from '../../src/texts/en.ts'
import { LANGUAGES, LOCALES } from '../../src/texts/locales.ts'

type Leaf = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'plural'; readonly forms: Readonly<Record<string, string>> }

/** Each text and each plural by its path. A group with a text `other` is a plural: no other text may be called that. */
function leavesOf(words: Wording, path = ''): [string, Leaf][] {
  return Object.entries(words).flatMap(([name, value]): [string, Leaf][] => {
    const at = path === '' ? name : `${path}.${name}`
    if (typeof value === 'string') return [[at, { kind: 'text', text: value }]]
    return typeof value.other === 'string' ? [[at, { kind: 'plural', forms: value as Record<string, string> }]] : leavesOf(value, at)
  })
}

const placeholdersOf = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name))].sort()
const textsOf = (leaf: Leaf) => (leaf.kind === 'text' ? [leaf.text] : Object.values(leaf.forms))
const english = new Map(leavesOf(en))

describe.each(LOCALES)('the catalogue %s', async (locale) => {
  const leaves = leavesOf(JSON.parse((await LANGUAGES[locale].load()).default) as Wording)

  test('has the texts of English, and no others', () => {
    expect(leaves.length).toBeGreaterThan(300)
    expect(leaves.map(([path, { kind }]) => `${path} ${kind}`).sort()).toEqual(
      [...english].map(([path, { kind }]) => `${path} ${kind}`).sort(),
    )
  })

  test('has the placeholders of English in every text', () => {
    const wrong = leaves.filter(([path, leaf]) => {
      const original = english.get(path)
      if (original?.kind !== 'plural')
        return original && `${textsOf(leaf).map(placeholdersOf)}` !== `${textsOf(original).map(placeholdersOf)}`
      const wanted = placeholdersOf(original.forms.other ?? '')
      // A form for one thing or for two may say the number in words.
      return textsOf(leaf).some((text) => `${placeholdersOf(`${text}{count}`)}` !== `${[...new Set([...wanted, 'count'])].sort()}`)
    })
    expect(wrong.map(([path]) => path)).toEqual([])
  })

  test('has the plural forms of its language, and the number in the general one', () => {
    const { pluralCategories } = new Intl.PluralRules(locale).resolvedOptions()
    for (const [path, leaf] of leaves) {
      if (leaf.kind !== 'plural') continue
      expect(Object.keys(leaf.forms).sort(), path).toEqual([...pluralCategories].sort())
      expect(leaf.forms.other, path).toContain('{count}')
    }
  })

  test('has no text that is empty, has blanks at its ends, or is markup', () => {
    for (const [path, leaf] of leaves) {
      for (const text of textsOf(leaf)) {
        expect(text.trim(), path).toBe(text)
        expect(text, path).not.toBe('')
        expect(text, path).not.toMatch(/<\/|<(a|b|i|p|br|em|strong|span|code|small|bdi|script|img|svg)\b|&[a-z#]\w*;|\p{Cc}|\p{Co}| {2}/iu)
        expect(text.normalize('NFC'), path).toBe(text)
        expect(text.replace(/\{\w+\}/g, ''), path).not.toMatch(/[{}]/)
      }
    }
  })
})

/** For developers: these stay in English. */
const FOR_DEVELOPERS = ['pages/docs.tsx', 'pages/mailbox.tsx', 'pages/developer-links.tsx']
const sources = Object.entries(
  import.meta.glob<string>('../../src/{pages,mail,browser}/**/*.{ts,tsx}', { query: '?raw', import: 'default', eager: true }),
)
  .map(([path, text]) => ({ path: path.replace('../../src/', ''), code: text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '') }))
  .filter(({ path }) => !FOR_DEVELOPERS.includes(path))

/** English in code: what stands before a closing tag, lines of text in markup, and strings that pages show under these names. */
const MARKUP = [/>([^<>{}=;()&|]*[A-Za-z]{2}[^<>{}=;()&|]*)<\//g, /^\s+([A-Z][a-z]+(?:[ ,.:'][\w ,.:'-]*)?)(?:[<{].*)?$/gm]
const NAMED =
  /\b(?:title|lead|label|hint|alt|aria-label|placeholder|caption|empty|heading|submit|summary|message)(?:=|: |=\{)['"`]([A-Z][^'"`\n]*)['"`]/g

test('no page and no mail says anything that is not in the catalogue', () => {
  const found = sources.flatMap(({ path, code }) =>
    (path.endsWith('.tsx') ? [...MARKUP, NAMED] : [NAMED]).flatMap((pattern) =>
      [...code.matchAll(pattern)].map(([, text]) => `${path}: ${text?.trim()}`),
    ),
  )
  expect(sources.length).toBeGreaterThan(80)
  expect(found).toEqual([])
})
