// API keys and license keys at the gate (security rows 52 to 54): the key in the request and the token must both be valid and
// match; what was issued under a key ends with it, whether or not the request has the key; people are judged as usual.
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { clientGate, optionalGate, userGate } from '../../../src/core/gate.ts'
import { issueKeyToken, type Key, newKeySession, personalScopes, requireLivingKey } from '../../../src/core/machines/keys.ts'
import type { MachineKind, MadeMachine } from '../../../src/core/machines/machines.ts'
import { issueAccessToken, verifyAccessToken } from '../../../src/core/oauth/access-token.ts'
import type { Claim } from '../../../src/core/principal.ts'
import { sha256 } from '../../../src/crypto.ts'
import { always, findIf } from '../../../src/store/db/database.ts'
import type { KeyKind } from '../../../src/store/db/machine-credentials.ts'
import { clock } from '../../platform/clock.ts'
import { newName, rows } from '../../support/actors.ts'
import { platform } from '../../support/kith.ts'
import { makeMachine, revoke } from '../../support/machines.ts'
import { type Person, signedInPerson } from '../../support/people.ts'
import { bearerOf, idOf, newCtx, userToken } from '../../support/tokens.ts'

let person: Person
beforeAll(async () => {
  platform.reset()
  person = await signedInPerson('key_person')
})
beforeEach(() => platform.reset())

const keyOf = (made: MadeMachine) => made.machine as Key

/** A token of the person under the key, as a room issues it. */
async function tokenUnder(made: MadeMachine, who = person): Promise<string> {
  const ctx = newCtx()
  const input = { key: keyOf(made), userId: idOf(who) }
  const { sessionId, writes } = newKeySession(ctx, { ...input, amr: ['pwd'], refreshable: true, condition: always })
  await ctx.db.batch(writes)
  return issueKeyToken(ctx, { ...input, sessionId })
}

/** What the token claims, with the key of the request. */
async function claimOf(token: string, key?: { kind: KeyKind; secret: string }): Promise<Claim> {
  const claim = await verifyAccessToken(newCtx(), token)
  if (!claim) throw new Error('no access token')
  return key ? { ...claim, key: { kind: key.kind, secretHash: sha256(key.secret) } } : claim
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'passed',
    (error) => error.code,
  )
const enter = (claim: Claim) => codeOf(userGate(newCtx(), claim, null)())
const expire = (made: MadeMachine) => rows('UPDATE machine_credentials SET expires_at = 1 WHERE id = ?', made.machine.id)

const MINUTE_MS = 60_000
/** How a key ends: it expires a minute later, or it is revoked. */
const ENDS: readonly (readonly [how: string, end: (made: MadeMachine) => unknown])[] = [
  ['has expired', () => clock.advance(MINUTE_MS)],
  ['was revoked', ({ machine }) => revoke(machine.id)],
]
const minute = () => {
  clock.freeze()
  return { expiresAt: Date.now() + MINUTE_MS }
}
afterEach(() => clock.restore())

describe.each(['api_key', 'license_key'] as const)('%s', (kind) => {
  const other: MachineKind & KeyKind = kind === 'api_key' ? 'license_key' : 'api_key'
  const present = (made: MadeMachine, as: KeyKind = kind) => ({ kind: as, secret: made.secret })

  test('is let in while it lives, by its own kind alone, and nothing that only looks like it', async () => {
    const made = await makeMachine(kind)
    const ask = (key: string, as: KeyKind = kind) => codeOf(requireLivingKey(newCtx(), as, key))
    expect(await ask(made.secret)).toBe('passed')
    expect(await ask(made.secret, other)).toBe('invalid_client')
    const strangers = [await makeMachine(other), await makeMachine('robot')].map(({ secret }) => secret)
    for (const text of ['', 'x', ...strangers, `${made.secret} `, made.secret.toUpperCase(), made.secret.slice(0, -1), `${made.secret}a`]) {
      platform.counts.reset()
      expect([text, await ask(text)]).toEqual([text, 'invalid_client'])
      // Refused without a database read.
      expect(platform.statements).toEqual([])
    }
    await expire(made)
    expect(await ask(made.secret)).toBe('invalid_client')
    const revoked = await makeMachine(kind)
    await revoke(revoked.machine.id)
    expect(await ask(revoked.secret)).toBe('invalid_client')
  })

  test('and a token under it pass together, and not with another', async () => {
    const [one, two] = [await makeMachine(kind), await makeMachine(kind)]
    const foreign = await makeMachine(other)
    const token = await tokenUnder(one)
    expect(await enter(await claimOf(token, present(one)))).toBe('passed')
    expect(await enter(await claimOf(token, present(two)))).toBe('invalid_token')
    expect(await enter(await claimOf(token, present(foreign, other)))).toBe('invalid_token')
    expect(await enter(await claimOf(token, present(one, other)))).toBe('invalid_client')
    expect(await enter(await claimOf(token, { kind, secret: 'no key' }))).toBe('invalid_client')
    // A token of an ordinary client matches no key.
    expect(await enter(await claimOf(await userToken(person), present(one)))).toBe('invalid_token')
  })

  test.each(ENDS)('that %s is refused on the next request, and so is what was issued under it, with it or without', async (_how, end) => {
    const made = await makeMachine(kind, minute())
    const token = await tokenUnder(made)
    const client = bearerOf(token)
    expect((await client.get('/user/me')).status).toBe(200)
    await end(made)
    expect(await enter(await claimOf(token, present(made)))).toBe('invalid_client')
    expect(await enter(await claimOf(token))).toBe('invalid_token')
    const reply = await client.get('/user/me')
    expect([reply.status, reply.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('error="invalid_token"')])
  })

  test('has sessions that end with their refresh token, and with the key at the latest', async () => {
    clock.freeze()
    const DAY_MS = 86_400_000
    for (const [expiresAt, refreshable, life] of [
      [null, true, 14 * DAY_MS],
      [null, false, 3_600_000],
      [Date.now() + DAY_MS, true, DAY_MS],
      [Date.now() + 1_000, false, 1_000],
    ] as const) {
      const ctx = newCtx()
      const key = keyOf(await makeMachine(kind, { expiresAt }))
      const made = newKeySession(ctx, { key, userId: idOf(person), amr: ['pwd'], refreshable, condition: always })
      await ctx.db.batch(made.writes)
      const end = Date.now() + life
      expect(await rows('SELECT expires_at, idle_expires_at FROM sessions WHERE id = ?', made.sessionId)).toEqual([
        { expires_at: end, idle_expires_at: end },
      ])
      expect(await rows('SELECT expires_at FROM refresh_tokens WHERE session_id = ?', made.sessionId)).toEqual(
        refreshable ? [{ expires_at: end }] : [],
      )
    }
  })

  test('caps the tokens under it with those of its scopes that are for people', async () => {
    const made = await makeMachine(kind, { scopes: ['delegated:profile:read'] })
    const client = bearerOf(await tokenUnder(made))
    expect((await client.get('/user/me')).status).toBe(200)
    expect((await client.patch('/user/me', { bio: 'Written under a key.' })).status).toBe(403)
    expect(personalScopes({ scopes: 'client:profile:write delegated:profile:read' })).toEqual(['delegated:profile:read'])
  })

  test('protects nobody from what ends a session: ban, deletion, sign-out everywhere', async () => {
    const made = await makeMachine(kind)
    for (const sets of ['banned_at = 1', 'deleted_at = 1', 'epoch = epoch + 1']) {
      const someone = await signedInPerson(newName(`key_${sets.slice(0, 5)}`))
      const token = await tokenUnder(made, someone)
      await rows(`UPDATE users SET ${sets} WHERE id = ?`, idOf(someone))
      expect(await enter(await claimOf(token, present(made)))).toBe('invalid_token')
    }
  })

  test('without a token that agrees makes a caller nobody where nobody is needed', async () => {
    const made = await makeMachine(kind)
    const token = await tokenUnder(made)
    const whom = async (claim: Claim) => {
      const { principal, user, reads } = await optionalGate(newCtx(), claim)(() => [findIf(always)])
      expect([principal === null, reads]).toEqual([user === null, [true]])
      return user?.username ?? null
    }
    expect(await whom(await claimOf(token, present(made)))).toBe(person.username)
    expect(await whom(await claimOf(token, present(await makeMachine(kind))))).toBeNull()
    await expire(made)
    expect(await whom(await claimOf(token, present(made)))).toBeNull()
  })

  test('is remembered as used, to within a quarter of an hour', async () => {
    const made = await makeMachine(kind)
    const used = async () =>
      (await rows<{ at: number | null }>('SELECT last_used_at AS at FROM machine_credentials WHERE id = ?', made.machine.id))[0]?.at
    const ctx = newCtx()
    const deferred: Promise<unknown>[] = []
    const watched = { ...ctx, defer: (work: () => Promise<unknown>) => void deferred.push(work()) }
    await requireLivingKey(watched, kind, made.secret)
    await Promise.all(deferred)
    const first = await used()
    expect(first).toBeGreaterThan(Date.now() - 60_000)
    await requireLivingKey(watched, kind, made.secret)
    await Promise.all(deferred)
    expect([deferred.length, await used()]).toEqual([1, first])
  })
})

describe('the service behind a license key', () => {
  const tokenOf = ({ machine }: MadeMachine) =>
    issueAccessToken(newCtx(), {
      clientId: keyOf({ machine } as MadeMachine).clientId,
      scopes: ['client:profile:write'],
      lifeSeconds: 600,
      holder: { clientEpoch: 0 },
    })
  const enterAs = (claim: Claim) => codeOf(clientGate(newCtx(), claim, 'client:profile:write')())

  test('passes with its own key, and not with another', async () => {
    const [one, two] = [await makeMachine('license_key'), await makeMachine('license_key')]
    const token = await tokenOf(one)
    expect(await enterAs(await claimOf(token))).toBe('passed')
    expect(await enterAs(await claimOf(token, { kind: 'license_key', secret: one.secret }))).toBe('passed')
    expect(await enterAs(await claimOf(token, { kind: 'license_key', secret: two.secret }))).toBe('invalid_token')
    expect(await enterAs(await claimOf(token, { kind: 'license_key', secret: 'no key' }))).toBe('invalid_client')
  })

  test.each(ENDS)('is refused once its key %s', async (_how, end) => {
    const made = await makeMachine('license_key', minute())
    const token = await tokenOf(made)
    expect(await enterAs(await claimOf(token))).toBe('passed')
    await end(made)
    expect(await enterAs(await claimOf(token))).toBe('invalid_token')
  })
})
