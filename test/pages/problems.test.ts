// What is wrong with a field, in the reader's language: no form may refuse something that the catalogue has no sentence for.
/// <reference types="vite/types/importMeta.d.ts" />
import { expect, test } from 'vitest'
import type { z } from 'zod'
import { problemOf, problemText } from '../../src/pages/problems.ts'
import { fallbackTexts } from '../../src/texts/texts.ts'
import { inputOf, nameOf, pageRoutes } from '../support/routes.ts'

/** Filled in by the page or a script: nobody types them, and no form has a label for them that a sentence could name. */
const NOT_TYPED = new Set(['credential', 'ticket', 'answer', 'account', 'scope', 'codes', 'id', 'back'])

/** The messages of a schema and of everything in it, as its checks give them. */
function messagesOf(schema: z.core.$ZodType, seen = new Set<unknown>()): string[] {
  if (seen.has(schema)) return []
  seen.add(schema)
  const def = schema._zod.def as unknown as Record<string, unknown> & { checks?: z.core.$ZodCheck[] }
  const own = [def, ...(def.checks ?? []).map((check) => check._zod.def)].flatMap(({ error }) => said(error as z.core.$ZodErrorMap))
  const parts = [...Object.values(shapeOf(schema)), def.innerType, def.in, def.out, def.element, ...((def.options as []) ?? [])]
  return [...own, ...parts.flatMap((part) => (isSchema(part) ? messagesOf(part, seen) : []))]
}

const shapeOf = (schema: z.core.$ZodType) => ((schema._zod.def as { shape?: object }).shape ?? {}) as Record<string, z.core.$ZodType>
const isSchema = (part: unknown): part is z.core.$ZodType => typeof part === 'object' && part !== null && '_zod' in part

function said(error: z.core.$ZodErrorMap | undefined): string[] {
  const message = error?.({ code: 'custom', input: '', message: '', path: [] } as never)
  return message == null ? [] : [typeof message === 'string' ? message : message.message]
}

const forms = pageRoutes.flatMap((route) => {
  const schema = inputOf(route, 'form')
  return schema ? [{ name: nameOf(route), fields: shapeOf(schema) }] : []
})

test('what any form says about a field that people fill in has a sentence of its own in the catalogue', () => {
  const messages = forms.flatMap(({ name, fields }) =>
    Object.entries(fields)
      .filter(([field]) => !NOT_TYPED.has(field))
      .flatMap(([field, schema]) => messagesOf(schema).map((message) => ({ at: `${name} ${field}`, message }))),
  )
  expect(messages.length).toBeGreaterThan(100)
  expect(messages.filter(({ message }) => problemOf(message) === null)).toEqual([])
})

/** Of the core and the pages, thrown after the schema has accepted the input. `$` begins a value of a template. */
const thrown = Object.entries(
  import.meta.glob<string>('../../src/{core/{accounts,profiles,admin},pages}/**/*.{ts,tsx}', {
    query: '?raw',
    import: 'default',
    eager: true,
  }),
).flatMap(([path, text]) =>
  [...text.matchAll(/ofFields\(\s*\[?\{[^}]*message: '([^']+)'|invalidInvite\('([^']+)'/g)].map((match) => ({
    path,
    message: match[1] ?? match[2] ?? '',
  })),
)

test('so has what the core finds wrong with one', () => {
  expect(thrown.length).toBeGreaterThan(8)
  expect(thrown.filter(({ message }) => problemOf(message) === null)).toEqual([])
})

test('a sentence has the numbers of the rule', async () => {
  const t = await fallbackTexts()
  const text = (message: string) => problemText(t, { code: 'invalid', message }, 'Name')
  expect(text('must have 1 to 255 characters')).toBe('Name must have 1 to 255 characters.')
  expect(text('must be a country code such as +44')).toBe('Name must be a calling code such as +44.')
  const messages = new Set([
    ...forms.flatMap(({ fields }) => Object.values(fields).flatMap((field) => messagesOf(field))),
    ...thrown.map(({ message }) => message),
  ])
  for (const message of messages) expect(text(message)).not.toMatch(/[{}]/)
})

test('what the catalogue does not know still names the field, in general words; what a page has worded is said as it is', async () => {
  const t = await fallbackTexts()
  expect(problemText(t, { code: 'invalid', message: 'is not what anybody expected' }, 'Name')).toBe('Check this field: Name.')
  expect(problemText(t, { code: 'worded', message: 'Choose a smaller picture.' }, 'Picture')).toBe('Choose a smaller picture.')
})
