// Forms carry only text: numbers, flags and lists are parsed where a field does not take text.

import { expect, test } from 'vitest'
import * as z from 'zod'
import { groupFields, toFormValue } from '../../../src/http/bodies/form-values.ts'
import { signedInAdmin } from '../../support/admins.ts'
import { signedInPerson } from '../../support/people.ts'

const SCHEMA = z.strictObject({
  text: z.string(),
  count: z.int().optional(),
  flag: z.boolean().default(false),
  ids: z.array(z.string()).min(1),
  choice: z.union([z.null(), z.literal([0, 1])]).optional(),
  either: z.union([z.string(), z.int()]),
})

const valuesOf = (form: string) =>
  Object.fromEntries([...groupFields(new URLSearchParams(form), SCHEMA)].map(([name, texts]) => [name, toFormValue(SCHEMA, name, texts)]))

test.each([
  ['text=1&either=1', { text: '1', either: '1' }],
  ['count=12', { count: 12 }],
  ['count=-1.5', { count: -1.5 }],
  ['count=1e3', { count: '1e3' }],
  ['count=', { count: '' }],
  ['flag=true', { flag: true }],
  ['flag=0', { flag: false }],
  ['flag=on', { flag: true }],
  ['flag=maybe', { flag: 'maybe' }],
  ['ids=a', { ids: ['a'] }],
  ['ids=a&ids=b', { ids: ['a', 'b'] }],
  ['ids[]=a&ids[]=b', { ids: ['a', 'b'] }],
  ['ids%5B0%5D=a&ids%5B1%5D=b', { ids: ['a', 'b'] }],
  ['choice=1', { choice: 1 }],
  ['choice=', { choice: null }],
  ['text[]=a', { 'text[]': 'a' }],
  ['other=1', { other: '1' }],
])('%s', (form, values) => {
  expect(valuesOf(form)).toEqual(values)
})

test('a name that comes thousands of times costs no more than as many names', async () => {
  const took = async (form: string) => {
    // The clock stands still until the event loop turns.
    await scheduler.wait(1)
    const from = performance.now()
    for (let n = 0; n < 3; n++) groupFields(new URLSearchParams(form), SCHEMA)
    await scheduler.wait(1)
    return performance.now() - from
  }
  const names = Array.from({ length: 12_000 }, (_, n) => `a${n}&`).join('')
  expect(await took('a&'.repeat(32_000))).toBeLessThan(10 * (await took(names)) + 100)
})

test('every documented body of the room that is made of numbers, flags and lists goes as a form', async () => {
  const [admin, person, other] = [await signedInAdmin('form_admin'), await signedInPerson('form_one'), await signedInPerson('form_two')]
  const form = (text: string) => new URLSearchParams(text)
  const found = await admin.client.post('/user/admin-api/user-info', form(`targets[]=${person.id}&targets[]=${other.id}`))
  expect(found.json.data.records.map(({ _id }: { _id: string }) => _id).sort()).toEqual([person.id, other.id].sort())
  const role = form('id=form_role&displayName=Form&ranking=500&description=By%20form.&scopes=delegated:all')
  expect((await admin.client.post('/roles/admin-api/create', role)).json.data.role).toMatchObject({
    ranking: 500,
    scopes: ['delegated:all'],
  })
  const twice = await admin.client.post('/user/admin-api/verify', form(`target=${person.id}&target=${other.id}&state=true`))
  expect([twice.status, twice.json.additionalInfo.errors]).toMatchObject([400, [{ path: 'target', msg: 'must not be repeated' }]])
})
