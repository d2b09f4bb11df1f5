// Every D1 operation of a robot's request fails in turn, before it commits and after it with the reply lost (security §5.2): no
// answer is partial, a Digest response works at most once, and a client that does what the reply says succeeds.
import { expect, test } from 'vitest'
import { clock } from '../platform/clock.ts'
import { attempts } from '../support/actors.ts'
import { runCron } from '../support/cron.ts'
import { answerTo, JSON_PLEASE, newChallenge, toHeader } from '../support/digest.ts'
import { freezeEachTest } from '../support/frozen.ts'
import { checkInvariants } from '../support/invariants.ts'
import { Client, platform } from '../support/kith.ts'
import { makeRobot } from '../support/machines.ts'

const PATH = '/api/users?per_page=1'
/** The robot's look-up and the seven statements of the gate's batch; work after the reply counts too. */
const OPERATIONS_MAX = 12

const FAULTS: Readonly<Record<string, readonly [strike: (n: number) => void, mayHaveClaimed: boolean]>> = {
  'fails before it commits': [(n) => platform.faults.failStatement(n), false],
  'finds the database overloaded': [(n) => platform.faults.failStatement(n, 'overloaded'), false],
  'commits and loses its reply': [(n) => platform.faults.loseReply(n), true],
  'commits and is reset': [(n) => platform.faults.loseReply(n, 'reset'), true],
}

freezeEachTest()

test.each(Object.entries(FAULTS))('a request of which any one operation %s', async (_name, [strike, mayHaveClaimed]) => {
  let struck = 0
  for (let n = 1; n <= OPERATIONS_MAX; n += 1) {
    const { machine, secret } = await makeRobot()
    const challenge = await newChallenge()
    const send = (count: number) => {
      const fields = answerTo(challenge, { username: machine.name, secret }, PATH, { count })
      return new Client().get(PATH, { headers: { ...JSON_PLEASE, authorization: toHeader(fields) } })
    }
    strike(n)
    const reply = await send(1)
    struck += platform.faults.fired > 0 ? 1 : 0
    platform.faults.clear()
    const again = await send(1)
    if (reply.status === 200) {
      // The fault struck after the reply, or nothing.
      expect(again.headers.get('www-authenticate')).toMatch(/, stale=true$/)
    } else {
      expect([reply.status, reply.json, reply.headers.get('retry-after')]).toEqual([
        503,
        { error: { message: 'Try again in a moment' } },
        '2',
      ])
      if (again.status !== 200) expect(again.headers.get('www-authenticate')).toMatch(/, stale=true$/)
      if (!mayHaveClaimed) expect(again.status).toBe(200)
    }
    expect((await send(2)).status).toBe(200)
    expect(await attempts(`robot:${machine.id}`), 'a request counts once for each proof').toBe(2)
  }
  expect(struck).toBeGreaterThanOrEqual(2)
  expect(struck, 'the flow has fewer operations').toBeLessThan(OPERATIONS_MAX)
  clock.advance(60_000)
  await runCron()
  await checkInvariants({ settled: true })
})
