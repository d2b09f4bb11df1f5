/**
 * An MCP server whose users sign in with Kith: notes that an agent may read, and with the user's consent write. `npm run example mcp-server`;
 * for a Kith of your own set KITH, RESOURCE, CLIENT_ID and CLIENT_SECRET (README.md).
 */
import { serve } from '@hono/node-server'
import { AccessRefused, type AccessTokenClaims, resourceServer } from '@kith/client/server'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { z } from 'zod'

const { KITH = '', RESOURCE = '', CLIENT_ID = '', CLIENT_SECRET = '' } = process.env
const { pathname, port } = new URL(RESOURCE)
const { PORT = port } = process.env

const READ = 'notes:read'
const WRITE = 'notes:write'
/** The scope of each tool; whatever else MCP asks for needs the first. */
const SCOPES = new Map([
  ['list_notes', READ],
  ['add_note', WRITE],
])

const access = resourceServer({
  issuer: KITH,
  resource: RESOURCE,
  // What an agent asks for at first. A refusal tells it when it needs more.
  scopes: [READ],
  client: { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET },
})

/** By user: the subject of their tokens. */
const notes = new Map<string, string[]>()

const app = new Hono()

// #region mcp
app.get(access.metadataPath, () => access.metadataResponse())

// It is read before anybody has said who they are: the scope depends on it.
app.use(bodyLimit({ maxSize: 100_000, onError: (c) => c.json({ error: 'content_too_large' }, 413) }))

app.all(pathname, async (c) => {
  const body: unknown = c.req.method === 'POST' ? await c.req.json().catch(() => null) : undefined
  // Asks Kith each time: an agent that its user disconnects is refused on its next call.
  const claims = await access.authenticate(c.req.raw, { scope: scopeOf(body), now: true })
  // Stateless: there are no sessions to keep.
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true })
  await serverFor(claims).connect(transport)
  return transport.handleRequest(c.req.raw, { parsedBody: body })
})
// #endregion

app.onError((error) => {
  if (error instanceof AccessRefused) return error.toResponse()
  console.error(error)
  return Response.json({ error: 'internal_error' }, { status: 500 })
})

/** What a message, or a batch of them, needs: all of it, so that a client that asks for more keeps what it has. */
function scopeOf(body: unknown): string {
  const messages = Array.isArray(body) ? body : [body]
  const tools = messages.flatMap((message) => (message?.method === 'tools/call' ? [String(message.params?.name)] : []))
  return [...new Set([READ, ...tools.flatMap((tool) => SCOPES.get(tool) ?? [])])].join(' ')
}

function serverFor({ sub, client_id }: AccessTokenClaims): McpServer {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  const mine = notes.get(sub) ?? []
  const say = (text: string) => ({ content: [{ type: 'text' as const, text }] })
  server.registerTool('list_notes', { description: "The user's notes" }, () => say(mine.join('\n') || 'No notes yet'))
  server.registerTool('add_note', { description: 'Adds a note', inputSchema: { text: z.string().max(1_000) } }, ({ text }) => {
    notes.set(sub, [...mine, text])
    console.log(`${client_id} added a note for ${sub}`)
    return say('Added')
  })
  return server
}

serve({ fetch: app.fetch, port: Number(PORT || 443), hostname: '127.0.0.1' }, () => console.log(`MCP server at ${RESOURCE}`))
