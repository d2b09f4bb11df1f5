// Bad input, generated for every form of the pages: a page with a 4xx that names the field, never a 5xx, never a secret echoed
// (security row 82).
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Client, ORIGIN, type Reply } from '../support/kith.ts'
import { alertIn, asShown, type PageForm, send } from '../support/pages.ts'
import { formRoutes, hasFormsOfItsOwn, inputOf, nameOf } from '../support/routes.ts'
import { dump } from '../support/tables.ts'
import { everyForm } from '../tour/forms.ts'
import { PEOPLE_ACTS } from '../tour/pages-people.ts'

/** Forms with only a button: nothing in them is typed, so their page simply shows them again. */
const BUTTONS: Readonly<Record<string, string>> = {
  '/account/sessions/end': '/account/sessions',
  '/account/apps/remove': '/account/apps',
  '/account/apps/withdraw': '/account/apps',
  '/account/two-step/email': '/account/two-step',
  '/account/providers/link': '/account/providers',
  '/account/providers/unlink': '/account/providers',
  ...Object.fromEntries(PEOPLE_ACTS.map((path) => [path, '/(people(/[a-z]+)*|@\\w+)'])),
}
/** Forms with files. */
const WITH_FILES = ['/account/picture', '/account/files']
/** No value of any field, except those that accept any text. */
const WRONG_VALUES = ['\0', 'a\0b', '\u202e', 'x'.repeat(5_000), 'a\u0007b']
// The console's forms are in tests of their own: they are an administrator's.
const posts = formRoutes.filter((route) => !hasFormsOfItsOwn(route))

let client: Client
let forms: ReadonlyMap<string, PageForm>
let before: Awaited<ReturnType<typeof dump>>

beforeAll(async () => {
  ;({ client, forms } = await everyForm('page_bad_input'))
  before = await dump()
})

afterAll(async () => {
  const after = await dump()
  const counters = ['attempt_counters', 'audit_events']
  for (const name of Object.keys(before).filter((one) => !counters.includes(one))) expect([name, after[name]]).toEqual([name, before[name]])
})

function expectPage(reply: Reply): void {
  expect(reply.status, reply.text).toBeGreaterThanOrEqual(400)
  expect(reply.status, reply.text).toBeLessThan(500)
  expect(reply.headers.get('content-type')).toBe('text/html; charset=utf-8')
  // A token is random and may spell anything.
  expect(asShown(reply)).not.toMatch(/SQLITE|D1_|ZodError|\bat \w+ \(|node_modules|undefined|\[object/)
}

const fieldsOf = (path: string) => {
  const route = posts.find((one) => one.path === path)
  const schema = route && inputOf(route, 'form')
  return Object.keys(schema?.shape ?? {})
}
/** Fields that a page has only if the operator wants them. */
const BY_SETTING = ['inviteCode', 'termsVersion', 'cf-turnstile-response']
const formOfPath = (path: string) => forms.get(path) as PageForm

test('every form was found on its page', () => {
  expect([...forms.keys()].sort()).toEqual(posts.map(({ path }) => path).sort())
  for (const [path, form] of forms) {
    const shown = Object.keys(form.fields).filter((name) => fieldsOf(path).includes(name))
    // An address that a provider has verified is not asked for.
    const hidden = [...BY_SETTING, ...(path === '/sign-up/with' ? ['email'] : [])]
    expect([path, fieldsOf(path).filter((name) => !shown.includes(name) && !hidden.includes(name))]).toEqual([path, []])
  }
})

describe.each(posts.filter(({ path }) => fieldsOf(path).length > 0).map((route) => [nameOf(route), route.path]))('%s', (_name, path) => {
  test('names a field with a wrong value, by its label, and does not say a secret back', async () => {
    const isOfOneButton = path in BUTTONS
    for (const field of fieldsOf(path).filter((name) => !BY_SETTING.includes(name))) {
      for (const value of WRONG_VALUES) {
        // A password may hold any character.
        const isSecret = ['password', 'currentPassword', 'code'].includes(field)
        if (isSecret && !value.includes('\0') && value.length < 5_000) continue
        const reply = await send(client, formOfPath(path), { [field]: value })
        if (isOfOneButton && !value.includes('\0'))
          expect(reply.headers.get('location')).toMatch(new RegExp(`^${BUTTONS[path]}(\\?notice=|$)`))
        else expectPage(reply)
        if (reply.status === 400 && !value.includes('\0') && !isOfOneButton) {
          expect(alertIn(reply), `${field} ${JSON.stringify(value.slice(0, 9))}`).toMatch(/\w{2} .*\.$/s)
          if (fieldsOf(path).length > 1) expect(reply.text).toMatch(new RegExp(`href="#${field}"|id="${field}-error"|role="alert"`))
        }
        if (isSecret) expect(reply.text).not.toContain('x'.repeat(5_000))
      }
    }
  })

  test('refuses a field that is repeated', async () => {
    const form = formOfPath(path)
    const body = new URLSearchParams(form.fields)
    body.append(fieldsOf(path)[0] ?? '', 'again')
    expectPage(await client.post(form.action, body, { headers: { origin: ORIGIN } }))
  })
})

describe.each(posts.map((route) => [nameOf(route), route.path]))('%s', (_name, path) => {
  const raw = (body: string, type: string) =>
    client.post(formOfPath(path).action, body, { headers: { origin: ORIGIN, 'content-type': type } })

  test.each(['application/json', 'text/plain', 'multipart/form-data; boundary=x', ''])('refuses the content type %j', async (type) => {
    const reply = await raw(new URLSearchParams(formOfPath(path).fields).toString(), type)
    expect(reply.status).toBe(WITH_FILES.includes(path) && type.startsWith('multipart/') ? 400 : 415)
    expectPage(reply)
  })

  test('refuses a body that is too large, and one that is no form', async () => {
    const form = 'application/x-www-form-urlencoded'
    expect((await raw(`a=${'b'.repeat(70_000)}`, form)).status).toBe(WITH_FILES.includes(path) ? 415 : 413)
    expectPage(await raw('{"a":1}', form))
    expectPage(await raw('__proto__=1&constructor=2', form))
    expectPage(await raw('%zz=%00&a=%ff', form))
  })
})
