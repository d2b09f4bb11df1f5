// The examples start by their one command beside `npm start`, as its demo clients.
import { expect, test } from 'vitest'
import { Demo } from './demo.ts'
import { freePort } from './free-port.ts'
import { Project } from './project.ts'

const kith = new Demo()
const { project } = kith
const example = (...args: string[]) => project.run('npm', ['run', '-s', 'example', ...args])

test('npm run example: without a name it lists the examples, and it knows no others', async () => {
  const list = await example()
  expect(list.code).toBe(0)
  for (const name of ['react-app', 'web-app', 'api-node', 'api-worker', 'mcp-server'])
    expect(list.output).toMatch(new RegExp(`^ +${name} `, 'm'))
  for (const name of ['no-app', 'constructor', '../client']) {
    expect(await example(name)).toMatchObject({ code: 1, output: expect.stringContaining(`No example is called ${name}.`) })
  }
})

test('npm run example: without a Kith that answers it says how to start one', async () => {
  const fresh = new Project()
  try {
    const unknown = await fresh.run('npm', ['run', '-s', 'example', 'web-app'])
    expect(unknown).toEqual({ code: 1, output: 'Start Kith first, in another terminal: npm start\n' })
  } finally {
    await fresh.remove()
  }
  const { apis, ...demo } = project.demo()
  const told = async (text: string) => {
    const before = project.read('.wrangler/demo.json')
    project.write('.wrangler/demo.json', text)
    const { code, output } = await example('web-app')
    project.write('.wrangler/demo.json', before)
    expect(code).toBe(1)
    return output
  }
  expect(await told(JSON.stringify({ ...demo, apis, origin: 'http://localhost:9' }))).toBe(
    'Kith does not answer on http://localhost:9. Start Kith first, in another terminal: npm start\n',
  )
  expect(await told(JSON.stringify(demo))).toContain('older than the examples')
})

test.each([
  ['api-node', 'orders', '/orders'],
  ['api-worker', 'orders', '/orders'],
  ['mcp-server', 'notes', '/mcp'],
])('npm run example %s: an API that takes the tokens of the demo data', async (name, api, path) => {
  const { clients, apis } = project.demo()
  const { client_id, client_secret } = clients[`demo-${api}`]
  const { resource } = apis[api]
  const port = await freePort()
  const server = await project.listen(['scripts/example.ts', name], port, { PORT: String(port) })
  const authorization = `Basic ${btoa(`${client_id}:${client_secret}`)}`
  const body = new URLSearchParams({ grant_type: 'client_credentials', resource })
  const granted = await fetch(`${kith.origin}/oauth/token`, { method: 'POST', headers: { authorization }, body })
  const { access_token } = (await granted.json()) as { access_token: string }
  if (name === 'mcp-server') {
    const large = await fetch(server.origin + path, { method: 'POST', body: JSON.stringify({ method: 'x'.repeat(100_000) }) })
    expect(large.status, 'read before anybody has said who they are').toBe(413)
  }
  const call = async (token: string) => {
    const reply = await fetch(server.origin + path, { headers: { authorization: `Bearer ${token}` } })
    return [reply.status, reply.headers.get('www-authenticate')]
  }
  // The API's own client may do nothing there, but it is known.
  expect(await call(access_token)).toEqual([403, expect.stringContaining(`error="insufficient_scope", scope="${api}:read"`)])
  expect(await call('x')).toEqual([401, expect.stringContaining('error="invalid_token"')])
  const metadata = await fetch(`${server.origin}/.well-known/oauth-protected-resource${path === '/mcp' ? path : ''}`)
  expect(await metadata.json()).toMatchObject({ resource, authorization_servers: [kith.origin] })
  expect(await server.stop()).toBe(0)
})

test.each(['react-app', 'web-app'])('npm run example %s starts it, and Ctrl-C ends all of it', async (name) => {
  const port = await freePort()
  const server = await project.listen(['scripts/example.ts', name], port, { PORT: String(port) })
  expect((await fetch(server.origin)).status, server.output()).toBe(200)
  expect(server.output()).toContain(`Sign in as alice@example.com with ${project.demo().users.alice_demo.password}`)
  expect(await server.stop()).toBe(0)
  await expect(fetch(server.origin)).rejects.toThrow()
})
