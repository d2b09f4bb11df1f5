/** What passkeys cost, from the first to the last; and that a sign-in with one takes no password's hash. */
import { expect, test } from 'vitest'
import { newName } from '../../support/actors.ts'
import { enrol } from '../../support/authenticator.ts'
import { spend } from '../../support/budget.ts'
import { Client } from '../../support/kith.ts'
import { signedInPerson } from '../../support/people.ts'
import { passkeySignIn, registrationOptions, SoftwareAuthenticator } from '../../support/software-authenticator.ts'
import { expectWithin } from '../index.ts'

export function walkPasskeys(): void {
  test('a passkey, added, used by itself and after a password, renamed and removed', async () => {
    const { client, username, password } = await signedInPerson(newName('budget_keys'))
    const authenticator = new SoftwareAuthenticator({ signCount: 1 })
    for (const name of ['Phone', 'Laptop']) {
      const credential = await authenticator.create(await registrationOptions(client))
      expectWithin('POST /user/passkeys', await spend(client, 'POST', '/user/passkeys', { name, credential }), 201)
    }
    await enrol(client)
    const browser = new Client()
    const options = async (pending?: Record<string, unknown>) => {
      const spent = await spend(browser, 'POST', '/user/passkeys/authentication-options', pending ? { pending } : {})
      expectWithin(`POST /user/passkeys/authentication-options${pending ? ' with a pending log-in' : ''}`, spent)
      return spent.json.data.publicKey
    }
    const signIn = async (pending?: Record<string, unknown>) => {
      const credential = await authenticator.get(await options(pending))
      const spent = await spend(browser, 'POST', '/user/passkeys/sign-in', { credential, ...(pending ? { pending } : {}) })
      expectWithin(`POST /user/passkeys/sign-in${pending ? ' with a pending log-in' : ''}`, spent)
    }
    await signIn()
    const { json } = await new Client().post('/user/login', { username, password })
    await signIn({ target: json.data.user._id, sessionHash: json.data.sessionHash })
    expect((await passkeySignIn(browser, authenticator)).status).toBe(200)
    const listed = await spend(browser, 'GET', '/user/passkeys')
    expectWithin('GET /user/passkeys', listed)
    const path = `/user/passkeys/${listed.json.data.passkeys[0]._id}`
    expectWithin('PATCH /user/passkeys/:id{[0-9a-f]{24}}', await spend(browser, 'PATCH', path, { name: 'Tablet' }))
    expectWithin('DELETE /user/passkeys/:id{[0-9a-f]{24}}', await spend(browser, 'DELETE', path))
    expect((await browser.get('/user/passkeys')).json.data.passkeys).toHaveLength(1)
  })
}
