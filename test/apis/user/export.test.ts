// A person's copy of everything about them: what is in it and what is not, who gets it, how often, and however much it is.
import { beforeAll, describe, expect, test } from 'vitest'
import { userGate } from '../../../src/core/gate.ts'
import { EXPORT_PAGE, EXPORTS_PER_DAY } from '../../../src/core/limits.ts'
import { showTo } from '../../../src/core/social/visibility.ts'
import { exportResponse } from '../../../src/http/export-response.ts'
import type { SessionId } from '../../../src/ids.ts'
import { fill, makeRole, TRACES } from '../../social/canaries.ts'
import { makeCrowd, putEdges } from '../../social/crowd.ts'
import { eventsOf, rows } from '../../support/actors.ts'
import { clearGraph, putBlock, putEdge, setColumns } from '../../support/graph.ts'
import { db, mailsTo, platform } from '../../support/kith.ts'
import { newFolder, upload } from '../../support/media.ts'
import { PASSWORD, type Person, signedInPerson } from '../../support/people.ts'
import { atTheLine, race } from '../../support/start-line.ts'
import { tableNames } from '../../support/tables.ts'
import { bearerOf, idOf, newCtx, newGrant, newOAuthClient, putConsent, userToken } from '../../support/tokens.ts'

const PATH = '/user/export'
const exportOf = ({ client }: Person) => client.post(PATH)

/** Every path in a document to something that is no object, as `about.fields` names it. */
function pathsIn(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => pathsIn(one, path))
  if (value === null || typeof value !== 'object' || path === 'about.fields' || /customData$|metadata$/.test(path)) return [path]
  return Object.entries(value).flatMap(([name, inner]) => pathsIn(inner, path === '' ? name : `${path}.${name}`))
}

/** Somebody with something of everything. */
async function richPerson(name: string): Promise<{ person: Person; friend: Person }> {
  const [person, friend] = [await signedInPerson(name), await signedInPerson(`${name}_friend`)]
  await setColumns(person, { custom_data: '{"theme":"dark"}', status_message: 'Away', mood: 4, is_private: 1 })
  await newFolder(person.client, 'Holidays')
  await upload(person.client, 'a.txt', new Uint8Array([1, 2, 3]))
  await putEdge(person, friend)
  await putEdge(friend, person)
  const clientId = await newOAuthClient()
  await newGrant(person, clientId)
  await putConsent(person.id, clientId)
  const [mine, theirs] = [idOf(person), idOf(friend)]
  await db.batch(
    [
      `INSERT INTO invite_codes (code, owner_id, slot, created_at, updated_at, used_by) VALUES ('AA-0001-${mine}', ${theirs}, 0, 1, 1, ${mine})`,
      `INSERT INTO invite_codes (code, owner_id, slot, created_at, updated_at, used_by) VALUES ('BB-0001-${mine}', ${mine}, 0, 1, 1, NULL)`,
      `INSERT INTO second_factors (user_id, kind, created_at) VALUES (${mine}, 'totp', 1)`,
      `INSERT INTO totp_credentials (user_id, secret, confirmed_at, pending_secret) VALUES (${mine}, 'totp-secret', 1, 'totp-pending')`,
      `INSERT INTO recovery_codes (user_id, code_hash, created_at) VALUES (${mine}, 'recovery-code-hash', 1)`,
      `INSERT INTO known_sources (user_id, source_hash, expires_at) VALUES (${mine}, 'network-hash', 4102444800000)`,
      `INSERT INTO push_devices (user_id, device_type, os_version, device_token, voip_device_token, updated_at)
       VALUES (${mine}, 'ios', '19', 'push-token', 'voip-token', 1)`,
      `INSERT INTO machine_credentials (id, kind, name, scopes, created_at) VALUES (${mine}, 'license_key', 'Old app', '', 0)`,
      `INSERT INTO external_identities (id, credential_id, external_id, user_id, password_hash, metadata, created_at, updated_at)
       VALUES (${mine}, ${mine}, 'known-as', ${mine}, 'identity-hash', '{"a":"b"}', 1, 1)`,
      `INSERT INTO passkeys (id, user_id, credential_id, public_key, sign_count, transports, aaguid, backup_eligible, backed_up, name, created_at)
       VALUES (${mine}, ${mine}, 'credential-${mine}', 'public-key', 0, '', '', 1, 1, 'Phone', 1)`,
      `INSERT INTO upstream_identities (id, user_id, issuer, subject, label, created_at)
       VALUES (${mine}, ${mine}, 'https://id.example', '${mine}', 'me@id.example', 1)`,
      `INSERT INTO external_ids (user_id, source, external_id, created_at) VALUES (${mine}, '', 'old-${mine}', 1)`,
    ].map((sql) => db.prepare(sql)),
  )
  return { person, friend }
}

beforeAll(() => platform.reset())

describe('what is in a copy', () => {
  test('everything about the person, as a download, with a description of each field', async () => {
    const { person, friend } = await richPerson('exports_all')
    const reply = await exportOf(person)
    expect(reply.headers.get('content-disposition')).toMatch(/^attachment; filename=exports_all-\d{4}-\d\d-\d\d\.json$/)
    expect([reply.headers.get('content-type'), reply.headers.get('cache-control')]).toEqual(['application/json', 'no-store'])
    const copy = reply.json
    const other = { id: friend.id, username: friend.username }
    expect(copy.profile).toMatchObject({
      id: person.id,
      email: person.email,
      customData: { theme: 'dark' },
      mood: 'happy',
      isPrivate: true,
    })
    expect(copy.signIn).toMatchObject({ secondFactors: [{ kind: 'totp' }], unusedRecoveryCodes: 1 })
    expect(copy.signIn.passkeys).toMatchObject([{ name: 'Phone', lastUsedAt: null }])
    expect(copy.signIn.knownNetworks.length).toBeGreaterThan(0)
    expect(copy.invitation).toMatchObject({ invitedBy: other, codes: [{ usedBy: null }] })
    expect(copy.connectedApps).toMatchObject([{ liveSessions: 1 }])
    expect(copy.pushDevices).toMatchObject([{ deviceType: 'ios' }])
    expect(copy.externalIdentities).toMatchObject([{ externalId: 'known-as', metadata: { a: 'b' } }])
    expect(copy.externalIds).toMatchObject([{ source: '', externalId: `old-${idOf(person)}` }])
    expect(copy.providers).toMatchObject([{ issuer: 'https://id.example', label: 'me@id.example', lastUsedAt: null }])
    expect(copy.folders).toMatchObject([{ name: 'Default' }, { name: 'Holidays' }])
    expect(copy.sessions).toMatchObject([{ userAgent: null }, { current: true, userAgent: person.client.userAgent, amr: ['pwd'] }])
    expect(copy.files).toMatchObject([{ name: 'a.txt', size: 3 }])
    expect((await person.client.get(new URL(copy.files[0].url).pathname)).bytes).toEqual(new Uint8Array([1, 2, 3]))
    expect([copy.following, copy.followers]).toMatchObject([[other], [other]])
    expect([copy.blocks, copy.requests, copy.requested, copy.incomplete]).toEqual([[], [], [], []])
    expect(copy.auditTrail.map(({ type }: { type: string }) => type)).toContain('sign_in')
    expect(pathsIn(copy).filter((path) => !(path in copy.about.fields))).toEqual([])
  })

  test('no hash, token or secret', async () => {
    const { person } = await richPerson('exports_safely')
    const { text } = await exportOf(person)
    const secret = /hash|token$|secret|random|object_key/
    for (const table of await tableNames()) {
      const { results } = await db.prepare(`SELECT * FROM "${table}"`).all()
      for (const [column, value] of results.flatMap((row) => Object.entries(row)))
        if (secret.test(column) && typeof value === 'string' && value.length > 3) expect(text, `${table}.${column}`).not.toContain(value)
    }
    expect(text).not.toContain(PASSWORD)
  })

  /** Tables with a column for a user, and why their rows are not in a copy. */
  const LEFT_OUT: Readonly<Record<string, string>> = {
    account_archives: 'the archive itself',
    authorization_codes: 'a secret that lives for a minute',
    device_codes: 'what was allowed is among the consents and sessions',
    challenges: 'a mailed code that is still open',
    credentials: 'the hash of the password',
    admin_notes: 'what administrators tell each other about somebody who may be a danger to others',
    edge_work: 'work that is still to do',
    event_deliveries: 'what other systems were told, for two weeks: ids only',
    events: 'the same',
    imported_pictures: 'a picture that is still to be fetched',
    mail_outbox: 'mails on their way; afterwards only the audit trail tells of them',
    logout_notices: 'what clients were told of the sessions, for a week',
    machine_credentials: 'keys are of the service, whoever made them',
    media_usage: 'counts what is listed',
    provisioned_users: 'what the directory of their organization calls them, from where it came',
    search_strings: 'made of the names',
    totp_credentials: 'the secret of the authenticator app',
    username_holds: 'former names as hashes',
    webhook_endpoints: 'addresses of the service, whoever registered them',
  }

  test('a new table with a column for a user gets into it, or has a reason here', async () => {
    const told = [
      ...[
        'audit_events',
        'blocks',
        'consents',
        'external_identities',
        'external_ids',
        'files',
        'folders',
        'follows',
        'invite_codes',
        'known_sources',
      ],
      ...['passkeys', 'push_devices', 'recovery_codes', 'scope_uses', 'second_factors', 'sessions', 'upstream_identities'],
    ]
    const ofUsers: string[] = []
    for (const table of await tableNames()) {
      const { results } = await db.prepare('SELECT name FROM pragma_table_info(?)').bind(table).all<{ name: string }>()
      if (results.some(({ name }) => /^(user|owner|follower|blocker)_id$|^created_by$/.test(name))) ofUsers.push(table)
    }
    expect(ofUsers).toEqual([...told, ...Object.keys(LEFT_OUT)].sort())
  })
})

describe('what others are in a copy', () => {
  const LISTS = ['followers', 'following', 'requests', 'requested', 'blocks'] as const
  const PRESENT = { banned_at: null, deleted_at: null, restricted_until: null }
  /** What is so of the other person, and whether they are named. */
  const STATES = [
    ['a private account', { ...PRESENT, is_private: 1 }, true],
    ['a public account', { ...PRESENT, is_private: 0 }, true],
    ['somebody banned', { banned_at: 1, banned_until: null }, false],
    ['somebody deleted', { ...PRESENT, deleted_at: 1 }, false],
    ['somebody unverified', { ...PRESENT, email_verified_at: null }, false],
    ['somebody who blocks the person', PRESENT, false],
  ] as const

  test.each(STATES)('%s: the name at most, and nothing else', async (state, columns, isNamed) => {
    const n = STATES.findIndex(([name]) => name === state)
    if (n === 0) await makeRole()
    const [person, other] = [await signedInPerson(`looks_out_${n}`), await signedInPerson(`canary_of_${n}`)]
    await putEdge(other, person, true)
    await putEdge(person, other, true)
    await rows(
      `INSERT INTO invite_codes (code, owner_id, slot, created_at, updated_at, used_by) VALUES (?, ?, 0, 1, 1, ?)`,
      `CC-${n}`,
      idOf(other),
      idOf(person),
    )
    await fill(other, { ...columns, email_key: `${n}@canary.example` })
    const blocksBack = n === STATES.length - 1
    if (blocksBack) await putBlock(other, person)
    const named = isNamed ? { id: other.id, username: other.username } : null
    const check = async (lists: readonly (typeof LISTS)[number][]) => {
      const { text, json } = await exportOf(person)
      for (const list of LISTS) expect(json[list], list).toMatchObject(lists.includes(list) && named ? [named] : [])
      expect(json.invitation.invitedBy).toEqual(named)
      if (!isNamed) expect(text).not.toContain(other.username)
      for (const [column, traces] of TRACES) for (const trace of traces) expect(text.includes(trace), `${column}: ${trace}`).toBe(false)
    }
    await check(['followers', 'following'])
    await clearGraph()
    if (blocksBack) await putBlock(other, person)
    await putEdge(other, person, false)
    await putEdge(person, other, false)
    await check(['requests', 'requested'])
    await clearGraph()
    if (blocksBack) await putBlock(other, person)
    await putBlock(person, other)
    await check(['blocks'])
  })

  test('of an administrator, that it was one', async () => {
    const person = await signedInPerson('was_restricted')
    const actor = await signedInPerson('the_moderator')
    await rows(
      `INSERT INTO audit_events (id, user_id, actor_id, type, client_id, user_agent, place, created_at)
         VALUES (7, ?, ?, 'restricted', 'console', 'Secret Browser', 'Secret Place', 1)`,
      idOf(person),
      idOf(actor),
    )
    const { json, text } = await exportOf(person)
    expect(json.auditTrail.at(-1)).toMatchObject({ type: 'restricted', byAdmin: true, userAgent: null, place: null, clientId: null })
    expect(text).not.toContain(actor.id)
  })
})

describe('who gets a copy', () => {
  test('a browser with a sign-in of the last ten minutes, or the password', async () => {
    const person = await signedInPerson('exports_late')
    await rows('UPDATE sessions SET authenticated_at = ? WHERE user_id = ?', Date.now() - 11 * 60_000, idOf(person))
    const refused = await exportOf(person)
    expect([refused.status, refused.json.additionalInfo.reason]).toEqual([403, 'fresh_sign_in_required'])
    const wrong = await person.client.post(PATH, { password: 'not-the-password' })
    expect([wrong.status, wrong.json.additionalInfo.errors[0].path]).toEqual([400, 'password'])
    expect(await eventsOf(person)).not.toContain('account_exported')
    expect((await person.client.post(PATH, { password: PASSWORD })).status).toBe(200)
  })

  test('an app only with the password, and only if it may read all of it', async () => {
    const person = await signedInPerson('exports_by_app')
    const app = bearerOf(await userToken(person))
    expect((await app.post(PATH)).json.additionalInfo.reason).toBe('fresh_sign_in_required')
    expect((await app.post(PATH, { password: PASSWORD })).json.profile.username).toBe(person.username)
    const narrow = bearerOf(await userToken(person, ['delegated:profile:all', 'delegated:social:all', 'delegated:media:all']))
    expect((await narrow.post(PATH, { password: PASSWORD })).status).toBe(403)
  })

  test('the owner reads of each in the mail and in the audit trail', async () => {
    const person = await signedInPerson('exports_told')
    await exportOf(person)
    expect((await mailsTo(person.email))[0]).toMatchObject({ subject: 'A copy of your Kith data was downloaded' })
    expect((await person.client.get('/user/audit')).json.data.records[0]).toMatchObject({ type: 'account_exported', byAdmin: false })
  })

  test('nobody more often than the limit says, of 64 at once exactly so many', async () => {
    const person = await signedInPerson('exports_often')
    const start = () => person.client.post(PATH, undefined, atTheLine)
    const { replies } = await race(Array<typeof start>(64).fill(start), /INSERT INTO attempt_counters/)
    const [given, refused] = [replies.filter(({ status }) => status === 200), replies.filter(({ status }) => status === 429)]
    expect([given.length, refused.length]).toEqual([EXPORTS_PER_DAY, 64 - EXPORTS_PER_DAY])
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(86_000)
    expect((await eventsOf(person)).filter((type) => type === 'account_exported')).toHaveLength(EXPORTS_PER_DAY)
    expect((await mailsTo(person.email)).filter(({ subject }) => subject.includes('was downloaded'))).toHaveLength(EXPORTS_PER_DAY)
  })
})

describe('a star', () => {
  let star: Person
  let fans: number[]
  beforeAll(async () => {
    star = await signedInPerson('exports_star')
    fans = await makeCrowd(2 * EXPORT_PAGE + 10)
    await putEdges(fans.map((fan) => [fan, idOf(star)] as const))
  })

  /** A copy without the act, by a browser of the star's, that may read so many pages. */
  async function copyOf(pages: number): Promise<Response> {
    const ctx = newCtx()
    const { sessionId, secret } = cookieOf(star)
    const gate = userGate(ctx, { kind: 'browser', sessionId, userId: idOf(star), secret }, 'delegated:all')
    return exportResponse(ctx, gate, showTo('owner', (await gate()).user), { left: pages })
  }

  test('gets every follower once, newest first, a page with each statement', async () => {
    const { counts, result } = await platform.counts.measure(() => exportOf(star))
    expect(result.json.followers.map(({ id }: { id: string }) => Number.parseInt(id, 16))).toEqual([...fans].reverse())
    expect(result.json.incomplete).toEqual([])
    expect(counts.d1RoundTrips).toBeLessThanOrEqual(20)
  })

  test('is told where a list goes on that would take more than an invocation may ask', async () => {
    // Seven lists before the followers, of one page each.
    const copy = await (await copyOf(8)).json<{ followers: { id: string }[]; incomplete: { list: string; rest: string }[] }>()
    expect(copy.followers).toHaveLength(EXPORT_PAGE)
    const [{ list, rest } = { list: '', rest: '' }, ...others] = copy.incomplete
    expect([list, others]).toEqual(['followers', []])
    const [next] = (await star.client.get(rest.replace('GET ', ''))).json.data.records
    expect(Number.parseInt(next.source._id, 16)).toBe(fans.at(-EXPORT_PAGE - 1))
    // None left even for the first: the list is read from its beginning.
    const short = await (await copyOf(7)).json<typeof copy>()
    expect(short.incomplete).toEqual([{ list: 'followers', rest: 'GET /user/followers?limit=100' }])
  })

  test('who signs out meanwhile gets no more of it', async () => {
    const reader = (await copyOf(100)).body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (!text.includes('"followers": [')) text += (await reader?.read())?.value
    await rows('UPDATE sessions SET revoked_at = 1 WHERE user_id = ?', idOf(star))
    const rest = async () => {
      for (;;) if ((await reader?.read())?.done) return
    }
    await expect(rest()).rejects.toThrow()
  })
})

function cookieOf({ client }: Person) {
  const [id = '', , secret = ''] = client.cookies.get('__Host-kith_session')?.split('.') ?? []
  return { sessionId: Number.parseInt(id, 16) as SessionId, secret }
}
