// docs/fapi.md names every clause of the FAPI 2.0 Security Profile, and tests that are there.
/// <reference types="vite/types/importMeta.d.ts" />
import { expect, test } from 'vitest'

const pages = import.meta.glob<string>('../../docs/fapi.md', { query: '?raw', import: 'default', eager: true })
const [page = ''] = Object.values(pages)
const files = import.meta.glob<string>('../**/*.test.ts', { query: '?raw', import: 'default', eager: true })

/** How many clauses a section has. */
const SECTIONS = { '5.3.2.1': 14, '5.3.2.2': 14, '5.3.4': 5, '5.4.1': 4, '5.4.2': 3 }
const OTHERS = ['5.2.3-1', '5.2.3-3', '5.3.2.3', '5.4.3']

const rows = page.split('\n').flatMap((line) => {
  const [, clause, , , where] = line.split(/ ?\| ?/)
  return clause && /^\d/.test(clause) && where ? [{ clause, where }] : []
})

test('each clause has its row', () => {
  const numbered = Object.entries(SECTIONS).flatMap(([section, count]) => Array.from({ length: count }, (_, i) => `${section}-${i + 1}`))
  expect(rows.map(({ clause }) => clause).sort()).toEqual([...numbered, ...OTHERS].sort())
})

test('each row names tests that are there', () => {
  const lost = rows.flatMap(({ clause, where }) => {
    if (where === 'the same') return []
    const file = /^`([\w/-]+\.test\.ts)`/.exec(where)?.[1]
    // `conformance/` is beside this file, and a glob names what is there by `./`.
    const text = files[`../${file}`] ?? files[`./${file?.replace('conformance/', '')}`]
    if (text === undefined) return [`${clause}: ${where}`]
    return [...where.matchAll(/(?<=[:,] )\*(.+?)\*(?=,|$)/g)].flatMap(([, name = '']) =>
      text.includes(name) ? [] : [`${clause}: ${name}`],
    )
  })
  expect(lost).toEqual([])
  expect(rows.filter(({ where }) => where.includes('*')).length).toBeGreaterThan(35)
})
