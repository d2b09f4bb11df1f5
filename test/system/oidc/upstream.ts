/**
 * `oidc-provider`, a certified OpenID provider, as the provider that people sign in to Kith with. Whoever arrives is `person`,
 * who is signed in there and has allowed everything.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import Provider, { type Context } from 'oidc-provider'

export interface UpstreamPerson {
  readonly sub: string
  readonly email?: string
  readonly email_verified?: boolean
  readonly given_name?: string
  readonly family_name?: string
}

const CLIENT = 'kith'
const SECRET = randomBytes(32).toString('base64url')

export class Upstream {
  readonly origin: string
  /** Whom the provider signs in next. */
  person: UpstreamPerson = { sub: 'nobody' }
  /** Whether the provider still takes connections, but answers no request of Kith's. */
  hangs = false
  readonly #people = new Map<string, UpstreamPerson>()
  readonly #provider: Provider
  readonly #server: ReturnType<typeof createServer>

  private constructor(port: number, redirectUri: string) {
    this.origin = `http://localhost:${port}`
    this.#provider = new Provider(this.origin, this.#configuration(redirectUri))
    const answer = this.#provider.callback()
    this.#server = createServer((request, response) => {
      if (this.hangs && !request.headers['user-agent']?.includes('Chrome')) return
      if (request.url?.startsWith('/interaction/')) void this.#interact(request, response)
      else answer(request, response)
    }).listen(port)
  }

  static async start(port: number, kith: string): Promise<Upstream> {
    const upstream = new Upstream(port, `${kith}/upstream/example/callback`)
    await new Promise((resolve) => upstream.#server.once('listening', resolve))
    return upstream
  }

  /** Vars of a Kith that offers the provider at this port. */
  static varsOf(port: number): Record<string, string> {
    const entry = { id: 'example', name: 'Example', issuer: `http://localhost:${port}`, clientId: CLIENT }
    return { UPSTREAM_PROVIDERS: JSON.stringify([entry]), UPSTREAM_SECRET_EXAMPLE: SECRET }
  }

  stop(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  async #interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      this.#people.set(this.person.sub, this.person)
      // Kith here is a client on this machine, for which the provider always asks for consent.
      const result = { login: { accountId: this.person.sub, remember: false }, consent: {} }
      const location = await this.#provider.interactionResult(request, response, result)
      response.writeHead(303, { location }).end()
    } catch (error) {
      response.writeHead(500).end(String(error))
    }
  }

  #configuration(redirectUri: string): object {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })
    return {
      clients: [
        {
          client_id: CLIENT,
          client_secret: SECRET,
          redirect_uris: [redirectUri],
          application_type: 'native',
          grant_types: ['authorization_code'],
          response_types: ['code'],
        },
      ],
      jwks: { keys: [{ ...rsa, use: 'sig', alg: 'RS256', kid: 'upstream' }] },
      cookies: { keys: [randomBytes(32).toString('hex')] },
      claims: { openid: ['sub'], profile: ['given_name', 'family_name'], email: ['email', 'email_verified'] },
      interactions: { url: (_: Context, { uid }: { uid: string }) => `/interaction/${uid}` },
      ttl: { AccessToken: 600, AuthorizationCode: 60, IdToken: 600, Grant: 600, Interaction: 600, Session: 600 },
      findAccount: (_: Context, sub: string) => ({ accountId: sub, claims: () => this.#people.get(sub) ?? { sub } }),
      loadExistingGrant: async ({ oidc }: Context) => {
        const grant = new oidc.provider.Grant({ accountId: oidc.session.accountId, clientId: oidc.client.clientId })
        grant.addOIDCScope([...oidc.requestParamScopes].join(' '))
        await grant.save()
        return grant
      },
      features: { devInteractions: { enabled: false } },
    }
  }
}
