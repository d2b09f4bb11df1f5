/**
 * better-auth: its tables `user` and `account`, each as JSON, an object a line, or CSV. The second file is `account`, which has
 * password hashes and accounts at other providers; a query may add these to each user as `accounts`, too.
 */
import type { Draft } from './draft.ts'
import { type Entry, type Head, type Row, type System, Unreadable } from './reader.ts'
import { dataOf, objectsOf, textOf, timeOf, truthOf } from './values.ts'

interface Account {
  readonly provider: string
  readonly subject: string
  readonly password: string | undefined
}
/** By user id; null without the table. */
type Accounts = ReadonlyMap<string, readonly Account[]> | null

const has = ({ keys, columns }: Head, ...names: string[]) => names.some((name) => keys.has(name) || columns.includes(name))
const isUsers = (head: Head) => ['id', 'email', 'emailVerified', 'image', 'createdAt'].every((name) => has(head, name, snake(name)))
const isAccounts = (head: Head) => ['providerId', 'accountId'].every((name) => has(head, name, snake(name)))

export const betterAuth: System<Accounts> = {
  name: 'better-auth',
  title: 'better-auth',
  ids: ['id'],
  detect: (head) => isUsers(head) || isAccounts(head),
  shortcoming: (head) =>
    isAccounts(head) && !isUsers(head) ? 'of the table account alone: give the table user, and this file with --with' : null,
  second: 'the table account',
  gather: async (companion) => (companion === null ? null : accountsOf(companion)),
  fill,
}

/** Adapters write the columns in either case. */
const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
const of = (row: Row, name: string) => row[name] ?? row[snake(name)]

async function accountsOf(entries: AsyncIterable<Entry>): Promise<Map<string, Account[]>> {
  const accounts = new Map<string, Account[]>()
  for await (const entry of entries) {
    if ('refusal' in entry) continue
    const [userId, provider] = [textOf(of(entry.row, 'userId')), textOf(of(entry.row, 'providerId'))]
    if (userId !== undefined && provider !== undefined) accounts.set(userId, [...(accounts.get(userId) ?? []), accountOf(entry.row)])
  }
  if (accounts.size === 0) throw new Unreadable('The second file is not the table account of better-auth')
  return accounts
}

function accountOf(row: Row): Account {
  return { provider: String(of(row, 'providerId')), subject: textOf(of(row, 'accountId')) ?? '', password: textOf(row.password) }
}

const OWN = [
  ...['id', 'name', 'email', 'emailVerified', 'image', 'createdAt', 'updatedAt', 'username', 'displayUsername', 'phoneNumber'],
  ...['phoneNumberVerified', 'role', 'banned', 'banReason', 'banExpires', 'twoFactorEnabled', 'isAnonymous', 'accounts', 'lastLoginMethod'],
].flatMap((name) => [name, snake(name)])

function fill(draft: Draft, row: Row, tables: Accounts): string | undefined {
  const id = textOf(row.id)
  if (id === undefined) return 'has no id'
  if (truthOf(of(row, 'isAnonymous'))) return 'is an anonymous user, without a way to sign in'
  const accounts = [...(tables?.get(id) ?? []), ...objectsOf(row.accounts).map(accountOf)]
  const hasTable = tables !== null || row.accounts !== undefined
  draft
    .email(row.email, truthOf(of(row, 'emailVerified')))
    .displayName(row.name, row.email)
    .setTexts({ externalId: id, username: of(row, 'displayUsername') || row.username, picture: row.image })
    .phone(of(row, 'phoneNumber'))
    .password(accounts.find(({ password }) => password !== undefined)?.password)
    .set('banned', truthOf(row.banned) ? banOf(row) : undefined)
    .times({ createdAt: of(row, 'createdAt'), updatedAt: of(row, 'updatedAt') })
    .data('user', dataOf(row, OWN))
    .roles(
      (textOf(row.role) ?? '')
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '' && name !== 'user'),
    )
  for (const { provider, subject } of accounts) {
    if (provider !== 'credential') draft.identity(provider, subject)
  }
  if (!hasTable) draft.lose('password and accounts at other providers: the table account was not given')
  if (truthOf(of(row, 'twoFactorEnabled'))) draft.lose('authenticator app')
  return undefined
}

function banOf(row: Row): Row {
  const [reason, until] = [textOf(of(row, 'banReason')), timeOf(of(row, 'banExpires'))]
  return { ...(reason === undefined ? {} : { reason }), ...(until === undefined ? {} : { until }) }
}
