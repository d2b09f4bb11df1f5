/** A walk through every hosted page and every form on it, each within its budget. */
import { expect, test } from 'vitest'
import { DEVICE_GRANT } from '../../../src/core/oauth/clients.ts'
import { codeOf, enrol } from '../../support/authenticator.ts'
import { type Spent, spend } from '../../support/budget.ts'
import { png } from '../../support/images.ts'
import { type Body, Client, db, mailsTo, newestCode, ORIGIN } from '../../support/kith.ts'
import { consentPath, formOf, passkeyAnswer, passkeyOptionsIn, send, sendFile } from '../../support/pages.ts'
import { PASSWORD, verifiedPerson } from '../../support/people.ts'
import { concretePath, nameOf, pageRoutes, type Route, scopeOf } from '../../support/routes.ts'
import { SoftwareAuthenticator } from '../../support/software-authenticator.ts'
import { newOAuthClient } from '../../support/tokens.ts'
import { everyForm } from '../forms.ts'
import { expectWithin, fileOf, stopOf } from '../index.ts'
import { CLIENT, expectToKeep, NOTHING, READ } from '../tour.ts'
import { routeOf } from '../visits.ts'

type Page = Omit<Spent, 'json'>

async function ask(client: Client, method: string, path: string, body?: Body, status = 303, env?: Record<string, string>): Promise<Page> {
  const page = await spend(client, method, path, body, { origin: ORIGIN }, env)
  client.keepCookies(page.headers)
  expectWithin(routeOf(method, path.split('?')[0] ?? ''), page, status)
  return page
}

const look = (client: Client, path: string, env?: Record<string, string>) => ask(client, 'GET', path, undefined, 200, env)
/** A path that only takes a form leads on to the page with the form. */
const lookOn = (client: Client, path: string) => ask(client, 'GET', path)

/** Opens a page, and what it loads. */
async function lookAtLoaded(client: Client, path: string): Promise<void> {
  for (const [, asset = ''] of (await look(client, path)).text.matchAll(/"(\/assets\/[^"]+)"/g)) await look(client, asset)
}

/** Opens a page and sends its form to `action`, or to the page itself. */
async function fill(
  client: Client,
  page: string,
  values: Record<string, string> = {},
  action = page.split('?')[0],
  status = 303,
): Promise<Page> {
  const form = formOf(await look(client, page), action)
  return ask(client, 'POST', form.action, new URLSearchParams({ ...form.fields, ...values }), status)
}

async function signIn(client: Client, identifier: string, password = PASSWORD): Promise<void> {
  await fill(client, '/sign-in', { identifier, password })
}

export function walkPages(): void {
  test.each(pageRoutes.filter(({ method }) => method === 'GET').map((route) => concretePath(route, 'user')))(
    '%s costs nothing for whoever is not signed in',
    async (path) => {
      // Whether there is the app that asks is looked up.
      const budget = path === '/consent' ? READ : NOTHING
      expectToKeep(path, { ...budget, limiter: 1 }, await spend(new Client(), 'GET', path))
    },
  )
  test('what is for everybody', async () => {
    const paths = ['/', '/docs/oauth', '/dev/mailbox?to=nobody@example.com&limit=1']
    for (const path of paths) await look(new Client(), path)
    await ask(new Client(), 'GET', '/.well-known/change-password', undefined, 302)
  })
  test('a restricted person opens every page of the account, and a form does not get through where its line says so', walkRestricted)
  test('an account, from sign-up to its end', walkAccount)
  test('a sign-in by mail', walkMailSignIn)
  test('a second step', walkSecondStep)
  test('a passkey', walkPasskeys)
  test('a picture, and an app', walkApps)
  test('files', walkFiles)
}

async function walkRestricted(): Promise<void> {
  const { person, client, forms } = await everyForm('restricted_on_pages')
  await db.prepare('UPDATE users SET restricted_at = 1 WHERE id = ?').bind(Number.parseInt(person.id, 16)).run()
  const isLast = ({ path }: Route) => path.endsWith('/end-all')
  // The console is closed to them anyway.
  const account = pageRoutes.filter((route) => scopeOf(route) && !route.path.startsWith('/admin'))
  const wrong: string[] = []
  // What ends the session comes last.
  for (const route of [...account.filter((one) => !isLast(one)), ...account.filter(isLast)]) {
    const form = forms.get(route.path) ?? { action: route.path, fields: {} }
    // Going private stays open.
    const post = () =>
      route.tags.upload
        ? sendFile(client, form, route.tags.upload.form?.file ?? '', new File([png()], 'me.png'))
        : send(client, form, 'visibility' in form.fields ? { visibility: 'private' } : {})
    const { status } = await (route.method === 'GET' ? client.get(route.path) : post())
    if ((status === 403) !== (stopOf(route).restricted === 'refused'))
      wrong.push(`${nameOf(route)} is ${status}: say so in ${fileOf(route)}`)
  }
  expect(wrong).toEqual([])
}

async function walkAccount(): Promise<void> {
  const client = new Client()
  const username = 'plan_of_pages'
  const email = `${username}@example.com`
  await lookAtLoaded(client, '/sign-in')
  const ofApp = `/sign-in?return_to=${encodeURIComponent(`/oauth/authorize?client_id=${CLIENT}`)}`
  expectWithin('GET /sign-in with an app', await spend(new Client(), 'GET', ofApp))
  await fill(client, '/sign-up', { givenName: 'A', familyName: 'B', username, email, password: PASSWORD })
  await lookOn(client, '/verify/resend')
  await fill(client, '/verify?account=0000000000000000ffffffff', { account: '0000000000000000ffffffff' }, '/verify/resend')
  await fill(client, '/verify/new-code', { username })
  await fill(client, '/verify?return_to=/account/privacy', { code: await newestCode(email) })
  await fill(client, '/sign-out')
  await fill(client, '/forgot?return_to=/account', { email })
  await fill(client, '/reset', { code: await newestCode(email), password: `${PASSWORD} 2` })
  await signIn(client, username, `${PASSWORD} 2`)
  await look(client, '/continue?return_to=/account')
  await lookAtLoaded(client, '/account')
  await fill(client, '/account/profile', { bio: 'Planned.', username: 'plan_of_pages_2' })
  await fill(client, '/account/status', { statusMessage: 'Planning', lasts: '3600' })
  await fill(client, '/account/status', {}, '/account/status/clear')
  await lookOn(client, '/account/status/clear')
  await fill(client, '/account/privacy', { visibility: 'private' })
  await fill(client, '/account/privacy', { visibility: 'public' })
  await fill(client, '/account/password', { currentPassword: `${PASSWORD} 2`, password: PASSWORD })
  await look(client, '/account/invites', { INVITE_ONLY: 'on', INVITE_CODE_WINDOW_SECONDS: '0' })
  await look(client, '/account/activity')
  await signIn(new Client(), email)
  await fill(client, '/account/sessions', {}, '/account/sessions/end')
  await fill(client, '/account/email', { email: 'plan_of_pages_new@example.com', currentPassword: PASSWORD })
  await fill(client, '/verify', { code: await newestCode('plan_of_pages_new@example.com') })
  const [undo] = (await mailsTo(email)).flatMap(({ text }) => /\/email\/undo\?code=\S+/.exec(text) ?? [])
  await fill(client, undo ?? '')
  await signIn(client, email)
  await fill(client, '/sign-out')
  await signIn(client, email)
  await fill(client, '/account/sessions', {}, '/account/sessions/end-all')
  await signIn(client, email)
  await fill(client, '/account/export', { password: PASSWORD, archive: 'none' }, '/account/export', 200)
  await fill(client, '/account/export', { password: PASSWORD, archive: 'new' })
  await lookOn(client, '/account/export/delete')
  await fill(client, '/account/export', {}, '/account/export/delete')
  await fill(client, '/account/delete', { password: PASSWORD })
}

async function walkMailSignIn(): Promise<void> {
  const { username, email } = await verifiedPerson('plan_of_mails')
  const [asker, opener] = [new Client(), new Client()]
  await fill(asker, '/sign-in/mail', { identifier: username })
  const [link] = (await mailsTo(email)).flatMap(({ text }) => /\/sign-in\/mail\/link\?code=\S+/.exec(text) ?? [])
  await fill(opener, link ?? '')
  await db.prepare('UPDATE attempt_counters SET last_at = 0').run()
  await fill(asker, '/sign-in/mail', { identifier: email })
  await fill(asker, '/sign-in/mail/code', { code: await newestCode(email) })
}

async function walkSecondStep(): Promise<void> {
  const person = await verifiedPerson('plan_of_codes')
  const { client } = person
  const app = '/account/two-step/app'
  await signIn(client, person.username)
  await fill(client, '/account/two-step', { codes: 'on' }, '/account/two-step/email')
  await lookOn(client, '/account/two-step/email')
  const other = new Client()
  await signIn(other, person.username)
  await fill(other, '/sign-in/code', {}, '/sign-in/code/mail')
  await lookOn(other, '/sign-in/code/mail')
  await fill(other, '/sign-in/code', { code: await newestCode(person.email) }, '/sign-in/code')
  const [undo] = (await mailsTo(person.email)).flatMap(({ text }) => /\/two-step\/undo\?code=\S+/.exec(text) ?? [])
  await fill(new Client(), undo ?? '', { password: PASSWORD })
  await fill(new Client(), '/forgot', { email: person.email })
  await fill(new Client(), '/reset', { code: await newestCode(person.email), password: PASSWORD })
  await signIn(other, person.username)
  const enrolment = await fill(other, app, {}, app, 200)
  await lookOn(other, `${app}/confirm`)
  const { action, fields } = formOf(enrolment)
  await ask(other, 'POST', action, new URLSearchParams({ ...fields, code: codeOf(fields.secret ?? '') }), 200)
  // Only a sign-in with the app can change it; each of its codes works once.
  await fill(other, '/sign-in?reauth=1', { identifier: person.username, password: PASSWORD })
  await fill(other, '/sign-in/code', { code: codeOf(fields.secret ?? '', 1) }, '/sign-in/code')
  await fill(other, '/account/two-step/recovery-codes', {}, '/account/two-step/recovery-codes', 200)
  await fill(other, `${app}/remove`)
}

async function walkPasskeys(): Promise<void> {
  const person = await verifiedPerson('plan_of_passkeys')
  const { client } = person
  const key = new SoftwareAuthenticator()
  const submit = async (page: Page, action: string, values: Record<string, string>) => {
    const form = formOf(page, action)
    await ask(client, 'POST', form.action, new URLSearchParams({ ...form.fields, ...values }))
  }
  await signIn(client, person.username)
  const add = await look(client, '/account/passkeys/add')
  await submit(add, '/account/passkeys/add', { name: 'Key', ...(await passkeyAnswer(key.create(passkeyOptionsIn(add)))) })
  const id = /passkey=([0-9a-f]{24})/.exec((await look(client, '/account/passkeys')).text)?.[1]
  await lookOn(client, '/account/passkeys/rename')
  await fill(client, `/account/passkeys/rename?passkey=${id}`, { name: 'My key' })
  await enrol(client)
  await lookOn(client, '/sign-in/passkey')
  const alone = await look(client, '/sign-in?reauth=1')
  await submit(alone, '/sign-in/passkey', await passkeyAnswer(key.get(passkeyOptionsIn(alone))))
  await lookOn(client, '/sign-in/code/passkey')
  await fill(client, '/sign-in?reauth=1', { identifier: person.username, password: PASSWORD })
  const second = await spend(client, 'GET', '/sign-in/code')
  expectWithin('GET /sign-in/code with a passkey', second)
  await submit(second, '/sign-in/code/passkey', await passkeyAnswer(key.get(passkeyOptionsIn(second))))
  await lookOn(client, '/account/passkeys/remove')
  await fill(client, `/account/passkeys/remove?passkey=${id}`)
}

async function walkApps(): Promise<void> {
  const person = await verifiedPerson('plan_of_apps')
  const { client } = person
  await signIn(client, person.username)
  const picture = new FormData()
  const { fields } = formOf(await look(client, '/account/picture'))
  picture.append('form_token', fields.form_token ?? '')
  picture.append('picture', new File([png()], 'me.png'))
  await ask(client, 'POST', '/account/picture', picture)
  await fill(client, '/account/picture', {}, '/account/picture/remove')
  await lookOn(client, '/account/picture/remove')
  const clientId = await newOAuthClient('*', { first_party: 0 })
  await fill(client, consentPath(clientId), { answer: 'allow' }, '/consent', 200)
  await look(client, '/account/apps')
  await fill(client, `/account/apps/withdraw?client=${clientId}&scope=profile`)
  await lookOn(client, '/account/apps/withdraw')
  await fill(client, `/account/apps/remove?client=${clientId}`)
  const television = await newOAuthClient('*', { first_party: 0, grant_types: DEVICE_GRANT })
  const asks = new URLSearchParams({ client_id: television, scope: 'openid delegated:profile:read' })
  const started = await spend(new Client(), 'POST', '/oauth/device_authorization', asks)
  expectWithin('POST /oauth/device_authorization', started)
  const asked = await fill(client, '/device', { code: started.json.user_code }, '/device', 200)
  await lookOn(client, '/device/answer')
  const { action, fields: answer } = formOf(asked)
  await ask(client, 'POST', action, new URLSearchParams({ ...answer, answer: 'allow' }), 200)
  const poll = new URLSearchParams({ grant_type: DEVICE_GRANT, client_id: television, device_code: started.json.device_code })
  expectWithin('POST /oauth/token with device_code', await spend(new Client(), 'POST', '/oauth/token', poll))
}

async function walkFiles(): Promise<void> {
  const { client, username } = await verifiedPerson('plan_of_files')
  await signIn(client, username)
  const files = '/account/files'
  const { fields } = formOf(await look(client, files), files)
  const upload = new FormData()
  upload.append('form_token', fields.form_token ?? '')
  upload.append('folder', '')
  upload.append('files', new File(['Planned'], 'plan.txt'))
  await ask(client, 'POST', files, upload)
  const streamed = await spend(client, 'POST', `${files}/upload?folder=&name=second.txt`, new Uint8Array([1]), {
    origin: ORIGIN,
    'x-form-token': fields.form_token ?? '',
  })
  expectWithin('POST /account/files/upload', streamed, 201)
  const made = await fill(client, files, { name: 'Plans' }, `${files}/new-folder`)
  await lookOn(client, `${files}/new-folder`)
  const folder = /folder=([0-9a-f]{24})/.exec(made.headers.get('location') ?? '')?.[1]
  await look(client, `${files}?folder=${folder}`)
  await fill(client, `${files}/folder?folder=${folder}`, { name: 'Old plans' })
  const { path } = streamed.json as { path: string }
  await fill(client, path, { name: 'third.txt', folder: folder ?? '' })
  await fill(client, path, {}, `${path}/link`, 200)
  await lookOn(client, `${path}/link`)
  await fill(client, path, {}, `${path}/link/end`)
  await lookOn(client, `${path}/link/end`)
  await fill(client, `${path}/delete`)
  await fill(client, `${files}/folder/delete?folder=${folder}`)
}
