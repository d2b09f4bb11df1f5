/**
 * `npm run operator -- user <command>`: finding people and helping them to sign in, as administrators do (core/admin).
 * The operator has no account, and outranks everybody; people see in their audit trail that it was the operator.
 */

import { isBarred } from '../../src/core/accounts/deletion.ts'
import type { Removable } from '../../src/core/admin/support.ts'
import {
  type PlannedAct,
  planFactorRemoval,
  planPasskeyRemoval,
  planSessionEnd,
  planSignOutEverywhere,
} from '../../src/core/admin/support-acts.ts'
import { meantBy } from '../../src/core/admin/users.ts'
import { audit } from '../../src/core/audit.ts'
import { type AuditEventId, fromHex, type SessionId, toHex } from '../../src/ids.ts'
import { listUsers } from '../../src/store/db/admin-user-list.ts'
import { isSomebodyWithId } from '../../src/store/db/admin-users.ts'
import { findEvent, listAuditEvents } from '../../src/store/db/audit-events.ts'
import { findImported } from '../../src/store/db/external-ids.ts'
import { listFactors } from '../../src/store/db/second-factors.ts'
import { listLiveSessions } from '../../src/store/db/sessions.ts'
import type { UserRow } from '../../src/store/db/users.ts'
import { execute, readAll } from '../database.ts'
import { LOCAL_CRON, Refusal } from '../local.ts'
import { readOrigin } from '../settings.ts'
import { misuse, OPERATOR, withRefusals } from './input.ts'

export const usage = `user find <text>          an id, email address, user name, the beginning of a name, or the id before an import
  user show <who>           the account with its second factors, sessions and events
  user end-sessions <who> [session id]
                            signs out everywhere, or ends one session
  user remove-2fa <who> [totp | email | passkey]
                            removes a lost second factor, all of them, or all passkeys; ends all sessions
  user resend-verification <who>
  user send-reset <who>     mails a code for a new password

  <who> is an id, email address, whole user name, or the id before an import. The person sees each act in their audit trail. Ending sessions
  or removing factors also sends them a mail, with the next cron run (locally, at once).`

const PAGE = 50
const EVENTS_SHOWN = 10
const NO_FILTER = { role: null, banned: null, restricted: null, unverified: null, deleted: null, verified: null }
const LAST = Number.MAX_SAFE_INTEGER

export function run(args: readonly string[], remote: boolean): Promise<void> {
  return withRefusals(async () => {
    const [command, who, what, ...rest] = args
    if (who === undefined || rest.length > 0) throw misuse('user', 'user needs a command and a person')
    if (what !== undefined && command !== 'end-sessions' && command !== 'remove-2fa') throw new Refusal(`user ${command} takes one person`)
    switch (command) {
      case 'find':
        return list(await find(who, remote))
      case 'show':
        return await show(await theOne(who, remote), remote)
      case 'end-sessions':
        return await endSessions(who, toSessionId(what), remote)
      case 'remove-2fa':
        return await removeFactors(who, toKind(what), remote)
      case 'resend-verification':
        return await resendVerification(await theOne(who, remote), remote)
      case 'send-reset':
        return await sendReset(await theOne(who, remote), remote)
      default:
        throw misuse('user', `Unknown command: user ${command}`)
    }
  })
}

async function find(text: string, remote: boolean): Promise<UserRow[]> {
  const found = await findMeant(text, remote)
  return found.length > 0 ? found : findByImport(text, remote)
}

function findMeant(text: string, remote: boolean): Promise<UserRow[]> {
  const meant = meantBy(text)
  return execute([], listUsers({ filter: NO_FILTER, meant, from: 0, before: LAST, limit: PAGE, lookedAt: PAGE, now: Date.now() }), remote)
}

async function findByImport(externalId: string, remote: boolean): Promise<UserRow[]> {
  const imported = await execute([], findImported(externalId), remote)
  return imported === null ? [] : findMeant(toHex(imported.userId), remote)
}

/** An act is for one user, named exactly; an address means the user who has verified it. */
async function theOne(who: string, remote: boolean): Promise<UserRow> {
  const { userId, emailKey } = meantBy(who)
  const exactly = (await findMeant(who, remote)).filter(
    (user) => user.id === userId || user.usernameKey === who.toLowerCase() || (emailKey !== null && user.emailKey === emailKey),
  )
  const proved = exactly.filter(({ emailVerifiedAt }) => emailVerifiedAt !== null)
  const meant = proved.length > 0 && emailKey !== null ? proved : exactly
  const [one, ...others] = meant.length > 0 ? meant : await findByImport(who, remote)
  if (!one) throw new Refusal(`No user matches ${JSON.stringify(who)} exactly; user find takes the beginning of a name`)
  if (others.length > 0)
    throw new Refusal(`${JSON.stringify(who)} matches several people; use an id:\n${[one, ...others].map(line).join('\n')}`)
  return one
}

const iso = (at: number | null) => (at === null ? 'never' : new Date(at).toISOString())

function line({ id, username, email, emailVerifiedAt, bannedAt, deletedAt, role }: UserRow): string {
  const marks = [
    ...(role === 'user' ? [] : [role]),
    ...(emailVerifiedAt === null ? ['unverified address'] : []),
    ...(bannedAt === null ? [] : ['banned']),
    ...(deletedAt === null ? [] : ['deleted']),
  ]
  return `${toHex(id)} ${username.padEnd(30)} ${email ?? ''}${marks.length > 0 ? ` (${marks.join(', ')})` : ''}`
}

function list(users: readonly UserRow[]): void {
  console.log(users.length === 0 ? 'No users found.' : users.map(line).join('\n'))
}

async function show(user: UserRow, remote: boolean): Promise<void> {
  const now = Date.now()
  const [factors, sessions, events] = await readAll(
    [
      listFactors(user.id),
      listLiveSessions({ userId: user.id, before: LAST, limit: PAGE, now }),
      listAuditEvents({ userId: user.id, before: LAST, limit: EVENTS_SHOWN }),
    ],
    remote,
  )
  console.log(line(user))
  console.log(`name            ${user.displayName ?? [user.givenName, user.middleName, user.familyName].filter(Boolean).join(' ')}`)
  console.log(`created         ${iso(user.createdAt)}`)
  console.log(`last seen       ${iso(user.lastSeenAt)}`)
  console.log(`second factors  ${factors.map(({ kind }) => kind).join(', ') || 'none'}`)
  console.log(`sessions        ${sessions.length === 0 ? 'none' : ''}`)
  for (const { id, clientId, createdAt, lastUsedAt } of sessions) {
    console.log(`  ${toHex(id)} ${clientId ?? 'browser'}, since ${iso(createdAt)}, used ${iso(lastUsedAt)}`)
  }
  console.log('events')
  for (const { createdAt, type, detail } of events) console.log(`  ${iso(createdAt)} ${type}${detail ? ` (${detail})` : ''}`)
}

const actFor = ({ id }: UserRow) => ({ userId: id, actor: null, condition: isSomebodyWithId(id) })

/**
 * Whether the act took place. `wrangler dev` does not run the cron trigger that sends the mail, but has a path that
 * does. If Kith is not running, the act is done all the same.
 */
async function carryOut({ eventId, writes }: PlannedAct, remote: boolean): Promise<boolean> {
  const isDone = (await execute(writes, findEvent(eventId), remote)) !== null
  if (isDone && !remote) await fetch(`${readOrigin(remote)}${LOCAL_CRON}`).catch(() => undefined)
  return isDone
}

/** Null: all sessions. */
function toSessionId(text: string | undefined): SessionId | null {
  if (text === undefined) return null
  const id = fromHex<SessionId>(text)
  if (id === null) throw new Refusal(`${JSON.stringify(text)} is not the id of a session; user show lists them`)
  return id
}

/** Null: all second factors. */
function toKind(text: string | undefined): Removable | null {
  if (text === undefined || text === 'totp' || text === 'email' || text === 'passkey') return text ?? null
  throw new Refusal(`${JSON.stringify(text)} is not a second factor: use totp, email or passkey`)
}

async function endSessions(who: string, sessionId: SessionId | null, remote: boolean): Promise<void> {
  const user = await theOne(who, remote)
  if (user.deletedAt !== null) throw new Refusal(`${user.username} is deleted and already signed out everywhere; nothing was changed`)
  const act = actFor(user)
  const planned = sessionId === null ? planSignOutEverywhere(OPERATOR, act) : planSessionEnd(OPERATOR, { ...act, sessionId })
  if (!(await carryOut(planned, remote))) throw new Refusal(`${user.username} has no such session`)
  console.log(`${user.username} is signed out${sessionId === null ? ' everywhere' : ' of that session'}.`)
}

async function removePasskeys(user: UserRow, remote: boolean): Promise<void> {
  const isDone = await carryOut(planPasskeyRemoval(OPERATOR, actFor(user)), remote)
  console.log(
    isDone
      ? `${user.username} no longer has passkeys, and is signed out everywhere.`
      : `${user.username} has no passkey; nothing was changed.`,
  )
}

async function removeFactors(who: string, kind: Removable | null, remote: boolean): Promise<void> {
  const user = await theOne(who, remote)
  if (kind === 'passkey') return removePasskeys(user, remote)
  const on = (await execute([], listFactors(user.id), remote)).map((factor) => factor.kind)
  const kinds = on.filter((one) => kind === null || one === kind)
  if (kinds.length === 0)
    return console.log(`${user.username} has no ${kind === null ? '' : `${kind} `}second factor; nothing was changed.`)
  const planned = planFactorRemoval(OPERATOR, { ...actFor(user), kinds, isLast: kinds.length === on.length })
  if (!(await carryOut(planned, remote))) throw new Refusal('The account was changed by somebody else in the meantime; nothing was done')
  console.log(`${user.username} no longer has ${kinds.join(' and ')}, and is signed out everywhere.`)
}

async function resendVerification(user: UserRow, remote: boolean): Promise<void> {
  if (user.emailKey === null) throw new Refusal(`${user.username} has no address`)
  if (user.emailVerifiedAt !== null) throw new Refusal(`${user.username} has already verified the address`)
  await ask('GET', `/user/resend-verification?target=${toHex(user.id)}`, null, remote)
  const id = OPERATOR.newId<AuditEventId>()
  const event = audit(OPERATOR, { id, type: 'verification_sent', userId: user.id, condition: isSomebodyWithId(user.id) })
  await execute([event], findEvent(id), remote)
  console.log(`A code is mailed to ${user.email}, unless it was sent one a moment ago or too many today.`)
}

async function sendReset(user: UserRow, remote: boolean): Promise<void> {
  if (user.emailVerifiedAt === null) throw new Refusal(`${user.username} has no verified address`)
  if (isBarred(OPERATOR, user)) throw new Refusal(`${user.username} cannot sign in`)
  await ask('POST', '/user/code', { email: user.email }, remote)
  console.log(`A code is mailed to ${user.email}, unless it was sent one a moment ago or too many today.`)
}

/** Codes are made with keys that only the running Kith has, so we ask it as the person would. */
async function ask(method: string, path: string, body: unknown, remote: boolean): Promise<void> {
  const origin = readOrigin(remote)
  const headers = { 'content-type': 'application/json', 'user-agent': OPERATOR.caller.userAgent }
  const init = { method, headers, ...(body === null ? {} : { body: JSON.stringify(body) }) }
  const reply = await fetch(`${origin}${path}`, init).catch(() => null)
  if (!reply) throw new Refusal(`Kith does not answer on ${origin}.${remote ? '' : ' Start it with: npm start'}`)
  if (!reply.ok) throw new Refusal(`${origin} answers ${reply.status}: ${await reply.text()}`)
}
