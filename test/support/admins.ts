/** Administrators for tests: ordinary people whom the operator has given a role before they signed in. */
import { db } from './kith.ts'
import { type Person, signedIn, verifiedPerson } from './people.ts'

export async function giveRole(person: Person, role: string): Promise<void> {
  await db.prepare('UPDATE users SET role = ?1, epoch = epoch + 1 WHERE username_key = ?2').bind(role, person.username.toLowerCase()).run()
}

export async function signedInAdmin(username: string, role: 'admin' | 'super_admin' = 'admin'): Promise<Person> {
  const person = await verifiedPerson(username)
  await giveRole(person, role)
  return signedIn(person)
}
