/**
 * Auth0: the job "export users" as JSON (an object a line), with the password hashes that its support sends (an object a line,
 * too) as the second file. That alone has the people of one database connection, without metadata, names and accounts elsewhere.
 */
import type { Draft } from './draft.ts'
import { type Entry, type Head, type Row, type System, Unreadable } from './reader.ts'
import { dataOf, objectOf, objectsOf, textOf, truthOf } from './values.ts'

/** By user id; null without a file of hashes. */
type Hashes = ReadonlyMap<string, string> | null

const isHashes = ({ keys }: Head) => keys.has('_id') && (keys.has('passwordHash') || keys.has('email_verified')) && !keys.has('user_id')

export const auth0: System<Hashes> = {
  name: 'auth0',
  title: 'Auth0',
  ids: ['user_id'],
  detect: (head) =>
    (head.keys.has('user_id') && /"user_id"\s*:\s*"[\w-]+\|/.test(head.text)) ||
    isHashes(head) ||
    (head.columns.includes('user_id') && /^"?[\w-]+\|/m.test(head.text)) ||
    (head.columns.includes('Id') && head.columns.includes('Email Verified')),
  shortcoming: (head) => {
    if (head.columns.length > 0) return 'as CSV, which lacks metadata and linked accounts: export the people as JSON'
    return isHashes(head) ? 'of the password hashes alone: give the export of its users, and this file with --with' : null
  },
  second: 'the password hashes',
  gather: async (companion) => (companion === null ? null : hashesOf(companion)),
  fill,
}

async function hashesOf(entries: AsyncIterable<Entry>): Promise<Map<string, string>> {
  const hashes = new Map<string, string>()
  for await (const entry of entries) {
    if ('refusal' in entry) continue
    const [id, hash] = [idOf(entry.row), textOf(entry.row.passwordHash)]
    if (id !== undefined && hash !== undefined) hashes.set(id, hash)
  }
  if (hashes.size === 0) throw new Unreadable('The second file has no password hashes of Auth0')
  return hashes
}

/** The file of hashes has the id within the database connection, in the notation of MongoDB. */
function idOf(row: Row): string | undefined {
  const id = textOf(row._id) ?? textOf(objectOf(row._id).$oid)
  return textOf(row.user_id) ?? (id === undefined ? undefined : `auth0|${id}`)
}

function fill(draft: Draft, row: Row, hashes: Hashes): string | undefined {
  const id = idOf(row)
  if (id === undefined) return 'has no user_id'
  const identities = objectsOf(row.identities)
  const hash = textOf(row.passwordHash) ?? hashes?.get(id)
  draft
    .email(row.email, truthOf(row.email_verified ?? row.emailVerified))
    .displayName(row.name, row.email, row.username, row.phone_number)
    .setTexts({ externalId: id, username: row.username, givenName: row.given_name, familyName: row.family_name, locale: row.locale })
    .set('nickname', nicknameOf(row))
    .set('picture', pictureOf(row.picture))
    .password(hash)
    .set('banned', truthOf(row.blocked) ? {} : undefined)
    .phone(row.phone_number)
    .times({ createdAt: row.created_at, updatedAt: row.updated_at, lastSeenAt: row.last_login })
    .data('user_metadata', dataOf(objectOf(row.user_metadata)))
    .data('app_metadata', dataOf(objectOf(row.app_metadata)))
  for (const { provider, connection, user_id } of identities) {
    if (provider === 'auth0' || provider === 'sms' || provider === 'email') continue
    // Those of enterprise connections begin with the connection's name.
    const subject = textOf(user_id)?.replace(`${textOf(connection)}|`, '')
    draft.identity(isEnterprise(provider) ? String(connection) : String(provider), subject)
  }
  const hasPassword = id.startsWith('auth0|') || identities.some(({ provider }) => provider === 'auth0')
  if (hasPassword && hash === undefined) draft.lose('password')
  if (Array.isArray(row.multifactor) && row.multifactor.length > 0) draft.lose('second factor')
  return undefined
}

const isEnterprise = (provider: unknown) =>
  ['oidc', 'okta', 'samlp', 'waad', 'adfs', 'ad', 'oauth2', 'pingfederate'].includes(String(provider))

/** Auth0 fills it with the beginning of the address. */
function nicknameOf({ nickname, email, username }: Row): string | undefined {
  const text = textOf(nickname)
  return text === textOf(email)?.split('@')[0] || text === username ? undefined : text
}

/** Pictures of initials, which Auth0 makes itself, and Gravatars with these as a fallback are not the person's. */
function pictureOf(url: unknown): string | undefined {
  const text = textOf(url)
  return text !== undefined && /cdn\.auth0\.com(\/|%2F)avatars/i.test(text) ? undefined : text
}
