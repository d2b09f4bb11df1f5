/**
 * Clients that register themselves (RFC 7591) and manage their registration (RFC 7592), where `DYNAMIC_REGISTRATION`
 * allows it: with an initial access token, with a software statement, or as strangers (docs/decisions/038). What they may
 * have is in `self-registration.ts`.
 */
import type * as z from 'zod'
import { equalInConstantTime, randomToken, sha256 } from '../../crypto.ts'
import type { AnyId } from '../../ids.ts'
import { countAttempt, findCounter, wasCounted } from '../../store/db/attempt-counters.ts'
import {
  type ClientRow,
  findClientGone,
  findClientOfVersion,
  findRegisteredClient,
  insertClient,
  isClientOfVersion,
  isManagedWith,
  markClientDeleted,
  updateClient,
} from '../../store/db/client-registration.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { DAY_MS } from '../limits.ts'
import type { Principal } from '../principal.ts'
import { NO_SECRET_HASH } from './client-authentication.ts'
import { type ClientMetadata, makeClientId } from './client-metadata.ts'
import { planChange, planClient, planCtxOf } from './client-plans.ts'
import { isSame } from './client-registration.ts'
import { REGISTRATION_LENGTH_MAX, REGISTRATIONS_PER_DAY } from './limits.ts'
import { type SelfRegistration, toSelfRegistered } from './self-registration.ts'

/** What is sent about the client itself. */
export type Sent = z.output<typeof SelfRegistration> & { readonly software_statement?: string | undefined }

/** The client, and what it alone gets: its secret if it was just issued, and the token that manages it. */
export interface Registered {
  readonly row: ClientRow
  readonly secret: string | null
  readonly token: string
}

/** What manages a client that was registered with a software statement: its changes need one, too. */
const VOUCHED = 'kith_rts_'
const FREE = 'kith_rt_'

/** 404 where the operator has not switched it on. */
export function requireRegistration({ config }: Ctx): void {
  if (config.dynamicRegistration === 'off') throw new AppError('not_found')
}

/** `gate`: that of the initial access token, if there is one. */
export async function registerClient(ctx: Ctx, gate: Gate<Principal> | null, sent: Sent): Promise<Registered> {
  const id = makeClientId()
  const metadata = await toMetadata(ctx, sent, id)
  // First, because a plan may fetch what the client names.
  const admittedBy = await admit(ctx, gate, sent)
  const token = `${sent.software_statement === undefined ? FREE : VOUCHED}${randomToken()}`
  const { row, secret } = await planClient({ ...metadata, id, source: 'dynamic', registrationTokenHash: sha256(token) }, planCtxOf(ctx))
  const key = `registrations:${admittedBy}`
  const attempt = { key, limit: REGISTRATIONS_PER_DAY, windowMs: DAY_MS, pauseMs: 0, stamp: ctx.newId<AnyId>(), now: ctx.now() }
  const stored = await ctx.db.commit([countAttempt(attempt), insertClient(row, wasCounted(attempt))], findRegisteredClient(id))
  if (!stored) {
    const waitMs = ((await ctx.db.one(findCounter(key)))?.windowEndsAt ?? 0) - ctx.now()
    throw new AppError('rate_limited', 'Too many clients were registered in a day', { retryAfter: waitMs / 1000 })
  }
  ctx.log('info', 'client_registered', { client: id, by: admittedBy })
  return { row, secret, token }
}

/** Who is accountable for it, as the limit counts them. */
async function admit(ctx: Ctx, gate: Gate<Principal> | null, sent: Sent): Promise<string> {
  if (gate) {
    const { principal } = await gate()
    return principal.kind === 'user' ? `user ${principal.userId}` : `client ${principal.kind === 'client' ? principal.clientId : ''}`
  }
  if (sent.software_statement !== undefined) return 'software statements'
  if (ctx.config.dynamicRegistration === 'open') return 'strangers'
  throw new AppError('unauthenticated', 'Registering takes an initial access token or a software statement', {
    scope: 'client:oauth:register',
  })
}

/** One round trip, the same for an unknown client and a wrong token. */
export async function findRegistration(ctx: Ctx, id: string, token: string): Promise<Registered> {
  const row = await ctx.db.one(findRegisteredClient(id))
  const isRight = equalInConstantTime(sha256(token), row?.registrationTokenHash ?? NO_SECRET_HASH)
  if (!row || !isRight || row.disabledAt !== null) throw new AppError('invalid_token', 'The registration access token is not valid')
  return { row, secret: null, token }
}

/** All of it is replaced (RFC 7592 §2.2). The token stays: a lost reply must not lock the client out. */
export async function replaceRegistration(
  ctx: Ctx,
  known: { readonly id: string; readonly token: string },
  sent: Sent & { readonly client_id?: string | undefined; readonly client_secret?: string | undefined },
): Promise<Registered> {
  const { id, token } = known
  const { row: before } = await findRegistration(ctx, id, token)
  if (sent.client_id !== id) throw wrong('client_id', 'must be that of the client')
  if (sent.client_secret !== undefined && sha256(sent.client_secret) !== before.secretHash) {
    throw wrong('client_secret', 'is not the secret of the client, which cannot be chosen')
  }
  if (token.startsWith(VOUCHED) && sent.software_statement === undefined) {
    throw wrong('software_statement', 'is required: the client was registered with one')
  }
  const { row, secret, events } = await planChange(before, await toMetadata(ctx, sent, id), planCtxOf(ctx))
  if (events.length === 0) return { row, secret, token }
  const writes = [updateClient(row, isClientOfVersion(id, before.updatedAt))]
  const stored = await ctx.db.commit(writes, findClientOfVersion(id, row.updatedAt))
  if (!stored || !isSame(stored, row)) throw AppError.tryAgain()
  ctx.log('info', 'client_registration_changed', { client: id, what: events.map(({ detail }) => detail).join('; ') })
  return { row, secret, token }
}

/** Whatever else changes it meanwhile: nothing issued to the client works any more when this returns. */
export async function removeRegistration(ctx: Ctx, id: string, token: string): Promise<void> {
  await findRegistration(ctx, id, token)
  const gone = await ctx.db.commit(markClientDeleted(id, ctx.now(), isManagedWith(id, sha256(token))), findClientGone(id))
  if (!gone) throw AppError.tryAgain()
  ctx.log('info', 'client_registration_removed', { client: id })
}

async function toMetadata(ctx: Ctx, sent: Sent, unnamed: string): Promise<ClientMetadata> {
  const { software_statement: statement } = sent
  // Only where there is one: it takes a library.
  const claims = statement === undefined ? {} : await (await import('./software-statements.ts')).readSoftwareStatement(ctx, statement)
  // RFC 7591 §2: the default of a client that says nothing.
  const metadata = toSelfRegistered(ctx.config, { token_endpoint_auth_method: 'client_secret_basic', ...sent, ...claims }, unnamed)
  if (JSON.stringify(metadata).length > REGISTRATION_LENGTH_MAX) {
    throw new AppError('invalid_request', `The metadata of a client may have at most ${REGISTRATION_LENGTH_MAX} characters`)
  }
  return metadata
}

function wrong(path: string, message: string): AppError {
  return AppError.ofFields([{ path, message }])
}
