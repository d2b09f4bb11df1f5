// The MCP server of examples/mcp-server, as an agent meets it: the official client knows the server's URL and nothing else, and
// Kith is the authorization server (docs/agents.md). People decide in Chromium, without scripts.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer, type Server as HttpsServer } from 'node:https'
import { join } from 'node:path'
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectNothingGrave, keepPictures, openBrowser } from './browser.ts'
import { freePort } from './free-port.ts'
import { emptyKith, PASSWORD, signUp } from './person.ts'
import type { Server } from './project.ts'

/** Where the browser brings the code. Nobody listens there: the test answers. */
const REDIRECT_URI = 'http://127.0.0.1:9/callback'
const METADATA = {
  client_name: 'An agent',
  redirect_uris: [REDIRECT_URI],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
}

let kith: Awaited<ReturnType<typeof emptyKith>>
let running: Server
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
  const env = { ...process.env, KITH: kith.origin, RESOURCE: resource, CLIENT_ID: 'notes-server', CLIENT_SECRET: secret }
  example = spawn(process.execPath, ['server.ts'], { cwd: join(project.folder, 'examples', 'mcp-server'), env })
  await new Promise<void>((resolve, reject) => {
    example?.stdout?.on('data', (chunk: Buffer) => `${chunk}`.includes('MCP server at') && resolve())
    example?.on('exit', (status) => reject(new Error(`the example ended with ${status}`)))
  })
  await signUp(kith.origin, 'ada_notes')
  browser = await openBrowser()
  page = await (await browser.newContext({ bypassCSP: true })).newPage()
  page.setDefaultTimeout(10_000)
  await page.route(`${REDIRECT_URI}?*`, (route) => route.fulfill({ body: 'Back' }))
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
  kept: OAuthTokens | undefined
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

  async connect(): Promise<Client> {
    const client = new Client({ name: 'agent', version: '1.0.0' })
    await client.connect(new StreamableHTTPClientTransport(new URL(resource), { authProvider: this }))
    return client
  }

  /** The person decides in the browser. */
  async authorize(name: string): Promise<void> {
    const code = await decide(this.url.href, name)
    await new StreamableHTTPClientTransport(new URL(resource), { authProvider: this }).finishAuth(code)
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
  await page.click('button[value="yes"], button[value="allow"]')
  await page.waitForURL(`${REDIRECT_URI}?*`)
  const params = new URL(page.url()).searchParams
  expect(params.get('iss')).toBe(kith.origin)
  return params.get('code') ?? ''
}

const textOf = (result: object) => (result as { content: { text: string }[] }).content[0]?.text
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

describe.each(['its metadata document', 'dynamic registration'])('the official client, known by %s', (way) => {
  const byDocument = way === 'its metadata document'
  let agent: Agent
  let client: Client

  // Where documents are off, the same client falls back.
  beforeAll(async () => {
    if (byDocument) return
    await running.kill()
    running = await kith.start({ CLIENT_DOCUMENTS: '' })
  })

  test('signs in with nothing but the URL of the server', async () => {
    agent = new Agent(documentUrl)
    await expect(agent.connect()).rejects.toBeInstanceOf(UnauthorizedError)
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
    agent.kept = { access_token: agent.kept?.access_token ?? '', token_type: 'Bearer' }
    client = await agent.connect()
    await expect(client.callTool({ name: 'add_note', arguments: { text: 'Buy bread' } })).rejects.toBeInstanceOf(UnauthorizedError)
    expect(agent.url.searchParams.get('scope')).toBe('notes:read notes:write')
    await agent.authorize(`mcp-more-${byDocument ? 'document' : 'dynamic'}`)
    client = await agent.connect()
    expect(textOf(await client.callTool({ name: 'add_note', arguments: { text: 'Buy bread' } }))).toBe('Added')
    expect(textOf(await client.callTool({ name: 'list_notes' }))).toContain('Buy bread')
  })

  test('refreshes, for the same audience', async () => {
    const before = agent.kept ?? { access_token: '', token_type: 'Bearer' }
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
