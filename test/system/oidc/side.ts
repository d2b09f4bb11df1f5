/** One of the two servers as a client sees it: valid requests, and ways to change them. */
import { createHash, randomBytes } from 'node:crypto'
import { type Answer, readAnswer } from './answer.ts'
import { CALLBACK, REGISTRATIONS } from './clients.ts'
import { type DpopKey, newDpopKey, type ProofChanges, type SignedChanges, signDpop, signJwt } from './proofs.ts'
import { Visitor } from './visitor.ts'

/** Set, replaced, repeated (an array) or left out (undefined). */
export type Changes = Readonly<Record<string, string | readonly string[] | undefined>>
export interface How {
  readonly as?: 'person' | 'nobody'
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  /** The client, which authenticates in its own way; none if the row does it. */
  readonly client?: string | null
}
export interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
  readonly id_token: string
}
export type Metadata = Readonly<Record<string, unknown>>

export const VERIFIER = randomBytes(32).toString('base64url')
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')

const REQUEST = {
  redirect_uri: CALLBACK,
  response_type: 'code',
  scope: 'openid',
  state: 'a&b',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
}

export class Side {
  readonly name: 'oracle' | 'ours'
  readonly metadata: Metadata
  readonly #secrets: Readonly<Record<string, string>>
  readonly #cookie: string
  #nonce: string | undefined

  constructor(name: 'oracle' | 'ours', input: { metadata: Metadata; secrets: Readonly<Record<string, string>>; cookie: string }) {
    this.name = name
    this.metadata = input.metadata
    this.#secrets = input.secrets
    this.#cookie = input.cookie
  }

  get issuer(): string {
    return String(this.metadata.issuer)
  }
  endpoint(name: string): string {
    return String(this.metadata[`${name}_endpoint`])
  }
  secret(client: string): string {
    return this.#secrets[client] ?? 'no-secret'
  }
  basic(client: string, secret = this.secret(client)): { authorization: string } {
    return { authorization: `Basic ${btoa(`${client}:${secret}`)}` }
  }

  /** An authorization request of `the-spa`. */
  async authorize(changes: Changes = {}, { as = 'person', method = 'GET', headers = {} }: How = {}): Promise<Answer> {
    return this.#browse('authorization', encode({ client_id: 'the-spa', ...REQUEST, ...changes }), { as, method, headers })
  }
  /** The same with only these parameters. */
  async authorizeWith(params: Changes, as: How['as'] = 'person'): Promise<Answer> {
    return this.#browse('authorization', encode(params), { as: as ?? 'person', method: 'GET', headers: {} })
  }

  /** The request of `the-spa`, or of `how.client`, pushed. */
  push(changes: Changes = {}, how: How = {}): Promise<Answer> {
    const { client = 'the-spa' } = how
    return this.post('pushed_authorization_request', { ...(client && { client_id: client }), ...REQUEST, ...changes }, how)
  }
  async reference(changes: Changes = {}, how: How = {}): Promise<string> {
    const { json, text } = await this.push(changes, how)
    if (typeof json.request_uri !== 'string') throw new Error(`${this.name} gave no request_uri: ${text}`)
    return json.request_uri
  }

  /** A request object of `client`, right but for the changes. */
  requestObject(client: string, changes: SignedChanges = {}): Promise<string> {
    const claims = { iss: client, aud: this.issuer, client_id: client, ...REQUEST, ...changes.claims }
    return signJwt({ ...changes, claims, header: { typ: 'oauth-authz-req+jwt', ...changes.header } })
  }

  /** A DPoP proof for the endpoint, right but for the changes. */
  async proof(key: DpopKey, endpoint: string, changes: ProofChanges = {}): Promise<string> {
    return signDpop(key, { nonce: await this.nonce(), htm: 'POST', htu: this.endpoint(endpoint), ...changes })
  }
  async nonce(): Promise<string> {
    if (this.#nonce === undefined) {
      const dpop = await signDpop(await newDpopKey(), { htm: 'POST', htu: this.endpoint('token') })
      const { nonce } = await this.token({ grant_type: 'client_credentials' }, { client: 'the-service', headers: { dpop } })
      if (nonce === undefined) throw new Error(`${this.name} gave no nonce`)
      this.#nonce = nonce
    }
    return this.#nonce
  }

  /** A browser in which the person is signed in. */
  visitor(): Visitor {
    return new Visitor(this.issuer, this.#cookie)
  }

  /** One server asks on the endpoint itself and the other on a page behind it: we compare what the person sees. */
  async logout(changes: Changes = {}, how: How = {}): Promise<Answer> {
    const params = encode(changes)
    const answer = await this.#browse('end_session', params, { as: 'nobody', method: 'GET', headers: {}, ...how })
    return /^on to (?:sign-out|\/oauth\/logout)$/.test(answer.text) ? this.send(`${this.issuer}/sign-out?${params}`) : answer
  }

  #browse(endpoint: string, params: URLSearchParams, { as, method, headers }: Required<Omit<How, 'client'>>): Promise<Answer> {
    const sent = { accept: 'text/html', ...(as === 'person' ? { cookie: this.#cookie } : {}), ...headers }
    const url = this.endpoint(endpoint)
    return method === 'GET' ? this.send(`${url}?${params}`, { headers: sent }) : this.send(url, { method, headers: sent, body: params })
  }

  /** A form to an endpoint where clients authenticate. */
  async post(endpoint: string, form: Changes, { client = 'the-spa', headers = {} }: How = {}): Promise<Answer> {
    const method = REGISTRATIONS.find(({ client_id }) => client_id === client)?.token_endpoint_auth_method
    const id = client === null || method === 'client_secret_basic' ? {} : { client_id: client }
    const secret = method === 'client_secret_post' && client !== null ? { client_secret: this.secret(client) } : {}
    const signed = method === 'private_key_jwt' && client !== null ? await this.#assertion(client) : {}
    const basic = method === 'client_secret_basic' && client !== null ? this.basic(client) : {}
    return this.send(this.endpoint(endpoint), {
      method: 'POST',
      headers: { ...basic, ...headers },
      body: encode({ ...id, ...secret, ...signed, ...form }),
    })
  }
  async #assertion(client: string): Promise<Changes> {
    const claims = { iss: client, sub: client, aud: this.issuer, jti: randomBytes(16).toString('base64url') }
    return {
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await signJwt({ claims }),
    }
  }
  token(form: Changes, how: How = {}): Promise<Answer> {
    return this.post('token', form, how)
  }

  async code(changes: Changes = {}): Promise<string> {
    const { code } = (await this.authorize(changes)).params
    if (!code) throw new Error(`${this.name} gave no code`)
    return code
  }

  /** An exchange: `asked` for the authorization request, `changes` for the token request. */
  async exchange(changes: Changes = {}, how: How = {}, asked: Changes = {}): Promise<Answer> {
    return this.redeem(await this.code({ client_id: how.client ?? 'the-spa', ...asked }), changes, how)
  }
  redeem(code: string, changes: Changes = {}, how: How = {}): Promise<Answer> {
    return this.token({ grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: VERIFIER, ...changes }, how)
  }

  async tokens(scope = 'openid email', client = 'the-spa'): Promise<Tokens> {
    const { json } = await this.exchange({}, { client }, { scope })
    if (typeof json.access_token !== 'string') throw new Error(`${this.name} gave no tokens: ${JSON.stringify(json)}`)
    return json as unknown as Tokens
  }
  refresh(refreshToken: string, changes: Changes = {}, how: How = {}): Promise<Answer> {
    return this.token({ grant_type: 'refresh_token', refresh_token: refreshToken, ...changes }, how)
  }
  async ownToken(client = 'the-service', scope = 'client:profile:read'): Promise<string> {
    return String((await this.token({ grant_type: 'client_credentials', scope }, { client })).json.access_token)
  }

  userinfo(authorization: string | undefined, init: RequestInit & { query?: string } = {}): Promise<Answer> {
    const headers = authorization === undefined ? {} : { authorization }
    return this.send(`${this.endpoint('userinfo')}${init.query ?? ''}`, { headers, ...init })
  }

  async send(url: string, init: RequestInit = {}): Promise<Answer> {
    return readAnswer(this.issuer, await fetch(url, { ...init, redirect: 'manual' }))
  }
}

export function encode(params: Changes): URLSearchParams {
  const pairs = Object.entries(params).flatMap(([name, value]) =>
    [value].flat().flatMap((one) => (one === undefined ? [] : [[name, one as string]])),
  )
  return new URLSearchParams(pairs)
}
