// Accounts over HTTP: sign-up, proof of the address, a forgotten password (wire §3.2, §6.6-7, §6.9).
import { describe, expect, test } from 'vitest'
import { Client, db, mailsTo, newestCode } from '../../support/kith.ts'
import { logIn, PASSWORD, signedInPerson, signUp, signUpBody, verifiedPerson } from '../../support/people.ts'

describe('sign-up', () => {
  test('from sign-up to /user/me with the cookie', async () => {
    const person = await signedInPerson('first_person')
    const me = await person.client.get('/user/me')
    expect(me.status).toBe(200)
    expect(me.json.data.user).toMatchObject({ _id: person.id, username: 'first_person', email: person.email, emailVerified: true })
  })
})
