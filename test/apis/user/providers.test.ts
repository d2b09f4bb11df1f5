// Other providers over HTTP: which sign the caller in, and how one is disconnected (docs/sign-in.md, "Other providers").
import { describe, expect, test } from 'vitest'
import { ProvidersReply } from '../../../src/apis/user/providers/presenters.ts'
import { idOf, newName, rows } from '../../support/actors.ts'
import { type Person, signedInPerson } from '../../support/people.ts'
import { bearerOf, userToken } from '../../support/tokens.ts'
import { environmentOf, StandIn } from '../../support/upstream.ts'

const [first, second] = [new StandIn(), new StandIn({ name: 'Second' })]
const env = environmentOf(first, second)
const PATH = '/user/providers'
const NO_ID = 'f'.repeat(24)

let ids = 0
async function connect({ id }: Person, issuer: string): Promise<string> {
  ids += 1
  await rows(
    'INSERT INTO upstream_identities (id, user_id, issuer, subject, label, created_at) VALUES (?, ?, ?, ?, ?, 1)',
    ids,
    idOf(id),
    issuer,
    `subject ${ids}`,
    'me@provider.example',
  )
  return ids.toString(16).padStart(24, '0')
}
const listed = async ({ client }: Person) =>
  ProvidersReply.parse((await client.get(PATH, { env, headers: { 'sec-fetch-site': 'same-origin' } })).json).data
const remove = ({ client }: Person, id: string) => client.delete(`${PATH}/${id}`, { env, headers: { 'sec-fetch-site': 'same-origin' } })

describe('GET /user/providers', () => {
  test('lists what is connected, also what is offered no longer, and what could be', async () => {
    const person = await signedInPerson(newName('lists'))
    expect(await listed(person)).toEqual({
      records: [],
      available: [
        { id: first.id, name: 'Example' },
        { id: second.id, name: 'Second' },
      ],
    })
    const [here, gone] = [await connect(person, first.base), await connect(person, 'https://zz.formerly.example')]
    const shown = { label: 'me@provider.example', linkedAt: '1970-01-01T00:00:00.001Z', lastUsedAt: null }
    expect(await listed(person)).toEqual({
      records: [
        { _id: here, provider: first.id, name: 'Example', ...shown },
        { _id: gone, provider: null, name: 'zz.formerly.example', ...shown },
      ],
      available: [{ id: second.id, name: 'Second' }],
    })
    expect((await listed(await signedInPerson(newName('lists')))).records).toEqual([])
  })
})

describe('DELETE /user/providers/:id', () => {
  test('disconnects one of the caller, once, and nobody else’s', async () => {
    const [person, other] = [await signedInPerson(newName('removes')), await signedInPerson(newName('removes'))]
    const id = await connect(person, first.base)
    expect((await remove(other, id)).status).toBe(404)
    expect((await remove(person, id)).status).toBe(200)
    expect([(await remove(person, id)).status, (await remove(person, NO_ID)).status, (await remove(person, 'x')).status]).toEqual([
      404, 404, 400,
    ])
    expect((await listed(person)).records).toEqual([])
  })

  test('takes a recent sign-in of the browser itself, with the second factor if one is on', async () => {
    const person = await signedInPerson(newName('takes'))
    const id = await connect(person, first.base)
    const app = bearerOf(await userToken(person, ['delegated:all']))
    const reasonOf = async (reply: Promise<{ status: number; json: { additionalInfo: { reason: string } } }>) => {
      const { status, json } = await reply
      return [status, json.additionalInfo.reason]
    }
    expect(await reasonOf(app.delete(`${PATH}/${id}`, { env }))).toEqual([403, 'browser_sign_in_required'])
    await rows("INSERT INTO second_factors (user_id, kind, created_at) VALUES (?, 'email', 0)", idOf(person.id))
    expect(await reasonOf(remove(person, id))).toEqual([403, 'second_factor_required'])
    await rows('DELETE FROM second_factors WHERE user_id = ?', idOf(person.id))
    await rows('UPDATE sessions SET authenticated_at = 0 WHERE user_id = ?', idOf(person.id))
    expect(await reasonOf(remove(person, id))).toEqual([403, 'fresh_sign_in_required'])
    expect((await listed(person)).records).toHaveLength(1)
  })

  test('leaves the last way in', async () => {
    const person = await signedInPerson(newName('leaves'))
    const [one, two] = [await connect(person, first.base), await connect(person, second.base)]
    await rows("UPDATE credentials SET password_hash = '' WHERE user_id = ?", idOf(person.id))
    expect((await remove(person, one)).status).toBe(200)
    const refused = await remove(person, two)
    expect([refused.status, refused.json.additionalInfo.reason]).toEqual([403, 'last_way_in'])
    expect((await listed(person)).records).toHaveLength(1)
  })
})
