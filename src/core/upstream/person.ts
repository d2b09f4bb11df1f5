/**
 * Who a provider says has signed in. Only issuer and subject identify anybody; everything else is a proposal, taken if
 * it passes Kith's own rules.
 */

import * as z from 'zod'
import type { UpstreamProvider } from '../../config.ts'
import { asUsername } from '../accounts/username-proposals.ts'
import { type Email, email, personName, type Username, username } from '../fields.ts'
import { Unacceptable } from '../outside.ts'
import { shownText } from '../texts.ts'
import { UPSTREAM_SUBJECT_LENGTH_MAX } from './limits.ts'
import { type Claims, presetOf } from './presets.ts'

export interface UpstreamPerson {
  readonly providerId: string
  readonly issuer: string
  readonly subject: string
  readonly email: Email | null
  /** The provider vouches for the address, and Kith takes its word for that. */
  readonly isEmailVerified: boolean
  readonly givenName: string | null
  readonly familyName: string | null
  /** A valid user name, which may be taken. */
  readonly username: Username | null
  /** For lists: an address or a name. */
  readonly label: string
}

const LABEL_LENGTH_MAX = 254
/** No user name comes from longer text. */
const PROPOSAL_LENGTH_MAX = 254

const textOf = (value: unknown): string | null => (typeof value === 'string' && value.trim() !== '' ? value : null)
const nameOf = (value: unknown): string | null => personName.safeParse(value).data ?? null

/** `claims` are those of OpenID Connect Core §5.1; its addresses and `email_verified` come from one source. A proposed user name is not shorter than `usernameLengthMin`. */
export function toPerson(provider: UpstreamProvider, issuer: string, claims: Claims, usernameLengthMin: number): UpstreamPerson {
  const subject = textOf(claims.sub)
  if (subject === null || subject.length > UPSTREAM_SUBJECT_LENGTH_MAX) throw new Unacceptable('no usable subject')
  const address = email.safeParse(claims.email).data ?? null
  const names = namesOf(claims)
  const label = address ?? textOf(claims.preferred_username) ?? textOf(claims.name) ?? provider.name
  return {
    providerId: provider.id,
    issuer,
    subject,
    email: address,
    isEmailVerified: address !== null && provider.trustsEmail && presetOf(provider).hasVerifiedEmail(claims),
    ...names,
    username: proposeUsername([claims.preferred_username, claims.nickname, claims.email, claims.name], usernameLengthMin),
    label: shownText(label, LABEL_LENGTH_MAX),
  }
}

/** Some providers send only the whole name: its last word is taken for the family's. */
function namesOf(claims: Claims): Pick<UpstreamPerson, 'givenName' | 'familyName'> {
  const [givenName, familyName] = [nameOf(claims.given_name), nameOf(claims.family_name)]
  if (givenName !== null || familyName !== null) return { givenName, familyName }
  const words = nameOf(claims.name)?.split(/\s+/) ?? []
  const last = words.length > 1 ? (words.pop() ?? null) : null
  return { givenName: words.join(' ') || null, familyName: last }
}

/** The first that can be spelled as a user name. */
function proposeUsername(sources: readonly unknown[], lengthMin: number): Username | null {
  for (const source of sources) {
    const [local = ''] = (textOf(source) ?? '').slice(0, PROPOSAL_LENGTH_MAX).split('@')
    const { data } = username.safeParse(asUsername(local))
    if (data !== undefined && data.length >= lengthMin) return data
  }
  return null
}

const appleName = z.object({ name: z.object({ firstName: z.string().optional(), lastName: z.string().optional() }) })

/** Apple sends the name only beside the code, at the first sign-in. The browser could have changed it: it is a proposal. */
export function appleNameClaims(user: string | null): Claims {
  try {
    const { name } = appleName.parse(JSON.parse(user ?? ''))
    return { given_name: name.firstName, family_name: name.lastName }
  } catch {
    return {}
  }
}

const gitHubUser = z.object({ id: z.int().positive(), login: z.string(), name: z.string().nullish() })
const gitHubEmails = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }))

/** GitHub's `/user` and `/user/emails` as claims. The address is the primary one: others may be anybody's old ones. */
export function gitHubClaims(user: unknown, emails: unknown): Claims {
  const [who, addresses] = [gitHubUser.safeParse(user), gitHubEmails.safeParse(emails)]
  if (!who.success || !addresses.success) throw new Unacceptable('not a user of GitHub')
  const { id, login, name } = who.data
  const primary = addresses.data.find((each) => each.primary)
  return { sub: String(id), preferred_username: login, name, email: primary?.email, email_verified: primary?.verified }
}
