/**
 * Many users at once, as an import makes them. Rows travel as JSON, one parameter for hundreds, and each batch is all or
 * nothing. Whoever a user was elsewhere makes it repeatable: `external_ids` with an empty source.
 */
import { sql } from 'drizzle-orm'
import { toSnakeCase } from 'drizzle-orm/casing'
import type { UpstreamIdentityId, UserId } from '../../ids.ts'
import { all, run, type Statement } from './database.ts'
import { awaitsPassword, IMPORTS } from './external-ids.ts'
import type { UserRow } from './users.ts'

/** D1 takes 2 MB for a parameter. */
const PIECE_BYTES_MAX = 1_000_000

/** Rows as JSON arrays, in as many pieces as D1's limit on a parameter needs. */
function inPieces(rows: readonly unknown[], toStatement: (json: string) => Statement<void>): Statement<void>[] {
  const pieces: string[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const row of rows) {
    const text = JSON.stringify(row)
    bytes += Buffer.byteLength(text) + 1
    if (bytes <= PIECE_BYTES_MAX) pieces.at(-1)?.push(text)
    else {
      pieces.push([text])
      bytes = Buffer.byteLength(text)
    }
  }
  return pieces.map((piece) => toStatement(`[${piece.join(',')}]`))
}

/** What an import writes of a user: everything but what others keep up to date. */
export const IMPORTED_COLUMNS = [
  'id',
  'username',
  'usernameKey',
  'email',
  'emailKey',
  'emailVerifiedAt',
  'givenName',
  'middleName',
  'familyName',
  'displayName',
  'nickname',
  'title',
  'about',
  'bio',
  'gender',
  'pronouns',
  'birthDate',
  'relationshipStatus',
  'designation',
  'organization',
  'phoneCountryCode',
  'phone',
  'countryCode',
  'whereAmI',
  'customLink',
  'profileUrl',
  'locale',
  'zoneinfo',
  'currency',
  'isPrivate',
  'customData',
  'role',
  'subscriptionTier',
  'subscriptionExpiresAt',
  'termsVersion',
  'termsAcceptedAt',
  'verifiedAt',
  'bannedAt',
  'bannedUntil',
  'bannedReason',
  'restrictedAt',
  'restrictedUntil',
  'restrictedReason',
  'lastSeenAt',
  'createdAt',
  'updatedAt',
] as const satisfies readonly (keyof UserRow)[]

export type ImportedUser = Pick<UserRow, (typeof IMPORTED_COLUMNS)[number]>

export interface ImportedPerson {
  readonly user: ImportedUser
  /** Of the role as it was judged: another version of it is given to nobody. */
  readonly roleVersion: number
  readonly usernameHash: string
  /** Null for whom only an address identifies. */
  readonly externalId: string | null
  readonly passwordHash: string
  readonly searchStrings: readonly string[]
  readonly picture: string | null
  readonly identities: readonly ImportedIdentity[]
}

export interface ImportedIdentity {
  readonly id: UpstreamIdentityId
  readonly issuer: string
  readonly subject: string
  readonly label: string | null
}

/** A user who is there already, and who they were elsewhere. */
export interface ExternalIdOf {
  readonly userId: UserId
  readonly externalId: string
}

/** A password hash of somebody whom an earlier import made without one. */
export interface AddedPassword {
  readonly userId: UserId
  readonly passwordHash: string
  /** As it was judged: somebody who has another by now gets no password. */
  readonly role: string
  readonly roleVersion: number
}

const columns = sql.join(
  IMPORTED_COLUMNS.map((name) => sql.identifier(toSnakeCase(name))),
  sql`, `,
)
/** Each column's value is in the JSON of the person under its name; what is null is left out. */
const values = sql.join(
  IMPORTED_COLUMNS.map((name) => sql`p.v ->> ${name}`),
  sql`, `,
)

/**
 * Creates the users whose names and addresses are free, who have not been imported, and whose role is as it was judged; and
 * what belongs to them. Statements of one batch, which writes no events.
 */
export function insertImported(
  people: readonly ImportedPerson[],
  links: readonly ExternalIdOf[],
  passwords: readonly AddedPassword[],
  now: number,
): Statement<void>[] {
  const named = [...people.map(({ user, externalId }) => ({ userId: user.id, externalId })), ...links]
  return [
    run(sql`INSERT INTO event_pauses (id) VALUES (1) ON CONFLICT (id) DO NOTHING`),
    ...inPieces(people.map(toJson), (json) =>
      run(sql`
        WITH p AS MATERIALIZED (SELECT j.value AS v FROM json_each(${json}) j)
        INSERT INTO users (${columns}) SELECT ${values} FROM p CROSS JOIN roles r ON r.id = p.v ->> 'role' AND r.updated_at = p.v ->> 'roleVersion'
        WHERE NOT EXISTS (SELECT 1 FROM external_ids x WHERE x.source = ${IMPORTS} AND x.external_id = p.v ->> 'externalId')
          AND NOT EXISTS (SELECT 1 FROM username_holds h WHERE h.username_key = p.v ->> 'usernameHash' AND h.held_until > ${now})
        ON CONFLICT (username_key) DO NOTHING
        ON CONFLICT (email_key) WHERE email_verified_at IS NOT NULL DO NOTHING`),
    ),
    ...insertExternalIds(named, now),
    ...insertBelongings(people, now),
    ...addPasswords(passwords, now),
    run(sql`DELETE FROM event_pauses`),
  ]
}

/** Only of users who were made. */
const made = sql`CROSS JOIN users u ON u.id = j.value ->> 0`

function insertExternalIds(
  named: readonly { readonly userId: UserId; readonly externalId: string | null }[],
  now: number,
): Statement<void>[] {
  return inPieces(
    named.flatMap(({ userId, externalId }) => (externalId === null ? [] : [[userId, externalId]])),
    (json) =>
      run(sql`
        INSERT INTO external_ids (user_id, source, external_id, created_at)
        SELECT u.id, ${IMPORTS}, j.value ->> 1, ${now} FROM json_each(${json}) j ${made}
        WHERE 1 ON CONFLICT (user_id, source) DO NOTHING ON CONFLICT (source, external_id) DO NOTHING`),
  )
}

function insertBelongings(people: readonly ImportedPerson[], now: number): Statement<void>[] {
  const ofEach = (rowsOf: (person: ImportedPerson) => readonly (readonly unknown[])[], toStatement: (json: string) => Statement<void>) =>
    inPieces(
      people.flatMap((person) => rowsOf(person).map((row) => [person.user.id, ...row])),
      toStatement,
    )
  return [
    ...ofEach(
      ({ passwordHash }) => [[passwordHash]],
      (json) =>
        run(sql`
          INSERT INTO credentials (user_id, password_hash, updated_at) SELECT u.id, j.value ->> 1, ${now} FROM json_each(${json}) j ${made}
          WHERE 1 ON CONFLICT (user_id) DO NOTHING`),
    ),
    ...ofEach(
      ({ searchStrings }) => searchStrings.map((string) => [string]),
      (json) =>
        run(sql`
          INSERT INTO search_strings (string, user_id) SELECT j.value ->> 1, u.id FROM json_each(${json}) j ${made}
          WHERE 1 ON CONFLICT (string, user_id) DO NOTHING`),
    ),
    ...ofEach(
      ({ picture }) => (picture === null ? [] : [[picture]]),
      (json) =>
        run(sql`
          INSERT INTO imported_pictures (user_id, url, next_attempt_at) SELECT u.id, j.value ->> 1, ${now} FROM json_each(${json}) j ${made}
          WHERE 1 ON CONFLICT (user_id) DO NOTHING`),
    ),
    ...ofEach(
      ({ identities }) => identities.map(({ id, issuer, subject, label }) => [id, issuer, subject, label]),
      (json) =>
        run(sql`
          INSERT INTO upstream_identities (id, user_id, issuer, subject, label, created_at)
          SELECT j.value ->> 1, u.id, j.value ->> 2, j.value ->> 3, j.value ->> 4, ${now} FROM json_each(${json}) j ${made}
          WHERE 1 ON CONFLICT (issuer, subject) DO NOTHING ON CONFLICT (user_id, issuer) DO NOTHING`),
    ),
  ]
}

/** Where there is still none, and nobody has signed in or chosen one. Nobody is signed out by it. */
function addPasswords(passwords: readonly AddedPassword[], now: number): Statement<void>[] {
  return inPieces(
    passwords.map(({ userId, passwordHash, role, roleVersion }) => [userId, passwordHash, role, roleVersion]),
    (json) =>
      run(sql`
        UPDATE credentials SET password_hash = j.value ->> 1, updated_at = ${now}
        FROM json_each(${json}) j ${made} JOIN roles r ON r.id = u.role
        WHERE credentials.user_id = u.id AND r.id = j.value ->> 2 AND r.updated_at = j.value ->> 3 AND ${awaitsPassword(sql`u`)}`),
  )
}

function toJson({ user, usernameHash, externalId, roleVersion }: ImportedPerson): unknown {
  const known = Object.entries({ ...user, externalId }).filter(([, value]) => value !== null)
  return { ...Object.fromEntries(known), usernameHash, roleVersion }
}

/** The witness: those of these people who are there, and who have these passwords; null if none is or has. */
export function findCreated(ids: readonly UserId[], passwords: readonly AddedPassword[]): Statement<{ id: UserId }[] | null> {
  const hashes = JSON.stringify(passwords.map(({ userId, passwordHash }) => [userId, passwordHash]))
  const found = all<{ id: UserId }>(sql`
    SELECT u.id FROM json_each(${JSON.stringify(ids)}) j CROSS JOIN users u ON u.id = j.value
    UNION ALL SELECT k.user_id FROM json_each(${hashes}) j CROSS JOIN credentials k ON k.user_id = j.value ->> 0 AND k.password_hash = j.value ->> 1`)
  return { ...found, read: (rows, changes) => (rows.length === 0 ? null : found.read(rows, changes)) }
}
