/** People for tests: signed up, verified and signed in over HTTP, like any user. */
import { Client, newestCode, type Reply } from './kith.ts'

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

export async function signUp(username: string, email = `${username}@example.com`): Promise<Person> {
  const client = new Client()
  const reply = await client.post('/user/create', signUpBody(username, email))
  if (reply.status !== 201) throw new Error(`sign-up failed: ${reply.status} ${reply.text}`)
  return { id: reply.json.data.user._id, username, email, password: PASSWORD, client }
}

/** Signed up, with a proved address. */
export async function verifiedPerson(username: string): Promise<Person> {
  const person = await signUp(username)
  const reply = await person.client.post('/user/verify-email', { code: await newestCode(person.email) })
  if (reply.status !== 200) throw new Error(`verification failed: ${reply.status} ${reply.text}`)
  return person
}

/** Verified, and signed in with the cookie of `person.client`. */
export async function signedInPerson(username: string): Promise<Person> {
  const person = await verifiedPerson(username)
  const reply = await logIn(person)
  if (reply.status !== 200) throw new Error(`log-in failed: ${reply.status} ${reply.text}`)
  return person
}

export function logIn(person: Person, client = person.client): Promise<Reply> {
  return client.post('/user/login', { username: person.username, password: person.password, userAgent: client.userAgent })
}
