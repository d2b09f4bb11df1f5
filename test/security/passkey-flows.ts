/** Flows of passkeys for `faults.test.ts`: each of their operations fails in turn. */
import { expect } from 'vitest'
import { count, idOf, newName, pendingLogIn } from '../support/actors.ts'
import { enrol } from '../support/authenticator.ts'
import { Client } from '../support/kith.ts'
import { signedInPerson } from '../support/people.ts'
import {
  addPasskey,
  authenticationOptions,
  passkeySignIn,
  registrationOptions,
  SoftwareAuthenticator,
} from '../support/software-authenticator.ts'
import { expectSignedIn } from './second-factor-flows.ts'

async function personWithPasskey(prefix: string) {
  const person = await signedInPerson(newName(prefix))
  const authenticator = new SoftwareAuthenticator({ signCount: 1 })
  const added = await addPasskey(person.client, authenticator)
  if (added.status !== 201) throw new Error(added.text)
  return { person, authenticator, passkeyId: added.json.data.passkey._id }
}

const sessionsOf = (person: { id: string }) => count("sessions WHERE user_id = ? AND second_factor = 'passkey'", idOf(person.id))

export const passkeyFlows = {
  async 'POST /user/passkeys'() {
    const { client, id } = await signedInPerson(newName('adding'))
    const authenticator = new SoftwareAuthenticator()
    const credential = await authenticator.create(await registrationOptions(client))
    return {
      success: 201,
      send: () => client.post('/user/passkeys', { credential }),
      // The same passkey is there.
      alreadyDone: [409],
      async done() {
        expect(await count('passkeys WHERE user_id = ?', idOf(id))).toBe(1)
        expect(await count("mail_outbox WHERE user_id = ? AND kind = 'passkey_added'", idOf(id))).toBe(1)
        expect((await passkeySignIn(new Client(), authenticator)).status).toBe(200)
      },
    }
  },
  async 'POST /user/passkeys/sign-in'() {
    const { person, authenticator } = await personWithPasskey('using')
    const browser = new Client()
    const credential = await authenticator.get(await authenticationOptions(browser))
    return {
      send: () => browser.post('/user/passkeys/sign-in', { credential }),
      // The challenge was used.
      alreadyDone: [401],
      async done() {
        expect(await sessionsOf(person)).toBe(1)
      },
    }
  },
  async 'POST /user/passkeys/sign-in of a pending log-in'() {
    const { person, authenticator } = await personWithPasskey('stepping')
    await enrol(person.client)
    const browser = new Client()
    const pending = await pendingLogIn(person)
    const credential = await authenticator.get(await authenticationOptions(browser, pending))
    return {
      send: () => browser.post('/user/passkeys/sign-in', { pending, credential }),
      alreadyDone: [400, 401],
      async done() {
        expect(await sessionsOf(person)).toBe(1)
      },
    }
  },
  async 'DELETE /user/passkeys/:id'() {
    const { person, passkeyId } = await personWithPasskey('removing')
    return {
      send: () => person.client.delete(`/user/passkeys/${passkeyId}`),
      alreadyDone: [404],
      async done() {
        expect(await count('passkeys WHERE user_id = ?', idOf(person.id))).toBe(0)
        expect(await count("mail_outbox WHERE user_id = ? AND kind = 'passkey_removed'", idOf(person.id))).toBe(1)
        await expectSignedIn(person.client)
      },
    }
  },
}
