/**
 * JWTs that a client signs with its own key: assertions (RFC 7523) and request objects (RFC 9101). What every one of them must
 * say (decision 035), and whether the client's key has signed it.
 */
import { compactVerify, decodeJwt, decodeProtectedHeader } from 'jose'
import * as z from 'zod'
import type { ClientKeysRow } from '../../store/db/oauth-clients.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { Unacceptable, Unanswered } from '../outside.ts'
import { findKeys, PRIVATE_KEY_ALGORITHMS } from './client-keys.ts'
import { maySignWith } from './fapi.ts'
import { CLIENT_CLOCK_TOLERANCE_MS } from './limits.ts'

/** What a JWT is for. */
export interface JwtPurpose {
  /** As messages call it. */
  readonly name: string
  /** Accepted values of `typ`, in lower case (RFC 8725 §3.11). */
  readonly types: readonly (string | undefined)[]
  /** How far away its end may be. */
  readonly lifeMs: number
  readonly refusal: (message: string) => AppError
}

/** The claims that each has, for the schema of its kind. */
export const commonClaims = {
  iss: z.string(),
  aud: z.string(),
  exp: z.number(),
  iat: z.number().optional(),
  nbf: z.number().optional(),
}
type Common = z.output<z.ZodObject<typeof commonClaims>>

/** The claims, judged by what can be told without a key. */
export function judgeClientJwt<Claims extends Common>(
  ctx: Ctx,
  { clientId, jwt, schema }: { readonly clientId: string; readonly jwt: string; readonly schema: z.ZodType<Claims> },
  { name, types, lifeMs, refusal }: JwtPurpose,
): Claims {
  const { typ, payload } = decode(jwt) ?? {}
  if (payload === undefined) throw refusal(`The ${name} is not a signed JWT`)
  const { data: claims, error } = schema.safeParse(payload)
  if (!claims) throw refusal(`The ${name} has no valid ${String(error?.issues[0]?.path[0])}`)
  const now = ctx.now()
  const isFuture = (seconds = 0) => seconds * 1000 > now + CLIENT_CLOCK_TOLERANCE_MS
  const { iss, aud, exp, iat, nbf } = claims
  const rules: readonly [isBroken: boolean, message: string][] = [
    [!types.includes(typ?.toLowerCase()), `The typ of the ${name} is not that of a ${name}`],
    [iss !== clientId, `iss of the ${name} must be the client_id`],
    [aud !== ctx.config.origin, `aud of the ${name} must be the issuer, ${ctx.config.origin}, alone`],
    [exp * 1000 <= now - CLIENT_CLOCK_TOLERANCE_MS, `The ${name} has expired`],
    [exp * 1000 > now + lifeMs + CLIENT_CLOCK_TOLERANCE_MS, `exp of the ${name} must be at most ${lifeMs / 60_000} minutes away`],
    [isFuture(iat) || isFuture(nbf), `The ${name} is not valid yet`],
  ]
  const broken = rules.find(([isBroken]) => isBroken)
  if (broken) throw refusal(broken[1])
  return claims
}

function decode(jwt: string): { typ: string | undefined; payload: unknown } | null {
  try {
    const { typ } = decodeProtectedHeader(jwt)
    return { typ: typ === undefined ? undefined : String(typ), payload: decodeJwt(jwt) }
  } catch {
    return null
  }
}

/** Whether a client of private_key_jwt has signed it. Its keys are fetched only for an algorithm that they could have. */
export async function isSignedWithKey(ctx: Ctx, row: ClientKeysRow, jwt: string, { refusal }: JwtPurpose): Promise<boolean> {
  try {
    const { alg } = decodeProtectedHeader(jwt)
    const algorithms = PRIVATE_KEY_ALGORITHMS.filter((one) => maySignWith(row, one))
    if (!(algorithms as readonly unknown[]).includes(alg)) return false
    await compactVerify(jwt, await findKeys(ctx, row), { algorithms })
    return true
  } catch (error) {
    if (!(error instanceof Unanswered || error instanceof Unacceptable)) return false
    // The client's own server: whoever runs it needs to know.
    ctx.log('warn', 'client_keys_unavailable', { client: row.id, cause: `${error.name}: ${error.message}` })
    if (error instanceof Unacceptable) throw refusal('What the jwks_uri of the client returns is not a set of public keys')
    throw new AppError('temporarily_unavailable', 'The jwks_uri of the client does not answer', { retryAfter: 10 })
  }
}
