/**
 * Firebase: `firebase auth:export` as JSON or CSV. Its password hashes need parameters of the project, which the console shows.
 */
import type { Draft } from './draft.ts'
import { type ReaderOptions, type Row, type System, Unreadable } from './reader.ts'
import { dataOf, objectOf, objectsOf, textOf, truthOf } from './values.ts'

/** What the hashes of a project have in common; null if none was given. */
type Parameters = string | null

const PROVIDERS = ['google.com', 'facebook.com', 'twitter.com', 'github.com']
const OF_PROVIDER = ['rawId', 'email', 'displayName', 'photoUrl']

export const firebase: System<Parameters> = {
  name: 'firebase',
  title: 'Firebase',
  list: 'users',
  ids: ['localId'],
  hasHashConfig: true,
  columns: [
    ...['localId', 'email', 'emailVerified', 'passwordHash', 'salt', 'displayName', 'photoUrl'],
    ...PROVIDERS.flatMap((provider) => OF_PROVIDER.map((field) => `${provider} ${field}`)),
    ...['createdAt', 'lastSignedInAt', 'phoneNumber', 'disabled', 'customAttributes'],
  ],
  // The CSV has no headings: 28 fields, and a comma at the end.
  detect: ({ keys, columns }) => keys.has('localId') || (columns.length >= 27 && /^(true|false)$/.test(columns[2] ?? '')),
  gather: async (_, options) => parametersOf(options),
  fill,
}

/** From what the console shows: `base64_signer_key: ...,` and so on, in any notation of names and values. */
function parametersOf({ hashConfig }: ReaderOptions): Parameters {
  if (hashConfig === undefined) return null
  const find = (name: string) => RegExp(`${name}["']?\\s*[:=]\\s*["']?([\\w+/=-]+)`, 'i').exec(hashConfig)?.[1]
  const [key, separator] = [find('base64_signer_key'), find('base64_salt_separator')]
  const [rounds, memory] = [find('rounds'), find('mem_cost')]
  const missing = Object.entries({ base64_signer_key: key, base64_salt_separator: separator, rounds, mem_cost: memory })
  const [name] = missing.find(([, value]) => value === undefined) ?? []
  if (name !== undefined) throw new Unreadable(`The file of --hash-config lacks ${name}: copy all of the parameters from the console`)
  return `$firebase-scrypt$ln=${memory},r=${rounds},sep=${separator},key=${key}`
}

function fill(draft: Draft, row: Row, parameters: Parameters): string | undefined {
  const id = textOf(row.localId)
  if (id === undefined) return 'has no localId'
  draft
    .email(row.email, truthOf(row.emailVerified))
    // firebase-tools quotes a name with a comma, without a thought of the quotes in it.
    .displayName(textOf(row.displayName)?.replace(/^"(.*,.*)"$/, '$1'), row.email)
    .setTexts({ externalId: id, picture: row.photoUrl })
    .phone(row.phoneNumber)
    .set('banned', truthOf(row.disabled) ? {} : undefined)
    .password(hashOf(row, parameters))
    .times({ createdAt: row.createdAt, lastSeenAt: row.lastSignedInAt })
    .data('claims', dataOf(objectOf(row.customAttributes)))
  for (const { providerId, rawId, email } of [...objectsOf(row.providerUserInfo), ...providersOf(row)]) {
    draft.identity(String(providerId), rawId, email)
  }
  return undefined
}

function hashOf({ passwordHash, salt }: Row, parameters: Parameters): string | undefined {
  const [hash, ownSalt] = [textOf(passwordHash), textOf(salt)]
  if (hash === undefined) return undefined
  if (parameters === null) {
    throw new Unreadable(
      'This looks like an export of Firebase, but its password hashes need the parameters of the project: in the Firebase console, ' +
        'Authentication, Users, the menu of the list, "Password hash parameters". Copy them into a file, and name it with --hash-config',
    )
  }
  return `${parameters}$${ownSalt ?? ''}$${hash}`
}

/** Those in the columns of the CSV. */
function providersOf(row: Row): Row[] {
  return PROVIDERS.map((providerId) => ({ providerId, rawId: row[`${providerId} rawId`], email: row[`${providerId} email`] })).filter(
    ({ rawId }) => textOf(rawId) !== undefined,
  )
}
