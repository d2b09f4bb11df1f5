// The search of the guides: what it finds, in which order, and what it shows. How their pages show HTML.
/// <reference types="vite/types/importMeta.d.ts" />
import { expect, test } from 'vitest'
import { render } from '../../scripts/guides/render.ts'
import { type Entry, siteOf } from '../../scripts/guides/site.ts'

type Query = { readonly words: readonly string[]; readonly phrase: string }
interface Search {
  find(sections: readonly Entry[], query: Query): readonly Entry[]
  queryOf(text: string): Query
  extractOf(text: string, query: Query): string
  markedParts(text: string, query: Query): string[]
}
const [search] = Object.values(import.meta.glob<Search>('../../assets/docs/search.js', { eager: true }))
const { find, queryOf, extractOf, markedParts } = search as Search

const entry = (address: string, page: string, text: string, group = 0): Entry => [address, page, '', text, group]
const found = (sections: readonly Entry[], text: string) => find(sections, queryOf(text)).map(([address]) => address)

test('words count whole or as beginnings, in that order, and never inside other words', () => {
  const sections = [entry('inside', 'A', 'The export of it'), entry('start', 'B', 'The ports of it'), entry('whole', 'C', 'One port')]
  expect(found(sections, 'port')).toEqual(['whole', 'start'])
})

test('the phrase comes first, then guides, reference and decisions', () => {
  const sections = [
    entry('decision', 'A', 'a refresh of the token', 3),
    entry('reference', 'B', 'a refresh of the token', 2),
    entry('guide', 'C', 'a refresh of the token'),
    entry('phrase', 'D', 'a refresh token', 2),
  ]
  expect(found(sections, 'refresh token')).toEqual(['phrase', 'guide', 'reference', 'decision'])
})

test('stop words are neither needed nor marked, and marks begin where words do', () => {
  const query = queryOf('how to sign in')
  expect(found([entry('a', 'A', 'Sign here')], 'how to sign in')).toEqual(['a'])
  expect(markedParts('How to design a sign', query)).toEqual(['How to design a ', 'sign', ''])
  expect(queryOf('how to').words).toEqual(['how', 'to'])
})

test('an extract begins with a whole word before the phrase', () => {
  const text = `${'word '.repeat(40)}refresh and then the refresh token`
  expect(extractOf(text, queryOf('refresh token'))).toMatch(/^… word .*refresh and then the refresh token$/)
})

test('the index has text without markup, and every operation with its address', async () => {
  const operation = { operationId: 'followUser', summary: 'Follow somebody', tags: ['Social graph'] }
  const text = '# Guide\n\n## What goes wrong\n\n| You see | Because |\n|---|---|\n| `404` | gone |\n\n```tsx\na && <b>{c}</b>\n```\n'
  const page = { path: 'docs/guides/a.md', url: '/docs/guides/a', title: 'Guide', text, group: 'guide' } as const
  const files = await siteOf([page], { user: { paths: { '/user/follow': { post: operation } } } })
  const index = JSON.parse(files.get('docs/guides/search.json') ?? '[]') as Entry[]
  expect(index[1]).toEqual(['/docs/guides/a#what-goes-wrong', 'Guide', 'What goes wrong', 'You see Because 404 gone a && <b>{c}</b>', 0])
  expect(found(index, 'followUser')).toEqual(['/docs/user#/Social%20graph/followUser'])
  expect(found(index, '/user/follow')[0]).toBe('/docs/user#/Social%20graph/followUser')
})

test('comments are not shown; other HTML is shown as text', async () => {
  const text = '<!-- month -->\n| a |\n|---|\n| 1 |\n<!-- /month -->\n\nOne <!-- two --> three <b>four</b>\n'
  const { html } = await render({ path: 'docs/a.md', url: '/docs/a', title: 'A', text, group: 'reference' }, new Map())
  expect(html).not.toMatch(/month|two|--/)
  expect(html).toContain('<td>1</td>')
  expect(html).toContain('three &lt;b&gt;four')
})
