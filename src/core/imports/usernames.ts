/**
 * User names for people from other systems, whose names may break Kith's rules or be taken here. Proposals are drawn from who
 * the person is, so that an import that is repeated, or interrupted anywhere, gives everybody the same name.
 */
import { sha256 } from '../../crypto.ts'
import { asUsername } from '../accounts/username-proposals.ts'
import { USERNAME_LENGTH_MAX, username as usernameField, usernameKey } from '../fields.ts'
import type { ReadPerson } from './person-record.ts'

/** A name and the forms in which the store looks for it. */
export interface NameKeys {
  readonly name: string
  readonly key: string
  readonly hash: string
}

export function toNameKeys(name: string): NameKeys {
  const key = usernameKey(name)
  return { name, key, hash: sha256(key) }
}

/** Whether the name is one that somebody could choose here. */
export const isUsable = (name: string, lengthMin: number) => name.length >= lengthMin && usernameField.safeParse(name).success

/** How many digits each proposal ends with. */
const DIGITS = [0, 3, 3, 3, 6, 6]
/** The last one, whatever the person is called: taken by nobody, and never like an id. */
const LAST = { base: 'user_', digits: 12 }

/** Names for a person whose own cannot be had, best first. `identity` tells the person from all others. */
export function proposalsFor(person: ReadPerson, identity: string, lengthMin: number): NameKeys[] {
  const base = baseOf(person)
  const made = (start: string, digits: number, seed: string) =>
    `${start.slice(0, USERNAME_LENGTH_MAX - digits)}${digitsOf(`${identity}\n${seed}`, digits)}`
  const names = [...DIGITS.map((digits, at) => made(base, digits, String(at))), made(LAST.base, LAST.digits, 'last')]
  return [...new Set(names)].filter((name) => isUsable(name, lengthMin)).map(toNameKeys)
}

/** The name elsewhere in Kith's letters, that of the mailbox, or the person's own. */
function baseOf({ username, email, givenName, familyName }: ReadPerson): string {
  const texts = [username ?? '', email?.split('@')[0] ?? '', [givenName, familyName].filter(Boolean).join('_')]
  return texts.map(asUsername).find((text) => text !== '') ?? 'user'
}

function digitsOf(seed: string, digits: number): string {
  if (digits === 0) return ''
  const number = Buffer.from(sha256(seed), 'base64url').readUIntBE(0, 6)
  return String(number).padStart(digits, '0').slice(-digits)
}
