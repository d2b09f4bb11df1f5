// The operator's own texts (`src/texts/overrides.ts`).
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Wording } from '../../src/texts/en.ts'
import type { Locale } from '../../src/texts/locales.ts'
import { overrides } from '../../src/texts/overrides.ts'
import { textsIn } from '../../src/texts/texts.ts'
import { newBrowser, open } from '../support/pages.ts'
import { forgetPseudoLanguage, PSEUDO, speakPseudoLanguage } from '../support/pseudo-language.ts'

/** A language of its own, because the texts of one are put together once. */
const CHANGED = 'ar-XC'
const OWN = { signIn: { create: '<b>Join</b> & {product}' }, errors: { rate_limited: { message: { other: 'Not so fast: {count}' } } } }

beforeAll(() => {
  for (const tag of [PSEUDO, CHANGED]) speakPseudoLanguage(tag)
  Object.assign(overrides, { [CHANGED]: { ...OWN, noSuchSection: { title: 'Nowhere' }, signUp: { noSuchText: 'Nowhere' } } })
})
afterAll(() => {
  delete (overrides as Record<string, unknown>)[CHANGED]
  for (const tag of [PSEUDO, CHANGED]) forgetPseudoLanguage(tag)
})

const pathsOf = (words: Wording, path = ''): [string, string][] =>
  Object.entries(words).flatMap(([name, value]) =>
    typeof value === 'string' ? [[`${path}${name}`, value]] : pathsOf(value, `${path}${name}.`),
  )

test('an own text replaces exactly the one of its name, and a name that does not exist adds none', async () => {
  const [original, changed] = await Promise.all(
    [PSEUDO, CHANGED].map(async (tag) => pathsOf((await textsIn(tag as Locale)) as unknown as Wording)),
  )
  const before = new Map(original)
  expect(changed?.filter(([path, text]) => before.get(path) !== text)).toEqual([
    ['errors.rate_limited.message.other', OWN.errors.rate_limited.message.other],
    ['signIn.create', OWN.signIn.create],
    ['locale', CHANGED],
  ])
  expect(changed?.length).toBe(original?.length)
})

test('is shown on the page, and markup in it is shown, not obeyed', async () => {
  const { text } = await open(newBrowser(), `/sign-in?ui_locales=${CHANGED}`)
  expect(text).toContain('>&lt;b&gt;Join&lt;/b&gt; &amp; {product}</a>')
  expect(text).not.toContain('<b>')
})
