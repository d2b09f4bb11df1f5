// The table of errors in docs/http.md, which people write their programs by, has each error of the room, and no other.
/// <reference types="vite/types/importMeta.d.ts" />
import { expect, test } from 'vitest'
import { statusOf, toErrorBody } from '../../../src/apis/user/errors.ts'
import { AppError, ERROR_CODES } from '../../../src/core/errors.ts'

const [page = ''] = Object.values(import.meta.glob<string>('../../../docs/http.md', { query: '?raw', import: 'default', eager: true }))
const [, section = ''] = /^## Errors\n([\s\S]*?)^## /m.exec(page) ?? []
const told = [...section.matchAll(/^\| ([\d, ]+) \| ([^|]+) \|/gm)].flatMap(([, statuses = '', names = '']) =>
  statuses.split(', ').flatMap((status) => [...names.matchAll(/`(\w+)`/g)].map(([, name]) => `${status} ${name}`)),
)
const made = ERROR_CODES.map((code) => {
  const error = new AppError(code, 'why')
  const { error: name, additionalInfo } = toErrorBody(error, { method: 'GET', path: '/' })
  return { name, line: `${statusOf(error)} ${name}`, hasMessage: 'message' in additionalInfo }
})

test('every error of the room is in the table with its status, once, and nothing else is', () => {
  expect([...told].sort()).toEqual([...new Set(made.map(({ line }) => line))].sort())
})

test('the errors without a message are those that the page names', () => {
  const [, named = ''] = /errors have no `message`: ([\s\S]*?)\n\n/.exec(section) ?? []
  const without = new Set(made.filter(({ hasMessage }) => !hasMessage).map(({ name }) => name))
  expect([...named.matchAll(/`([A-Z]\w+)`/g)].map(([, name]) => name).sort()).toEqual([...without].sort())
})
