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

/** Administrators of a low rank, and roles without powers above and below them. */
export async function newRanks(): Promise<void> {
  const ranks = [
    ['moderator', 20, 'admin:profile:sensitive:high:write delegated:all'],
    ['star', 20, 'delegated:all'],
    ['editor', 21, 'delegated:all'],
  ] as const
  for (const [id, ranking, scopes] of ranks)
    await db
      .prepare(
        `INSERT INTO roles (id, display_name, ranking, description, scopes, system, created_at, updated_at) VALUES (?1, ?1, ?2, '', ?3, 0, 0, 0)`,
      )
      .bind(id, ranking, scopes)
      .run()
}
