// The operator's import: a dry run against what the import then does, line for line, and lines that are in a file twice.
import { beforeAll, expect, test } from 'vitest'
import { seededRandom } from '../../bench/graph/shape.ts'
import { DryRun } from '../../scripts/operator/import/dry-run.ts'
import { Numbers } from '../../scripts/operator/import/numbers.ts'
import { toOutcome } from '../../scripts/operator/import/remote.ts'
import { Repetitions } from '../../scripts/operator/import/repetitions.ts'
import type { Kind, Target } from '../../scripts/operator/import/target.ts'
import type { Client } from '../support/kith.ts'
import { bearerOf, clientToken } from '../support/tokens.ts'

type Row = Record<string, unknown>

let service: Client
let target: Target
beforeAll(async () => {
  service = bearerOf(await clientToken(['client:import:write']))
  const send: Target['send'] = async (kind, records, dryRun) => {
    const { status, json, text } = await service.post(`/user/admin-api/import/${kind}`, { records, dryRun })
    expect(status, text).toBe(200)
    return json.data.results.map(toOutcome)
  }
  target = { name: 'Kith', identity: 'Kith', send, rowsWritten: () => null }
})

/** What becomes of each line; the lines go in batches. */
async function verdicts(kind: Kind, records: readonly Row[], dryRun: DryRun | null): Promise<string[]> {
  const all: string[] = []
  for (let at = 0; at < records.length; at += 5) {
    const batch = records.slice(at, at + 5)
    const outcomes = dryRun ? await dryRun.send(target, kind, batch) : await target.send(kind, batch, false)
    all.push(
      ...outcomes.map(({ status, field = '', isProposed, isByAddress }) =>
        `${status} ${field}${isProposed ? ' renamed' : ''}${isByAddress ? ' by address' : ''}`.trim(),
      ),
    )
  }
  return all
}

const shown = (records: readonly Row[], said: readonly string[]) => records.map((record, at) => `${said[at]}: ${JSON.stringify(record)}`)

test.each([1, 2, 3, 4])('a dry run says of every line what the import then does: world %i', async (seed) => {
  const of = (name: string) => `${name}_world${seed}`
  const random = seededRandom(seed)
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T
  const [here, known, gone] = [of('here'), of('known'), of('gone')]
  // These are in Kith before: without an id from elsewhere, with one, and banned for good.
  await verdicts(
    'people',
    [{ email: `${here}@example.com` }, { externalId: known, username: known }, { externalId: gone, banned: {} }],
    null,
  )
  await verdicts('edges', [{ type: 'follow', from: known, to: gone }], null)

  const names = ['ann', 'bob', 'cyd', 'dan', 'eve', 'fay'].map(of)
  const people = Array.from({ length: 30 }, (): Row => {
    const name = pick(names)
    return {
      ...(random() < 0.7 ? { externalId: `id ${name}` } : {}),
      ...(random() < 0.7 ? { username: pick([name, name.toUpperCase(), 'x y']) } : {}),
      ...(random() < 0.6 ? { email: `${random() < 0.9 ? name : here}@example.com`, emailVerified: random() < 0.8 } : {}),
      ...(random() < 0.2 ? { banned: pick([{}, { until: '2999-01-01T00:00:00Z' }]) } : {}),
      ...(random() < 0.1 ? { birthDate: 'never' } : {}),
    }
  })
  const dryRun = new DryRun()
  const dryPeople = await verdicts('people', people, dryRun)
  const ends = [...names.flatMap((name) => [`id ${name}`, `@${name}`]), known, gone, 'nobody']
  const edges = Array.from({ length: 120 }, () => ({ type: random() < 0.2 ? 'block' : 'follow', from: pick(ends), to: pick(ends) }))
  const dryEdges = await verdicts('edges', edges, dryRun)

  expect(shown(people, dryPeople)).toEqual(shown(people, await verdicts('people', people, null)))
  expect(shown(edges, dryEdges)).toEqual(shown(edges, await verdicts('edges', edges, null)))
})

test('of lines about the same, the first is told', () => {
  const repetitions = new Repetitions()
  const first = (record: Row) => repetitions.first('people', record, ++line)
  let line = 0
  expect(first({ externalId: 'a', email: 'a@example.com' })).toBeUndefined()
  expect(first({ externalId: 'a', email: 'b@example.com' })).toBe(1)
  expect(first({ externalId: 'A' })).toBeUndefined()
  expect(first({ username: 'Jo' })).toBeUndefined()
  expect(first({ username: ' jO ' })).toBe(4)
  expect(first({ email: 'A@example.com' })).toBe(1)
  expect(first({ email: 'B@example.com', emailVerified: false })).toBeUndefined()
  expect(first({})).toBeUndefined()
  const edge = { type: 'follow', from: '@jo', to: 'a' }
  expect(repetitions.first('edges', edge, 1)).toBeUndefined()
  expect(repetitions.first('edges', { ...edge, type: 'block' }, 2)).toBeUndefined()
  expect(repetitions.first('edges', { ...edge, from: '@JO' }, 3)).toBe(1)
})

test('numbers of a hundred thousand texts are kept apart', () => {
  const numbers = new Numbers()
  const texts = Array.from({ length: 100_000 }, (_, at) => `text ${at}`)
  expect(texts.every((text, at) => numbers.add(text, at) === undefined)).toBe(true)
  expect(texts.every((text, at) => numbers.get(text) === at && numbers.add(text, 7) === at)).toBe(true)
  expect(numbers.get('another')).toBeUndefined()
})
