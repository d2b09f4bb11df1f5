/** User names for people who have not chosen one. */
import { findIf } from '../../store/db/database.ts'
import { isUsernameFree } from '../../store/db/users.ts'
import type { Ctx } from '../ctx.ts'
import { USERNAME_LENGTH_MAX, username as usernameField, usernameKey } from '../fields.ts'

const PROPOSALS = 4

interface Named {
  /** What they are called elsewhere. */
  readonly username: string | null
  readonly givenName: string | null
  readonly familyName: string | null
}

/**
 * A free user name: the one from elsewhere, or one made of the names; with digits if it is taken or short. Null if there is
 * nothing to make it from, or every proposal is taken. One round trip.
 */
export async function proposeUsername(ctx: Ctx, { username, givenName, familyName }: Named): Promise<string | null> {
  const base = username ?? asUsername([givenName, familyName].filter(Boolean).join('_'))
  if (base === '') return null
  const names = proposalsFor(base, ctx.config.signUp.usernameLengthMin)
  const free = await ctx.db.batch(names.map((name) => findIf(isUsernameFree(usernameKey(name), ctx.now()))))
  return names.find((_, index) => free[index]) ?? null
}

/** Letters without their marks; everything else that a user name cannot have becomes `_`. */
export function asUsername(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+/, '')
    .slice(0, USERNAME_LENGTH_MAX)
    .replace(/_+$/, '')
}

/** The name itself, if it is long enough, and then with digits. */
function proposalsFor(base: string, lengthMin: number): string[] {
  const digits = Math.max(3, lengthMin - base.length)
  const numbered = Array.from({ length: PROPOSALS }, () => {
    const number = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0
    return `${base.slice(0, USERNAME_LENGTH_MAX - digits)}${String(number).padStart(digits, '0').slice(-digits)}`
  })
  return [base, ...numbered].filter((name) => name.length >= lengthMin && usernameField.safeParse(name).success)
}
