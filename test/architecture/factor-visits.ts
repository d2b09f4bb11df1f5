/** Visits of the routes of authenticator apps and recovery codes, with what their statements do when they have an effect. */
import { codeOf } from '../support/authenticator.ts'
import { Client, newestCode } from '../support/kith.ts'
import { logIn, type Person, signedInPerson } from '../support/people.ts'
import { visit } from './visits.ts'

async function pending(person: Person, client: Client) {
  const { json } = await visit(client, 'POST', '/user/login', { username: person.username, password: person.password })
  return { target: person.id, sessionHash: json.data.sessionHash }
}

export async function visitAuthenticator(): Promise<void> {
  const person = await signedInPerson('plan_authenticator')
  const { client } = person
  const { secret } = (await visit(client, 'POST', '/user/2fa/totp')).json.data
  await visit(client, 'POST', '/user/2fa/totp/confirm', { code: codeOf(secret, 2) }, [400])
  const confirmed = await visit(client, 'POST', '/user/2fa/totp/confirm', { code: codeOf(secret, -1) })
  const [recoveryCode] = confirmed.json.data.recoveryCodes
  await visit(client, 'GET', '/user/2fa')
  await visit(client, 'POST', '/user/do-2fa', { ...(await pending(person, client)), code: recoveryCode })
  await visit(client, 'POST', '/user/2fa', { state: true })
  const mailed = await pending(person, client)
  await visit(client, 'POST', '/user/2fa/email', mailed)
  await visit(client, 'POST', '/user/do-2fa', { ...mailed, code: await newestCode(person.email) })
  await visit(client, 'POST', '/user/do-2fa', { ...(await pending(person, client)), code: codeOf(secret, 1) })
  await visit(client, 'POST', '/user/2fa/recovery-codes')
  await visit(client, 'DELETE', '/user/2fa/totp')
  await logIn(person, new Client())
}
