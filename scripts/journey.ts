/**
 * `npm run journey [origin]`: one person's way through Kith, over plain HTTP, against a running `npm start`. Every step
 * prints the request and the relevant part of the reply. Exits 1 at the first step that fails.
 */
import { createHash, randomBytes } from 'node:crypto'

const ORIGIN = process.argv[2] ?? 'http://localhost:8787'
const CLIENT_ID = 'demo-spa'
const REDIRECT_URI = 'http://localhost:5173/callback'
const MAIL_WITHIN_MS = 15_000

interface Ask {
  readonly json?: Record<string, unknown>
  readonly form?: Record<string, string>
  /** Authenticate with the browser's cookie, or with an access token. */
  readonly cookie?: string
  readonly token?: string
}
interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: the journey reads what it knows to be there
  readonly body: any
}
interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
}

class StepFailed extends Error {}

let steps = 0
const name = `traveller_${randomBytes(4).toString('hex')}`
const person = { username: name, email: `${name}@example.com`, password: randomBytes(12).toString('base64url') }

try {
  await signUp()
  const browser = await logIn()
  const tokens = await authorize(browser)
  await whoAmI(tokens)
  await switchOnSecondFactor(tokens, browser)
  const newBrowser = await logInWithSecondFactor()
  const refreshed = await refresh(tokens)
  await logOutEverywhere(refreshed, newBrowser)
  console.log('\nThe journey is complete.')
} catch (error) {
  const hint = error instanceof TypeError ? ` Is Kith running on ${ORIGIN}? Start it with: npm start` : ''
  console.error(`\nThe journey failed: ${error instanceof Error ? error.message : error}.${hint}`)
  process.exitCode = 1
}

async function signUp(): Promise<void> {
  step('Create an account')
  const created = await ask('POST', '/user/create', { json: { ...person, firstName: 'Tia', lastName: 'Traveller' } })
  expect(created, 201)
  show({ _id: created.body.data.user._id, username: created.body.data.user.username })
  step('Take the code from the captured mail and verify the address')
  const code = await mailedCode(/^(?:[a-z0-9]{3}-)+[a-z0-9]{3}$/m)
  const verified = await ask('POST', '/user/verify-email', { json: { code } })
  expect(verified, 200)
  show(verified.body)
}

/** Returns the session cookie. Node's fetch keeps no cookies, so we carry it by hand. */
async function logIn(): Promise<string> {
  step('Log in: a browser gets a session cookie')
  const answer = await ask('POST', '/user/login', { json: { username: person.username, password: person.password } })
  expect(answer, 200)
  show({ '2faEnabled': answer.body.data['2faEnabled'], cookie: cut(cookieOf(answer)) })
  return cookieOf(answer)
}

/**
 * RFC 6749 §4.1 with RFC 7636: the app generates a secret, sends its digest along, and presents the secret with the
 * code.
 */
async function authorize(cookie: string): Promise<Tokens> {
  step('Authorize an app with PKCE: the browser is sent back to it with a code')
  const verifier = randomBytes(32).toString('base64url')
  const state = randomBytes(8).toString('hex')
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: CLIENT_ID,
    redirect_uri: REDIRECT_URI,
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  const redirect = await ask('GET', `/oauth/authorize?${query}`, { cookie })
  expect(redirect, 302)
  const location = new URL(redirect.headers.get('location') ?? '')
  const code = location.searchParams.get('code')
  if (!code || location.searchParams.get('state') !== state) throw new StepFailed(`no code with our state in ${location}`)
  show({ location: cut(location.href, 60) })
  step('The app exchanges the code for tokens')
  const form = { grant_type: 'authorization_code', client_id: CLIENT_ID, redirect_uri: REDIRECT_URI, code, code_verifier: verifier }
  return tokensOf(await ask('POST', '/oauth/token', { form }))
}

async function whoAmI({ access_token }: Tokens): Promise<void> {
  step('Call the API with the access token')
  const me = await ask('GET', '/user/me', { token: access_token })
  expect(me, 200)
  const { _id, username, email } = me.body.data.user
  show({ _id, username, email })
  if (username !== person.username) throw new StepFailed('the token belongs to somebody else')
}

async function switchOnSecondFactor({ access_token }: Tokens, browser: string): Promise<void> {
  step('Turn on the second factor: all other sessions end')
  const on = await ask('POST', '/user/2fa', { token: access_token, json: { state: true } })
  expect(on, 200)
  show(on.body)
  step('The browser from before is signed out')
  expect(await ask('GET', '/user/me', { cookie: browser }), 401)
}

async function logInWithSecondFactor(): Promise<string> {
  step('Log in again: the password alone is not enough')
  const half = await ask('POST', '/user/login', { json: { username: person.username, password: person.password } })
  expect(half, 200)
  const { sessionHash, user } = half.body.data
  show({ '2faEnabled': half.body.data['2faEnabled'], sessionHash: cut(sessionHash) })
  step('Take the six digits from the captured mail and complete the log-in')
  const code = await mailedCode(/^\d{6}$/m)
  const answer = await ask('POST', '/user/do-2fa', { json: { target: user._id, sessionHash, code } })
  expect(answer, 200)
  show({ cookie: cut(cookieOf(answer)) })
  return cookieOf(answer)
}

async function refresh({ refresh_token }: Tokens): Promise<Tokens> {
  step('The app refreshes its tokens; the refresh token is replaced')
  const form = { grant_type: 'refresh_token', client_id: CLIENT_ID, refresh_token }
  const tokens = tokensOf(await ask('POST', '/oauth/token', { form }))
  if (tokens.refresh_token === refresh_token) throw new StepFailed('the refresh token is still the same')
  return tokens
}

async function logOutEverywhere({ access_token, refresh_token }: Tokens, browser: string): Promise<void> {
  step('Log out everywhere')
  const out = await ask('POST', '/user/logout-all', { token: access_token })
  expect(out, 200)
  show(out.body)
  step('From the next request on, Kith refuses everything: the access token, ...')
  expect(await ask('GET', '/user/me', { token: access_token }), 401)
  step('... the refresh token, ...')
  expect(await ask('POST', '/oauth/token', { form: { grant_type: 'refresh_token', client_id: CLIENT_ID, refresh_token } }), 400)
  step('... and the other browser')
  expect(await ask('GET', '/user/me', { cookie: browser }), 401)
}

function step(title: string): void {
  steps += 1
  console.log(`\n${steps}. ${title}`)
}

async function ask(method: string, path: string, { json, form, cookie, token }: Ask = {}): Promise<Answer> {
  const headers = new Headers({ accept: 'application/json', 'user-agent': 'kith-journey/1.0' })
  if (cookie) headers.set('cookie', cookie)
  if (token) headers.set('authorization', `Bearer ${token}`)
  if (json) headers.set('content-type', 'application/json')
  const body = json ? JSON.stringify(json) : form ? new URLSearchParams(form) : null
  const proof = cookie ? '  (cookie)' : token ? '  (access token)' : ''
  console.log(`   ${method} ${cut(path, 100)}${proof}${body ? `\n        ${cut(String(body), 140)}` : ''}`)
  const reply = await fetch(ORIGIN + path, { method, headers, body, redirect: 'manual' })
  const text = await reply.text()
  console.log(`   ${reply.status}`)
  return { status: reply.status, headers: reply.headers, body: parse(text) }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function expect({ status, body }: Answer, wanted: number): void {
  if (status !== wanted) throw new StepFailed(`step ${steps} answered ${status} instead of ${wanted}: ${JSON.stringify(body)}`)
}

function show(part: unknown): void {
  console.log(`        ${JSON.stringify(part)}`)
}

function cut(text: string, length = 40): string {
  return text.length > length ? `${text.slice(0, length)}...` : text
}

/** All tokens of a kind start alike. */
function tailOf(token: unknown): string {
  return `...${String(token).slice(-12)}`
}

function cookieOf({ headers }: Answer): string {
  const cookie = headers.getSetCookie().find((line) => line.startsWith('__Host-kith_session='))
  if (!cookie) throw new StepFailed('no session cookie came')
  return cookie.split(';', 1)[0] ?? ''
}

function tokensOf(answer: Answer): Tokens {
  expect(answer, 200)
  const { access_token, refresh_token, expires_in, scope } = answer.body
  show({ access_token: tailOf(access_token), refresh_token: tailOf(refresh_token), expires_in, scope })
  return { access_token, refresh_token }
}

/** Mails leave after the reply, so the newest one may take a moment. */
async function mailedCode(pattern: RegExp): Promise<string> {
  const path = `/dev/mailbox?to=${encodeURIComponent(person.email)}`
  console.log(`   GET ${path}`)
  for (const end = Date.now() + MAIL_WITHIN_MS; Date.now() < end; ) {
    const reply = await fetch(ORIGIN + path, { headers: { accept: 'application/json' } })
    if (!reply.ok) throw new StepFailed(`the mailbox answered ${reply.status}: this Kith does not capture its mail`)
    const { messages } = (await reply.json()) as { messages: { subject: string; text: string }[] }
    for (const { subject, text } of messages) {
      const code = pattern.exec(text)?.[0]
      if (!code) continue
      show({ subject, code })
      return code
    }
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  throw new StepFailed(`no mail with a code came within ${MAIL_WITHIN_MS / 1000} s`)
}
