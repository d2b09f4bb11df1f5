// The same script of valid and invalid requests to Kith and to `oidc-provider`, a certified OpenID provider: channel, status,
// error, challenge and fields of the reply are equal, or `differences.ts` names the clause that justifies ours.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LOGOUT_TOKEN, shapeOf } from '../support/logout-token.ts'
import { API_ROWS } from './oidc/api-rows.ts'
import { AUTHORIZE_ROWS } from './oidc/authorize-rows.ts'
import { DIFFERENCES } from './oidc/differences.ts'
import { DPOP_ROWS } from './oidc/dpop-rows.ts'
import { type Oracle, startOracle } from './oidc/oracle.ts'
import { PUSHED_ROWS } from './oidc/pushed-rows.ts'
import { registerAll } from './oidc/register.ts'
import { REGISTRATION_ROWS } from './oidc/registration-rows.ts'
import { RESOURCE_ROWS } from './oidc/resource-rows.ts'
import { type Metadata, Side } from './oidc/side.ts'
import { signInToOracle } from './oidc/sign-in.ts'
import { TOKEN_ROWS } from './oidc/token-rows.ts'
import { emptyKith, signIn } from './person.ts'

const ROWS = [...AUTHORIZE_ROWS, ...TOKEN_ROWS, ...RESOURCE_ROWS, ...PUSHED_ROWS, ...DPOP_ROWS, ...API_ROWS, ...REGISTRATION_ROWS]

let oracle: Oracle
let kith: Awaited<ReturnType<typeof emptyKith>>
let theirs: Side
let ours: Side

beforeAll(async () => {
  oracle = await startOracle()
  kith = await emptyKith(() => ({ NETWORK_LIMITS: 'off', DYNAMIC_REGISTRATION: 'open' }))
  await kith.start()
  const secrets = await registerAll(kith.project, kith.origin)
  theirs = new Side('oracle', {
    metadata: await metadataOf(oracle.origin),
    secrets: oracle.secrets,
    cookie: (await signInToOracle(oracle.origin)).cookie,
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

test('a client is told of a sign-out by a logout token of the same shape', async () => {
  const visitor = await signInToOracle(oracle.origin, 'the-notified')
  await visitor.submit(await visitor.go('/session/end'), '/session/end', { logout: 'yes' })
  // Kith's, which goes to public addresses alone, is compared in test/apis/oauth/logout-notices.test.ts.
  expect(oracle.notices.map(({ body }) => shapeOf(body))).toEqual([LOGOUT_TOKEN])
})

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
