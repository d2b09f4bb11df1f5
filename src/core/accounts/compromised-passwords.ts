/**
 * Passwords known from data breaches (ASVS 6.2.12, NIST 800-63B-4 §3.1.1.2): a range query, in which five of the forty
 * digits of the password's SHA-1 leave Kith and all known hashes that begin with them come back. Optional, because it
 * asks a third party. It never keeps anybody out: without an answer in time, the password is accepted. Neither the
 * password nor any of its hash is logged.
 */
import { createHash } from 'node:crypto'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Password } from '../fields.ts'
import { PASSWORD_RANGE_BYTES_MAX, PASSWORD_RANGE_MS } from '../limits.ts'
import { fetchWhole, Unacceptable, Unanswered } from '../outside.ts'

const PREFIX_DIGITS = 5
const ENTRY = /^[0-9A-F]{35}:\d+$/i

/** Throws `invalid_request` for the field `password` if it is known. No-op unless `PASSWORD_RANGE_URL` is set. */
export async function refuseCompromisedPassword(ctx: Ctx, password: Password): Promise<void> {
  if (ctx.config.passwordRangeUrl === '') return
  if (await isKnown(ctx, password)) throw AppError.ofFields([{ path: 'password', message: 'is known from a data breach' }])
}

async function isKnown(ctx: Ctx, password: Password): Promise<boolean> {
  const hash = createHash('sha1').update(password, 'utf8').digest('hex').toUpperCase()
  try {
    const entries = await findRange(ctx, hash.slice(0, PREFIX_DIGITS))
    const entry = entries.find((one) => one.toUpperCase().startsWith(`${hash.slice(PREFIX_DIGITS)}:`))
    // Padding has the count 0.
    return Number(entry?.split(':')[1] ?? 0) > 0
  } catch (error) {
    const cause = error instanceof Unanswered || error instanceof Unacceptable ? error.message : 'unknown'
    ctx.log('warn', 'password_range_unavailable', { cause })
    return false
  }
}

async function findRange(ctx: Ctx, prefix: string): Promise<string[]> {
  const { response, body } = await fetchWhole(
    `${ctx.config.passwordRangeUrl}${prefix}`,
    // Without padding, the length of the answer would tell an observer which range it is.
    { headers: { 'add-padding': 'true', 'user-agent': 'Kith' } },
    { signal: AbortSignal.timeout(PASSWORD_RANGE_MS), bytesMax: PASSWORD_RANGE_BYTES_MAX },
  )
  if (response.status !== 200) throw new Unacceptable(`status ${response.status}`)
  const entries = new TextDecoder().decode(body ?? undefined).split(/\r?\n/)
  if (!ENTRY.test(entries[0] ?? '')) throw new Unacceptable('not a range')
  return entries
}
