/**
 * What must always hold for the stores (security §5.4), checked after every fault and every race. The numbers in the names are
 * that list's. Reads the stores directly, not through the strict platform. Expects accounts that were made over HTTP: one that a
 * test inserts needs its password and its audit event.
 */

import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import type { Bindings } from '../../src/config.ts'
import {
  CHALLENGE_TRIES,
  LOGIN_TRIES,
  LOGIN_TRIES_PER_DAY,
  LOGIN_TRIES_PER_DAY_OF_KNOWN,
  MAILS_PER_DAY,
  MAILS_PER_DAY_OF_ADDRESS,
  PASSWORD_PROOFS_PER_DAY,
  RECOVERY_CODES,
  ROBOT_REQUESTS,
  SECOND_FACTOR_FAILURES_MAX,
  SECOND_FACTOR_TRIES,
  SECOND_FACTOR_UNDO_TRIES,
} from '../../src/core/limits.ts'
import { toHex } from '../../src/ids.ts'
import { brokenObjects, brokenRules, LIBRARY, MEDIA_RULES, readAll } from './media-invariants.ts'
import { tableNames } from './tables.ts'

/** Past the limit of mails, one an hour. */
const HOURS_PER_DAY = 24

const { DB, KV } = env as unknown as Bindings
/** One entry per outbox row: its id, inverted (src/mail/captured.ts). */
const CAPTURED = 'captured-mail:'

/** Each finds rows that must not exist. */
const RULES: Readonly<Record<string, string>> = {
  '1: an account has a password': `
    SELECT id FROM users WHERE email IS NOT NULL AND deleted_at IS NULL AND id NOT IN (SELECT user_id FROM credentials)`,
  '1: an account has its audit event, once': `
    SELECT u.id FROM users u WHERE u.email IS NOT NULL
      AND (SELECT COUNT(*) FROM audit_events a WHERE a.user_id = u.id AND a.type = 'account_created') <> 1`,
  '1: a new account was sent a mail, or one to the same address went out just before': `
    SELECT u.id FROM users u WHERE u.email IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM mail_outbox m WHERE m.user_id = u.id AND m.kind IN ('verify_email', 'account_exists'))
      AND NOT EXISTS (SELECT 1 FROM users o WHERE o.email_key = u.email_key AND o.id < u.id)`,
  '1: a browser session has the sign-in or the new password that began it': `
    SELECT s.id FROM sessions s WHERE s.client_id IS NULL
      AND NOT EXISTS (SELECT 1 FROM audit_events a WHERE a.type = 'sign_in' AND a.session_id = s.id)
      AND NOT EXISTS (
        SELECT 1 FROM audit_events a WHERE a.type = 'password_changed' AND a.user_id = s.user_id AND a.created_at = s.created_at)`,
  '1: a sign-in has its session': `
    SELECT id FROM audit_events WHERE type = 'sign_in' AND session_id NOT IN (SELECT id FROM sessions)`,
  '1: a sign-in has one audit event': `
    SELECT session_id AS id FROM audit_events WHERE type = 'sign_in' GROUP BY session_id HAVING COUNT(*) > 1`,
  '1: the epoch has moved once for each act that ends all sessions': `
    SELECT u.id FROM users u WHERE u.epoch <> (
      SELECT COUNT(*) FROM audit_events a
      WHERE a.user_id = u.id AND a.type IN ('password_changed', 'password_reset', 'signed_out_everywhere', 'second_factor_undone', 'account_deleted'))`,
  '1: a new password has its notice': `
    SELECT u.id FROM users u WHERE
      (SELECT COUNT(*) FROM audit_events a WHERE a.user_id = u.id AND a.type IN ('password_changed', 'password_reset'))
      <> (SELECT COUNT(*) FROM mail_outbox m WHERE m.user_id = u.id AND m.kind = 'password_changed')`,
  '1: an address is proved with its audit event': `
    SELECT u.id FROM users u WHERE u.email IS NOT NULL AND (u.email_verified_at IS NOT NULL) <> (
      SELECT COUNT(*) FROM audit_events a WHERE a.user_id = u.id AND a.type = 'email_verified')`,
  '2: a code for an address is used once, with effect': `
    SELECT u.id FROM users u WHERE
      (SELECT COUNT(*) FROM challenges c WHERE c.user_id = u.id AND c.purpose = 'verify_email' AND c.consumed_by IS NOT NULL)
      <> (SELECT COUNT(*) FROM audit_events a WHERE a.user_id = u.id AND a.type = 'email_verified')`,
  '2: a code for a password is used once, with effect': `
    SELECT u.id FROM users u WHERE
      (SELECT COUNT(*) FROM challenges c WHERE c.user_id = u.id AND c.purpose = 'reset_password' AND c.consumed_by IS NOT NULL)
      <> (SELECT COUNT(*) FROM audit_events a WHERE a.user_id = u.id AND a.type = 'password_reset')`,
  '2: a code for a log-in is used once, over all pending log-ins': `
    SELECT code_id AS id FROM challenges WHERE purpose IN ('sign_in', 'mail_sign_in') GROUP BY code_id HAVING COUNT(consumed_by) > 1`,
  '2: a used pending log-in has become one session': `
    SELECT u.id FROM users u WHERE
      (SELECT COUNT(*) FROM challenges c WHERE c.user_id = u.id AND c.purpose = 'sign_in' AND c.consumed_by IS NOT NULL)
      <> (SELECT COUNT(*) FROM sessions s JOIN audit_events a ON a.session_id = s.id AND a.type = 'sign_in'
          WHERE s.user_id = u.id AND s.amr LIKE '%mfa' AND s.amr NOT LIKE '_wk user mfa')`,
  '2: a browser that is said to have taken two factors is said which was the second': `
    SELECT id, amr, second_factor FROM sessions WHERE client_id IS NULL AND (amr LIKE '%mfa') <> (second_factor IS NOT NULL)`,
  // With a second factor, a used one has become a pending log-in.
  '2: a session that began with a mail has used one up': `
    SELECT u.id FROM users u WHERE
      (SELECT COUNT(*) FROM challenges c WHERE c.user_id = u.id AND c.purpose = 'mail_sign_in' AND c.consumed_by IS NOT NULL)
      < (SELECT COUNT(*) FROM sessions s WHERE s.user_id = u.id AND s.client_id IS NULL AND s.amr LIKE 'otp%')`,
  '2: a recovery code is used once, for a session that began with it': `
    SELECT r.user_id AS id FROM recovery_codes r WHERE (r.used_at IS NULL) <> (r.used_by IS NULL)
      OR (r.used_at IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM challenges c WHERE c.user_id = r.user_id AND c.purpose = 'sign_in' AND c.consumed_by = r.used_by))`,
  '2: no two recovery codes began the same session': `
    SELECT MIN(user_id) AS id FROM recovery_codes WHERE used_by IS NOT NULL GROUP BY used_by HAVING COUNT(*) > 1`,
  '2: recovery codes come in tens': `
    SELECT user_id AS id FROM recovery_codes GROUP BY user_id HAVING COUNT(*) <> ${RECOVERY_CODES}`,
  '2: recovery codes stand in for a factor': `
    SELECT user_id AS id FROM recovery_codes WHERE user_id NOT IN (SELECT user_id FROM second_factors)`,
  '2: an authenticator app is on when its secret is confirmed, and only then': `
    SELECT u.id FROM users u WHERE
      EXISTS (SELECT 1 FROM second_factors f WHERE f.user_id = u.id AND f.kind = 'totp')
      <> EXISTS (SELECT 1 FROM totp_credentials t WHERE t.user_id = u.id AND t.confirmed_at IS NOT NULL AND t.secret IS NOT NULL)`,
  '2: a secret is confirmed as a whole, and waits as a whole': `
    SELECT user_id AS id FROM totp_credentials
    WHERE (secret IS NULL) <> (confirmed_at IS NULL) OR (pending_secret IS NULL) <> (pending_at IS NULL)
      OR (secret IS NOT NULL) <> (last_step > 0)`,
  '4: a family of refresh tokens is one row': `
    SELECT session_id AS id FROM refresh_tokens GROUP BY session_id HAVING COUNT(*) > 1`,
  '5: active people are counted': `
    SELECT name AS id, value FROM totals WHERE name = 'active_users' AND value <> (
      SELECT COUNT(*) FROM users WHERE email_verified_at IS NOT NULL AND banned_at IS NULL AND deleted_at IS NULL)`,
  '6: a user name is canonical': 'SELECT id FROM users WHERE username_key <> lower(username)',
  '6: a user name is unique': 'SELECT MIN(id) AS id FROM users GROUP BY lower(username) HAVING COUNT(*) > 1',
  '6: an address is canonical': 'SELECT id FROM users WHERE email_key <> lower(email)',
  '6: a proved address is unique': `
    SELECT MIN(id) AS id FROM users WHERE email_verified_at IS NOT NULL GROUP BY lower(email) HAVING COUNT(*) > 1`,
  '10: tries at a pending log-in': `
    SELECT id FROM challenges WHERE attempts > CASE purpose WHEN 'undo_second_factor' THEN ${SECOND_FACTOR_UNDO_TRIES} ELSE ${CHALLENGE_TRIES} END`,
  '10: counters stay within their limits': `
    SELECT key AS id, count FROM attempt_counters WHERE count > CASE
      WHEN key LIKE 'second-factor:%' THEN ${SECOND_FACTOR_TRIES}
      WHEN key LIKE 'totp-enrolment:%' THEN ${SECOND_FACTOR_TRIES}
      WHEN key LIKE 'second-factor-month:%' THEN ${SECOND_FACTOR_FAILURES_MAX}
      WHEN key LIKE 'mail-sign-in:%' THEN ${SECOND_FACTOR_TRIES}
      WHEN key LIKE 'mail-sign-in-month:%' THEN ${SECOND_FACTOR_FAILURES_MAX}
      WHEN key LIKE 'password-day:%' THEN ${LOGIN_TRIES_PER_DAY}
      WHEN key LIKE 'password-known:%' THEN ${LOGIN_TRIES_PER_DAY_OF_KNOWN}
      WHEN key LIKE 'password-proof:%' THEN ${PASSWORD_PROOFS_PER_DAY}
      WHEN key LIKE 'password:%' THEN ${LOGIN_TRIES}
      WHEN key LIKE 'robot:%' THEN ${ROBOT_REQUESTS}
      WHEN key LIKE 'mail:%:at:%' THEN ${2 * (MAILS_PER_DAY + HOURS_PER_DAY)}
      WHEN key LIKE 'mail:%:known:%' THEN ${MAILS_PER_DAY + HOURS_PER_DAY}
      WHEN key LIKE 'mail:change_email_by:%' THEN ${MAILS_PER_DAY}
      WHEN key LIKE 'mail:%' THEN ${MAILS_PER_DAY_OF_ADDRESS + HOURS_PER_DAY} END`,
  '11: a mail that was sent no longer holds the address': 'SELECT id FROM mail_outbox WHERE sent_at IS NOT NULL AND to_address IS NOT NULL',
  '11: a mail is sent or given up, not both': 'SELECT id FROM mail_outbox WHERE sent_at IS NOT NULL AND failed_at IS NOT NULL',
  '9: a machine is known by what it has, and a revoked robot by nothing': `
    SELECT id FROM machine_credentials WHERE (kind = 'robot') <> (secret_hash IS NULL) OR (kind <> 'robot' AND (ha1 IS NOT NULL OR realm IS NOT NULL))
      OR (kind = 'robot' AND (ha1 IS NULL) <> (revoked_at IS NOT NULL))`,
  '2: a key and its client live and end together': `
    SELECT m.id FROM machine_credentials m WHERE (m.kind <> 'robot' AND m.revoked_at IS NULL) <> EXISTS (
      SELECT 1 FROM oauth_clients c WHERE c.id = m.client_id AND c.token_endpoint_auth_method = 'machine_key' AND c.disabled_at IS NULL)`,
  ...MEDIA_RULES,
  '13: foreign keys hold': 'PRAGMA foreign_key_check',
}

/** What the rules in code look at. */
const ROWS = {
  ...LIBRARY,
  outbox: 'SELECT m.id, m.sent_at, m.failed_at, u.email_key FROM mail_outbox m JOIN users u ON u.id = m.user_id',
  steps: 'SELECT user_id, confirmed_at, last_step FROM totp_credentials WHERE secret IS NOT NULL',
  quickCheck: 'PRAGMA quick_check',
}

/** With `settled`, cron has run since: no mail may still wait. */
export async function checkInvariants({ settled = false }: { settled?: boolean } = {}): Promise<void> {
  const found = await readAll({ ...RULES, ...ROWS })
  const broken = brokenRules(RULES, found)
  const [{ quick_check: integrity } = {}] = found.quickCheck as { quick_check?: string }[]
  if (integrity !== 'ok') broken.push(`13: quick_check: ${integrity}`)
  broken.push(...(await checkMailbox(found.outbox as OutboxRow[], settled)))
  broken.push(...(await brokenObjects(found)), ...checkSteps(found.steps as StepRow[]))
  expect(broken, 'invariants that no longer hold').toEqual([])
}

interface StepRow {
  readonly user_id: number
  readonly confirmed_at: number
  readonly last_step: number
}

interface OutboxRow {
  readonly id: number
  readonly sent_at: number | null
  readonly failed_at: number | null
  readonly email_key: string
}

/** The step of each secret when it was last checked. */
const lastSteps = new Map<string, number>()

/** 2: a used time step stays used. */
function checkSteps(rows: readonly StepRow[]): string[] {
  return rows.flatMap(({ user_id, confirmed_at, last_step }) => {
    const secret = `${user_id} ${confirmed_at}`
    const before = lastSteps.get(secret) ?? 0
    lastSteps.set(secret, last_step)
    return last_step < before ? [`2: a step of ${user_id} went back`] : []
  })
}

/** 11: what the outbox calls sent is in the mailbox, once, and addressed only to the account's owner. */
async function checkMailbox(outbox: readonly OutboxRow[], settled: boolean): Promise<string[]> {
  const broken: string[] = []
  const captured = new Map<string, string>()
  for (const { name, metadata } of await listKv<{ to: string }>(CAPTURED)) {
    captured.set(toHex(Number.MAX_SAFE_INTEGER - Number(name.slice(CAPTURED.length))), metadata?.to ?? '')
  }
  for (const { id, sent_at, failed_at, email_key } of outbox) {
    const to = captured.get(toHex(id))
    captured.delete(toHex(id))
    if (sent_at !== null && to === undefined) broken.push(`11: the mail ${id} is called sent and is not`)
    if (to !== undefined && to !== email_key) broken.push(`11: the mail ${id} went elsewhere`)
    if (settled && sent_at === null && failed_at === null) broken.push(`11: the mail ${id} still waits`)
  }
  for (const id of captured.keys()) broken.push(`11: the mail ${id} comes from nowhere`)
  return broken
}

async function listKv<Metadata>(prefix: string): Promise<KVNamespaceListKey<Metadata>[]> {
  const found: KVNamespaceListKey<Metadata>[] = []
  let cursor: string | null = null
  do {
    const page: KVNamespaceListResult<Metadata> = await KV.list<Metadata>({ prefix, cursor })
    found.push(...page.keys)
    cursor = page.list_complete ? null : page.cursor
  } while (cursor !== null)
  return found
}

/** Everything in KV except the captured mails, which stand for people's inboxes. */
export async function dumpKv(): Promise<{ key: string; value: string; metadata: unknown }[]> {
  const keys = (await listKv('')).filter(({ name }) => !name.startsWith(CAPTURED))
  return Promise.all(keys.map(async ({ name, metadata }) => ({ key: name, value: (await KV.get(name)) ?? '', metadata })))
}

/** Every row of every table, to search for what must not be there. */
export async function dumpTables(): Promise<{ table: string; row: Record<string, unknown> }[]> {
  const names = await tableNames()
  const tables = await DB.batch<Record<string, unknown>>(names.map((name) => DB.prepare(`SELECT * FROM "${name}"`)))
  return tables.flatMap(({ results }, index) => results.map((row) => ({ table: names[index] ?? '', row })))
}
