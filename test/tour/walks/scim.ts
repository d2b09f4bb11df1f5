// The room scim: a client with a few people and a group, beside those of another.
import { beforeAll, test } from 'vitest'
import { type Spent, spend } from '../../support/budget.ts'
import { type Directory, GROUP_SCHEMA, newDirectory, newUser, operations, USER_SCHEMA } from '../../support/directory.ts'
import { platform } from '../../support/kith.ts'
import { expectWithin } from '../index.ts'

export function walkScim(): void {
  const PEOPLE = 5
  let directory: Directory
  let ids: string[]

  beforeAll(async () => {
    platform.reset()
    directory = await newDirectory()
    ids = []
    for (let n = 0; n < PEOPLE; n += 1) ids.push((await directory.create(`tour${n}@corp.example`)).id)
    await (await newDirectory()).create('tour@other.example')
  })

  const ask = (method: string, path: string, body?: Record<string, unknown>): Promise<Spent> =>
    spend(directory.client, method, `/scim/v2${path}`, body)
  const search = (filter: string) => ({ schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'], filter })

  test('users are read', async () => {
    expectWithin('GET /scim/v2/Users', await ask('GET', '/Users'))
    expectWithin('GET /scim/v2/Users', await ask('GET', '/Users?filter=emails%20eq%20%22tour1%40corp.example%22'))
    expectWithin('POST /scim/v2/Users/.search', await ask('POST', '/Users/.search', search('userName eq "tour1@corp.example"')))
    expectWithin('GET /scim/v2/Users/:id', await ask('GET', `/Users/${ids[0]}`))
  })

  test('users are written', async () => {
    expectWithin('POST /scim/v2/Users', await ask('POST', '/Users', newUser('tour.new@corp.example', { active: false })), 201)
    expectWithin('PUT /scim/v2/Users/:id', await ask('PUT', `/Users/${ids[0]}`, newUser('tour0@corp.example', { title: 'Tourist' })))
    const deactivation = operations({ op: 'replace', value: { active: false } })
    expectWithin('PATCH /scim/v2/Users/:id', await ask('PATCH', `/Users/${ids[0]}`, deactivation))
    expectWithin('DELETE /scim/v2/Users/:id', await ask('DELETE', `/Users/${ids[0]}`), 204)
  })

  test('groups', async () => {
    const members = [{ value: ids[1] }, { value: ids[2] }]
    const made = await ask('POST', '/Groups', { schemas: [GROUP_SCHEMA], displayName: 'Tourists', members })
    expectWithin('POST /scim/v2/Groups', made, 201)
    const group = `/Groups/${JSON.parse(made.text).id}`
    expectWithin('GET /scim/v2/Groups', await ask('GET', '/Groups'))
    expectWithin('POST /scim/v2/Groups/.search', await ask('POST', '/Groups/.search', search('displayName eq "Tourists"')))
    expectWithin('GET /scim/v2/Groups/:id', await ask('GET', group))
    expectWithin(
      'PUT /scim/v2/Groups/:id',
      await ask('PUT', group, { schemas: [GROUP_SCHEMA], displayName: 'Travellers', members: members.slice(1) }),
    )
    const joins = operations({ op: 'add', path: 'members', value: [{ value: ids[3] }] })
    expectWithin('PATCH /scim/v2/Groups/:id', await ask('PATCH', group, joins), 204)
    expectWithin('DELETE /scim/v2/Groups/:id', await ask('DELETE', group), 204)
  })

  test('what is built', async () => {
    for (const [route, path] of [
      ['ServiceProviderConfig', 'ServiceProviderConfig'],
      ['ResourceTypes', 'ResourceTypes'],
      ['ResourceTypes/:id', 'ResourceTypes/User'],
      ['Schemas', 'Schemas'],
      ['Schemas/:id', `Schemas/${USER_SCHEMA}`],
    ])
      expectWithin(`GET /scim/v2/${route}`, await ask('GET', `/${path}`))
  })
}
