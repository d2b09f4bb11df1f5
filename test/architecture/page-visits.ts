/** A visit of every hosted page and of every form on it. */
import { Client, mailsTo, newestCode } from '../support/kith.ts'
import { formOf } from '../support/pages.ts'
import { PASSWORD, verifiedPerson } from '../support/people.ts'
import { visit, visitForm } from './visits.ts'

const WANTED = [200, 303]
const look = (client: Client, path: string, env?: Record<string, string>) => visit(client, 'GET', path, undefined, WANTED, env)

/** Opens a page and sends its form to `action`, or to the page itself. */
async function fill(client: Client, page: string, values: Record<string, string> = {}, action = page.split('?')[0]): Promise<void> {
  const form = formOf(await look(client, page), action)
  await visitForm(client, form.action, { ...form.fields, ...values })
}

async function signIn(client: Client, identifier: string, password = PASSWORD): Promise<void> {
  await fill(client, '/sign-in', { identifier, password })
}

export async function visitPages(): Promise<void> {
  const client = new Client()
  const username = 'plan_of_pages'
  const email = `${username}@example.com`
  const css = /href="(\/assets\/[^"]+)"/.exec((await look(client, '/sign-in')).text)?.[1] ?? ''
  await look(client, css)
  await fill(client, '/sign-up', { givenName: 'A', familyName: 'B', username, email, password: PASSWORD })
  await look(client, '/verify/resend')
  await fill(client, '/verify?account=0000000000000000ffffffff', { account: '0000000000000000ffffffff' }, '/verify/resend')
  await fill(client, '/verify', { code: await newestCode(email) })
  await fill(client, '/forgot', { email })
  await fill(client, '/reset', { code: await newestCode(email), password: `${PASSWORD} 2` })
  await signIn(client, username, `${PASSWORD} 2`)
  await look(client, '/continue?return_to=/account')
  await look(client, '/account')
  await fill(client, '/account/profile', { bio: 'Planned.', username: 'plan_of_pages_2' })
  await fill(client, '/account/status', { statusMessage: 'Planning', lasts: '3600' })
  await fill(client, '/account/status', {}, '/account/status/clear')
  await look(client, '/account/status/clear')
  await fill(client, '/account/privacy', { visibility: 'private' })
  await fill(client, '/account/privacy', { visibility: 'public' })
  await fill(client, '/account/password', { currentPassword: `${PASSWORD} 2`, password: PASSWORD })
  await look(client, '/account/invites', { INVITE_ONLY: 'on', INVITE_CODE_WINDOW_SECONDS: '0' })
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
  await fill(client, '/account/delete', { password: PASSWORD })
  await visitSecondStep()
}

async function visitSecondStep(): Promise<void> {
  const person = await verifiedPerson('plan_of_codes')
  await signIn(person.client, person.username)
  await visit(person.client, 'POST', '/user/2fa', { state: true })
  const client = new Client()
  await signIn(client, person.username)
  await fill(client, '/sign-in/code', { code: await newestCode(person.email) })
}
