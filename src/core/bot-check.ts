/**
 * The check that tells people from programs (Cloudflare Turnstile), where the operator has set it up: an answer that the reader's
 * browser got from Cloudflare, good once and for five minutes, which Cloudflare verifies. If that service does not answer, people
 * get through: Kith's own limits hold all the same, and nobody is kept out because a third party is down.
 */
import * as z from 'zod'
import type { Ctx } from './ctx.ts'
import { AppError } from './errors.ts'
import { fetchWhole } from './outside.ts'

/** What is about to be done. The widget of the page says the same, so that an answer for one page is no use on another. */
export type BotCheckAction = 'sign-up' | 'reset' | 'sign-in'

/** The field that the widget adds to its form, and the header that a program sends. */
export const BOT_CHECK_FIELD = 'cf-turnstile-response'
/** The reason of the refusal. */
export const BOT_CHECK_FAILED = 'bot_check_failed'

const ANSWER_LENGTH_MAX = 2048
const TIME_LIMIT_MS = 5_000
const BYTES_MAX = 16_384

const Verdict = z.object({ success: z.boolean(), action: z.string().optional(), 'error-codes': z.array(z.string()).catch([]) })
/** They are about us, not about the person. */
const OUR_FAULT: ReadonlySet<string> = new Set(['missing-input-secret', 'invalid-input-secret', 'internal-error'])

/** Throws unless a person has just answered; does nothing if the check is not set up. */
export async function requireHuman(ctx: Ctx, action: BotCheckAction, answer: string | undefined): Promise<void> {
  if (ctx.config.botCheck === null) return
  if (answer === undefined || answer === '' || answer.length > ANSWER_LENGTH_MAX) throw refusal()
  const verdict = await askTurnstile(ctx, answer)
  if (verdict === null) return
  const isForUs = verdict['error-codes'].some((code) => OUR_FAULT.has(code))
  if (isForUs) ctx.log('error', 'bot_check.misconfigured', { codes: verdict['error-codes'] })
  if (isForUs || (verdict.success && (verdict.action === undefined || verdict.action === action))) return
  throw refusal()
}

const refusal = () => new AppError('invalid_request', 'The check that a person is asking failed', { reason: BOT_CHECK_FAILED })

/** Null if there is no usable answer. */
async function askTurnstile(ctx: Ctx, answer: string): Promise<z.output<typeof Verdict> | null> {
  const { botCheck } = ctx.config
  if (botCheck === null) return null
  try {
    const body = new URLSearchParams({ secret: botCheck.secret, response: answer })
    const bounds = { signal: AbortSignal.timeout(TIME_LIMIT_MS), bytesMax: BYTES_MAX }
    const reply = await fetchWhole(botCheck.url, { method: 'POST', body }, bounds)
    return Verdict.parse(JSON.parse(new TextDecoder().decode(reply.body ?? new Uint8Array())))
  } catch (cause) {
    ctx.log('error', 'bot_check.down', { cause: String(cause) })
    return null
  }
}
