/** Six real people and an administrator who perform the model's acts, and what the API and the database then say about them. */
import { expect } from 'vitest'
import { toHex } from '../../src/ids.ts'
import { signedInAdmin } from '../support/admins.ts'
import { clearGraph } from '../support/graph.ts'
import { Client, db, type Options, type Reply } from '../support/kith.ts'
import { logIn, type Person, signedInPerson } from '../support/people.ts'
import { idOf } from '../support/tokens.ts'
import { type Act, countsOf, type Edge, everybody, type Graph, isListed, isOpen, isPresent, meet, PEOPLE, pairOf } from './graph-model.ts'

export interface StoredEdge {
  readonly id: number
  readonly approved: boolean
}

export interface Stored {
  readonly edges: Map<string, StoredEdge>
  readonly blocks: Set<string>
  /** Followers, following and requests, according to the counters. */
  readonly counts: number[][]
  readonly isPrivate: boolean[]
  readonly isBanned: boolean[]
  readonly isDeleted: boolean[]
}

const NOBODY = 'abcdef'.padStart(24, '0')

export class SixPeople {
  /** The ids of the model's edges, as far as they are known. */
  readonly edgeIds = new Map<number, number>()
  readonly #people: Person[]
  readonly #admin: Person
  readonly #cookies: Map<string, string>[]
  readonly #places: Map<number, number>

  private constructor(people: Person[], admin: Person) {
    this.#people = people
    this.#admin = admin
    this.#cookies = people.map(({ client }) => new Map(client.cookies))
    this.#places = new Map(people.map((person, index) => [idOf(person), index]))
  }

  static async signUp(): Promise<SixPeople> {
    const people: Person[] = []
    for (const n of everybody) people.push(await signedInPerson(`one_of_six_${n}`))
    return new SixPeople(people, await signedInAdmin('over_the_six'))
  }

  /** Resets them to just after sign-up, by SQL. */
  async reset(): Promise<void> {
    const ids = JSON.stringify(this.#people.map(idOf))
    await clearGraph()
    // A deletion needs a fresh sign-in.
    await db.prepare('UPDATE sessions SET authenticated_at = ?').bind(Date.now()).run()
    await db.batch(
      [
        `UPDATE users SET follower_count = 0, following_count = 0, request_count = 0, is_private = 0, banned_at = NULL, banned_until = NULL,
           deleted_at = NULL, deleted_reason = NULL, epoch = 0 WHERE id IN (SELECT value FROM json_each(?))`,
        `UPDATE sessions SET epoch = 0 WHERE user_id IN (SELECT value FROM json_each(?))`,
        `DELETE FROM sessions WHERE user_id IN (SELECT value FROM json_each(?)) AND id NOT IN (
           SELECT MIN(id) FROM sessions GROUP BY user_id)`,
      ].map((sql) => db.prepare(sql).bind(ids)),
    )
    this.edgeIds.clear()
    for (const n of everybody) this.keepCookies(n)
  }

  /** The cookie of the sign-up, which a deletion removes from the browser; the server must refuse its session. */
  keepCookies(n: number): void {
    const { client } = this.#person(n)
    client.cookies.clear()
    for (const [name, value] of this.#cookies[n] ?? []) client.cookies.set(name, value)
  }

  #person(n: number): Person {
    const person = this.#people[n]
    if (!person) throw new Error(`there is no person ${n}`)
    return person
  }

  #entryOf(born: number | null): string {
    const id = this.edgeIds.get(born ?? -1)
    return id === undefined ? NOBODY : toHex(id)
  }

  /** Performs the act by its route; returns the answer in the model's words. */
  async send(act: Act, options: Options = {}): Promise<string> {
    const reply = await this.#request(act, options)
    if (reply.status >= 400) return `${reply.status} ${reply.json?.error}`
    const said = reply.json.data?.acceptedCount ?? (act.kind === 'follow' || act.kind === 'block' ? reply.json.data.status : undefined)
    return said === undefined ? `${reply.status}` : `${reply.status} ${said}`
  }

  async #request(act: Act, options: Options): Promise<Reply> {
    if (act.kind === 'ban' || act.kind === 'lift') {
      const target = this.#person(act.whom).id
      return this.#admin.client.post('/user/admin-api/ban', { target, state: act.kind === 'ban' }, options)
    }
    const { client } = this.#person(act.by)
    switch (act.kind) {
      case 'accept':
        return client.patch('/user/follow-request', { request: this.#entryOf(act.born) }, options)
      case 'remove':
        return client.delete('/user/follow-entry', { ...options, body: { entry: this.#entryOf(act.born) } })
      case 'private':
        return client.post('/user/private', { state: act.on }, options)
      case 'delete':
        return client.delete('/user/me', { ...options, body: {} })
      case 'return':
        return this.#signInAnew(act.by)
      default:
        return client.post(`/user/${act.kind}`, { target: this.#person(act.whom).id }, options)
    }
  }

  /** Without the old cookie: a sign-in would end its session, which the next run needs. */
  async #signInAnew(n: number): Promise<Reply> {
    const anew = new Client()
    const reply = await logIn(this.#person(n), anew)
    for (const [name, value] of anew.cookies) this.#person(n).client.cookies.set(name, value)
    return reply
  }

  /** After a ban was lifted: as if everybody had signed in again. */
  async reviveSessions(): Promise<void> {
    await db.prepare('UPDATE sessions SET epoch = (SELECT epoch FROM users WHERE id = sessions.user_id)').run()
  }

  async read(): Promise<Stored> {
    const place = (id: number) => this.#places.get(id) ?? PEOPLE
    const [people, follows, blocks] = await db.batch<Record<string, number>>([
      db
        .prepare('SELECT u.* FROM json_each(?) j JOIN users u ON u.id = j.value ORDER BY j.key')
        .bind(JSON.stringify(this.#people.map(idOf))),
      db.prepare('SELECT * FROM follows ORDER BY id'),
      db.prepare('SELECT * FROM blocks ORDER BY id'),
    ])
    const of = (result: D1Result<Record<string, number>> | undefined) => result?.results ?? []
    return {
      edges: new Map(
        of(follows).map((f) => [
          pairOf(place(f.follower_id ?? 0), place(f.followed_id ?? 0)),
          { id: f.id ?? 0, approved: f.approved_at !== null },
        ]),
      ),
      blocks: new Set(of(blocks).map((b) => pairOf(place(b.blocker_id ?? 0), place(b.blocked_id ?? 0)))),
      counts: of(people).map((one) => [one.follower_count ?? 0, one.following_count ?? 0, one.request_count ?? 0]),
      isPrivate: of(people).map((one) => one.is_private === 1),
      isBanned: of(people).map((one) => one.banned_at !== null),
      isDeleted: of(people).map((one) => one.deleted_at !== null),
    }
  }

  /** The database matches the model; new edges get their ids. */
  async compare(graph: Graph): Promise<void> {
    const stored = await this.read()
    this.#learnIds(graph, stored)
    const { isPrivate, isBanned, isDeleted, blocks } = graph
    const edges = [...graph.edges].map(([pair, { born, approved }]) => [pair, { id: this.edgeIds.get(born), approved }])
    const counts = everybody.map((one) => countsOf(graph, one))
    expect(stored).toEqual({ edges: new Map(edges as [string, StoredEdge][]), blocks, counts, isPrivate, isBanned, isDeleted })
  }

  #learnIds(graph: Graph, stored: Stored): void {
    for (const [pair, { born }] of graph.edges) {
      const edge = stored.edges.get(pair)
      if (edge && !this.edgeIds.has(born)) this.edgeIds.set(born, edge.id)
    }
  }

  /** The model, once it is known to match the database; edges made at once are in the database's order. */
  adopt(graph: Graph, stored: Stored): Graph {
    const bornOf = new Map([...this.edgeIds].map(([born, id]) => [id, born]))
    const edges = new Map<string, Edge>()
    for (const [pair, { id, approved }] of stored.edges) {
      if (!bornOf.has(id)) graph.births += 1
      edges.set(pair, { approved, born: bornOf.get(id) ?? graph.births })
    }
    const adopted = { ...graph, edges, blocks: stored.blocks }
    this.#learnIds(adopted, stored)
    return adopted
  }

  /** Everything that the routes show to `viewer`, about `viewer` and about `whom`, matches the model. */
  async look(graph: Graph, viewer: number, whom: number): Promise<void> {
    const { client } = this.#person(viewer)
    const get = async (path: string) => (await client.get(path)).json?.data?.records.map(this.#toRow)
    if (!isPresent(graph, viewer)) {
      expect((await client.get('/user/followers')).status).toBe(401)
      return
    }
    expect(await get('/user/followers?limit=100'), 'followers').toEqual(
      listed(graph, viewer, (_, to, edge) => to === viewer && edge.approved),
    )
    expect(await get('/user/following?limit=100'), 'following').toEqual(
      listed(graph, viewer, (from, _, edge) => from === viewer && edge.approved, 'to'),
    )
    expect(await get('/user/follow-requests?limit=100'), 'requests').toEqual(
      listed(graph, viewer, (_, to, edge) => to === viewer && !edge.approved),
    )
    const blocked = [...graph.blocks].filter((pair) => pair.startsWith(`${viewer}>`)).map((pair) => Number(pair.split('>')[1]))
    expect(
      (await get('/user/blocks?limit=100')).map(([who]: [number]) => who),
      'blocks',
    ).toEqual(blocked.reverse().filter((one) => isPresent(graph, one)))
    await this.#lookAtRelationships(graph, viewer)
    await this.#lookAt(graph, viewer, whom)
  }

  /** Who, and whether approved. */
  readonly #toRow = (record: { approved: boolean; source?: { _id: string }; target?: { _id: string } }): [number, boolean] => [
    this.#places.get(Number.parseInt((record.source ?? record.target)?._id ?? '', 16)) ?? PEOPLE,
    record.approved,
  ]

  async #lookAtRelationships(graph: Graph, viewer: number): Promise<void> {
    const reply = await this.#person(viewer).client.post('/user/relationships', { targets: this.#people.map(({ id }) => id) })
    const expected = everybody
      .filter((one) => meet(graph, one, viewer) !== '404 NotFound')
      .map((one) => {
        const [mine, theirs] = [graph.edges.get(pairOf(viewer, one)), graph.edges.get(pairOf(one, viewer))]
        return {
          _id: this.#person(one).id,
          following: mine?.approved === true,
          requested: mine?.approved === false,
          followedBy: theirs?.approved === true,
          requestedBy: theirs?.approved === false,
          blocking: graph.blocks.has(pairOf(viewer, one)),
        }
      })
    expect(reply.json.data.records, 'relationships').toEqual(expected)
  }

  async #lookAt(graph: Graph, viewer: number, whom: number): Promise<void> {
    const { client } = this.#person(viewer)
    const met = meet(graph, whom, viewer)
    const profile = await client.get(`/user/${this.#person(whom).id}`)
    expect(wordOf(profile), 'profile').toBe(met)
    if (met === '200') {
      const [followerCount, followingCount] = countsOf(graph, whom)
      expect(profile.json.data.user, 'profile').toMatchObject({ followerCount, followingCount, isPrivate: graph.isPrivate[whom] })
    }
    for (const list of ['followers', 'following'] as const) {
      const reply = await client.get(`/user/${this.#person(whom).id}/${list}?limit=100`)
      const isShown = met === '200' && isOpen(graph, whom, viewer)
      expect(wordOf(reply), list).toBe(met !== '200' || isShown ? met : '403 Forbidden')
      if (!isShown) continue
      const [end, mine] = list === 'followers' ? (['from', 1] as const) : (['to', 0] as const)
      expect(reply.json.data.records.map(this.#toRow), list).toEqual(
        listed(graph, viewer, (from, to, edge) => [from, to][mine] === whom && edge.approved, end),
      )
    }
  }
}

const wordOf = (reply: Reply) => (reply.status < 400 ? `${reply.status}` : `${reply.status} ${reply.json.error}`)

/** The rows of a list, newest edge first. */
function listed(
  graph: Graph,
  viewer: number,
  isIn: (from: number, to: number, edge: Edge) => boolean,
  other: 'from' | 'to' = 'from',
): [number, boolean][] {
  return [...graph.edges]
    .map(([pair, edge]) => ({ from: Number(pair.split('>')[0]), to: Number(pair.split('>')[1]), edge }))
    .filter(({ from, to, edge }) => isIn(from, to, edge))
    .sort((a, b) => b.edge.born - a.edge.born)
    .map(({ from, to, edge }): [number, boolean] => [other === 'from' ? from : to, edge.approved])
    .filter(([one]) => isListed(graph, one, viewer))
}
