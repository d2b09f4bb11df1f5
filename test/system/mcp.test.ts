// The MCP server of examples/mcp-server, as an agent meets it: the official client knows the server's URL and nothing else, and
// Kith is the authorization server (docs/agents.md). People decide in Chromium, without scripts.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { cpSync, readFileSync } from 'node:fs'
import { createServer, type Server as HttpsServer } from 'node:https'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectNothingGrave, keepPictures, openBrowser } from './browser.ts'
import { emptyKith, PASSWORD, signUp } from './person.ts'
import { freePort, type Server } from './project.ts'

const EXAMPLE = join(import.meta.dirname, '..', '..', 'examples', 'mcp-server')
const INSTALL = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error']
/** Where the browser brings the code: nobody has to listen, the test reads the request. */
const REDIRECT_URI = 'http://127.0.0.1:9/callback'
const METADATA = {
  client_name: 'An agent',
  redirect_uris: [REDIRECT_URI],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
}

// biome-ignore lint/suspicious/noExplicitAny: the SDK is not among Kith's packages
type Sdk = any

let kith: Awaited<ReturnType<typeof emptyKith>>
let running: Server
let sdk: Sdk
let browser: Browser
let page: Page
let document: HttpsServer
let documentUrl: string
let resource: string
let example: ChildProcess | undefined

const operator = async (...args: string[]): Promise<string> => {
  const { code, output } = await kith.project.run(process.execPath, ['scripts/operator.ts', ...args])
  expect(code, output).toBe(0)
  return output
}

beforeAll(async () => {
  const [documentPort, serverPort] = await Promise.all([freePort(), freePort()])
  documentUrl = `https://localhost:${documentPort}/client.json`
  resource = `http://localhost:${serverPort}/mcp`
  kith = await emptyKith(() => ({ CLIENT_DOCUMENTS: documentUrl, DYNAMIC_REGISTRATION: 'open', NETWORK_LIMITS: 'off' }))
  const { project } = kith
  const [key, certificate] = [join(project.folder, 'key.pem'), join(project.folder, 'certificate.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2']
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, ...subject], {
    stdio: 'ignore',
  })
  // The client's document has an https address, whose certificate the runtime is told to trust.
  process.env.NODE_EXTRA_CA_CERTS = certificate
  document = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (_, reply) => {
    reply.setHeader('content-type', 'application/json').end(JSON.stringify({ client_id: documentUrl, ...METADATA }))
  })
  await new Promise<void>((resolve) => document.listen(documentPort, resolve))

  running = await kith.start()

  cpSync(EXAMPLE, join(project.folder, 'example'), { recursive: true })
  const installed = project.run('npm', INSTALL, {}, 'example')
  await operator(
    'api',
    'create',
    resource,
    '--name',
    'Notes',
    '--open-to-all',
    '--scope',
    'notes:read Read your notes',
    '--scope',
    'notes:write Add notes',
  )
  const server = ['--name', 'Notes', '--auth-method', 'client_secret_basic', '--grant-type', 'client_credentials', '--api', resource]
  const said = await operator('client', 'create', 'notes-server', ...server)
  await operator('api', 'update', resource, '--server-client', 'notes-server')
  const secret = /client_secret\s+(\S+)/.exec(said)?.[1] ?? ''
  const { code, output } = await installed
  expect(code, output).toBe(0)
  const env = { ...process.env, KITH: kith.origin, RESOURCE: resource, CLIENT_ID: 'notes-server', CLIENT_SECRET: secret }
  example = spawn(process.execPath, ['server.ts'], { cwd: join(project.folder, 'example'), env })
  await new Promise<void>((resolve, reject) => {
    example?.stdout?.on('data', (chunk: Buffer) => `${chunk}`.includes('MCP server at') && resolve())
    example?.on('exit', (status) => reject(new Error(`the example ended with ${status}`)))
  })
  const module = (path: string) =>
    import(pathToFileURL(join(project.folder, 'example/node_modules/@modelcontextprotocol/sdk/dist/esm', path)).href)
  const [client, transport, auth] = await Promise.all(['client/index.js', 'client/streamableHttp.js', 'client/auth.js'].map(module))
  sdk = { ...client, ...transport, ...auth }
  await signUp(kith.origin, 'ada_notes')
  browser = await openBrowser()
  page = await (await browser.newContext({ bypassCSP: true })).newPage()
  page.setDefaultTimeout(10_000)
})
afterAll(async () => {
  await browser?.close()
  document?.close()
  example?.kill()
  await kith?.project.remove()
})

/** The SDK's interface for whoever keeps what a client knows. */
class Agent {
  readonly redirectUrl = REDIRECT_URI
  readonly clientMetadata = METADATA
  readonly clientMetadataUrl: string
  information: { client_id: string } | undefined
  kept: { access_token: string; refresh_token?: string; scope?: string } | undefined
  verifier = ''
  url = new URL('about:blank')
  constructor(clientMetadataUrl: string) {
    this.clientMetadataUrl = clientMetadataUrl
  }
  clientInformation = () => this.information
  tokens = () => this.kept
  codeVerifier = () => this.verifier
  saveClientInformation(information: { client_id: string }) {
    this.information = information
  }
  saveTokens(tokens: typeof this.kept) {
    this.kept = tokens
  }
  saveCodeVerifier(verifier: string) {
    this.verifier = verifier
  }
  redirectToAuthorization(url: URL) {
    this.url = url
  }

  async connect(): Promise<Sdk> {
    const client = new sdk.Client({ name: 'agent', version: '1.0.0' })
    await client.connect(new sdk.StreamableHTTPClientTransport(new URL(resource), { authProvider: this }))
    return client
  }

  /** The person decides in the browser. */
  async authorize(name: string): Promise<void> {
    const code = await decide(this.url.href, name)
    await new sdk.StreamableHTTPClientTransport(new URL(resource), { authProvider: this }).finishAuth(code)
  }
}

/** Signs in if asked, agrees, and returns the code. */
async function decide(url: string, name: string): Promise<string> {
  await page.goto(url)
  if ((await page.locator('#password').count()) > 0) {
    await page.fill('#identifier', 'ada_notes')
    await page.fill('#password', PASSWORD)
    await page.click('form:has(#password) button')
    await page.waitForURL(/consent/)
  }
  await keepPictures(page, name)
  await expectNothingGrave(page, name)
  const [request] = await Promise.all([
    page.waitForRequest((one) => one.url().startsWith(REDIRECT_URI)),
    page.click('button[value="yes"], button[value="allow"]'),
  ])
  const params = new URL(request.url()).searchParams
  expect(params.get('iss')).toBe(kith.origin)
  return params.get('code') ?? ''
}

const textOf = (result: { content: { text: string }[] }) => result.content[0]?.text
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

describe.each(['its metadata document', 'dynamic registration'])('the official client, known by %s', (way) => {
  const byDocument = way === 'its metadata document'
  let agent: Agent
  let client: Sdk

  // Where documents are off, the same client falls back.
  beforeAll(async () => {
    if (byDocument) return
    await running.kill()
    running = await kith.start({ CLIENT_DOCUMENTS: '' })
  })

  test('signs in with nothing but the URL of the server', async () => {
    agent = new Agent(documentUrl)
    await expect(agent.connect()).rejects.toBeInstanceOf(sdk.UnauthorizedError)
    expect(agent.url.origin).toBe(kith.origin)
    expect(Object.fromEntries(agent.url.searchParams)).toMatchObject({ resource, scope: 'notes:read', code_challenge_method: 'S256' })
    await agent.authorize(`mcp-${byDocument ? 'document' : 'dynamic'}`)
    expect(agent.information?.client_id === documentUrl).toBe(byDocument)
    expect(claimsOf(agent.kept?.access_token ?? '')).toMatchObject({ aud: resource, scope: 'notes:read', iss: kith.origin })
    client = await agent.connect()
    expect(textOf(await client.callTool({ name: 'list_notes' }))).toBe(byDocument ? 'No notes yet' : 'Buy bread')
  })

  test('is told which scope a tool needs, and gets it once the person has agreed', async () => {
    // The SDK first tries a refresh, which cannot give more; then it is for the app to ask anew, without the refresh token.
    await expect(client.callTool({ name: 'add_note', arguments: { text: 'Buy bread' } })).rejects.toMatchObject({ code: 403 })
    agent.kept = { access_token: agent.kept?.access_token ?? '' }
    client = await agent.connect()
    await expect(client.callTool({ name: 'add_note', arguments: { text: 'Buy bread' } })).rejects.toBeInstanceOf(sdk.UnauthorizedError)
    expect(agent.url.searchParams.get('scope')).toBe('notes:read notes:write')
    await agent.authorize(`mcp-more-${byDocument ? 'document' : 'dynamic'}`)
    client = await agent.connect()
    expect(textOf(await client.callTool({ name: 'add_note', arguments: { text: 'Buy bread' } }))).toBe('Added')
    expect(textOf(await client.callTool({ name: 'list_notes' }))).toContain('Buy bread')
  })

  test('refreshes, for the same audience', async () => {
    const before = agent.kept ?? { access_token: '' }
    agent.kept = { ...before, access_token: 'not a token' }
    client = await agent.connect()
    expect(agent.kept.access_token).not.toBe(before.access_token)
    expect(claimsOf(agent.kept.access_token)).toMatchObject({ aud: resource, scope: 'notes:read notes:write' })
    expect(textOf(await client.callTool({ name: 'list_notes' }))).toContain('Buy bread')
  })

  test('is out on its next call once the person has disconnected it', async () => {
    const cookies = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
    const id = encodeURIComponent(agent.information?.client_id ?? '')
    const headers = { cookie: cookies, origin: kith.origin, 'sec-fetch-site': 'same-origin' }
    const gone = await fetch(`${kith.origin}/user/apps/${id}`, { method: 'DELETE', headers })
    expect(gone.status, await gone.text()).toBe(200)
    await expect(client.callTool({ name: 'list_notes' })).rejects.toThrow()
  })
})
