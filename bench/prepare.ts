// Everything Kith needs before a measurement: development vars with fresh keys, the two demo clients, and accounts
// created through the API itself (sign-up, mailed code, log-in, authorization code with PKCE).
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { CLIENT, insertClients } from './clients.ts'
import type { BenchReply, BenchRequest, Lanes } from './load.ts'
import { send } from './load.ts'
import { proofOf } from './proofs.ts'
import type { BenchDatabase } from './runtime.ts'

export interface Account {
  username: string
  email: string
  password: string
  accessToken: string
  refreshToken: string
  /** An access token that is bound to the key of `proofs.ts`, and the nonce for its next proof. */
  boundToken: string
  nonce: string | undefined
}

export interface Accounts {
  /** One per connection, each with its own access token and its own chain of refresh tokens. */
  signedIn: Account[]
  /** Only for the log-in subject, so that the cap on sessions per user never ends a session used elsewhere. */
  forLogin: Account[]
}

/**
 * Kith hashes one at a time, lets 3 wait and refuses more (HASH_QUEUE_MAX); that many log in at once in the mixed
 * measurement.
 */
export const HASH_LANES_MAX = 4

/** Groups of three characters, as in the long mailed codes, or six digits. */
const CODE = /^(?:[a-z2-9]{3}(?:-[a-z2-9]{3}){5,}|\d{6})$/m
const MAIL_TRIES = 50
const MAIL_WAIT_MS = 100

export const ORIGIN = 'http://localhost:8787'

/** The vars of a development deployment at full hashing cost; the keys live as long as this run. */
export function benchVars() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ring = () => JSON.stringify({ 'dev-bench': randomBytes(32).toString('base64url') })
  const signingKey = { ...privateKey.export({ format: 'jwk' }), kid: 'dev-bench', alg: 'ES256', use: 'sig' }
  return {
    ENVIRONMENT: 'development',
    // Also the Host of every request. Kith compares it, and the floors get the same so that parsing costs the same.
    ORIGIN,
    MAIL: 'capture',
    MAIL_FROM: 'Kith <kith@example.com>',
    NETWORK_LIMITS: 'off',
    SCRYPT_LN: '15',
    SIGNING_KEYS: JSON.stringify({ keys: [signingKey] }),
    HMAC_KEYS: ring(),
    PEPPER_KEYS: ring(),
    ENCRYPTION_KEYS: ring(),
    AVATARS_BASE_URL: 'http://localhost:8787/avatars',
  }
}

export interface PrepareInput {
  base: URL
  lanes: Lanes
  connections: number
  database: BenchDatabase
}

export async function prepareKith(input: PrepareInput): Promise<Accounts> {
  await insertClients(input.database)
  const call = (wanted: BenchRequest) => {
    const [agent] = input.lanes.agents
    if (agent === undefined) throw new Error('at least one connection is needed')
    return send(agent, input.base, input.lanes.host, wanted)
  }
  const signedIn: Account[] = []
  const forLogin: Account[] = []
  // One after the other: each sign-up and log-in is a full-cost hash.
  for (let i = 0; i < input.connections; i++) {
    signedIn.push(await authorize(call, await signUp(call, `bench_user_${i}`)))
  }
  for (let i = 0; i < HASH_LANES_MAX; i++) forLogin.push(await signUp(call, `bench_login_${i}`))
  return { signedIn, forLogin }
}

export type Call = (wanted: BenchRequest) => Promise<BenchReply>

export async function signUp(call: Call, username: string): Promise<Account> {
  const email = `${username}@example.com`
  const password = `${username} has a long password`
  const names = { firstName: 'Bench', lastName: 'User' }
  expectStatus(await call(post('/user/create', { username, ...names, email, password })), 201, 'sign-up')
  const code = await readCode(call, email)
  expectStatus(await call(post('/user/verify-email', { code })), 200, 'verification')
  return { username, email, password, accessToken: '', refreshToken: '', boundToken: '', nonce: undefined }
}

/** The code of the newest mail. It leaves after the reply, so it may take a moment to appear. */
export async function readCode(call: Call, email: string): Promise<string> {
  for (let attempt = 0; attempt < MAIL_TRIES; attempt++) {
    const reply = await call({
      method: 'GET',
      path: `/dev/mailbox?to=${encodeURIComponent(email)}`,
      headers: { accept: 'application/json' },
    })
    expectStatus(reply, 200, 'mailbox')
    const { messages } = JSON.parse(reply.body) as { messages: { text: string }[] }
    const code = messages[0]?.text.match(CODE)?.[0]
    if (code !== undefined) return code
    await pause(MAIL_WAIT_MS)
  }
  throw new Error(`no code was mailed to ${email}`)
}

/** Log-in and two grants, one of them bound to a key. */
export async function authorize(call: Call, account: Account): Promise<Account> {
  const login = await call(logInRequest(account))
  expectStatus(login, 200, 'log-in')
  const cookie = [login.headers['set-cookie']]
    .flat()
    .map((line) => line?.split(';')[0])
    .join('; ')
  const pair = await grant(call, cookie)
  const nonce = await readNonce(call)
  const dpop = proofOf({ method: 'POST', uri: `${ORIGIN}/oauth/token`, nonce })
  const bound = await grant(call, cookie, { dpop })
  return { ...account, accessToken: pair.access_token, refreshToken: pair.refresh_token, boundToken: bound.access_token, nonce }
}

/** Any proof is told the nonce. */
async function readNonce(call: Call): Promise<string | undefined> {
  const { headers } = await call({ method: 'GET', path: '/user/me', headers: { dpop: 'none' } })
  return String(headers['dpop-nonce'])
}

/** RFC 6749 §4.1 with RFC 7636, as a browser and the demo client do it. */
async function grant(call: Call, cookie: string, headers = {}): Promise<{ access_token: string; refresh_token: string }> {
  const verifier = randomBytes(32).toString('base64url')
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: CLIENT.spa,
    redirect_uri: CLIENT.redirectUri,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    scope: 'delegated:all',
    state: 'bench',
  })
  const redirect = await call({ method: 'GET', path: `/oauth/authorize?${query}`, headers: { cookie } })
  expectStatus(redirect, 302, 'authorization')
  const code = new URL(String(redirect.headers.location), 'http://localhost').searchParams.get('code')
  if (code === null) throw new Error(`authorization redirected without a code: ${redirect.headers.location}`)
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    client_id: CLIENT.spa,
    redirect_uri: CLIENT.redirectUri,
    code_verifier: verifier,
  })
  const wanted = postForm('/oauth/token', form)
  const reply = await call({ ...wanted, headers: { ...wanted.headers, ...headers } })
  expectStatus(reply, 200, 'token')
  return JSON.parse(reply.body) as { access_token: string; refresh_token: string }
}

export function logInRequest({ username, password }: Account): BenchRequest {
  return post('/user/login', { username, password, userAgent: 'bench' })
}

export function postForm(path: string, form: URLSearchParams): BenchRequest {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return { method: 'POST', path, headers, body: form.toString() }
}

export function post(path: string, body: unknown): BenchRequest {
  return { method: 'POST', path, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

export function expectStatus(reply: BenchReply, status: number, step: string) {
  if (reply.status === status) return
  throw new Error(`${step}: ${reply.status} where ${status} was expected\n${reply.body.slice(0, 500)}`)
}
