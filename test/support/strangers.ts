/** Strangers who guess at a password until a day's guesses are used up (docs/limits.md). */

import { LOGIN_DAY_MS, LOGIN_TRIES_PER_DAY } from '../../src/core/limits.ts'
import { everywhereKey } from '../../src/core/sessions/password-attempts.ts'
import { fromHex, type UserId } from '../../src/ids.ts'
import { countAttempt } from '../../src/store/db/attempt-counters.ts'
import { Client } from './kith.ts'
import { contextOf, logIn, type Person } from './people.ts'
import { IS_THOROUGH } from './runs.ts'

/** From an unknown network, with the cookies of a browser, or without any. */
export function elsewhere({ cookies }: Pick<Client, 'cookies'> = new Client()): Client {
  const client = new Client()
  for (const [name, value] of cookies) client.cookies.set(name, value)
  return client
}

const guess = (person: Person, client: Client) => logIn({ ...person, password: 'not the password at all' }, client)

/**
 * All guesses but the last two are counted as the core counts them, without a log-in; the last that is judged, and one that is
 * not, come over HTTP. In `npm run thorough` each of 110 does, from eleven networks.
 */
export async function besiege(person: Person): Promise<void> {
  if (IS_THOROUGH) {
    for (let n = 0; n < 11; n++) {
      const client = new Client()
      for (let k = 0; k < 10; k++) await guess(person, client)
    }
    return
  }
  const ctx = contextOf(new Client())
  const key = everywhereKey(fromHex<UserId>(person.id) as UserId)
  const limit = LOGIN_TRIES_PER_DAY - 1
  const one = countAttempt({ key, limit, windowMs: LOGIN_DAY_MS, pauseMs: 0, stamp: 0, now: ctx.now() })
  await ctx.db.batch(Array.from({ length: limit }, () => one))
  for (let n = 0; n < 2; n++) await guess(person, new Client())
}
