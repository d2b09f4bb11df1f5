/**
 * Software statements (RFC 7591 §2.3): metadata of a client as a JWT, signed by somebody whose keys are in
 * `SOFTWARE_STATEMENT_JWKS`. Each copy of a program may register with the same one.
 */
import { createLocalJWKSet, errors, type JWK, jwtVerify } from 'jose'
import type * as z from 'zod'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { PRIVATE_KEY_ALGORITHMS } from './client-keys.ts'
import { CLIENT_CLOCK_TOLERANCE_MS } from './limits.ts'
import { SelfRegistration } from './self-registration.ts'

/** Nobody that Kith knows has signed it. */
const UNKNOWN_SIGNER = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JWSSignatureVerificationFailed]

/** What the statement says about the client: it counts in place of what the client itself says. */
export async function readSoftwareStatement(ctx: Ctx, statement: string): Promise<Partial<z.output<typeof SelfRegistration>>> {
  const { data, error } = SelfRegistration.safeParse(await verify(ctx, statement))
  if (!data) throw invalid(`${error.issues[0]?.path.join('.')} ${error.issues[0]?.message}`)
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined))
}

async function verify(ctx: Ctx, statement: string): Promise<unknown> {
  const { origin, softwareStatementKeys } = ctx.config
  try {
    const { payload } = await jwtVerify(statement, createLocalJWKSet({ keys: softwareStatementKeys.keys as JWK[] }), {
      algorithms: [...PRIVATE_KEY_ALGORITHMS],
      currentDate: new Date(ctx.now()),
      clockTolerance: CLIENT_CLOCK_TOLERANCE_MS / 1000,
    })
    if (typeof payload.iss !== 'string' || payload.iss === '') throw invalid('it has no iss')
    if (payload.aud !== undefined && ![payload.aud].flat().includes(origin)) throw invalid('it is for another server')
    return payload
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    if (UNKNOWN_SIGNER.some((kind) => cause instanceof kind))
      throw new AppError('unapproved_software_statement', 'The software statement is not signed by anybody whom this server trusts', {
        cause,
      })
    throw invalid(cause instanceof errors.JWTExpired ? 'it has expired' : 'it is not a signed JWT that is valid now', cause)
  }
}

function invalid(why: string, cause?: unknown): AppError {
  return new AppError('invalid_software_statement', `The software statement is not valid: ${why}`, { cause })
}
