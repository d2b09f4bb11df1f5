// Budgets of the room `user` (design §7): what a request may cost before its reply leaves. Work after the reply is counted
// separately. Statements that grow with a person's past are measured with a long one.
import { beforeAll, describe, expect, test } from 'vitest'
import type { Counts } from '../../platform/counters.ts'
import { spend } from '../../support/budget.ts'
import { pictureForm, png } from '../../support/images.ts'
import { Client, newestCode, ORIGIN, platform } from '../../support/kith.ts'
import { PASSWORD, type Person, signedInPerson, signUp, verifiedPerson } from '../../support/people.ts'
import { newOAuthClient } from '../../support/tokens.ts'
import { expectWithin } from '../index.ts'
import { kvOf, RECORDS } from '../tour.ts'

import { addSessions } from './sessions.ts'

export function walkAccounts(): void {
  const addressOf = (person: Person) => `email=${encodeURIComponent(person.email)}`

  describe('a request keeps to the budget of its route', () => {
    beforeAll(() => platform.reset())

    test('POST /user/create', async () => {
      const body = { username: 'budget_new', firstName: 'New', lastName: 'Person', email: 'budget_new@example.com', password: PASSWORD }
      expectWithin('POST /user/create', await spend(new Client(), 'POST', '/user/create', body), 201)
    })

    test('POST and GET /user/verify-email', async () => {
      const one = await signUp('budget_verify')
      const code = await newestCode(one.email)
      expectWithin('POST /user/verify-email', await spend(one.client, 'POST', '/user/verify-email', { code }))
      const two = await signUp('budget_verify2')
      const path = `/user/verify-email?target=${two.id}&code=${await newestCode(two.email)}`
      expectWithin('GET /user/verify-email', await spend(two.client, 'GET', path))
    })

    test('PATCH, PUT, GET and DELETE of the profile picture', async () => {
      const person = await signedInPerson('budget_pictured')
      const path = '/user/profile-picture'
      const look = () => spend(new Client(), 'GET', `/user/${person.id}/profile-picture`)
      expectWithin('GET /user/:userId{[0-9a-f]{24}}/profile-picture', await look())
      // The first has none before it, the second replaces one.
      expectWithin('PATCH /user/profile-picture', await spend(person.client, 'PATCH', path, pictureForm(png())))
      expectWithin('PUT /user/profile-picture', await spend(person.client, 'PUT', path, png()))
      expectWithin('GET /user/:userId{[0-9a-f]{24}}/profile-picture', await look(), 302)
      expectWithin('DELETE /user/profile-picture', await spend(person.client, 'DELETE', path))
      expectWithin('DELETE /user/profile-picture', await spend(person.client, 'DELETE', path))
    })

    test('GET /user/resend-verification', async () => {
      const person = await signUp('budget_resend')
      const route = 'GET /user/resend-verification'
      expectWithin(route, await spend(person.client, 'GET', `/user/resend-verification?target=${person.id}`))
    })

    test('GET and POST /user/code, for a known and an unknown address, and POST /user/reset-password', async () => {
      const person = await verifiedPerson('budget_forgetful')
      expectWithin('GET /user/code', await spend(person.client, 'GET', `/user/code?${addressOf(person)}`))
      expectWithin('POST /user/code', await spend(person.client, 'POST', '/user/code', { email: person.email }))
      expectWithin('POST /user/code', await spend(person.client, 'POST', '/user/code', { email: 'nobody@example.com' }))
      const body = { code: await newestCode(person.email), password: 'battery-staple-horse-correct' }
      expectWithin('POST /user/reset-password', await spend(person.client, 'POST', '/user/reset-password', body))
    })

    test('GET and DELETE /user/apps of somebody with a past', async () => {
      const person = await signedInPerson('budget_connected')
      for (let app = 0; app < RECORDS; app += 1) {
        const clientId = await newOAuthClient()
        await addSessions(person, 1, { clientId })
        await addSessions(person, 10, { clientId, revokedAt: Date.now() })
      }
      const spent = await spend(person.client, 'GET', '/user/apps')
      expect(spent.json.data.records).toHaveLength(RECORDS)
      expectWithin('GET /user/apps', spent)
      const [{ clientId }] = spent.json.data.records
      for (let time = 0; time < 2; time += 1)
        expectWithin('DELETE /user/apps/:clientId', await spend(person.client, 'DELETE', `/user/apps/${clientId}`))
    })

    test('PATCH /user/me of every field', async () => {
      const person = await signedInPerson('budget_writer')
      const profile = {
        firstName: 'Ann',
        bio: 'Writes.',
        username: 'budget_writer2',
        phoneCountryCode: '+44',
        phone: '123',
        currency: 'EUR',
      }
      expectWithin('PATCH /user/me with a user name', await spend(person.client, 'PATCH', '/user/me', profile))
      for (const one of [{ bio: 'Writes more.' }, { firstName: 'Annabel' }, { lastName: 'Writer' }]) {
        expectWithin('PATCH /user/me', await spend(person.client, 'PATCH', '/user/me', one))
      }
      expectWithin('PATCH /user/me with a user name', await spend(person.client, 'PATCH', '/user/me', { username: 'budget_writer3' }))
    })

    test('PATCH /user/me of all names, to as many words as anybody is found by', async () => {
      const person = await signedInPerson('budget_names')
      const words = (letter: string) => ['a', 'b', 'c', 'd', 'e'].map((one) => `${letter}${one}`).join(' ')
      for (const letter of ['k', 'l']) {
        const names = {
          firstName: words(letter),
          middleName: words(`x${letter}`),
          lastName: words(`z${letter}`),
          username: `budget_names_${letter}`,
        }
        expectWithin('PATCH /user/me with all names', await spend(person.client, 'PATCH', '/user/me', names))
      }
    })

    test('PATCH /user/me of the address, its proof and its undo', async () => {
      const person = await signedInPerson('budget_mover')
      const email = 'budget_moved@example.com'
      const fresh = await spend(person.client, 'PATCH', '/user/me', { email: 'budget_moving@example.com' })
      expectWithin('PATCH /user/me with an address after a fresh sign-in', fresh)
      const change = { email, currentPassword: PASSWORD }
      expectWithin('PATCH /user/me with an address', await spend(person.client, 'PATCH', '/user/me', change))
      const proof = { code: await newestCode(email) }
      expectWithin('POST /user/verify-email with a new address', await spend(new Client(), 'POST', '/user/verify-email', proof))
      const undo = { code: await newestCode(person.email) }
      expectWithin('POST /user/undo-email-change', await spend(new Client(), 'POST', '/user/undo-email-change', undo))
    })

    test('an archive: how far it is, its link, its bytes and its end', async () => {
      const { client } = await signedInPerson('budget_archive')
      const { _id } = (await spend(client, 'POST', '/user/archives')).json.data.archive
      const path = `/user/archives/${_id}`
      expectWithin('GET /user/archives', await spend(client, 'GET', '/user/archives'))
      expectWithin('GET /user/archives/:archiveId', await spend(client, 'GET', path))
      const made = await spend(client, 'POST', `${path}/links`, { password: PASSWORD })
      expectWithin('POST /user/archives/:archiveId/links', made, 201)
      const link = made.json.data.link.url.replace(ORIGIN, '')
      expectWithin(
        'GET /user/archives/:archiveId/content',
        await spend(client, 'GET', link, undefined, { 'sec-fetch-site': 'same-origin' }),
      )
      expectWithin('DELETE /user/archives/:archiveId', await spend(client, 'DELETE', path))
    })

    test('DELETE /user/me, with the password and with a fresh sign-in', async () => {
      const person = await signedInPerson('budget_gone')
      expectWithin('DELETE /user/me', await spend(person.client, 'DELETE', '/user/me', { password: PASSWORD }))
      expect(
        (await spend(new Client(), 'POST', '/user/login', { username: person.username, password: PASSWORD })).counts.rowsRead,
      ).toBeLessThan(41)
      const fresh = await signedInPerson('budget_fresh')
      const { counts } = await spend(fresh.client, 'DELETE', '/user/me')
      expect([counts.d1RoundTrips, counts.rowsRead <= 22]).toEqual([2, true])
    })

    test('PATCH /user/me of a password, which is a sign-in as well: as much as a log-in', async () => {
      const person = await signedInPerson('budget_changer')
      const spent = await spend(person.client, 'PATCH', '/user/me', { password: 'battery-staple-horse-correct', currentPassword: PASSWORD })
      expect(spent.status).toBe(200)
      const { d1RoundTrips, rowsRead }: Counts = spent.counts
      expect(d1RoundTrips).toBeLessThanOrEqual(4)
      expect(rowsRead).toBeLessThanOrEqual(36)
      expect(kvOf(spent)).toBeLessThanOrEqual(2)
    })

    test('GET /health reads one row once in ten seconds, GET /user/scopes and /system touch no store', async () => {
      expectWithin('GET /health', await spend(new Client(), 'GET', '/health'))
      expectWithin('GET /health with another just before', await spend(new Client(), 'GET', '/health'))
      expectWithin('GET /health/ready', await spend(new Client(), 'GET', '/health/ready'))
      expectWithin('GET /health/ready with another just before', await spend(new Client(), 'GET', '/health/ready'))
      for (const path of ['/user/scopes', '/system/version', '/system/settings-insecure', '/system/countries-insecure'])
        expectWithin(`GET ${path}`, await spend(new Client(), 'GET', path))
    })
  })
}
