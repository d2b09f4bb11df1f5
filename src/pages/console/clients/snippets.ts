/**
 * Settings of a client for well-known libraries, as program text. The versions that were tried are in docs/clients.md. Somebody else
 * may have chosen the values, so each stays plain text wherever it is pasted: most of these languages read a JSON string as that, but
 * a shell, Kotlin and Spring expand what is in it. A secret is never among them.
 */
import type { ClientMetadata } from '../../../core/oauth/client-metadata.ts'
import type { Kind } from './kinds.ts'

type Settings = Pick<ClientMetadata, 'authMethod' | 'redirectUris' | 'postLogoutRedirectUris' | 'scopes' | 'apiScopes'> & {
  readonly issuer: string
  readonly clientId: string
}

export interface Snippet {
  readonly library: string
  readonly text: string
}

const json = (value: unknown) => JSON.stringify(value)
const shell = (value: string) => (/^[\w./:=-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`)
const kotlin = (value: string) => json(value).replaceAll('$', '\\$')
/** A placeholder in what YAML has read needs a backslash, which YAML writes as two. */
const spring = (value: unknown) => json(value).replaceAll('${', '\\\\${')
/** What the client asks for; every scope that it may have. */
const scopeOf = ({ scopes, apiScopes }: Settings) =>
  [...scopes.filter((scope) => scope !== '*'), ...new Set(apiScopes.map(({ name }) => name).filter(Boolean))].join(' ')
const redirectOf = ({ redirectUris }: Settings) => redirectUris[0] ?? ''
/** RFC 8707: the API that a token is for, if there is just one. */
const resourceOf = ({ apiScopes }: Settings) => [...new Set(apiScopes.map(({ resource }) => resource))].slice(0, 1)

const OIDC_SECRETS: Partial<Record<ClientMetadata['authMethod'], string>> = {
  none: 'client.None()',
  client_secret_basic: 'client.ClientSecretBasic(process.env.CLIENT_SECRET)',
  client_secret_post: 'client.ClientSecretPost(process.env.CLIENT_SECRET)',
  client_secret_jwt: 'client.ClientSecretJwt(process.env.CLIENT_SECRET)',
  private_key_jwt: 'client.PrivateKeyJwt(privateKey)',
}

function openidClient(s: Settings, rest: string): Snippet {
  const text = `import * as client from 'openid-client'

const config = await client.discovery(
  new URL(${json(s.issuer)}),
  ${json(s.clientId)},
  undefined,
  ${OIDC_SECRETS[s.authMethod]},${s.issuer.startsWith('http:') ? '\n  { execute: [client.allowInsecureRequests] },' : ''}
)
${rest}`
  return { library: 'openid-client (Node.js)', text }
}

const openidClientOfWeb = (s: Settings) =>
  openidClient(
    s,
    `// Keep both in the session: authorizationCodeGrant() checks them when the person returns.
const pkceCodeVerifier = client.randomPKCECodeVerifier()
const expectedState = client.randomState()
const redirectTo = client.buildAuthorizationUrl(config, {
  redirect_uri: ${json(redirectOf(s))},
  scope: ${json(scopeOf(s))},
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: 'S256',
  state: expectedState,
})
// At the redirect URI:
// const tokens = await client.authorizationCodeGrant(config, currentUrl, { pkceCodeVerifier, expectedState })`,
  )

const parameters = (s: Settings) =>
  json({ scope: scopeOf(s), ...Object.fromEntries(resourceOf(s).map((resource) => ['resource', resource])) })

const openidClientOfService = (s: Settings) =>
  openidClient(s, `const tokens = await client.clientCredentialsGrant(config, ${parameters(s)})`)

const openidClientOfDevice = (s: Settings) =>
  openidClient(
    s,
    `const started = await client.initiateDeviceAuthorization(config, ${parameters(s)})
console.log(started.verification_uri, started.user_code)
const tokens = await client.pollDeviceAuthorizationGrant(config, started)`,
  )

const authJs = (s: Settings): Snippet => ({
  library: 'Auth.js (next-auth 5)',
  text: `// Its redirect URI ends in /api/auth/callback/accounts
export const { handlers, auth, signIn, signOut } = NextAuth({
  providers: [
    {
      id: 'accounts',
      name: 'Accounts',
      type: 'oidc',
      issuer: ${json(s.issuer)},
      clientId: ${json(s.clientId)},
      clientSecret: process.env.CLIENT_SECRET,
      authorization: { params: { scope: ${json(scopeOf(s))} } },
      checks: ['pkce', 'state', 'nonce'],
      idToken: false,
    },
  ],
})`,
})

const springSecurity = (s: Settings): Snippet => ({
  library: 'Spring Security (application.yml)',
  text: `spring:
  security:
    oauth2:
      client:
        registration:
          accounts:
            client-id: ${spring(s.clientId)}
            client-secret: "\${CLIENT_SECRET}"
            client-authentication-method: ${s.authMethod}
            authorization-grant-type: authorization_code
            redirect-uri: ${spring(redirectOf(s))}
            scope: ${spring(scopeOf(s).split(' '))}
        provider:
          accounts:
            issuer-uri: ${spring(s.issuer)}

# PKCE, in the configuration of oauth2Login():
# resolver.setAuthorizationRequestCustomizer(OAuth2AuthorizationRequestCustomizers.withPkce())`,
})

const authlib = (s: Settings): Snippet => ({
  library: 'Authlib (Python)',
  text: `oauth.register(
    name="accounts",
    server_metadata_url=${json(`${s.issuer}/.well-known/openid-configuration`)},
    client_id=${json(s.clientId)},
    client_secret=os.environ["CLIENT_SECRET"],
    client_kwargs={
        "scope": ${json(scopeOf(s))},
        "code_challenge_method": "S256",
        "token_endpoint_auth_method": ${json(s.authMethod)},
    },
)`,
})

const oidcClientTs = (s: Settings): Snippet => ({
  library: 'oidc-client-ts (browser)',
  text: `import { UserManager } from 'oidc-client-ts'

export const userManager = new UserManager({
  authority: ${json(s.issuer)},
  client_id: ${json(s.clientId)},
  redirect_uri: ${json(redirectOf(s))},${s.postLogoutRedirectUris[0] === undefined ? '' : `\n  post_logout_redirect_uri: ${json(s.postLogoutRedirectUris[0])},`}
  scope: ${json(scopeOf(s))},
  loadUserInfo: true,
})
// await userManager.signinRedirect(), and at the redirect URI: await userManager.signinRedirectCallback()`,
})

const appAuthIos = (s: Settings): Snippet => ({
  library: 'AppAuth (iOS)',
  text: `OIDAuthorizationService.discoverConfiguration(forIssuer: URL(string: ${json(s.issuer)})!) { configuration, error in
  guard let configuration else { return }
  let request = OIDAuthorizationRequest(
    configuration: configuration,
    clientId: ${json(s.clientId)},
    scopes: ${json(scopeOf(s).split(' '))},
    redirectURL: URL(string: ${json(redirectOf(s))})!,
    responseType: OIDResponseTypeCode,
    additionalParameters: nil)
  appDelegate.currentAuthorizationFlow =
    OIDAuthState.authState(byPresenting: request, presenting: self) { authState, error in }
}`,
})

const appAuthAndroid = (s: Settings): Snippet => ({
  library: 'AppAuth (Android)',
  text: `// build.gradle.kts: manifestPlaceholders["appAuthRedirectScheme"] = ${kotlin(redirectOf(s).replace(/:.*/s, ''))}
AuthorizationServiceConfiguration.fetchFromIssuer(Uri.parse(${kotlin(s.issuer)})) { configuration, error ->
  val request = AuthorizationRequest.Builder(
    configuration!!, ${kotlin(s.clientId)}, ResponseTypeValues.CODE, Uri.parse(${kotlin(redirectOf(s))}),
  ).setScope(${kotlin(scopeOf(s))}).build()
  startActivityForResult(AuthorizationService(this).getAuthorizationRequestIntent(request), RC_AUTH)
}`,
})

const CURL_SECRETS: Partial<Record<ClientMetadata['authMethod'], (clientId: string) => string>> = {
  client_secret_basic: (clientId) => `-u ${shell(clientId)}":$CLIENT_SECRET"`,
  client_secret_post: (clientId) => `-d ${shell(`client_id=${clientId}`)} -d "client_secret=$CLIENT_SECRET"`,
}

function curl(s: Settings): Snippet[] {
  const secret = CURL_SECRETS[s.authMethod]?.(s.clientId)
  if (secret === undefined) return []
  const more = resourceOf(s).map((resource) => ` \\\n  --data-urlencode ${shell(`resource=${resource}`)}`)
  const text = `curl ${s.issuer}/oauth/token ${secret} \\
  -d grant_type=client_credentials --data-urlencode ${shell(`scope=${scopeOf(s)}`)}${more.join('')}`
  return [{ library: 'curl', text }]
}

const curlOfDevice = (s: Settings): Snippet => ({
  library: 'curl',
  text: `curl ${s.issuer}/oauth/device_authorization --data-urlencode ${shell(`client_id=${s.clientId}`)} \\
  --data-urlencode ${shell(`scope=${scopeOf(s)}`)}`,
})

/** Those that fit a client of this kind. */
export function snippetsFor(kind: Kind, s: Settings): Snippet[] {
  switch (kind) {
    case 'web':
      return [openidClientOfWeb(s), authJs(s), springSecurity(s), authlib(s)]
    case 'spa':
      return [oidcClientTs(s), openidClientOfWeb(s)]
    case 'native':
      return redirectOf(s).startsWith('http://') ? [openidClientOfWeb(s)] : [appAuthIos(s), appAuthAndroid(s), openidClientOfWeb(s)]
    case 'agent':
      return [openidClientOfWeb(s)]
    case 'device':
      return [openidClientOfDevice(s), curlOfDevice(s)]
    case 'service':
      return [...curl(s), openidClientOfService(s)]
  }
}
