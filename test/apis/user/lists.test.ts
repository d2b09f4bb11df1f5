// Pages of lists: each says whether there is more, and where the next one begins.
import { beforeAll, describe, expect, test } from 'vitest'
import { signedInAdmin } from '../../support/admins.ts'
import { putEdge } from '../../support/graph.ts'
import { type Client, platform } from '../../support/kith.ts'
import { makeApiKey } from '../../support/machines.ts'
import { newFile } from '../../support/media.ts'
import { logIn, type Person, signedInPerson } from '../../support/people.ts'
import { newOAuthClient } from '../../support/tokens.ts'

const COUNT = 3
let person: Person
let admin: Person

beforeAll(async () => {
  platform.reset()
  person = await signedInPerson('listed_person')
  admin = await signedInAdmin('lister_of_people')
  for (let n = 0; n < COUNT; n++) {
    await newFile(person.client, `${n}.txt`)
    await putEdge(await signedInPerson(`follower_${n}_of_listed`), person)
    await logIn(person)
    await makeApiKey({ name: `Listed ${n}` })
    await newOAuthClient()
  }
})

const LISTS: Readonly<Record<string, () => readonly [Client, string]>> = {
  files: () => [person.client, '/user/media/files?'],
  'the own followers': () => [person.client, '/user/followers?'],
  'followers of somebody': () => [admin.client, `/user/${person.id}/followers?`],
  'sign-ins': () => [person.client, '/user/login-history?'],
  sessions: () => [person.client, '/user/sessions?'],
  'the own trail': () => [person.client, '/user/audit?'],
  'the trail of anybody': () => [admin.client, `/user/admin-api/audit?target=${person.id}&`],
  'sessions of anybody': () => [admin.client, `/user/admin-api/sessions?target=${person.id}&`],
  'sign-ins of anybody': () => [admin.client, `/user/admin-api/login-history?target=${person.id}&`],
  everybody: () => [admin.client, '/user/admin-api/list?'],
  'machine clients': () => [admin.client, '/machine/admin-api/list?'],
  'OAuth clients': () => [admin.client, '/client/admin-api/list?'],
}

const idOf = ({ _id, client_id }: { _id: string; client_id?: string }) => client_id ?? _id

describe('a list', () => {
  test.each(Object.keys(LISTS))('of %s leads from page to page, and says which one is the last', async (name) => {
    const [client, path] = LISTS[name]?.() ?? []
    const read = async (limit: number, next: string | null = null) => {
      const position = path?.startsWith('/client/') ? 'after' : 'offset'
      const reply = await client?.get(`${path}limit=${limit}${next === null ? '' : `&${position}=${next}`}`)
      expect(reply?.status, reply?.text).toBe(200)
      return reply?.json.data as { records: { _id: string; client_id?: string }[]; hasMore: boolean; next: string | null }
    }
    const all = await read(100)
    expect(all).toMatchObject({ hasMore: false, next: null })
    const sorted = all.records.map(idOf).sort()
    expect(all.records.map(idOf), 'newest first').toEqual(name === 'OAuth clients' ? sorted : sorted.reverse())
    const exact = await read(all.records.length)
    expect(exact).toEqual(all)
    const found: string[] = []
    for (let next: string | null = null; ; ) {
      const page = await read(2, next)
      found.push(...page.records.map(idOf))
      next = page.next
      expect(page.hasMore).toBe(next !== null)
      if (next === null) break
    }
    expect(found).toEqual(all.records.map(idOf))
  })
})
