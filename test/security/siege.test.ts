// A month of a patient attacker with 1,000 networks against one account, whose owner signs in every day (docs/limits.md). Each
// third day has two guesses more than count, from new networks each time, and asks for mails; the others are arranged. In
// `npm run thorough` each of the 1,000 networks guesses every day.
import { expect, test } from 'vitest'
import { LOGIN_TRIES_PER_DAY, MAIL_PAUSE_MS } from '../../src/core/limits.ts'
import { clock } from '../platform/clock.ts'
import { count, idOf, newName } from '../support/actors.ts'
import { freezeEachTest } from '../support/frozen.ts'
import { Client } from '../support/kith.ts'
import { logIn, signedInPerson } from '../support/people.ts'
import { IS_THOROUGH, times } from '../support/runs.ts'
import { besiege } from '../support/strangers.ts'

const DAYS = 30
const NETWORKS = 1_000
const DAY_MS = 86_400_000
const GUESSES_PER_DAY = times(32, NETWORKS)
const MAIL_REQUESTS = 24
/** Because the same limits apply again each time. */
const isWhole = (day: number) => day % 3 === 0
const WHOLE_DAYS = DAYS / 3

freezeEachTest()

const networkOf = (n: number) => `203.0.${Math.floor((n % NETWORKS) / 250)}.${(n % 250) + 1}`
const from = (n: number) => Object.assign(new Client(), { network: networkOf(n) })

test(`${DAYS} days of a siege: the owner is never refused, strangers have 30 guesses a day, and the owner a bounded number of mails`, {
  timeout: GUESSES_PER_DAY * 10_000,
}, async () => {
  const owner = await signedInPerson(newName('besieged'))
  const program = () => Object.assign(new Client(), { network: '192.0.2.77' })
  expect((await logIn(owner, program())).status).toBe(200)
  const id = idOf(owner.id)
  const mails = (kind: string) => count('mail_outbox WHERE user_id = ? AND kind = ?', id, kind)
  let [at, refused] = [0, 0]
  const ownerSignsIn = async () => {
    // The browser is abroad, on an unknown network; the program has no cookies.
    owner.client.network = networkOf(at + 500)
    for (const client of [owner.client, program()]) if ((await logIn(owner, client)).status !== 200) refused += 1
  }
  for (let day = 0; day < DAYS; day++) {
    if (!IS_THOROUGH && !isWhole(day)) await besiege(owner)
    else
      for (let n = 0; n < GUESSES_PER_DAY; n++) {
        at += 1
        const reply = await logIn({ ...owner, password: `guess number ${at}` }, from(at))
        if (reply.status !== 401) throw new Error(`guess ${at}: ${reply.status} ${reply.text}`)
      }
    await ownerSignsIn()
    for (let n = 0; n < MAIL_REQUESTS && isWhole(day); n++) {
      clock.advance(MAIL_PAUSE_MS)
      await from(at + n).post('/user/code', { email: owner.email })
    }
    await ownerSignsIn()
    clock.advance(DAY_MS)
  }
  const judged = await count("audit_events WHERE user_id = ? AND type = 'sign_in_failed'", id)
  const arranged = IS_THOROUGH ? 0 : DAYS - WHOLE_DAYS
  expect({ refused, judged }).toEqual({ refused: 0, judged: (DAYS - arranged) * LOGIN_TRIES_PER_DAY + arranged })
  const sent = { resets: await mails('reset_password'), locks: await mails('sign_in_locked') }
  expect(sent.resets).toBe(WHOLE_DAYS * 20)
  // One a week at most.
  expect(sent.locks).toBeGreaterThan(1)
  expect(sent.locks).toBeLessThanOrEqual(Math.ceil(DAYS / 7))
})
