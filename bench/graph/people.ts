/** Writes the users of a graph and their search strings, with names distributed as unevenly as in real life. */
import type { DatabaseSync } from 'node:sqlite'
import { searchStringsOf } from '../../src/core/profiles/search.ts'
import { ADMIN, CLUB, CROWD_FIRST, type Shape, seededRandom, userId, userTime, WAITING } from './shape.ts'

const words = (text: string) => text.trim().split(/\s+/)

const GIVEN = words(`Anna Maria José Elena Ali Wei Fatima John Olga Ahmed Sofia Ivan Mei Peter Aisha Lukas Yuki Carlos Nina Omar
  Julia David Priya Marta Hugo Leila Jonas Amara Tomás Ingrid Chen Rosa Kofi Björn Zoë Said Emma Pavel Thandi Noah`)
const FAMILY = words(`Smith García Li Müller Silva Khan Johansson Nguyen Rossi Kowalski Singh Okafor Yamamoto Ivanova Haddad
  Dubois Jansen Mokoena Kim Andersson Petrov Ferrari Novák Costa Larsen Weber Sato Mensah Ortiz O'Brien Demir Horváth Berg
  Moreau Popescu Castro Eriksen Virtanen Nowak Schmidt`)

/** The most common name (about one person in four), and a rare one. */
export const COMMON_NAME = 'anna'
export const FULL_NAME = 'anna smith'

const INSERT_USER = `INSERT INTO users (id, username, username_key, email, email_key, email_verified_at, given_name,
    family_name, bio, role, is_private, created_at, updated_at)
  VALUES (?1, ?2, ?2, ?3, ?3, ?4, ?5, ?6, 'Made for a bench.', ?7, ?8, ?4, ?4)`
const INSERT_STRING = 'INSERT INTO search_strings (string, user_id) VALUES (?, ?)'

/** Two of the subjects, and every fiftieth of the crowd. */
export function isPrivate(number: number): boolean {
  return number === WAITING || number === CLUB || (number >= CROWD_FIRST && number % 50 === 7)
}

export function usernameOf(number: number): string {
  return `bench_${number}`
}

export function writePeople(store: DatabaseSync, shape: Shape): void {
  const random = seededRandom(1)
  const givenName = zipf(GIVEN, random)
  const familyName = zipf(FAMILY, random)
  const insertUser = store.prepare(INSERT_USER)
  const insertString = store.prepare(INSERT_STRING)
  for (let number = 0; number < shape.users; number++) {
    const id = userId(shape, number)
    const names = { username: usernameOf(number), givenName: givenName(), middleName: null, familyName: familyName() }
    const email = `${names.username}@example.com`
    const role = number === ADMIN ? 'admin' : 'user'
    const made = userTime(shape, number)
    insertUser.run(id, names.username, email, made, names.givenName, names.familyName, role, isPrivate(number) ? 1 : 0)
    for (const string of searchStringsOf(names)) insertString.run(string, id)
  }
}

/** Zipf: the second name is half as frequent as the first, the third a third. */
function zipf(names: readonly string[], random: () => number): () => string {
  const weights = names.map((_, rank) => 1 / (rank + 1))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return () => {
    let left = random() * total
    const at = weights.findIndex((weight) => {
      left -= weight
      return left < 0
    })
    return names[at] ?? (names[0] as string)
  }
}
