// A user by user name: what `GET /user/:userId` shows, under the name.
import { beforeAll, describe, expect, test } from 'vitest'
import { Client, type Reply } from '../../support/kith.ts'
import { type Person, signedInPerson } from '../../support/people.ts'
import { expectWrongField } from '../../support/replies.ts'

let viewer: Person
let alice: Person
beforeAll(async () => {
  viewer = await signedInPerson('looks_up_names')
  alice = await signedInPerson('Alice_By_Name')
})

const byName = (path: string, by = viewer): Promise<Reply> => by.client.get(`/user/by-username/${path}`)

describe('GET /user/by-username/:username', () => {
  test('shows what the id shows, whatever the case and however the path is escaped', async () => {
    const { text } = await viewer.client.get(`/user/${alice.id}`)
    for (const name of ['Alice_By_Name', 'alice_by_name', 'ALICE_BY_NAME', '%41lice%5Fby%5Fname', 'alice_by_name?by=name']) {
      expect((await byName(name)).text, name).toBe(text)
    }
    expect((await byName('alice_by_name', alice)).text).toBe((await alice.client.get(`/user/${alice.id}`)).text)
  })

  test('finds people whose names are words of other paths', async () => {
    for (const name of ['followers', 'following', 'by_username', 'follow_requests']) {
      const person = await signedInPerson(name)
      expect((await byName(name)).json.data.user).toMatchObject({ _id: person.id, username: name })
    }
    // Neither is an id, and an id is no name.
    expect((await viewer.client.get('/user/by-username')).status).toBe(404)
    expect((await byName(alice.id)).status).toBe(404)
    expect((await byName('alice_by_name/followers')).status).toBe(404)
  })

  test('a former name leads nowhere, while it is held back and for its owner too', async () => {
    const person = await signedInPerson('had_this_name')
    expect((await person.client.patch('/user/me', { username: 'has_that_name' })).status).toBe(200)
    for (const by of [viewer, person]) {
      expect((await byName('had_this_name', by)).status).toBe(404)
      expect((await byName('has_that_name', by)).json.data.user._id).toBe(person.id)
    }
  })

  test.each([
    ['another script', encodeURIComponent('алиса_по_имени')],
    ['an accent', encodeURIComponent('alicé_by_name')],
    ['full width', encodeURIComponent('ａlice_by_name')],
    // Lower case turns both into ASCII letters, or nearly.
    ['a Kelvin sign', encodeURIComponent('loo\u212As_up_names')],
    ['a dotted capital I', encodeURIComponent('al\u0130ce_by_name')],
    ['a character that is not seen', encodeURIComponent('alice_by_name\u200b')],
    ['an emoji', encodeURIComponent('👩‍🚀👩‍🚀👩‍🚀')],
    ['a slash', 'alice%2Fby_name'],
    ['a dot', 'alice.by.name'],
    ['a space', '%20alice_by_name'],
    ['a percent sign', 'alice%25by_name'],
    ['a null byte', 'alice_by_name%00'],
    ['half a character', 'alice%E0%A4'],
    ['an at sign', '@alice_by_name'],
    ['too much', 'a'.repeat(65)],
    ['far too much', 'a'.repeat(5_000)],
  ])('no user name has %s in it', async (_, name) => {
    expectWrongField(await byName(name), 'username')
  })

  test('is for those who are signed in', async () => {
    expect((await new Client().get('/user/by-username/alice_by_name')).status).toBe(401)
  })
})
