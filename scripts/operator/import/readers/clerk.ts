/** Clerk: the CSV of its dashboard, which has the password hashes, or JSON of its backend API, which has the metadata instead. */
import type { Draft } from './draft.ts'
import type { Row, System } from './reader.ts'
import { dataOf, objectOf, objectsOf, textOf, truthOf } from './values.ts'

export const clerk: System = {
  name: 'clerk',
  title: 'Clerk',
  list: 'data',
  ids: ['id'],
  detect: ({ keys, columns }) =>
    columns.includes('primary_email_address') ||
    (keys.has('email_addresses') && (keys.has('primary_email_address_id') || keys.has('password_digest'))),
  fill,
}

function fill(draft: Draft, row: Row): string | undefined {
  const id = textOf(row.id)
  if (id === undefined) return 'has no id'
  const [emails, phones] = [contactsOf(row, 'email_address', 'email_addresses'), contactsOf(row, 'phone_number', 'phone_numbers')]
  const [email, phone] = [emails[0], phones[0]]
  draft
    .email(email?.value, email?.isVerified)
    .setTexts({ externalId: id, username: row.username, givenName: row.first_name, familyName: row.last_name, locale: row.locale })
    .set('picture', row.has_image === true ? row.image_url : undefined)
    .password(hashOf(textOf(row.password_digest), textOf(row.password_hasher)))
    .set('banned', truthOf(row.banned) ? {} : undefined)
    .phone(phone?.value)
    .times({ createdAt: row.created_at, updatedAt: row.updated_at, lastSeenAt: row.last_sign_in_at ?? row.last_active_at })
    .data('public_metadata', dataOf(objectOf(row.public_metadata)))
    .data('unsafe_metadata', dataOf(objectOf(row.unsafe_metadata)))
  for (const { provider, provider_user_id, email_address, verification } of objectsOf(row.external_accounts)) {
    const isVerified = objectOf(verification).status !== 'unverified'
    if (isVerified) draft.identity(String(provider), provider_user_id, email_address)
  }
  // People see their custom data in Kith, but never saw this.
  if (dataOf(objectOf(row.private_metadata))) draft.lose('private metadata')
  if (emails.length > 1) draft.lose('further addresses')
  if (phones.length > 1) draft.lose('further phone numbers')
  if (textOf(row.totp_secret) !== undefined || row.totp_enabled === true) draft.lose('authenticator app')
  if (row.password_enabled === true && row.password_digest === undefined) draft.lose('password')
  return undefined
}

interface Contact {
  readonly value: string
  readonly isVerified: boolean
}

/** The primary one first. The CSV has lists of texts, the API has objects. */
function contactsOf(row: Row, one: string, many: string): Contact[] {
  const objects = objectsOf(row[many])
  if (objects.length > 0) {
    const primary = row[`primary_${one}_id`]
    return objects
      .toSorted((a, b) => Number(b.id === primary) - Number(a.id === primary))
      .map((each) => ({ value: textOf(each[one]) ?? '', isVerified: objectOf(each.verification).status === 'verified' }))
  }
  // In support's JSON, these are all verified.
  const verified = [...partsOf(row[`verified_${many}`]), ...partsOf(row[many])]
  const first = partsOf(row[`primary_${one}`])
  const values = new Set([...first, ...verified, ...partsOf(row[`unverified_${many}`])])
  return [...values].map((value) => ({ value, isVerified: verified.includes(value) }))
}

const partsOf = (value: unknown) => (textOf(value) ?? '').split(/[|;,\s]+/).filter((part) => part !== '')

/** Most digests say themselves what they are. */
function hashOf(digest: string | undefined, hasher: string | undefined): string | undefined {
  if (hasher !== 'scrypt_firebase' || digest === undefined) return digest
  const [hash, salt, key, separator, rounds, memory] = digest.split('$')
  return `$firebase-scrypt$ln=${memory},r=${rounds},sep=${separator},key=${key}$${salt}$${hash}`
}
