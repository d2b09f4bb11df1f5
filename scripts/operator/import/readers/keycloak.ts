/** Keycloak: a realm's export with its users (`kc.sh export --users realm_file`, or a file of users), or the admin API's list of users. */
import type { Draft } from './draft.ts'
import type { Row, System } from './reader.ts'
import { HEAD_BYTES } from './text.ts'
import { dataOf, objectOf, objectsOf, textOf, truthOf } from './values.ts'

export const keycloak: System = {
  name: 'keycloak',
  title: 'Keycloak',
  list: 'users',
  ids: ['id', 'username'],
  detect: ({ keys }) =>
    (keys.has('realm') && (keys.has('users') || keys.has('accessTokenLifespan') || keys.has('sslRequired'))) ||
    (keys.has('createdTimestamp') && keys.has('username') && keys.has('enabled')),
  shortcoming: ({ text, keys }) => {
    if (/^\s*\[\s*\{\s*"id"\s*:\s*"[^"]*",\s*"realm"/.test(text)) return 'of several realms in one file: export the one that moves'
    const isWhole = text.length < HEAD_BYTES / 4
    return isWhole && keys.has('realm') && !keys.has('users') ? 'without its users: export it with --users realm_file' : null
  },
  fill,
}

/** Attributes by the names that Keycloak's own mappers and forms use. */
const KNOWN = ['phoneNumber', 'phone_number', 'picture', 'locale', 'zoneinfo', 'birthdate', 'gender', 'nickname', 'middleName', 'website']

function fill(draft: Draft, row: Row): string | undefined {
  const id = textOf(row.id) ?? textOf(row.username)
  if (id === undefined) return 'has no id'
  if (textOf(row.serviceAccountClientId) !== undefined) return 'is the service account of a client'
  const attributes = objectOf(row.attributes)
  const first = (name: string) => (Array.isArray(attributes[name]) ? attributes[name][0] : attributes[name])
  draft
    .email(row.email, truthOf(row.emailVerified))
    .setTexts({
      externalId: id,
      username: row.username,
      givenName: row.firstName,
      middleName: first('middleName'),
      familyName: row.lastName,
      nickname: first('nickname'),
      gender: first('gender'),
      birthDate: first('birthdate'),
      locale: first('locale'),
      zoneinfo: first('zoneinfo'),
      picture: first('picture'),
      customLink: first('website'),
    })
    .phone(first('phoneNumber') ?? first('phone_number'))
    .set('banned', truthOf(row.enabled) === false ? {} : undefined)
    .times({ createdAt: row.createdTimestamp })
    .data('attributes', dataOf(attributes, KNOWN))
    .roles(rolesOf(row))
  for (const { identityProvider, userId, userName } of objectsOf(row.federatedIdentities)) {
    draft.identity(String(identityProvider), userId, userName)
  }
  fillCredentials(draft, row)
  return undefined
}

/** Those that everybody has say nothing. */
function rolesOf({ realmRoles }: Row): string[] {
  const names = Array.isArray(realmRoles) ? realmRoles.map(String) : []
  return names.filter((name) => !/^(default-roles-.*|offline_access|uma_authorization)$/.test(name))
}

function fillCredentials(draft: Draft, row: Row): void {
  const credentials = objectsOf(row.credentials)
  const password = credentials.find(({ type }) => type === 'password')
  const hash = password === undefined ? undefined : hashOf(password)
  draft.password(hash)
  // The admin API shows nobody's credentials.
  if (hash === undefined && (password !== undefined || row.credentials === undefined)) draft.lose('password')
  if (credentials.some(({ type }) => type === 'otp') || row.totp === true) draft.lose('authenticator app')
  if (credentials.some(({ type }) => String(type).startsWith('webauthn'))) draft.lose('passkey')
  if (textOf(row.federationLink) !== undefined) draft.lose('link to a directory')
  if (Array.isArray(row.groups) && row.groups.length > 0) draft.lose('groups')
}

/** Older versions had the parameters beside the hash instead of in two JSON texts. */
function hashOf(credential: Row): string | undefined {
  const [secret, data] = [objectOf(credential.secretData), objectOf(credential.credentialData)]
  const [value, salt] = [textOf(secret.value ?? credential.hashedSaltedValue), textOf(secret.salt ?? credential.salt)]
  const iterations = textOf(data.hashIterations ?? credential.hashIterations)
  const algorithm = textOf(data.algorithm ?? credential.algorithm)
  if (value === undefined || salt === undefined || iterations === undefined) return undefined
  if (algorithm === 'argon2') return argon2Of(objectOf(data.additionalParameters), iterations, salt, value)
  // The first had no digest in its name.
  return `$${algorithm === 'pbkdf2' ? 'pbkdf2-sha1' : algorithm}$i=${iterations}$${salt}$${value}`
}

function argon2Of(parameters: Row, iterations: string, salt: string, value: string): string {
  const first = (name: string) => (Array.isArray(parameters[name]) ? parameters[name][0] : parameters[name])
  const version = first('version') === '1.3' ? 19 : 16
  return `$argon2${first('type')}$v=${version}$m=${first('memory')},t=${iterations},p=${first('parallelism')}$${salt}$${value}`
}
