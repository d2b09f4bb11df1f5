/** Cognito: the answer of `list-users` as JSON, or a CSV with the headings of its own import. It gives no password hashes to anybody. */
import type { Draft } from './draft.ts'
import type { Row, System } from './reader.ts'
import { dataOf, objectOf, objectsOf, textOf, truthOf } from './values.ts'

export const cognito: System = {
  name: 'cognito',
  title: 'Cognito',
  list: 'Users',
  ids: ['Username', 'cognito:username', 'sub'],
  detect: ({ keys, columns }) => columns.includes('cognito:username') || (keys.has('UserStatus') && keys.has('Attributes')),
  fill,
}

function fill(draft: Draft, row: Row): string | undefined {
  const attributes = row.Attributes === undefined ? row : attributesOf(row.Attributes)
  const username = textOf(row.Username ?? row['cognito:username'])
  const id = textOf(attributes.sub) ?? username
  const isLocal = row.UserStatus !== 'EXTERNAL_PROVIDER'
  if (id === undefined) return 'has no sub and no user name'
  draft
    .email(attributes.email, truthOf(attributes.email_verified))
    .displayName(attributes.name, attributes.email)
    .setTexts({
      externalId: id,
      // That of a guest from another provider is made of its name and the id there.
      username: textOf(attributes.preferred_username) ?? (isLocal ? username : undefined),
      givenName: attributes.given_name,
      middleName: attributes.middle_name,
      familyName: attributes.family_name,
      nickname: attributes.nickname,
      gender: attributes.gender,
      birthDate: attributes.birthdate,
      locale: attributes.locale,
      zoneinfo: attributes.zoneinfo,
      picture: attributes.picture,
      customLink: attributes.website,
    })
    .phone(attributes.phone_number)
    .set('banned', truthOf(row.Enabled) === false ? {} : undefined)
    .times({ createdAt: row.UserCreateDate, updatedAt: row.UserLastModifiedDate })
    .data('custom', dataOf(customOf(attributes)))
  for (const { providerName, providerType, userId, issuer } of objectsOf(attributes.identities)) {
    draft.identity(String(providerType === 'OIDC' ? (issuer ?? providerName) : providerType), userId)
  }
  if (isLocal) draft.lose('password')
  if (truthOf(row['cognito:mfa_enabled']) || objectsOf(row.MFAOptions).length > 0) draft.lose('second factor')
  if (objectOf(attributes.address).formatted !== undefined || textOf(attributes.address) !== undefined) draft.lose('postal address')
  return undefined
}

function attributesOf(list: unknown): Row {
  return Object.fromEntries(objectsOf(list).map(({ Name, Value }) => [String(Name), Value]))
}

function customOf(attributes: Row): Row {
  const own = Object.entries(attributes).filter(([name]) => name.startsWith('custom:') || name.startsWith('dev:custom:'))
  return Object.fromEntries(own.map(([name, value]) => [name.slice(name.lastIndexOf(':') + 1), value]))
}
