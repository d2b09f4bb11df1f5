/** The people and apps of `--distance`, and what the requests about them need. */
import { createHash, randomBytes } from 'node:crypto'
import { png } from '../../test/support/images.ts'
import { CLIENT, insertClients } from '../clients.ts'
import type { BenchReply, BenchRequest } from '../load.ts'
import { type Account, expectStatus, logInRequest, post, postForm, readCode, signUp } from '../prepare.ts'
import type { BenchDatabase } from '../runtime.ts'
import { Visitor, type Wanted, type Wire } from './visitor.ts'

/** Somebody with a browser that is signed in, and an app with their token. */
export interface Person extends Account {
  readonly id: string
  readonly browser: Visitor
  readonly app: Visitor
}

const VERIFIER = randomBytes(32).toString('base64url')
const CONFIDENTIAL = { id: 'distance-confidential', secret: 'bench-only-secret-of-the-confidential-client' }
const FOLLOWERS = 10

export class Scene {
  readonly #wire: Wire
  #people = 0
  #me: Person | undefined
  #other: Person | undefined

  constructor(wire: Wire) {
    this.#wire = wire
  }

  /** Two people who know each other, a library, a picture. */
  async prepare(database: BenchDatabase): Promise<void> {
    await insertClients(database)
    await insertConfidential(database)
    this.#me = await this.newPerson()
    this.#other = await this.newPerson()
    await this.me.app.call({ method: 'PUT', path: '/user/profile-picture', body: png() })
    await this.me.app.call(post('/user/follow', { target: this.other.id }))
    for (let n = 0; n < FOLLOWERS; n++) await (await this.newPerson()).app.call(post('/user/follow', { target: this.me.id }))
  }

  get me(): Person {
    if (!this.#me) throw new Error('prepare() comes first')
    return this.#me
  }

  get other(): Person {
    if (!this.#other) throw new Error('prepare() comes first')
    return this.#other
  }

  newName(): string {
    this.#people += 1
    return `far_away_${this.#people}`
  }

  newVisitor = (token?: string) => new Visitor(this.#wire, token)

  /** With a verified address, and not signed in. */
  newAccount(): Promise<Account> {
    return signUp(this.newVisitor().call, this.newName())
  }

  async newPerson(): Promise<Person> {
    const account = await this.newAccount()
    const browser = this.newVisitor()
    const { data } = JSON.parse((await browser.call(logInRequest(account))).body)
    const tokens = JSON.parse((await browser.call(tokenRequest(await this.newCode(browser)))).body)
    const [accessToken, refreshToken] = [tokens.access_token, tokens.refresh_token]
    return { ...account, accessToken, refreshToken, id: data.user._id, browser, app: this.newVisitor(accessToken) }
  }

  /** An authorization code for whoever is signed in. */
  async newCode(browser: Visitor): Promise<string> {
    const reply = await browser.call(authorizeRequest())
    const code = new URL(String(reply.headers.location), 'http://localhost').searchParams.get('code')
    if (code === null) throw new Error(`no code in ${reply.headers.location}`)
    return code
  }

  mailedCode = (email: string) => readCode(this.newVisitor().call, email)

  /** A page's form to `action`, filled in, as its browser sends it. */
  async form(by: Visitor, page: string, values: Readonly<Record<string, string>>, action = page): Promise<Wanted> {
    return { ...postForm(action, new URLSearchParams({ ...hiddenFields(await by.call(html(page)), action), ...values })), by }
  }
}

export const html = (path: string): BenchRequest => ({ method: 'GET', path, headers: { accept: 'text/html' } })

/** What a form contains that nobody types: its token. */
function hiddenFields({ body }: BenchReply, action: string): Record<string, string> {
  const form = body.split('<form').find((part) => new RegExp(`action="${action}["?]`).test(part)) ?? ''
  const inputs = [...form.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([input]) => input)
  const attribute = (input: string, name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(input)?.[1] ?? ''
  if (inputs.length === 0) throw new Error(`no form to ${action} in ${body.slice(0, 1_000)}`)
  return Object.fromEntries(inputs.map((input) => [attribute(input, 'name'), attribute(input, 'value')]))
}

const authorizeQuery = () => ({
  response_type: 'code',
  client_id: CLIENT.spa,
  redirect_uri: CLIENT.redirectUri,
  code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
  code_challenge_method: 'S256',
  scope: 'delegated:all openid',
  state: 'bench',
})

export const authorizeRequest = (more: Readonly<Record<string, string>> = {}): BenchRequest =>
  html(`/oauth/authorize?${new URLSearchParams({ ...authorizeQuery(), ...more })}`)

export const pushRequest = (): BenchRequest => postForm('/oauth/par', new URLSearchParams(authorizeQuery()))

export function tokenRequest(code: string): BenchRequest {
  const form = { grant_type: 'authorization_code', code, client_id: CLIENT.spa, redirect_uri: CLIENT.redirectUri, code_verifier: VERIFIER }
  return postForm('/oauth/token', new URLSearchParams(form))
}

/** A form by the client that may ask about tokens. */
export const asConfidential = (path: string, form: Readonly<Record<string, string>>): BenchRequest =>
  postForm(path, new URLSearchParams({ ...form, client_id: CONFIDENTIAL.id, client_secret: CONFIDENTIAL.secret }))

async function insertConfidential(database: BenchDatabase): Promise<void> {
  const hash = createHash('sha256').update(CONFIDENTIAL.secret).digest('base64url')
  await database
    .prepare(
      `INSERT INTO oauth_clients (id, name, secret_hash, token_endpoint_auth_method, redirect_uris, grant_types, scopes, first_party, created_at, updated_at)
       VALUES (?, 'Confidential', ?, 'client_secret_post', '[]', 'client_credentials', 'client:oauth:introspect client:profile:read', 0, 0, 0)`,
    )
    .bind(CONFIDENTIAL.id, hash)
    .run()
  await database.prepare("UPDATE oauth_clients SET scopes = 'delegated:all openid' WHERE id = ?").bind(CLIENT.spa).run()
}

export { expectStatus }
