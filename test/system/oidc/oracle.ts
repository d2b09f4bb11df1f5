/**
 * `oidc-provider`, a certified OpenID provider, in this process: the oracle of the differential test. Configured like Kith: PKCE
 * for everyone, refresh tokens by grant type and rotated, no consent for first-party clients, the same clients.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import Provider, { type Context, errors } from 'oidc-provider'
import { freePort } from '../free-port.ts'
import { APIS, INSPECTOR, NOTIFIED, REGISTRATIONS } from './clients.ts'

const SCOPES = 'openid profile email delegated:profile:read client:profile:read client:oauth:introspect'
const HOUR = 3600

export interface Oracle {
  readonly origin: string
  readonly secrets: Readonly<Record<string, string>>
  /** What it has sent to `the-notified`. */
  readonly notices: readonly RequestInit[]
  stop(): void
}

export async function startOracle(): Promise<Oracle> {
  const port = await freePort()
  const origin = `http://localhost:${port}`
  const secrets = Object.fromEntries(REGISTRATIONS.map(({ client_id }) => [client_id, randomBytes(32).toString('base64url')]))
  const notices: RequestInit[] = []
  const provider = new Provider(origin, configure(secrets, notices))
  const answer = provider.callback()
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/interaction/')) void interact(provider, request, response)
    else answer(request, response)
  }).listen(port)
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    origin,
    secrets,
    notices,
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** The page where a person would sign in. A POST signs in the only person. */
async function interact(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const location = await provider.interactionResult(request, response, { login: { accountId: 'alice' } })
    response.writeHead(303, { location }).end()
  } catch (error) {
    response.writeHead(500).end(String(error))
  }
}

function configure(secrets: Readonly<Record<string, string>>, notices: RequestInit[]): object {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })
  return {
    clients: REGISTRATIONS.map(({ api_scopes: _, ...registration }) => ({
      ...registration,
      ...(['none', 'private_key_jwt'].includes(registration.token_endpoint_auth_method)
        ? {}
        : { client_secret: secrets[registration.client_id] }),
      application_type: registration.redirect_uris.some((uri) => !uri.startsWith('https:')) ? 'native' : 'web',
      response_types: registration.redirect_uris.length > 0 ? ['code'] : [],
      id_token_signed_response_alg: 'RS256',
    })),
    fetch: async (url: string | URL, init: RequestInit) => {
      if (String(url) !== NOTIFIED) throw new Error(`the oracle asks ${url}`)
      notices.push(init)
      return new Response(null, { status: 200 })
    },
    jwks: {
      keys: [
        { ...ec, use: 'sig', alg: 'ES256', kid: 'oracle' },
        { ...rsa, use: 'sig', alg: 'RS256', kid: 'oracle-rs256' },
      ],
    },
    cookies: { keys: [randomBytes(32).toString('hex')], long: { sameSite: 'none' } },
    scopes: SCOPES.split(' '),
    subjectTypes: ['public', 'pairwise'],
    pairwiseIdentifier: (_: Context, sub: string, client: { sectorIdentifier: string }) => `${sub} of ${client.sectorIdentifier}`,
    claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    enabledJWA: { requestObjectSigningAlgValues: ['ES256'], clientAuthSigningAlgValues: ['ES256'] },
    responseTypes: ['code'],
    allowOmittingSingleRegisteredRedirectUri: false,
    enableHttpPostMethods: true,
    interactions: {
      url: (_: Context, interaction: { uid: string; prompt: { name: string } }) =>
        `/interaction/${interaction.prompt.name}/${interaction.uid}`,
    },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: (_: Context, client: { grantTypeAllowed(type: string): boolean }) => client.grantTypeAllowed('refresh_token'),
    ttl: {
      AccessToken: 600,
      ClientCredentials: 600,
      AuthorizationCode: 60,
      IdToken: 600,
      Grant: HOUR,
      Interaction: HOUR,
      RefreshToken: HOUR,
      Session: HOUR,
    },
    findAccount: (_: Context, sub: string) => ({
      accountId: sub,
      claims: () => ({ sub, name: 'Alice', email: 'alice@example.com', email_verified: true }),
    }),
    loadExistingGrant,
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
      requestObjects: { enabled: true },
      deviceFlow: { enabled: true },
      backchannelLogout: { enabled: true },
      registration: { enabled: true },
      registrationManagement: { enabled: true, rotateRegistrationAccessToken: false },
      resourceIndicators: { enabled: true, getResourceServerInfo },
      claimsParameter: { enabled: true },
      clientCredentials: { enabled: true },
      revocation: { enabled: true },
      introspection: {
        enabled: true,
        allowedPolicy: (_: Context, client: { clientId: string }, token: { clientId: string }) =>
          token.clientId === client.clientId || client.clientId === INSPECTOR,
      },
    },
  }
}

/** Those that the client is registered for. */
function getResourceServerInfo(_: Context, resource: string, { clientId }: { clientId: string }) {
  const scope = REGISTRATIONS.find(({ client_id }) => client_id === clientId)?.api_scopes?.[resource]
  if (scope === undefined || !(resource in APIS)) throw new errors.InvalidTarget()
  return { audience: resource, scope, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } }
}

/** A first-party client needs no consent: whatever it asks for is granted. */
async function loadExistingGrant({ oidc }: Context) {
  const grant = new oidc.provider.Grant({ accountId: oidc.session.accountId, clientId: oidc.client.clientId })
  grant.addOIDCScope([...oidc.requestParamScopes].join(' '))
  grant.addOIDCClaims([...oidc.requestParamClaims])
  for (const [resource, { scope }] of Object.entries(oidc.resourceServers)) grant.addResourceScope(resource, scope)
  await grant.save()
  return grant
}
