// Names in right-to-left scripts keep their own direction everywhere, and change nothing around them.
import { expect, test } from 'vitest'
import { newName, rows } from '../support/actors.ts'
import { Client, db } from '../support/kith.ts'
import { consentPath, fillIn, formOf, open, signInOnPage } from '../support/pages.ts'
import { PASSWORD, signedInPerson, verifiedPerson } from '../support/people.ts'
import { idOf, newGrant, newOAuthClient, putConsent } from '../support/tokens.ts'

const NAME = 'علی'
const APP = 'מפה (1)'

test('names of people and apps are isolated on every page that says them, and fields take either direction', async () => {
  const person = await verifiedPerson(newName('right_left'))
  const client = new Client()
  client.userAgent = `متصفح/1.0`
  await signInOnPage(client, person.username, PASSWORD)
  await db
    .prepare('UPDATE users SET given_name = ?, family_name = NULL, display_name = NULL, bio = ? WHERE id = ?')
    .bind(NAME, NAME, idOf(person))
    .run()
  const app = await newOAuthClient('*', { name: APP, first_party: 0 })
  await putConsent(person.id, app, 'openid profile')
  await newGrant(person, app, 'openid profile')
  const pages: readonly (readonly [path: string, text: string])[] = [
    ['/account', NAME],
    [consentPath(app, { scope: 'openid profile email' }), NAME],
    [consentPath(app, { scope: 'openid profile email' }), APP],
    ['/account/apps', APP],
    [`/account/apps/remove?client=${app}`, APP],
    [`/account/apps/withdraw?client=${app}&scope=profile`, APP],
    ['/account/sessions', APP],
    [`/sign-out?client_id=${app}`, APP],
  ]
  for (const [path, text] of pages) {
    const body = (await open(client, path)).text.replace(/<head>.*<\/head>/s, '').replace(/\saria-label="[^"]*"/g, '')
    const said = body.split(text).length - 1
    expect([path, said > 0, body.split(`<bdi dir="auto">${text}</bdi>`).length - 1]).toEqual([path, true, said])
  }
  const profile = (await open(client, '/account/profile')).text
  for (const field of ['givenName', 'familyName', 'bio']) {
    expect(new RegExp(`<(?:input|textarea)[^>]*name="${field}"[^>]*>`).exec(profile)?.[0]).toContain('dir="auto"')
  }
  expect(/<input[^>]*name="email"[^>]*>/.exec((await open(client, '/account/email')).text)?.[0]).not.toContain('dir=')
  // Refused input comes back as it was typed.
  const again = await fillIn(client, '/account/profile', { givenName: NAME, username: 'x' })
  expect(formOf(again).fields.givenName).toBe(NAME)
})

test('a device and a place are phrases of the reader’s language, whichever letter comes first', async () => {
  const person = await signedInPerson(newName('whereabouts'))
  const agent = 'Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0'
  await rows("UPDATE users SET locale = 'ar' WHERE id = ?", idOf(person))
  await rows("UPDATE audit_events SET user_agent = ?, place = 'Austin, US' WHERE user_id = ?", agent, idOf(person))
  for (const path of ['/account', '/account/activity']) {
    const { text } = await open(person.client, path)
    expect(text, path).toContain('<bdi dir="rtl">Chrome على Linux</bdi>')
    expect(text, path).toContain('<bdi dir="rtl">Austin، الولايات المتحدة</bdi>')
  }
})
