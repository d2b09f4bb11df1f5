// The same script of valid and invalid requests to Kith and to `oidc-provider`, a certified OpenID provider: channel, status,
// error, challenge and fields of the reply are equal, or `differences.ts` names the clause that justifies ours.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AUTHORIZE_ROWS } from './oidc/authorize-rows.ts'
import { REGISTRATIONS } from './oidc/clients.ts'
import { DIFFERENCES } from './oidc/differences.ts'
import { type Oracle, startOracle } from './oidc/oracle.ts'
import { RESOURCE_ROWS } from './oidc/resource-rows.ts'
import { type Metadata, Side } from './oidc/side.ts'
import { signInToOracle } from './oidc/sign-in.ts'
import { TOKEN_ROWS } from './oidc/token-rows.ts'
import { emptyKith, signIn } from './person.ts'

const ROWS = [...AUTHORIZE_ROWS, ...TOKEN_ROWS, ...RESOURCE_ROWS]

let oracle: Oracle
let kith: Awaited<ReturnType<typeof emptyKith>>
let theirs: Side
let ours: Side

beforeAll(async () => {
  oracle = await startOracle()
  kith = await emptyKith(() => ({ NETWORK_LIMITS: 'off' }))
  await kith.start()
  const secrets = await registerAll()
  theirs = new Side('oracle', {
    metadata: await metadataOf(oracle.origin),
    secrets: oracle.secrets,
    cookie: await signInToOracle(oracle.origin),
  })
  ours = new Side('ours', { metadata: await metadataOf(kith.origin), secrets, cookie: await signIn(kith.origin, 'alice_differs') })
})
afterAll(async () => {
  oracle?.stop()
  await kith?.project.remove()
})

async function metadataOf(origin: string): Promise<Metadata> {
  return (await (await fetch(`${origin}/.well-known/openid-configuration`)).json()) as Metadata
}

async function registerAll(): Promise<Record<string, string>> {
  const secrets: Record<string, string> = {}
  for (const client of REGISTRATIONS) {
    const many = (option: string, values: readonly string[]) => values.flatMap((value) => [option, value])
    const { code, output } = await kith.project.run(process.execPath, [
      ...['scripts/operator.ts', 'client', 'create', client.client_id, '--name', 'Test', '--first-party', '--scope', client.scope],
      ...['--auth-method', client.token_endpoint_auth_method, '--subject-type', client.subject_type],
      ...many('--grant-type', client.grant_types),
      ...many('--redirect-uri', client.redirect_uris),
      ...many('--post-logout-redirect-uri', client.post_logout_redirect_uris),
    ])
    if (code !== 0) throw new Error(output)
    secrets[client.client_id] = /kith_cs_[\w-]+/.exec(output)?.[0] ?? ''
  }
  return secrets
}

test('every row has a name of its own, and every difference is one of a row', () => {
  const names = new Set(ROWS.map(([name]) => name))
  expect(names.size).toBe(ROWS.length)
  expect([...DIFFERENCES.keys()].filter((name) => !names.has(name))).toEqual([])
})

for (const [name, request] of ROWS) {
  test(name, async () => {
    const answers = { oracle: (await request(theirs)).text, ours: (await request(ours)).text }
    const [oracle, own] = DIFFERENCES.get(name) ?? [answers.oracle, answers.oracle]
    expect(answers).toEqual({ oracle, ours: own })
  })
}

test('the metadata have all that the oracle has, but for what says nothing of Kith', () => {
  const missing = Object.keys(theirs.metadata).filter((name) => !(name in ours.metadata))
  // Discovery §3: the default is normal, which is all there is.
  expect(missing).toEqual(['claim_types_supported'])
  for (const name of ['subject_types_supported', 'response_types_supported', 'code_challenge_methods_supported']) {
    expect(ours.metadata[name], name).toEqual(theirs.metadata[name])
  }
})

test('the key set has public keys alone, for the same uses', async () => {
  const keysOf = async (side: Side) => {
    const { keys } = (await (await fetch(String(side.metadata.jwks_uri))).json()) as { keys: Record<string, string>[] }
    return keys.map(({ kid, x, y, n, ...rest }) => ({ ...rest, names: [typeof kid, typeof x, typeof y, typeof n] }))
  }
  expect(await keysOf(ours)).toEqual(await keysOf(theirs))
})
