// Administration of machine clients (security rows 51 to 54): who may create what, that a secret is shown once and stored nowhere
// in clear, and that revoking is final.
import { beforeAll, describe, expect, test } from 'vitest'
import { MachinesReply, MadeMachineReply } from '../../../src/apis/user/machine-clients/presenters.ts'
import { ha1Of, ha1Purpose } from '../../../src/core/machines/machines.ts'
import { looksLikeSecret } from '../../../src/core/machines/secrets.ts'
import { decrypt, sha256 } from '../../../src/crypto.ts'
import type { MachineId } from '../../../src/ids.ts'
import { rows } from '../../support/actors.ts'
import { giveRole, signedInAdmin } from '../../support/admins.ts'
import { runCron } from '../../support/cron.ts'
import { dumpKv, dumpTables } from '../../support/invariants.ts'
import { Client, db, ORIGIN, platform, type Reply } from '../../support/kith.ts'
import { makeMachine } from '../../support/machines.ts'
import { logIn, type Person, signedInPerson } from '../../support/people.ts'
import { atTheLine, race } from '../../support/start-line.ts'
import { bearerOf, newCtx, newGrant, userToken } from '../../support/tokens.ts'

let admin: Person
/** A super admin who has just signed in with a browser. */
let root: Client

beforeAll(async () => {
  platform.reset()
  admin = await signedInAdmin('mac_admin1')
  root = (await signedInAdmin('mac_root111', 'super_admin')).client
})

type Fields = Record<string, unknown>
const create = (by: Client, fields: Fields) => by.post('/machine/admin-api/create', fields)
const list = async (query = '', by = root) => (await by.get(`/machine/admin-api/list${query}`)).json.data.records as Fields[]
const revoke = (by: Client, id: string) => by.post('/machine/admin-api/revoke', { id })
const shown = async (id: string) => (await list('?limit=100')).find(({ _id }) => _id === id)
const rowOf = async (id: string) => (await rows('SELECT * FROM machine_credentials WHERE id = ?', Number.parseInt(id, 16)))[0] ?? {}
const eventsAbout = async (id: string) =>
  (await rows<{ type: string }>("SELECT type FROM audit_events WHERE detail LIKE '% ' || ? ORDER BY id", id)).map(({ type }) => type)

async function made(fields: Fields): Promise<{ id: string; secret: string; account?: { username: string; password: string } }> {
  const { status, json, text } = await create(root, fields)
  if (status !== 201) throw new Error(text)
  const { machine, ...secrets } = MadeMachineReply.parse(json).data
  return { id: machine._id, ...secrets } as never
}

const API_KEY = { kind: 'api_key', name: 'Partner app' }
const LICENSE_KEY = { kind: 'license_key', name: 'Chat service' }
const robot = (name: string) => ({ kind: 'robot', name })

describe('a machine client', () => {
  test.each([
    [robot('mac_robot'), 'kith_rb_', 'client:profile:read'],
    [{ ...API_KEY, expiresAt: new Date(Date.now() + 86_400_000).toISOString() }, 'kith_ak_', 'delegated:all'],
    [LICENSE_KEY, 'kith_lk_', 'client:profile:all delegated:all'],
  ])('%j is made with all that its kind may do, listed and revoked, each with its audit event', async (fields, prefix, scope) => {
    const reply = await create(root, fields)
    expect([reply.status, reply.headers.get('cache-control')]).toEqual([201, 'no-store'])
    const { machine, secret, account } = MadeMachineReply.parse(reply.json).data
    const { _id: id, createdAt: _, ...rest } = machine
    expect(rest).toEqual({ expiresAt: null, scope, lastUsedAt: null, revokedAt: null, ...fields })
    expect(secret).toMatch(new RegExp(`^${prefix}[\\w-]{49}$`))
    expect(account?.username).toBe(fields === LICENSE_KEY ? `machine-${Number.parseInt(id, 16)}` : undefined)
    expect(await shown(id)).toEqual(machine)
    expect((await revoke(admin.client, id)).json).toEqual({ ok: 1 })
    expect(await shown(id)).toEqual({ ...machine, revokedAt: expect.any(String) })
    expect(await eventsAbout(id)).toEqual(['machine_created', 'machine_revoked'])
  })

  test('is never shown with a secret', async () => {
    const secrets: string[] = []
    for (let n = 0; n < 3; n++) {
      const { secret, account } = await made({ ...LICENSE_KEY, name: `Listed ${n}` })
      secrets.push(secret, account?.password ?? '?')
    }
    secrets.push((await made(robot('mac_listed'))).secret)
    const { json, text } = await root.get('/machine/admin-api/list?limit=100')
    expect(MachinesReply.parse(json).data.records.map(({ name }) => name)).toContain('Listed 2')
    for (const { ha1, secret_hash } of await rows('SELECT ha1, secret_hash FROM machine_credentials'))
      if (ha1 ?? secret_hash) secrets.push(String(ha1 ?? secret_hash))
    for (const secret of secrets) expect(text).not.toContain(secret)
  })

  test('has a secret of ours with a check in it, told once, and nowhere in clear', async () => {
    const secrets: string[] = []
    for (const fields of [robot('mac_secret'), API_KEY, LICENSE_KEY]) {
      const { id, secret, account } = await made({ ...fields, expiresAt: null })
      expect(looksLikeSecret(fields.kind as 'robot', secret)).toBe(true)
      expect(looksLikeSecret(fields.kind as 'robot', `${secret.slice(0, -8)}AAAAAAAA`)).toBe(false)
      secrets.push(secret, ha1Of('mac_secret', 'Production Movida', secret), ...(account ? [account.password] : []))
      const { secret_hash, ha1, realm } = await rowOf(id)
      if (fields.kind === 'robot') {
        expect([secret_hash, realm]).toEqual([null, 'Production Movida'])
        const ctx = newCtx()
        const right = await decrypt(ctx.config.encryptionKeys, ha1Purpose(Number.parseInt(id, 16) as MachineId), String(ha1))
        expect(Buffer.from(right ?? []).toString()).toBe(ha1Of('mac_secret', 'Production Movida', secret))
        // Sealed for its own row: useless in another.
        expect(await decrypt(ctx.config.encryptionKeys, ha1Purpose(1 as MachineId), String(ha1))).toBeNull()
      } else expect([secret_hash, ha1, realm]).toEqual([sha256(secret), null, null])
    }
    const stored = JSON.stringify([await dumpTables(), await dumpKv()])
    for (const secret of secrets) expect(stored).not.toContain(secret)
  })

  test.each([
    ['a robot that acts for people', robot('mac_wrong1'), { scope: 'delegated:profile:read' }, 'scope'],
    ['a robot that administers', robot('mac_wrong2'), { scope: 'client:profile:read admin:all' }, 'scope'],
    ['a robot with everything', robot('mac_wrong3'), { scope: '*' }, 'scope'],
    ['a key that reads by itself', API_KEY, { scope: 'client:profile:read' }, 'scope'],
    ['a key that administers', API_KEY, { scope: 'delegated:all admin:all' }, 'scope'],
    ['a license that may do all that clients may', LICENSE_KEY, { scope: 'client:all' }, 'scope'],
    ['a key that makes users', API_KEY, { scope: 'client:profile:write' }, 'scope'],
    ['a license that learns who somebody is', LICENSE_KEY, { scope: 'openid' }, 'scope'],
    ['a license that introspects', LICENSE_KEY, { scope: 'client:oauth:introspect' }, 'scope'],
    ['no scope that there is', API_KEY, { scope: 'delegated:everything' }, 'scope'],
    ['an end that is past', API_KEY, { expiresAt: '2020-01-01T00:00:00.000Z' }, 'expiresAt'],
    ['an end beyond ten years', API_KEY, { expiresAt: '2090-01-01T00:00:00.000Z' }, 'expiresAt'],
    ['an end without a zone', API_KEY, { expiresAt: '2030-01-01T00:00:00' }, 'expiresAt'],
    ['a robot whose name breaks its header', robot('ro"bot'), {}, 'name'],
    ['a robot whose name breaks its HA1', robot('ro:bot'), {}, 'name'],
    ['a robot with a name of a line', robot('my robot'), {}, 'name'],
    ['no kind that there is', { kind: 'person', name: 'Someone' }, {}, 'kind'],
    ['a secret of the caller', API_KEY, { secret: 'chosen-by-me' }, 'secret'],
    ['an owner', API_KEY, { userId: 'f'.repeat(24), createdBy: 1 }, 'userId'],
  ])('refuses %s, naming the field', async (_what, fields, wrong, path) => {
    const before = await list()
    const reply = await create(root, { ...fields, ...wrong })
    expect([reply.status, reply.json.error]).toEqual([400, 'ClientInputError'])
    expect(reply.json.additionalInfo.errors.map((error: Fields) => error.path).join()).toContain(path)
    expect(await list()).toEqual(before)
  })
})

describe('whoever makes a machine client', () => {
  const refusal = ({ status, json }: Reply) => [status, json.additionalInfo?.reason]

  test('gives away no scope that they do not hold', async () => {
    const before = await list()
    for (const fields of [robot('mac_beyond'), LICENSE_KEY]) expect(refusal(await create(admin.client, fields))).toEqual([403, 'scope'])
    const narrow = bearerOf(await userToken(admin, ['admin:all', 'delegated:profile:read']))
    expect(refusal(await create(narrow, API_KEY))).toEqual([403, 'scope'])
    expect(await list()).toEqual(before)
    expect(refusal(await create(narrow, { ...API_KEY, scope: 'delegated:profile:read' }))).toEqual([403, 'browser_sign_in_required'])
    expect((await create(admin.client, API_KEY)).status).toBe(201)
  })

  test('holds all of admin:all for a key, which asks people for no consent', async () => {
    const some = bearerOf(await userToken(admin, ['admin:client:write', 'delegated:all']))
    expect(refusal(await create(some, API_KEY))).toEqual([403, 'first_party'])
  })

  test('may have lost it: the key stays, and its creator can create no more', async () => {
    const former = await signedInAdmin('mac_former1')
    const { json } = await create(former.client, API_KEY)
    await giveRole(former, 'user')
    await logIn(former)
    expect((await create(former.client, API_KEY)).status).toBe(403)
    expect(await shown(json.data.machine._id)).toMatchObject({ revokedAt: null })
  })
})

test('of 64 robots of one name that are made at once, one is, with the secret that works', async () => {
  const starts = Array.from({ length: 64 }, () => () => root.post('/machine/admin-api/create', robot('mac_racer'), atTheLine))
  const { replies, waited } = await race(starts, /INSERT INTO machine_credentials/)
  expect(waited).toBe(64)
  const won = replies.filter(({ status }) => status === 201)
  expect([won.length, replies.filter(({ status }) => status === 409).length]).toEqual([1, 63])
  expect(replies.find(({ status }) => status === 409)?.json.additionalInfo).toEqual({ duplicateFields: ['name'] })
  const stored = await rows("SELECT id, ha1, realm FROM machine_credentials WHERE name = 'mac_racer'")
  expect(stored).toHaveLength(1)
  const [{ id, ha1 } = {}] = stored
  const right = await decrypt(newCtx().config.encryptionKeys, ha1Purpose(id as MachineId), String(ha1))
  expect(Buffer.from(right ?? []).toString()).toBe(ha1Of('mac_racer', 'Production Movida', won[0]?.json.data.secret))
  expect(await eventsAbout(won[0]?.json.data.machine._id)).toEqual(['machine_created'])
})

test('a name of a robot is free again once the robot is revoked, and not before', async () => {
  const { id } = await made({ ...robot('mac_again'), expiresAt: new Date(Date.now() + 60_000).toISOString() })
  await db.prepare('UPDATE machine_credentials SET expires_at = 1 WHERE id = ?').bind(Number.parseInt(id, 16)).run()
  expect((await create(root, robot('mac_again'))).status).toBe(409)
  await revoke(root, id)
  expect((await create(root, robot('mac_again'))).status).toBe(201)
})

describe('what is revoked', () => {
  test('stays so: nothing is to be seen of its client, and nobody switches it on again', async () => {
    const { id } = await made(LICENSE_KEY)
    const clientId = `machine-${Number.parseInt(id, 16)}`
    const tries = async () => [
      (await root.get(`/client/${clientId}`)).status,
      (await root.patch('/client/admin-api/update', { client_id: clientId, disabled: false })).status,
      (await root.patch('/client/admin-api/update', { client_id: clientId, rotate_secret: true })).status,
      (await root.post('/client/admin-api/delete', { client_id: clientId })).status,
    ]
    const clients = () => root.get('/client/admin-api/list?limit=100')
    for (const revoked of [false, true]) {
      if (revoked) await revoke(root, id)
      expect(await tries()).toEqual([404, 404, 404, 404])
      expect((await clients()).text).not.toContain('machine-')
    }
    expect(await shown(id)).toMatchObject({ revokedAt: expect.any(String) })
    expect((await root.get('/user/me')).status).toBe(200)
  })

  test('keeps no HA1, lets its client go, and stays in the list when all of that is swept', async () => {
    const sitter = await signedInPerson('mac_sitter1')
    const { id } = await made(LICENSE_KEY)
    const bot = await made(robot('mac_swept'))
    const clientId = `machine-${Number.parseInt(id, 16)}`
    await newGrant(sitter, clientId)
    for (const one of [id, bot.id]) await revoke(root, one)
    expect(await rowOf(bot.id)).toMatchObject({ ha1: null, client_id: null })
    expect(await rows('SELECT secret_hash, disabled_at IS NOT NULL AS shut FROM oauth_clients WHERE id = ?', clientId)).toEqual([
      { secret_hash: null, shut: 1 },
    ])
    await rows('UPDATE oauth_clients SET disabled_at = 1 WHERE id = ?', clientId)
    await runCron()
    expect(await rows('SELECT 1 FROM oauth_clients WHERE id = ?', clientId)).toEqual([])
    expect(await rows('SELECT revoked_at IS NOT NULL AS ended FROM sessions WHERE client_id = ?', clientId)).toEqual([{ ended: 1 }])
    expect(await shown(id)).toMatchObject({ revokedAt: expect.any(String) })
  })

  test('is revoked once, however often and by however many, and what there is not is not found', async () => {
    const { id } = await made(API_KEY)
    const { replies } = await race(
      Array.from({ length: 16 }, () => () => root.post('/machine/admin-api/revoke', { id }, atTheLine)),
      /UPDATE machine_credentials SET revoked_at/,
    )
    expect(replies.map(({ status }) => status)).toEqual(Array(16).fill(200))
    const { revokedAt } = (await shown(id)) ?? {}
    expect((await revoke(root, id)).json).toEqual({ ok: 1 })
    expect((await shown(id))?.revokedAt).toBe(revokedAt)
    expect(await eventsAbout(id)).toEqual(['machine_created', 'machine_revoked'])
    for (const nobody of ['f'.repeat(24), '0'.repeat(24)]) expect((await revoke(root, nobody)).status).toBe(404)
  })

  test('may be an expired one, which is then told as revoked', async () => {
    const { machine } = await makeMachine('robot', { expiresAt: 1 })
    const id = machine.id.toString(16).padStart(24, '0')
    await revoke(root, id)
    expect(await eventsAbout(id)).toEqual(['machine_revoked'])
    expect(await rowOf(id)).toMatchObject({ ha1: null })
  })
})

test.each(['failStatement', 'loseReply'] as const)('is made and revoked once while D1 may or may not have done it (%s)', async (fault) => {
  platform.faults[fault](2)
  const { id, secret } = await made(LICENSE_KEY)
  expect(await rows('SELECT id FROM machine_credentials WHERE secret_hash = ?', sha256(secret))).toHaveLength(1)
  platform.faults.clear()
  platform.faults[fault](2)
  expect((await revoke(root, id)).status).toBe(200)
  platform.faults.clear()
  expect(await shown(id)).toMatchObject({ revokedAt: expect.any(String) })
  expect(await eventsAbout(id)).toEqual(['machine_created', 'machine_revoked'])
})

describe('the client that stands for a key', () => {
  test('opens no endpoint of OAuth, with its secret or without', async () => {
    const { secret, account } = await made(LICENSE_KEY)
    const client_id = account?.username ?? ''
    const forms = [
      { grant_type: 'client_credentials', client_id, client_secret: account?.password ?? '' },
      { grant_type: 'client_credentials', client_id, client_secret: secret },
      { grant_type: 'client_credentials', client_id },
      { grant_type: 'refresh_token', client_id, refresh_token: 'x' },
    ]
    for (const form of forms) expect((await new Client().post('/oauth/token', new URLSearchParams(form as never))).status).toBe(401)
    const authorization = `Basic ${Buffer.from(`${client_id}:${account?.password}`).toString('base64')}`
    const basic = await new Client().post('/oauth/token', new URLSearchParams({ grant_type: 'client_credentials' }), {
      headers: { authorization },
    })
    expect(basic.status).toBe(401)
    const query = new URLSearchParams({ response_type: 'code', client_id, redirect_uri: `${ORIGIN}/cb` })
    const page = await admin.client.get(`/oauth/authorize?${query}`)
    expect([page.status, page.headers.get('location')]).toEqual([400, null])
  })
})
