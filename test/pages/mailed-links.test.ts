// Links in mails: opening one changes nothing, for a person or a mail scanner; an expired one says so before anything is typed.
import { afterEach, describe, expect, test } from 'vitest'
import { clock } from '../platform/clock.ts'
import { newName } from '../support/actors.ts'
import { Client } from '../support/kith.ts'
import { alertIn, browserOf, fillIn, formOf, formsOf, headingOf, linkNamed, mailedLink, open, send } from '../support/pages.ts'
import { PASSWORD, signedInPerson, signUp, verifiedPerson } from '../support/people.ts'
import { dump } from '../support/tables.ts'

afterEach(() => clock.restore())

/** How each link comes about, what its form takes besides the code, and where its page leads. */
const LINKS = {
  '/verify': {
    make: async () => {
      const { email } = await signUp(newName('linked'))
      return mailedLink(email)
    },
    values: {},
    on: ['Sign in', 'Send a new code'],
  },
  '/reset': {
    make: async () => {
      const { email } = await verifiedPerson(newName('linked'))
      await fillIn(new Client(), '/forgot', { email })
      return mailedLink(email)
    },
    values: { password: 'quite-another-horse' },
    on: ['Ask for another code', 'Sign in'],
  },
  '/sign-in/mail/link': {
    make: async () => {
      const { email } = await verifiedPerson(newName('linked'))
      await fillIn(new Client(), '/sign-in/mail', { identifier: email })
      return mailedLink(email)
    },
    values: {},
    on: ['Ask for another email', 'Sign in'],
  },
  '/email/undo': {
    make: async () => {
      const person = await verifiedPerson(newName('linked'))
      const client = await browserOf(person)
      const email = `new_${person.email}`
      await fillIn(client, '/account/email', { email, currentPassword: PASSWORD })
      await send(client, formOf(await open(client, await mailedLink(email))))
      return mailedLink(person.email)
    },
    values: {},
    on: ['Set a new password', 'Sign in'],
  },
  '/two-step/undo': {
    make: async () => {
      const { client, email } = await signedInPerson(newName('linked'))
      if ((await client.post('/user/2fa', { state: true })).status !== 200) throw new Error('no factor')
      return mailedLink(email)
    },
    values: { password: PASSWORD },
    on: ['Sign in', 'Set a new password'],
  },
}

describe.each(Object.entries(LINKS))('the link to %s', (path, { make, values, on }) => {
  test('shows a form, and changes nothing however often it is opened', async () => {
    const link = await make()
    const before = await dump()
    for (const headers of [{}, { 'sec-purpose': 'prefetch' }, { 'user-agent': 'SafeLinks' }] as Record<string, string>[]) {
      for (const method of ['GET', 'HEAD']) expect((await new Client().fetch(link, { method, headers })).status).toBe(200)
    }
    expect(await dump()).toEqual(before)
    const client = new Client()
    expect((await send(client, formOf(await open(client, link)), values)).status).toBe(303)
  })

  test('says before the form that it is used, too old, or of something else', async () => {
    const [used, old] = [await make(), await make()]
    const client = new Client()
    await send(client, formOf(await open(client, used)), values)
    clock.freeze()
    const replies = [await client.get(used)]
    clock.advance(8 * 86_400_000)
    replies.push(await client.get(old), await client.get(`${path}?code=aaa-bbb-ccc-ddd-eee-fff-ggg-hhh`))
    for (const reply of replies) {
      expect([reply.status, headingOf(reply), formsOf(reply)]).toEqual([410, 'This link no longer works', []])
      for (const name of on) await open(new Client(), linkNamed(reply, name))
    }
    clock.restore()
  })
})

test('a code counts on its own page alone', async () => {
  const link = await LINKS['/reset'].make()
  for (const path of ['/verify', '/email/undo']) expect((await new Client().get(link.replace('/reset', path))).status).toBe(410)
})

test('a wrong code from a mail that cannot be asked for again leads back to that mail', async () => {
  for (const path of ['/email/undo', '/two-step/undo']) {
    const wrong = await fillIn(new Client(), path, { code: 'aaa-bbb-ccc-ddd-eee-fff-ggg-hhh' })
    expect(alertIn(wrong)).toBe('This code is wrong, used or expired. Check it, or open the link in the email again.')
  }
})
