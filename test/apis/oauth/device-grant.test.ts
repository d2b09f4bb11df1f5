// The device grant (RFC 8628): a television asks, a person decides on `/device`, the television polls.
import { decodeJwt } from 'jose'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { clock } from '../../platform/clock.ts'
import { idOf, newName } from '../../support/actors.ts'
import { Client, type Reply } from '../../support/kith.ts'
import { alertIn, browserOf, formOf, headingOf, open, type PageForm, send as sendForm } from '../../support/pages.ts'
import { type Person, verifiedPerson } from '../../support/people.ts'
import { atTheLine, raceOf64 } from '../../support/start-line.ts'
import { SINGLE_STRIKES, underStrike } from '../../support/strikes.ts'
import { errorOf, newClient, platform, rows, send, type TestClient, token } from './harness.ts'

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

let television: TestClient
let person: Person
let browser: Client

beforeAll(async () => {
  television = await newClient({ grantTypes: `${GRANT} refresh_token`, redirectUris: [], firstParty: 0 })
  person = await verifiedPerson(newName('device'))
  browser = await browserOf(person)
})
beforeEach(() => platform.reset())

interface Started {
  device_code: string
  user_code: string
  verification_uri: string
  verification_uri_complete: string
  expires_in: number
  interval: number
}

const ask = (params: Record<string, string> = {}, client = television) =>
  send('/oauth/device_authorization', { method: 'POST', body: new URLSearchParams({ client_id: client.id, ...params }) })

async function start(scope = 'openid delegated:profile:read', client = television): Promise<Started> {
  const response = await ask({ scope }, client)
  expect(response.status).toBe(200)
  return response.json()
}

const poll = ({ device_code }: Started, client = television) => token({ grant_type: GRANT, client_id: client.id, device_code })
/** As if the pause had passed. */
const wait = () => rows('UPDATE device_codes SET polled_at = polled_at - 60000')

/** Enters the code, and returns the page with the question. */
async function enter(code: string, client = browser): Promise<Reply> {
  return sendForm(client, formOf(await open(client, '/device'), '/device'), { code })
}

async function decide(started: Started, answer: 'allow' | 'deny', client = browser): Promise<Reply> {
  return sendForm(client, formOf(await enter(started.user_code, client), '/device/answer'), { answer })
}

describe('a device', () => {
  test('has the claims that its client is registered for, which the page names', async () => {
    const more = { claims: 'role' }
    const client = await newClient({ grantTypes: GRANT, redirectUris: [], firstParty: 0, claimsInIdToken: 1, more })
    const started = await start('openid', client)
    const page = await enter(started.user_code)
    expect(page.text).toContain('Your role in this service')
    await sendForm(browser, formOf(page, '/device/answer'), { answer: 'allow' })
    const { id_token, access_token } = (await (await poll(started, client)).json()) as Record<string, string>
    expect(decodeJwt(id_token ?? '')).toMatchObject({ role: 'user' })
    const info = await send('/oauth/userinfo', { headers: { authorization: `Bearer ${access_token}` } })
    expect(await info.json()).toEqual({ sub: person.id, role: 'user' })
  })

  test('asks, waits, and has tokens once a person allows it: with scopes, ID token and refresh token like any grant', async () => {
    const started = await start()
    expect(started).toMatchObject({ expires_in: 600, interval: 5, verification_uri: 'https://kith.test/device' })
    expect(started.user_code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/)
    expect(started.verification_uri_complete).toBe(`https://kith.test/device?user_code=${started.user_code}`)
    expect(await errorOf(await poll(started))).toEqual([400, 'authorization_pending'])
    const done = await decide(started, 'allow')
    expect([done.status, headingOf(done)]).toEqual([200, 'Your device is connected'])
    await wait()
    const response = await poll(started)
    const tokens = (await response.json()) as Record<string, string>
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(tokens).toMatchObject({ token_type: 'Bearer', scope: 'openid delegated:profile:read' })
    expect(decodeJwt(tokens.id_token ?? '')).toMatchObject({ sub: person.id, aud: television.id, amr: ['pwd'] })
    const me = await send('/user/me', { headers: { authorization: `Bearer ${tokens.access_token}` } })
    expect(me.status).toBe(200)
    const refreshed = await token({ grant_type: 'refresh_token', client_id: television.id, refresh_token: tokens.refresh_token })
    expect(refreshed.status).toBe(200)
    // The code was for one exchange.
    expect(await errorOf(await poll(started))).toEqual([400, 'invalid_grant'])
  })

  test('§3.5: a poll that comes too early is told to slow down, and from then on has to wait longer', async () => {
    const started = await start()
    expect(await errorOf(await poll(started))).toEqual([400, 'authorization_pending'])
    expect(await errorOf(await poll(started))).toEqual([400, 'slow_down'])
    expect(await rows('SELECT interval_ms FROM device_codes ORDER BY rowid DESC LIMIT 1')).toEqual([{ interval_ms: 10_000 }])
    await rows('UPDATE device_codes SET polled_at = polled_at - 6000')
    expect(await errorOf(await poll(started))).toEqual([400, 'slow_down'])
    await wait()
    expect(await errorOf(await poll(started))).toEqual([400, 'authorization_pending'])
  })

  test('polls for ten minutes without using up the limit of its network', async () => {
    const started = await start()
    for (let i = 0; i < 70; i += 1) {
      await wait()
      expect(await errorOf(await poll(started))).toEqual([400, 'authorization_pending'])
    }
  })

  test('is told of a denial, and gets nothing', async () => {
    const started = await start()
    expect(headingOf(await decide(started, 'deny'))).toBe('Access was denied')
    expect(await errorOf(await poll(started))).toEqual([400, 'access_denied'])
    expect(await rows('SELECT 1 FROM sessions WHERE client_id = ? AND created_at > ?', television.id, Date.now())).toEqual([])
  })

  test('is told when its code has expired, allowed or not', async () => {
    const [open, allowed] = [await start(), await start()]
    await decide(allowed, 'allow')
    clock.freeze(Date.now() + 600_000)
    try {
      for (const started of [open, allowed]) expect(await errorOf(await poll(started))).toEqual([400, 'expired_token'])
      expect(alertIn(await enter(open.user_code))).toContain('wrong, used or expired')
    } finally {
      clock.restore()
    }
  })

  test('of another client cannot use the code, nor one that is not registered for the grant ask for one', async () => {
    const other = await newClient({ grantTypes: GRANT, redirectUris: [] })
    const started = await start()
    await decide(started, 'allow')
    expect(await errorOf(await poll(started, other))).toEqual([400, 'invalid_grant'])
    const plain = await newClient()
    expect(await errorOf(await ask({}, plain))).toEqual([400, 'unauthorized_client'])
    expect(await errorOf(await poll(started, plain))).toEqual([400, 'unauthorized_client'])
    expect(await errorOf(await ask({ client_id: 'nobody' }))).toEqual([401, 'invalid_client'])
    expect(await errorOf(await ask({ scope: 'nonsense' }))).toEqual([400, 'invalid_scope'])
    expect(await errorOf(await token({ grant_type: GRANT, client_id: television.id }))).toEqual([400, 'invalid_request'])
  })

  test('with a secret authenticates at both endpoints', async () => {
    const client = await newClient({ grantTypes: GRANT, redirectUris: [], method: 'client_secret_post' })
    expect(await errorOf(await ask({}, client))).toEqual([401, 'invalid_client'])
    const response = await ask({ client_secret: client.secret, scope: 'delegated:profile:read' }, client)
    const started = (await response.json()) as Started
    await decide(started, 'allow')
    expect(await errorOf(await poll(started, client))).toEqual([401, 'invalid_client'])
    const exchanged = await token({
      grant_type: GRANT,
      client_id: client.id,
      client_secret: client.secret,
      device_code: started.device_code,
    })
    // Not registered for refresh tokens: there is none.
    expect((await exchanged.json()) as object).not.toHaveProperty('refresh_token')
  })

  test.each([
    ['the person signs out', () => rows('UPDATE sessions SET revoked_at = 1 WHERE user_id = ? AND client_id IS NULL', idOf(person.id))],
    ['the person signs out everywhere', () => rows('UPDATE users SET epoch = epoch + 1 WHERE id = ?', idOf(person.id))],
    [
      'the account is banned',
      () => rows('UPDATE users SET banned_at = 1, banned_until = ? WHERE id = ?', Date.now() + 60_000, idOf(person.id)),
    ],
  ])('gets nothing if, after the yes, %s', async (_what, happen) => {
    person = await verifiedPerson(newName('device_gone'))
    browser = await browserOf(person)
    const started = await start()
    await decide(started, 'allow')
    await happen()
    expect(await errorOf(await poll(started))).toEqual([400, 'invalid_grant'])
    person = await verifiedPerson(newName('device_after'))
    browser = await browserOf(person)
  })

  test('64 polls for one yes: one has the tokens', async () => {
    const started = await start()
    await decide(started, 'allow')
    const body = new URLSearchParams({ grant_type: GRANT, client_id: television.id, device_code: started.device_code })
    const replies = await raceOf64(() => new Client().post('/oauth/token', body, atTheLine), /UPDATE device_codes SET consumed_at/)
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(await rows('SELECT 1 FROM sessions WHERE client_id = ? AND user_id = ?', television.id, idOf(person.id))).toHaveLength(1)
  })
})

describe('/device', () => {
  test('leads whoever is not signed in through that, and back to the code', async () => {
    const { user_code: code } = await start()
    const asked = await new Client().get(`/device?user_code=${code}`)
    expect([asked.status, new URL(asked.headers.get('location') ?? '', 'https://kith.test').searchParams.get('return_to')]).toEqual([
      303,
      `/device?user_code=${code}`,
    ])
  })

  test('says who asks for what, from where; takes the code in any case and spacing; shows nothing of a wrong one', async () => {
    const started = await start('delegated:profile:read')
    const page = await enter(` ${started.user_code.toLowerCase().replace('-', ' ')} `)
    expect(headingOf(page)).toBe('Give Test access to your account?')
    expect(page.text).toMatch(/It asked on <time/)
    expect(page.text).toContain(started.user_code)
    expect(page.text).toContain('See profiles, including yours')
    for (const code of ['BBBB-BBBB', '12345678', 'x', '<b>']) {
      const wrong = await enter(code)
      expect([wrong.status, alertIn(wrong)]).toEqual([
        400,
        'This code is wrong, used or expired. Check it, or start again on the device, which shows a new code.',
      ])
    }
  })

  test('opening a link with a code decides nothing, and shows no client', async () => {
    const started = await start()
    const page = await open(browser, `/device?user_code=${started.user_code}`)
    expect([formOf(page, '/device').fields.code, page.text.includes('Test')]).toEqual([started.user_code, false])
    expect(await errorOf(await poll(started))).toEqual([400, 'authorization_pending'])
  })

  test('an answer counts only for the page that this session was shown', async () => {
    const [mine, other] = [await start(), await start()]
    const form = formOf(await enter(mine.user_code), '/device/answer')
    const stranger = await browserOf(await verifiedPerson(newName('device_stranger')))
    const theirs = formOf(await enter(mine.user_code, stranger), '/device/answer')
    for (const fields of [{ code: other.user_code }, { ticket: theirs.fields.ticket ?? '' }, { ticket: 'x' }]) {
      await sendForm(browser, form, { answer: 'allow', ...fields })
    }
    for (const started of [mine, other]) expect(await errorOf(await poll(started))).toEqual([400, 'authorization_pending'])
  })

  test('64 people answer one code: one decides', async () => {
    const started = await start()
    const people = [browser, await browserOf(await verifiedPerson(newName('device_rival')))]
    const forms = await Promise.all(people.map(async (one) => formOf(await enter(started.user_code, one), '/device/answer')))
    const replies = await raceOf64(
      (n) => sendForm(people[n % 2] as Client, forms[n % 2] as PageForm, { answer: 'allow' }, atTheLine),
      /UPDATE device_codes AS d SET decided_at/,
    )
    const winners = replies.filter((reply) => headingOf(reply) === 'Your device is connected')
    expect(winners.length).toBeGreaterThan(0)
    await wait()
    const tokens = (await (await poll(started)).json()) as Record<string, string>
    expect(tokens.access_token).toBeDefined()
    const [row] = await rows<{ user_id: number }>('SELECT user_id FROM device_codes ORDER BY rowid DESC LIMIT 1')
    expect(await rows('SELECT 1 FROM consents WHERE client_id = ? AND user_id = ?', television.id, row?.user_id)).toHaveLength(1)
    const sessions = await rows('SELECT user_id FROM sessions WHERE client_id = ? ORDER BY id DESC LIMIT 1', television.id)
    expect(sessions).toEqual([{ user_id: row?.user_id }])
  })

  test('codes cannot be guessed: after 20 an account has to wait, and a right one is refused too', async () => {
    const guesser = await browserOf(await verifiedPerson(newName('device_guess')))
    const started = await start()
    for (let i = 0; i < 20; i += 1) expect((await enter('BBBB-BBBB', guesser)).status).toBe(400)
    const refused = await enter(started.user_code, guesser)
    expect([refused.status, alertIn(refused)]).toEqual([429, expect.stringContaining('too many attempts')])
    // Others are not affected.
    expect((await enter(started.user_code)).status).toBe(200)
  })

  test('an app connected this way is listed, and its access ends when it is removed', async () => {
    const started = await start()
    await decide(started, 'allow')
    const { access_token: accessToken } = (await (await poll(started)).json()) as Record<string, string>
    const remove = await open(browser, `/account/apps/remove?client=${television.id}`)
    await sendForm(browser, formOf(remove, '/account/apps/remove'))
    expect((await send('/user/me', { headers: { authorization: `Bearer ${accessToken}` } })).status).toBe(401)
  })

  test('an app removed between the yes and the next poll gets nothing', async () => {
    const started = await start()
    await decide(started, 'allow')
    await sendForm(browser, formOf(await open(browser, `/account/apps/remove?client=${television.id}`), '/account/apps/remove'))
    expect(await errorOf(await poll(started))).toEqual([400, 'invalid_grant'])
  })
})

describe.each(Object.entries(SINGLE_STRIKES))('D1 %s, at each operation in turn', (_what, strike) => {
  /** Does something with a new device code while the nth operation is struck, until there is no nth. */
  async function walk(
    prepare: (started: Started) => Promise<() => Promise<Reply>>,
    judge: (reply: Reply, started: Started) => Promise<void>,
  ) {
    for (let n = 1; ; n += 1) {
      const started = await start()
      const act = await prepare(started)
      const { reply, fired } = await underStrike(strike, n, act)
      expect([200, 503], `${n}: ${reply.text}`).toContain(reply.status)
      if (reply.status === 503) await act()
      await judge(reply, started)
      if (fired === 0) return expect(n).toBeGreaterThan(1)
      expect(n).toBeLessThan(10)
    }
  }
  const asked = () =>
    new Client().post('/oauth/device_authorization', new URLSearchParams({ client_id: television.id, scope: 'delegated:profile:read' }))

  test('a start: codes that work, or a refusal that can be tried again', () =>
    walk(
      async () => asked,
      async ({ status, json }) => {
        if (status === 200) expect(await errorOf(await poll(json))).toEqual([400, 'authorization_pending'])
      },
    ))

  test('an answer: the device has its tokens once, whatever the page said', () =>
    walk(
      async ({ user_code }) => {
        const form = formOf(await enter(user_code), '/device/answer')
        return () => sendForm(browser, form, { answer: 'allow' })
      },
      async (_reply, started) => {
        expect((await poll(started)).status).toBe(200)
        expect(await errorOf(await poll(started))).toEqual([400, 'invalid_grant'])
      },
    ))

  test('a poll: tokens, or a refusal that can be tried again; one session', async () => {
    const sessions = () => rows('SELECT id FROM sessions WHERE client_id = ?', television.id)
    let before = 0
    await walk(
      async (started) => {
        await decide(started, 'allow')
        before = (await sessions()).length
        const body = new URLSearchParams({ grant_type: GRANT, client_id: television.id, device_code: started.device_code })
        return () => new Client().post('/oauth/token', body)
      },
      async (reply, started) => {
        expect((await sessions()).length - before, reply.text).toBe(1)
        expect(await errorOf(await poll(started))).toEqual([400, 'invalid_grant'])
      },
    )
  })
})
