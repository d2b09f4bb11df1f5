/** Supabase: the table `auth.users` as CSV or JSON, with its row's `auth.identities` in a column of this name if the query adds it. */
import type { Draft } from './draft.ts'
import type { Row, System } from './reader.ts'
import { dataOf, objectOf, objectsOf, textOf, timeOf, truthOf } from './values.ts'

export const supabase: System = {
  name: 'supabase',
  title: 'Supabase',
  list: 'users',
  ids: ['id'],
  detect: ({ keys, columns, text }) =>
    columns.includes('encrypted_password') ||
    columns.includes('raw_user_meta_data') ||
    keys.has('encrypted_password') ||
    keys.has('raw_user_meta_data') ||
    (keys.has('aud') && keys.has('user_metadata')) ||
    /^(COPY|INSERT INTO) "?auth"?\."?users"?/m.test(text),
  shortcoming: ({ text }) =>
    /^(COPY|INSERT INTO) "?auth"?\."?users"?/m.test(text) ? 'as SQL: write the table as CSV, with \\copy in psql' : null,
  fill,
}

/** What a provider said at sign-in, and Supabase copies into the metadata that people may change. */
const OF_PROVIDERS = ['iss', 'sub', 'provider_id', 'email', 'email_verified', 'phone_verified', 'avatar_url', 'picture']
const NAMES = [
  'full_name',
  'name',
  'display_name',
  'first_name',
  'last_name',
  'given_name',
  'family_name',
  'preferred_username',
  'user_name',
]

function fill(draft: Draft, row: Row): string | undefined {
  const id = textOf(row.id)
  if (id === undefined) return 'has no id'
  if (textOf(row.deleted_at) !== undefined) return 'was deleted in Supabase'
  if (truthOf(row.is_anonymous)) return 'is an anonymous user, without a way to sign in'
  const [user, app] = [objectOf(row.raw_user_meta_data ?? row.user_metadata), objectOf(row.raw_app_meta_data ?? row.app_metadata)]
  const digits = textOf(row.phone)
  draft
    .email(row.email, timeOf(row.email_confirmed_at))
    .displayName(user.full_name || user.name || user.display_name, row.email)
    .setTexts({
      externalId: id,
      username: user.username || user.user_name || user.preferred_username,
      givenName: row.first_name || user.given_name || user.first_name,
      familyName: row.last_name || user.family_name || user.last_name,
      picture: user.avatar_url || user.picture,
    })
    .password(row.encrypted_password)
    // Supabase leaves the plus away.
    .phone(digits === undefined || digits.startsWith('+') ? digits : `+${digits}`)
    .set('banned', banOf(row.banned_until))
    .times({ createdAt: row.created_at, updatedAt: row.updated_at, lastSeenAt: row.last_sign_in_at })
    .data('user_metadata', dataOf(user, [...OF_PROVIDERS, ...NAMES]))
    .data('app_metadata', dataOf(app, ['provider', 'providers']))
  fillIdentities(draft, row, app)
  return undefined
}

/** Only from the table: the metadata names accounts too, but people write that themselves. */
function fillIdentities(draft: Draft, row: Row, app: Row): void {
  const isOther = (provider: unknown) => provider !== 'email' && provider !== 'phone'
  for (const { provider, provider_id, identity_data } of objectsOf(row.identities)) {
    const { sub, email } = objectOf(identity_data)
    if (isOther(provider)) draft.identity(String(provider), provider_id ?? sub, email)
  }
  if (row.identities !== undefined) return
  const providers = Array.isArray(app.providers) ? app.providers : [app.provider ?? 'email']
  for (const provider of providers.filter(isOther)) draft.lose(`account at ${provider}`)
}

function banOf(until: unknown): Row | undefined {
  const time = timeOf(until)
  return time !== undefined && !(Date.parse(time) <= Date.now()) ? { until: time } : undefined
}
