/**
 * Password hashes (design §1.10): NFKC, HMAC with a pepper that has a key id, scrypt through node:crypto, stored as a PHC string.
 * A hash that another system made is checked as that system did, until its owner signs in (decision 057).
 */
import { createHmac, randomBytes, scryptSync } from 'node:crypto'
import type { Config } from '../../config.ts'
import { equalInConstantTime, type Keyring } from '../../crypto.ts'
import type { Ctx } from '../ctx.ts'
import { isForeign } from './foreign-hashes/read.ts'
import { verifyForeign, workOfVerifying } from './foreign-hashes/verify.ts'
import { inTurn } from './hash-queue.ts'

/** Stored for an account without a password: no password is right. */
export const NO_PASSWORD = ''

export const hasPassword = (stored: string | null): boolean => stored !== null && stored !== NO_PASSWORD

/** How many hashes of our own a check of this password takes: 1, but for a hash that another system made. */
export const workOf = (stored: string | null, password: string): number => (stored === null ? 1 : (workOfVerifying(stored, password) ?? 1))

const R = 8
const P = 3
/** What `SCRYPT_LN` may be at most. */
const LN_MAX = 15
const MAXMEM_BYTES = 64 * 1024 * 1024
const SALT_BYTES = 16
const HASH_BYTES = 32
const PHC = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2}),keyid=([\w.-]{1,32})\$([\w+/]+)\$([\w+/]+)$/

/** A parsed stored hash. */
interface Parts {
  readonly ln: number
  readonly r: number
  readonly p: number
  readonly kid: string
  readonly salt: Buffer
  readonly hash: string
}

/** Throws `temporarily_unavailable` if too many wait to hash. */
export async function hashPassword(ctx: Ctx, password: string): Promise<string> {
  const { scryptLn, pepperKeys } = ctx.config
  const parts = { ln: scryptLn, r: R, p: P, kid: pepperKeys.current, salt: randomBytes(SALT_BYTES) }
  return inTurn(
    ctx,
    async () => parts,
    () => format(parts, derive(pepperKeys, password, parts)),
  )
}

/**
 * Whether the password is right. `findHash` runs just before the password is checked, but not when the request is
 * refused because too many wait: count the try there. Null is always wrong, after the work that `decoy` takes: somebody else's
 * hash, whose outcome nobody learns.
 */
export async function verifyPassword(
  ctx: Ctx,
  password: string,
  findHash: () => Promise<string | null>,
  decoy: string | null = null,
): Promise<boolean> {
  return inTurn(ctx, findHash, async (stored) => {
    const isRight = await matches(ctx, password, hasPassword(stored) ? stored : decoy)
    return isRight && hasPassword(stored)
  })
}

async function matches(ctx: Ctx, password: string, stored: string | null): Promise<boolean> {
  if (stored !== null && isForeign(stored)) return verifyForeign(stored, password)
  const parts = stored === null ? null : parse(stored)
  const dummy = { ln: ctx.config.scryptLn, r: R, p: P, kid: ctx.config.pepperKeys.current, salt: Buffer.alloc(SALT_BYTES), hash: '' }
  const isLost = parts !== null && !ctx.config.pepperKeys.keys.has(parts.kid)
  if (isLost) ctx.log('error', 'pepper_gone', { kid: parts.kid })
  const { hash, ...cost } = parts === null || isLost ? dummy : parts
  return equalInConstantTime(derive(ctx.config.pepperKeys, password, cost), hash)
}

/** Whether the hash was made with another cost or key than the current one; it is then replaced at log-in. */
export function isOutdated(config: Config, stored: string): boolean {
  const parts = parse(stored)
  return parts === null || parts.ln !== config.scryptLn || parts.r !== R || parts.p !== P || parts.kid !== config.pepperKeys.current
}

/** The pepper's key id of a hash that Kith made, within the costs that it has ever used; null for any other text. */
export function ownHashKey(stored: string): string | null {
  const parts = parse(stored)
  return parts !== null && parts.ln >= 1 && parts.ln <= LN_MAX && parts.r === R && parts.p === P ? parts.kid : null
}

function derive(peppers: Keyring, password: string, cost: Omit<Parts, 'hash'>): string {
  const pepper = peppers.keys.get(cost.kid)
  if (!pepper) throw new Error(`the pepper ${cost.kid} is gone`)
  const key = createHmac('sha256', pepper).update(password.normalize('NFKC'), 'utf8').digest()
  const options = { N: 2 ** cost.ln, r: cost.r, p: cost.p, maxmem: MAXMEM_BYTES }
  return base64(scryptSync(key, cost.salt, HASH_BYTES, options))
}

function format(cost: Omit<Parts, 'hash'>, hash: string): string {
  return `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p},keyid=${cost.kid}$${base64(cost.salt)}$${hash}`
}

function parse(stored: string): Parts | null {
  const [, ln, r, p, kid, salt, hash] = PHC.exec(stored) ?? []
  if (kid === undefined || salt === undefined || hash === undefined) return null
  return { ln: Number(ln), r: Number(r), p: Number(p), kid, salt: Buffer.from(salt, 'base64'), hash }
}

/** Base64 without padding, as in PHC strings. */
function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
