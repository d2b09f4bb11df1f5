/** Visits to the room mxit: every route, people by id and by login name, folders by name, each list of contacts. */
import { askForToken, authorize, json, mxitIdOf, newOldApp, REDIRECT_URI } from '../apis/mxit/harness.ts'
import { putBlock, putEdge } from '../support/graph.ts'
import { png } from '../support/images.ts'
import { Client } from '../support/kith.ts'
import { bytesOf } from '../support/media.ts'
import { type Person, signedInPerson } from '../support/people.ts'
import { bearerOf, clientToken, userToken } from '../support/tokens.ts'
import { visit } from './visits.ts'

const FILTERS = ['@All', '@Friends', '@Apps', '@Invites', '@Connections', '@Rejected', '@Pending', '@Deleted', '@Blocked']

export async function visitMxit(): Promise<void> {
  const person = await signedInPerson('plan_old_person')
  const other = await signedInPerson('plan_old_other')
  await visitTokens(person)
  const marked = { may_change_addresses: 1, token_endpoint_auth_method: 'client_secret_basic', first_party: 0 }
  const own = bearerOf(await userToken(person, ['delegated:all', 'openid'], 600, marked))
  const program = bearerOf(await clientToken(['client:profile:read']))
  for (const client of [own, program]) {
    for (const name of [other.username, mxitIdOf(other)]) {
      for (const path of ['lookup', 'profile']) await visit(client, 'GET', `/mxit/user/${path}/${name}`)
    }
  }
  await visitProfile(own, other)
  await visitGallery(own)
  await visitContacts(own, person, other)
}

async function visitTokens(person: Person): Promise<void> {
  const app = await newOldApp()
  const query = new URLSearchParams({ response_type: 'code', client_id: app.id, redirect_uri: REDIRECT_URI })
  await visit(new Client(), 'GET', `/mxit/authorize?${query}`)
  const end = await authorize(person, app, 'openid profile/private')
  const code = { grant_type: 'authorization_code', code: end.searchParams.get('code') ?? '', redirect_uri: REDIRECT_URI }
  const headers = { authorization: app.authorization }
  const tokens = await visit(new Client(), 'POST', '/mxit/token', new URLSearchParams(code), [200], undefined, headers)
  await visit(bearerOf(tokens.json.access_token), 'GET', '/mxit/userinfo')
  const token = new URLSearchParams({ token: tokens.json.refresh_token })
  await visit(new Client(), 'POST', '/mxit/revoke', token, [200], undefined, headers)
  await askForToken(app, { grant_type: 'client_credentials', scope: 'profile/public' })
}

async function visitProfile(own: Client, other: Person): Promise<void> {
  const anyone = new Client()
  await visit(anyone, 'GET', '/mxit/user/version')
  for (const what of ['statusmessage', 'displayname', 'avatar']) await visit(anyone, 'GET', `/mxit/user/public/${what}/${other.username}`)
  await visit(own, 'GET', '/mxit/user/profile')
  const changes = { AboutMe: 'a', DisplayName: 'b', FirstName: 'c', Gender: 0, LastName: 'd', MobileNumber: '1', RelationshipStatus: 1 }
  await visit(own, 'PUT', '/mxit/user/profile', { ...changes, Title: 'e', WhereAmI: 'f' })
  await visit(own, 'PUT', '/mxit/user/profile', { Email: 'plan_old_new@example.com' }, [200])
  await visit(own, 'PUT', '/mxit/user/statusmessage', json('test status'))
  await visit(own, 'GET', '/mxit/user/statusmessage')
  await visit(own, 'GET', '/mxit/user/avatar', undefined, [404])
  await visit(own, 'POST', '/mxit/user/avatar', png())
  await visit(own, 'GET', '/mxit/user/avatar')
  await visit(own, 'DELETE', '/mxit/user/avatar')
}

async function visitGallery(own: Client): Promise<void> {
  await visit(own, 'POST', '/mxit/user/media/Plans')
  await visit(own, 'PUT', '/mxit/user/media/Plans', json('Old plans'))
  await visit(own, 'GET', '/mxit/user/media')
  for (const folder of ['Default', 'Old%20plans']) {
    const { json: file } = await visit(own, 'POST', `/mxit/user/media/file/${folder}?fileName=a.txt`, bytesOf('a'))
    await visit(own, 'GET', `/mxit/user/media/list/${folder}?skip=0&count=2`)
    await visit(own, 'GET', `/mxit/user/media/content/${file}`)
    await visit(own, 'PUT', `/mxit/user/media/file/${file}`, json('b.txt'))
    await visit(own, 'DELETE', `/mxit/user/media/file/${file}`)
  }
  await visit(own, 'POST', '/mxit/user/media/file/New+One?fileName=a.txt', bytesOf('a'))
  await visit(own, 'GET', '/mxit/user/media/list/Nowhere', undefined, [404])
  await visit(own, 'DELETE', '/mxit/user/media/Old%20plans')
}

async function visitContacts(own: Client, person: Person, other: Person): Promise<void> {
  await visit(own, 'PUT', `/mxit/user/socialgraph/contact/${other.username}`)
  await putEdge(other, person, false)
  await putBlock(person, await signedInPerson('plan_old_blocked'))
  for (const filter of FILTERS) await visit(own, 'GET', `/mxit/user/socialgraph/contactlist?filter=${filter}&skip=0&count=5`)
  await visit(own, 'GET', '/mxit/user/socialgraph/suggestions')
}
