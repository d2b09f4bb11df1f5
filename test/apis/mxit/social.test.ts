// Contacts (wire §1.4, §6.22): the lists by their filters, pages by skip and count, adding, suggestions.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ban, count, idOf } from '../../support/actors.ts'
import { copyOf } from '../../support/copies.ts'
import { clearGraph, putBlock, putEdge, setColumns } from '../../support/graph.ts'
import { platform } from '../../support/kith.ts'
import { type Person, signedInPerson } from '../../support/people.ts'
import { bearerOf, userToken } from '../../support/tokens.ts'
import { mxitIdOf, type OldClient, personalClient } from './harness.ts'

const LIST = '/user/socialgraph/contactlist'
const NAMES = ['friend', 'followed', 'follower', 'pending', 'inviter', 'blocked', 'stranger'] as const
let me: Person
let own: OldClient
const people = {} as Record<(typeof NAMES)[number], Person>

beforeAll(async () => {
  me = await signedInPerson('old_social_me')
  own = await personalClient(me)
  for (const name of NAMES) people[name] = await copyOf(me, `old_social_${name}`)
})
beforeEach(async () => {
  platform.reset()
  await clearGraph()
  await putEdge(me, people.friend)
  await putEdge(people.friend, me)
  await putEdge(me, people.followed)
  await putEdge(people.follower, me)
  await putEdge(me, people.pending, false)
  await putEdge(people.inviter, me, false)
  await putBlock(me, people.blocked)
})

interface Contact {
  readonly UserId: string
  readonly SubscriptionType: number
  readonly Blocked: boolean
  readonly DisplayName: string
}
async function contacts(query = '', client = own): Promise<Contact[]> {
  const reply = await client.call('GET', `${LIST}${query}`)
  expect(reply.status, reply.text).toBe(200)
  return reply.json.Contacts
}
const nameOf = ({ UserId }: Contact) => NAMES.find((name) => mxitIdOf(people[name]) === UserId) ?? UserId
const shown = async (query: string) =>
  (await contacts(query)).map((one) => `${nameOf(one)} ${String.fromCharCode(one.SubscriptionType)}${one.Blocked ? ' blocked' : ''}`)

describe('filters', () => {
  test.each([
    ['', ['followed B', 'friend B']],
    ['?filter=@Connections', ['followed B', 'friend B']],
    ['?filter=%40Friends', ['friend B']],
    ['?filter=@Pending', ['pending P']],
    ['?filter=@Invites', ['inviter A']],
    ['?filter=@Blocked', ['blocked N blocked']],
    ['?filter=@Apps', []],
    ['?filter=@Rejected', []],
    ['?filter=@Deleted', []],
    ['?filter=@All', ['followed B', 'friend B', 'inviter A', 'pending P', 'blocked N blocked']],
  ])('%s', async (query, expected) => {
    expect(await shown(query)).toEqual(expected)
  })

  test('somebody in several lists is in @All once', async () => {
    await putEdge(people.followed, me, false)
    await putEdge(people.pending, me, false)
    expect(await shown('?filter=@Invites')).toEqual(['pending A', 'followed A', 'inviter A'])
    const all = (await contacts('?filter=@All')).map(nameOf)
    expect([...all].sort()).toEqual([...new Set(all)].sort())
    expect(all).toHaveLength(5)
  })

  test('each contact has what the original has, in its types', async () => {
    const [contact] = await contacts('?filter=@Friends')
    expect(contact).toEqual({
      DisplayName: 'Test Person',
      AvatarId: '',
      State: {
        Availability: 4,
        IsOnline: false,
        LastModified: '/Date(0+0000)/',
        LastOnline: '/Date(0+0000)/',
        Mood: 0,
        StatusMessage: '',
      },
      UserId: mxitIdOf(people.friend),
      Blocked: false,
      Group: '',
      ContactType: 0,
      SubscriptionType: 66,
    })
  })

  test('hidden people are in none', async () => {
    const gone = await copyOf(me, 'old_social_gone')
    const hider = await copyOf(me, 'old_social_hider')
    for (const one of [gone, hider]) {
      await putEdge(me, one)
      await putEdge(one, me)
    }
    await putBlock(hider, me)
    await ban(gone)
    for (const filter of ['@All', '@Friends', '@Connections']) {
      const ids = (await contacts(`?filter=${filter}`)).map(({ UserId }) => UserId)
      expect(ids).not.toContain(mxitIdOf(gone))
      expect(ids).not.toContain(mxitIdOf(hider))
    }
  })
})

describe('whom one blocks', () => {
  test.each(['@Blocked', '@All'])('%s takes the scope of the blocks besides', async (filter) => {
    const path = `/mxit/user/socialgraph/contactlist?filter=${filter}`
    const person = await signedInPerson(`blocks_${filter.slice(1)}`)
    const narrow = bearerOf(await userToken(person, ['delegated:social:follow:read']))
    const refused = await narrow.get(path)
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([403, expect.stringContaining('delegated:social:block:read')])
    expect((await narrow.get('/mxit/user/socialgraph/contactlist')).status).toBe(200)
    const both = bearerOf(await userToken(person, ['delegated:social:follow:read', 'delegated:social:block:read']))
    expect((await both.get(path)).status).toBe(200)
  })
})

describe('pages', () => {
  test('count is how many there are, not one more; skip goes on, over the lists of @All too', async () => {
    const all = (await contacts('?filter=@All')).map(({ UserId }) => UserId)
    expect(all).toHaveLength(5)
    for (const count of [1, 2, 3]) {
      const pages: string[] = []
      for (let skip = 0; ; skip += count) {
        const page = await contacts(`?filter=@All&skip=${skip}&count=${count}`)
        expect(page.length).toBeLessThanOrEqual(count)
        if (page.length === 0) break
        pages.push(...page.map(({ UserId }) => UserId))
      }
      expect(pages).toEqual(all)
    }
  })

  test.each(['filter=@Nobody', 'filter='])('%s is refused', async (query) => {
    const reply = await own.call('GET', `${LIST}?${query}`)
    expect([reply.status, reply.json.error]).toEqual([400, 'invalid_request'])
  })

  test('what is unknown in the query is ignored', async () => {
    expect(await contacts('?filter=@Friends&format=json')).toHaveLength(1)
  })
})

describe('adding a contact', () => {
  const add = (name: string, client = own) => client.call('PUT', `/user/socialgraph/contact/${name}`, '{}')

  test('by login name or UserId; repeating it changes nothing', async () => {
    for (const name of [people.stranger.username, people.stranger.username.toUpperCase(), mxitIdOf(people.stranger)]) {
      const reply = await add(name)
      expect([reply.status, reply.text]).toEqual([200, ''])
    }
    expect(await shown('?filter=@Connections')).toEqual(['stranger B', 'followed B', 'friend B'])
    expect(await count('follows WHERE followed_id = ?', idOf(people.stranger.id))).toBe(1)
  })

  test('twenty at once make one edge, and all are told that it is done', async () => {
    const replies = await Promise.all(Array.from({ length: 20 }, () => add(people.stranger.username)))
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]))
    expect(await count('follows WHERE followed_id = ?', idOf(people.stranger.id))).toBe(1)
  })

  test('a private account is asked', async () => {
    await setColumns(people.stranger, { is_private: 1 })
    expect((await add(people.stranger.username)).status).toBe(200)
    await setColumns(people.stranger, { is_private: 0 })
    expect(await shown('?filter=@Pending')).toEqual(['stranger P', 'pending P'])
    expect((await contacts('?filter=@Invites', await personalClient(people.stranger))).map(({ UserId }) => UserId)).toEqual([mxitIdOf(me)])
  })

  test('nobody, oneself, whom one blocks and who blocks one', async () => {
    expect((await add('nobody_of_this_name')).status).toBe(404)
    expect((await add(me.username)).status).toBe(400)
    expect((await add(people.blocked.username)).status).toBe(403)
    await putBlock(people.stranger, me)
    expect((await add(people.stranger.username)).status).toBe(404)
    expect(await shown('?filter=@Connections')).toEqual(['followed B', 'friend B'])
  })
})

test('suggestions are people whom my contacts follow and I do not yet', async () => {
  await putEdge(people.friend, people.stranger)
  const reply = await own.call('GET', '/user/socialgraph/suggestions', undefined, {
    'content-type': 'application/xml',
    accept: 'application/xml',
  })
  expect(reply.status).toBe(200)
  expect(reply.json).toEqual([expect.objectContaining({ UserId: mxitIdOf(people.stranger), SubscriptionType: 78, Blocked: false })])
})
