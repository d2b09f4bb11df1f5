/** People for tests. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { CreateUserBody } from '../../src/apis/user/accounts/wire.ts'
import { buildRequestContext } from '../../src/context.ts'
import { createAccount } from '../../src/core/accounts/sign-up.ts'
import { audit } from '../../src/core/audit.ts'
import type { Ctx } from '../../src/core/ctx.ts'
import { toHex } from '../../src/ids.ts'
import { always, idOf } from '../../src/store/db/database.ts'
import { verifyAddress } from '../../src/store/db/users.ts'
import { Client, db, ORIGIN, platform, type Reply } from './kith.ts'

export const PASSWORD = 'correct-horse-battery-staple'

export interface Person {
  readonly id: string
  readonly username: string
  readonly email: string
  readonly password: string
  readonly client: Client
}

export const signUpBody = (username: string, email = `${username}@example.com`) => ({
  username,
  firstName: 'Test',
  lastName: 'Person',
  email,
  password: PASSWORD,
})

/** Over HTTP, like any user. */
export async function signUp(username: string, email = `${username}@example.com`): Promise<Person> {
  const client = new Client()
  const reply = await client.post('/user/create', signUpBody(username, email))
  if (reply.status !== 201) throw new Error(`sign-up failed: ${reply.status} ${reply.text}`)
  return { id: reply.json.data.user._id, username, email, password: PASSWORD, client }
}

/** What the core works with in a request of the client's. */
export function contextOf(client: Client, executionCtx = createExecutionContext()): Ctx {
  platform.beginInvocation()
  return buildRequestContext(platform.env, executionCtx, new Request(ORIGIN, { headers: client.identity() }))
}

/** Signed up with a verified address, by the core's own functions, since sign-up is rarely what a test is about. */
export async function verifiedPerson(username: string): Promise<Person> {
  const client = new Client()
  const email = `${username}@example.com`
  const executionCtx = createExecutionContext()
  const ctx = contextOf(client, executionCtx)
  const { firstName, lastName, ...body } = CreateUserBody.parse(signUpBody(username, email))
  const { id } = await createAccount(ctx, { ...body, givenName: firstName, familyName: lastName, phone: null, phoneCountryCode: null })
  await waitOnExecutionContext(executionCtx)
  const now = ctx.now()
  await ctx.db.batch([verifyAddress(idOf(id), now), audit(ctx, { type: 'email_verified', userId: id, condition: always })])
  await db.prepare('UPDATE challenges SET consumed_at = ?, consumed_by = id WHERE user_id = ?').bind(now, id).run()
  return { id: toHex(id), username, email, password: PASSWORD, client }
}

/** Verified, and signed in with the cookie of `person.client`. */
export const signedInPerson = async (username: string): Promise<Person> => signedIn(await verifiedPerson(username))

export async function signedIn(person: Person): Promise<Person> {
  const reply = await logIn(person)
  if (reply.status !== 200) throw new Error(`log-in failed: ${reply.status} ${reply.text}`)
  return person
}

export function logIn(person: Person, client = person.client): Promise<Reply> {
  return client.post('/user/login', { username: person.username, password: person.password, userAgent: client.userAgent })
}
