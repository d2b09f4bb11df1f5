/** APIs of the team (RFC 8707) and the device grant (RFC 8628). */

import type { Answer } from './answer.ts'
import { DEVICE_GRANT, INSPECTOR, ORDERS, SALARIES, STOCK } from './clients.ts'
import type { Row } from './row.ts'
import type { Changes, How, Side } from './side.ts'

const APP = { client: 'the-buyer' }
const BOTH = { scope: 'openid orders:read stock:read', resource: [ORDERS, STOCK] }
const ONE = { scope: 'openid orders:read', resource: ORDERS }
const ONE_ALONE = { scope: 'orders:read', resource: ORDERS }

const asked = (name: string, changes: Changes): Row => [
  `resource: ${name}`,
  (side) => side.authorize({ client_id: 'the-buyer', ...changes }),
]
/** With the audience of the access token, if it is one that says so. */
function aimed(answer: Answer): Answer {
  const [, payload] = String(answer.json.access_token ?? '').split('.')
  if (payload === undefined) return answer
  const { aud } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { aud: unknown }
  return [ORDERS, STOCK].includes(String(aud)) ? { ...answer, text: `${answer.text} for ${aud}, ${answer.json.scope}` } : answer
}
const exchanged = (name: string, changes: Changes, request: Changes = BOTH): Row => [
  `resource: ${name}`,
  async (side) => aimed(await side.exchange(changes, APP, request)),
]
const tokens = async (side: Side, request: Changes = BOTH, resource: string = ORDERS) =>
  (await side.exchange({ resource }, APP, request)).json as { access_token: string; refresh_token: string }
const own = (name: string, form: Changes): Row => [
  `resource: client credentials ${name}`,
  async (side) => aimed(await side.token({ grant_type: 'client_credentials', ...form }, { client: 'the-stockist' })),
]

const RESOURCE: Row[] = [
  asked('one', ONE),
  asked('two', BOTH),
  asked('one twice', { ...ONE, resource: [ORDERS, ORDERS] }),
  asked('an unknown one', { resource: 'https://unknown.example/' }),
  asked('one that the client is not registered for', { resource: SALARIES }),
  asked('no URI', { resource: 'orders' }),
  asked('a relative one', { resource: '/orders' }),
  asked('with a fragment', { resource: `${ORDERS}#a` }),
  asked('almost one', { resource: ORDERS.slice(0, -1) }),
  asked('in capitals', { resource: ORDERS.toUpperCase() }),
  asked('a scope without its resource', { scope: 'openid orders:read' }),
  asked('a scope of another resource', { scope: 'openid stock:read', resource: ORDERS }),
  asked('a scope that is unknown', { scope: 'openid orders:read orders:burn', resource: ORDERS }),
  asked('without scope', { scope: undefined, resource: ORDERS }),
  exchanged('code for the one granted', { resource: ORDERS }, ONE_ALONE),
  exchanged('code for the other granted', { resource: STOCK }),
  exchanged('code with resource left out, one granted', {}, ONE_ALONE),
  exchanged('code with resource left out, one granted with openid', {}, ONE),
  exchanged('code with resource left out, two granted', {}, { ...BOTH, scope: 'orders:read stock:read' }),
  exchanged('code for two', { resource: [ORDERS, STOCK] }),
  exchanged('code for one that was not granted', { resource: STOCK }, ONE),
  exchanged('code for an unknown one', { resource: 'https://unknown.example/' }),
  exchanged('code for no URI', { resource: 'orders' }),
  [
    'resource: refresh for the same',
    async (side) => aimed(await side.refresh((await tokens(side)).refresh_token, { resource: ORDERS }, APP)),
  ],
  [
    'resource: refresh for the other',
    async (side) => aimed(await side.refresh((await tokens(side)).refresh_token, { resource: STOCK }, APP)),
  ],
  [
    'resource: refresh for one that was not granted',
    async (side) => side.refresh((await tokens(side, ONE)).refresh_token, { resource: STOCK }, APP),
  ],
  ['resource: refresh for two', async (side) => side.refresh((await tokens(side)).refresh_token, { resource: [ORDERS, STOCK] }, APP)],
  [
    'resource: refresh with a narrower scope',
    async (side) => {
      const { refresh_token } = await tokens(side, { scope: 'openid orders:read orders:write', resource: ORDERS })
      return aimed(await side.refresh(refresh_token, { resource: ORDERS, scope: 'orders:read' }, APP))
    },
  ],
  ['resource: userinfo with the token of an API', async (side) => side.userinfo(`Bearer ${(await tokens(side)).access_token}`)],
  [
    'resource: introspect the token of an API',
    async (side) => side.post('introspection', { token: (await tokens(side)).access_token }, { client: INSPECTOR }),
  ],
  ['resource: revoke the token of an API', async (side) => side.post('revocation', { token: (await tokens(side)).access_token }, APP)],
  own('for one', { resource: ORDERS, scope: 'orders:read' }),
  own('for two', { resource: [ORDERS, STOCK], scope: 'orders:read' }),
  own('for an unknown one', { resource: 'https://unknown.example/' }),
  own('for one that the client is not registered for', { resource: SALARIES, scope: 'salaries:read' }),
  own('with a scope of an API and no resource', { scope: 'orders:read' }),
  own('with a scope of another API', { resource: ORDERS, scope: 'stock:read' }),
]

const TELEVISION = { client: 'the-television' }
const start = (side: Side, changes: Changes = {}, how: How = TELEVISION) =>
  side.post('device_authorization', { scope: 'openid', ...changes }, how)
const started = (name: string, changes: Changes = {}, how?: How): Row => [`device: ${name}`, (side) => start(side, changes, how)]
const poll = (side: Side, device_code: unknown, how: How = TELEVISION, changes: Changes = {}) =>
  side.token({ grant_type: DEVICE_GRANT, device_code: String(device_code), ...changes }, how)

/** The person answers, and then the device polls. */
async function answered(side: Side, answer: 'allow' | 'deny', changes: Changes = {}) {
  const { json } = await start(side, changes)
  await side.visitor().decide(String(json.verification_uri_complete), answer)
  return json.device_code
}

const DEVICE: Row[] = [
  started('right'),
  started('without scope', { scope: undefined }),
  started('a scope that is unknown', { scope: 'openid no:such:scope' }),
  started('only a scope that is unknown', { scope: 'no:such:scope' }),
  started('a scope beyond the client', { scope: 'openid client:profile:read' }),
  started('an API', ONE),
  started('an unknown API', { resource: 'https://unknown.example/' }),
  started('scope twice', { scope: ['openid', 'email'] }),
  started('without a client', {}, { client: null }),
  started('an unknown client', { client_id: 'nobody-knows' }, { client: null }),
  started('a client without this grant', {}, { client: 'the-spa' }),
  ['device: a wrong secret', (side) => start(side, {}, { client: null, headers: side.basic('the-web', 'wrong') })],
  ['device: GET', (side) => side.send(`${side.endpoint('device_authorization')}?client_id=the-television`)],
  ['device: poll before an answer', async (side) => poll(side, (await start(side)).json.device_code)],
  [
    'device: poll twice at once before an answer',
    async (side) => {
      const { json } = await start(side)
      await poll(side, json.device_code)
      return poll(side, json.device_code)
    },
  ],
  ['device: poll without device_code', (side) => poll(side, '', TELEVISION, { device_code: undefined })],
  ['device: poll with an unknown one', (side) => poll(side, 'nonsense')],
  ['device: poll with the user code', async (side) => poll(side, (await start(side)).json.user_code)],
  ["device: poll with another client's", async (side) => poll(side, (await start(side)).json.device_code, { client: 'the-other' })],
  ['device: poll by a client without this grant', async (side) => poll(side, (await start(side)).json.device_code, { client: 'the-spa' })],
  ['device: poll after yes', async (side) => poll(side, await answered(side, 'allow'))],
  ['device: poll after no', async (side) => poll(side, await answered(side, 'deny'))],
  [
    'device: poll after yes, twice',
    async (side) => {
      const code = await answered(side, 'allow')
      await poll(side, code)
      return poll(side, code)
    },
  ],
  [
    'device: poll for an API after yes',
    async (side) => aimed(await poll(side, await answered(side, 'allow', ONE), TELEVISION, { resource: ORDERS })),
  ],
  [
    'device: poll for an API that was not asked for',
    async (side) => poll(side, await answered(side, 'allow', ONE), TELEVISION, { resource: STOCK }),
  ],
]

export const API_ROWS: readonly Row[] = [...RESOURCE, ...DEVICE]
