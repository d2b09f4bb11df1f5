/** Visits of the room mirrorfly, for the plans of its statements: each way through createUser, and each kind of viewer. */
import { BASE, basic, type Deployment, formOf, newDeployment, picture } from '../apis/mirrorfly/harness.ts'
import { png } from '../support/images.ts'
import { Client, type Options } from '../support/kith.ts'
import { visit } from './visits.ts'

export async function visitMirrorfly(): Promise<void> {
  const deployment = await newDeployment()
  const anyone = new Client()
  await visit(anyone, 'POST', `${BASE}/login`, deployment.account)
  await visit(anyone, 'POST', `${BASE}/login`, { username: 'user_nobody', password: 'wrong' }, [400])
  const first = await visitCreate(deployment, 'plan one', {})
  await visit(anyone, 'POST', `${BASE}/login`, { username: first.username, password: first.password })
  await visitCreate(deployment, 'plan two', { profileFile: picture(png()) })
  const full = { nickname: 'Plan', email: 'plan@example.com', mobileNumber: '1', profileUrl: 'https://example.com/', metadataKey1: 'a' }
  await visitCreate(deployment, 'plan one', { ...full, metadataValue1: 'b' })
  const { profileUrl, profileUrlThumb } = await visitCreate(deployment, 'plan one', { profileFile: picture(png()) })
  for (const token of [deployment.token, first.token]) {
    await visitAs(token, `${BASE}/users/plan%20two`)
    for (const url of [profileUrl, profileUrlThumb]) await visitAs(token, new URL(url).pathname)
  }
}

async function visitCreate(deployment: Deployment, name: string, fields: Parameters<typeof formOf>[0]) {
  const body = formOf({ ...basic(deployment, name), ...fields })
  return (await visitAs(deployment.token, `${BASE}/users/createUser`, body)).json.data
}

const visitAs = (authorization: string, path: string, body?: Options['body']) =>
  visit(new Client(), body ? 'POST' : 'GET', path, body, [200], undefined, { authorization })
