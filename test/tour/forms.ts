/** Every form of the pages, as a signed-in person finds it, by the path that it is sent to. */

import type { Email } from '../../src/core/fields.ts'
import { DEVICE_GRANT } from '../../src/core/oauth/clients.ts'
import { sealPerson } from '../../src/core/upstream/pending.ts'
import { newId } from '../../src/ids.ts'
import { makeCrowd, putBlocks, putEdges } from '../social/crowd.ts'
import { giveRole } from '../support/admins.ts'
import { enrol } from '../support/authenticator.ts'
import { png } from '../support/images.ts'
import { Client, db } from '../support/kith.ts'
import { fillIn, formOf, formsOf, mailedLink, open, type PageForm, send, sendFile, signInOnPage } from '../support/pages.ts'
import { contextOf, PASSWORD, signedInPerson, verifiedPerson } from '../support/people.ts'
import { concretePath, formRoutes, hasFormsOfItsOwn } from '../support/routes.ts'
import { addPasskey, SoftwareAuthenticator } from '../support/software-authenticator.ts'
import { newOAuthClient, putConsent } from '../support/tokens.ts'
import { StandIn } from '../support/upstream.ts'
import { UpstreamBrowser } from '../support/upstream-browser.ts'
import { stopOf } from './index.ts'
import { CLIENT, FILE, FILE_FOLDER, PROVIDER, TARGET } from './tour.ts'

/** The code of a device that asks. */
async function newUserCode(): Promise<string> {
  const clientId = await newOAuthClient('*', { grant_types: DEVICE_GRANT })
  return (await new Client().post('/oauth/device_authorization', new URLSearchParams({ client_id: clientId }))).json.user_code
}

/** Somebody whom the administrator may act on, with a second factor and a note. */
export async function putTarget(adminId: string): Promise<void> {
  const id = Number.parseInt(TARGET, 16)
  await db.batch([
    db
      .prepare(
        `INSERT OR IGNORE INTO users (id, username, username_key, email, email_key, email_verified_at, created_at, updated_at)
         VALUES (?, 'tour_target', 'tour_target', 'tour_target@example.com', 'tour_target@example.com', 1, 1, 1)`,
      )
      .bind(id),
    db.prepare("INSERT OR IGNORE INTO second_factors VALUES (?, 'email', 1)").bind(id),
    db
      .prepare("INSERT INTO admin_notes (id, user_id, author_id, text, created_at) VALUES (?, ?, ?, 'Called.', 0)")
      .bind(newId(), id, Number.parseInt(adminId, 16)),
  ])
}

export async function everyForm(username: string) {
  const person = await verifiedPerson(username)
  // The forms of the console, too.
  await giveRole(person, 'super_admin')
  await putTarget(person.id)
  // A second session, so that there is one to end.
  await signInOnPage(new Client(), username, PASSWORD)
  const provider = new StandIn()
  const client = new UpstreamBrowser(provider)
  await signInOnPage(client, username, PASSWORD)
  const settled = await open(client, '/account/status')
  await send(client, formOf(settled), { statusMessage: 'Here' })
  client.cookies.set('__Host-kith_sign_in', await pendingSignIn(`${username}_2`))
  client.cookies.set('__Host-kith_mail_sign_in', 'a'.repeat(43))
  await sendFile(client, formOf(await open(client, '/account/picture')), 'picture', new File([png()], 'me.png'))
  await db
    .prepare('INSERT INTO account_archives (id, user_id, created_at, ready_at, expires_at, bytes, files) VALUES (?1, ?2, 1, 1, ?3, 1, 1)')
    .bind(newId(), Number.parseInt(person.id, 16), Date.now() + 60_000)
    .run()
  await putConsent(person.id, await newOAuthClient('*', { id: CLIENT, first_party: 0 }), 'openid delegated:profile:read')
  // Whom a provider has identified, and what it signs in.
  const about = { providerId: 'tour', issuer: 'https://id.example', subject: 'tour', email: person.email as Email, isEmailVerified: true }
  const sealed = await sealPerson(contextOf(client), { ...about, givenName: null, familyName: null, username: null, label: person.email })
  client.cookies.set('__Host-kith_upstream_person', sealed)
  await db
    .prepare("INSERT INTO upstream_identities (id, user_id, issuer, subject, created_at) VALUES (?, ?, 'https://id.example', 'other', 0)")
    .bind(Number.parseInt(PROVIDER, 16), Number.parseInt(person.id, 16))
    .run()
  await putFile(Number.parseInt(person.id, 16))
  const enrolment = await fillIn(client, '/account/two-step/app')
  const asked = await fillIn(client, '/device', { code: await newUserCode() })
  const forms = new Map([
    ['/account/two-step/app/confirm', formOf(enrolment)],
    ['/device/answer', formOf(asked, '/device/answer')],
    // Another site's.
    ['/upstream/:provider/callback', { action: `/upstream/${provider.id}/callback`, fields: { code: 'a', state: 'b' } }],
  ])
  await fillIn(new Client(), '/sign-in/mail', { identifier: username })
  forms.set('/sign-in/mail/link', formOf(await open(new Client(), await mailedLink(person.email))))
  const added = await addPasskey(client, new SoftwareAuthenticator())
  for (const path of ['/account/passkeys/rename', '/account/passkeys/remove']) {
    forms.set(path, formOf(await open(client, `${path}?passkey=${added.json.data.passkey._id}`)))
  }
  for (const form of await formsAboutPeople(client, Number.parseInt(person.id, 16))) forms.set(form.action, form)
  for (const route of formRoutes.filter((one) => !forms.has(one.path) && !hasFormsOfItsOwn(one))) {
    const page = await open(client, stopOf(route).page ?? concretePath(route, TARGET))
    const pattern = new RegExp(`^${route.path.replace(/:\w+[^/]*/g, '[^/]+')}$`)
    const form = formsOf(page).find(({ action }) => pattern.test(action.split('?')[0] ?? ''))
    if (form) forms.set(route.path, form)
  }
  return { person, client, forms }
}

/** Somebody who follows, somebody who asks, and so on: each has a button on their page or in a list. */
async function formsAboutPeople(client: Client, me: number): Promise<PageForm[]> {
  const [stranger = 0, followed = 0, follower = 0, asking = 0, blocked = 0] = await makeCrowd(5)
  await putEdges([
    [me, followed],
    [follower, me],
  ])
  await putEdges([[asking, me]], false)
  await putBlocks([[me, blocked]])
  const name = await db.prepare('SELECT username FROM users WHERE id = ?').bind(stranger).first('username')
  const pages = [`/@${name}`, ...['following', 'followers', 'requests', 'blocks'].map((list) => `/people/${list}`)]
  return (await Promise.all(pages.map((path) => open(client, path)))).flatMap(formsOf)
}

/** Only rows: nobody downloads it. */
async function putFile(userId: number): Promise<void> {
  const [file, folder] = [FILE, FILE_FOLDER].map((id) => Number.parseInt(id, 16))
  await db.batch([
    db
      .prepare("INSERT OR REPLACE INTO folders (id, user_id, name, created_at, updated_at) VALUES (?, ?, 'Tour', 0, 0)")
      .bind(folder, userId),
    db
      .prepare(
        `INSERT OR REPLACE INTO files (id, user_id, folder_id, name, content_type, size, digest, object_key, prevent_share, created_at, updated_at, committed_at)
         VALUES (?, ?, ?, 'tour.txt', 'text/plain', 1, 'x', 'tour', 1, 0, 0, 0)`,
      )
      .bind(file, userId, folder),
  ])
}

/** Of somebody else, with every method: the pages that complete a sign-in show all their forms for it. */
async function pendingSignIn(prefix: string): Promise<string> {
  const { client, username } = await signedInPerson(prefix)
  await addPasskey(client, new SoftwareAuthenticator())
  await enrol(client)
  const next = new Client()
  await signInOnPage(next, username, PASSWORD)
  return `${next.cookies.get('__Host-kith_sign_in')}-email`
}
