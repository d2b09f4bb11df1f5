/**
 * Robots authenticate by HTTP Digest (RFC 7616; security rows 50, 51, 54): MD5, `qop=auth`, and a nonce of ours whose
 * count only rises. That is safe because their secrets are 256 random bits; users have no HA1, so no user's password is
 * ever tried here. Guessing is hopeless, so failures are limited per network only, and no robot can be locked out.
 */
import { createHash } from 'node:crypto'
import { decrypt, encrypt, equalInConstantTime, isUnderOldKey, randomToken } from '../../crypto.ts'
import { type MachineId, type MailId, NO_ID, type SessionId, type UserId } from '../../ids.ts'
import { countAttempt, findCounter, justCounted } from '../../store/db/attempt-counters.ts'
import { findIf } from '../../store/db/database.ts'
import { claimNonceCount } from '../../store/db/digest-nonces.ts'
import { findLivingRobot, isMachineAlive, type MachineRow, replaceHa1 } from '../../store/db/machine-credentials.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { type Gate, insufficientScope } from '../gate.ts'
import { ROBOT_REQUESTS, ROBOT_WINDOW_MS } from '../limits.ts'
import type { Claim, RobotPrincipal } from '../principal.ts'
import { coveredBy, type Scope, storedScopes } from '../scopes.ts'
import { touchMachineLater } from './last-use.ts'
import { ha1Purpose } from './machines.ts'
import { readNonce } from './nonces.ts'

/** The reason of a refusal whose only fault is the nonce: the same secret works with a fresh one. */
export const NONCE_STALE = 'nonce_stale'

/** Hex digits of an MD5. */
const HA1_LENGTH = 32

/** The credentials of a request, as sent. */
export interface DigestProof {
  readonly username: string
  readonly method: string
  readonly uri: string
  readonly nonce: string
  /** Eight hex digits. */
  readonly count: string
  readonly clientNonce: string
  readonly response: string
}

const refusal = () => new AppError('unauthenticated', 'The name or the secret is wrong')
const stale = () => new AppError('unauthenticated', 'The nonce has expired, or its count was already used', { reason: NONCE_STALE })

/** The robot that knows the secret. The gate decides whether this proof is still valid. One round trip. */
export async function proveRobot(ctx: Ctx, proof: DigestProof): Promise<Claim> {
  const nonce = readNonce(ctx, proof.nonce)
  if (!nonce) throw refusal()
  const robot = await ctx.db.one(findLivingRobot(proof.username, ctx.now()))
  const isRight = equalInConstantTime(responseTo(await readHa1(ctx, robot), proof), proof.response)
  if (!robot || !isRight) throw refusal()
  encryptAnewLater(ctx, robot)
  if (nonce.expiresAt <= ctx.now()) throw stale()
  return {
    kind: 'robot',
    machineId: robot.id,
    scopes: storedScopes(robot.scopes),
    lastUsedAt: robot.lastUsedAt,
    proof: { nonce: proof.nonce, count: Number.parseInt(proof.count, 16), expiresAt: nonce.expiresAt },
  }
}

const md5 = (text: string) => createHash('md5').update(text, 'utf8').digest('hex')

/** RFC 7616 §3.4.1. */
function responseTo(ha1: string, { nonce, count, clientNonce, method, uri }: DigestProof): string {
  return md5(`${ha1}:${nonce}:${count}:${clientNonce}:auth:${md5(`${method}:${uri}`)}`)
}

/** The same work for an unknown robot, or one created under another realm: a text that no secret produces. */
async function readHa1(ctx: Ctx, robot: MachineRow | null): Promise<string> {
  const { encryptionKeys, digestRealm } = ctx.config
  if (robot === null || robot.ha1 === null || robot.realm !== digestRealm) {
    return await encrypt(encryptionKeys, ha1Purpose(NO_ID as MachineId), new Uint8Array(HA1_LENGTH))
  }
  const plain = await decrypt(encryptionKeys, ha1Purpose(robot.id), robot.ha1)
  if (plain) return Buffer.from(plain).toString()
  ctx.log('error', 'ha1_unreadable', { machine: robot.id })
  return randomToken()
}

function encryptAnewLater(ctx: Ctx, { id, ha1 }: MachineRow): void {
  const { encryptionKeys } = ctx.config
  if (ha1 === null || !isUnderOldKey(encryptionKeys, ha1)) return
  ctx.defer(async () => {
    const plain = await decrypt(encryptionKeys, ha1Purpose(id), ha1)
    if (plain) await ctx.db.one(replaceHa1(id, ha1, await encrypt(encryptionKeys, ha1Purpose(id), plain)))
  })
}

const NOBODY = { userId: NO_ID as UserId, sessionId: NO_ID as SessionId, clientId: null }

/**
 * The gate for robots: one batch, on the primary because it writes, claims the nonce count, counts the request, and
 * reads the page. A used proof counts nothing, so replaying one cannot use up the robot's requests.
 */
export function robotGate(ctx: Ctx, claim: Claim, needed: Scope): Gate<RobotPrincipal> {
  return async (reads) => {
    if (claim.kind !== 'robot') throw insufficientScope(needed)
    const { machineId, scopes, lastUsedAt } = claim
    const now = ctx.now()
    const isAlive = isMachineAlive(machineId, now)
    const key = `robot:${machineId}`
    const attempt = { key, limit: ROBOT_REQUESTS, windowMs: ROBOT_WINDOW_MS, pauseMs: 0, stamp: ctx.newId<MailId>(), now }
    const [alive, claimed, counted, counter, ...results] = await ctx.db.batch([
      findIf(isAlive),
      claimNonceCount(claim.proof, isAlive),
      countAttempt(attempt, justCounted),
      findCounter(key),
      ...(reads?.(NOBODY) ?? []),
    ])
    if (!alive) throw refusal()
    if (!claimed) throw stale()
    if (!counted) {
      const waitMs = (counter?.windowEndsAt ?? now + ROBOT_WINDOW_MS) - now
      throw new AppError('rate_limited', `At most ${ROBOT_REQUESTS} requests in ${ROBOT_WINDOW_MS / 1000} s`, { retryAfter: waitMs / 1000 })
    }
    touchMachineLater(ctx, { id: machineId, lastUsedAt })
    if (!coveredBy(scopes, needed)) throw insufficientScope(needed)
    return { principal: { kind: 'robot', machineId, scopes }, user: null, reads: results as never }
  }
}
