/** A directory that provisions people by SCIM, as the client of an organization. */
import { issueAccessToken } from '../../src/core/oauth/access-token.ts'
import type { Scope } from '../../src/core/scopes.ts'
import { sha256 } from '../../src/crypto.ts'
import { type Body, Client, type Options, type Reply } from './kith.ts'
import { newCtx, newOAuthClient } from './tokens.ts'

export const USER_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const GROUP_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:Group'
const PATCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
export const SECRET = 'a-secret-of-a-directory'

export const operations = (...Operations: unknown[]) => ({ schemas: [PATCH_SCHEMA], Operations })

export class Directory {
  readonly client = new Client()
  readonly clientId: string
  constructor(clientId: string) {
    this.clientId = clientId
  }

  send = (method: string, path: string, body?: Body, options: Options = {}): Promise<Reply> =>
    this.client.fetch(`/scim/v2${path}`, {
      method,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...options,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }), ...options.headers },
    })
  get = (path: string) => this.send('GET', path)
  find = (filter: string, path = '/Users') => this.get(`${path}?filter=${encodeURIComponent(filter)}`)
  patch = (path: string, ...list: unknown[]) => this.send('PATCH', path, operations(...list))

  /** Creates a user and returns them. */
  async create(userName: string, more: Record<string, unknown> = {}): Promise<Reply['json']> {
    const reply = await this.send('POST', '/Users', newUser(userName, more))
    if (reply.status !== 201) throw new Error(`not created: ${reply.status} ${reply.text}`)
    return reply.json
  }
}

export const newUser = (userName: string, more: Record<string, unknown> = {}) => ({
  schemas: [USER_SCHEMA],
  userName,
  emails: [{ value: userName.includes('@') ? userName : `${userName}@corp.example`, type: 'work', primary: true }],
  ...more,
})

/** With an access token of the grant client_credentials, and a secret. */
export async function newDirectory(scopes: readonly Scope[] = ['client:provisioning:all']): Promise<Directory> {
  const clientId = await newOAuthClient(scopes.join(' '), {
    token_endpoint_auth_method: 'client_secret_basic',
    secret_hash: sha256(SECRET),
    grant_types: 'client_credentials',
  })
  const directory = new Directory(clientId)
  directory.client.token = await issueAccessToken(newCtx(), { clientId, scopes, lifeSeconds: 600, holder: { clientEpoch: 0 } })
  return directory
}
