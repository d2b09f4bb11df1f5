/**
 * An MCP server whose users sign in with Kith: notes that an agent may read, and with the user's consent write. `npm start`
 * after `npm install`, with KITH, RESOURCE, CLIENT_ID and CLIENT_SECRET set (README.md).
 */
import { serve } from '@hono/node-server'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'
import { Hono } from 'hono'
import { z } from 'zod'
import { type Caller, callerOf, challenge, metadata, metadataUrl, type Settings } from './access.ts'

const READ = 'notes:read'
const WRITE = 'notes:write'
/** The scope of each tool; whatever else MCP asks for needs the first. */
const SCOPES: Readonly<Record<string, string>> = { list_notes: READ, add_note: WRITE }

const settings: Settings = {
  issuer: required('KITH'),
  resource: required('RESOURCE'),
  clientId: required('CLIENT_ID'),
  clientSecret: required('CLIENT_SECRET'),
}
/** By user: the subject of their tokens. */
const notes = new Map<string, string[]>()

const app = new Hono()
const { pathname, port } = new URL(settings.resource)

app.get(new URL(metadataUrl(settings)).pathname, (c) => c.json(metadata(settings, [READ])))

app.all(pathname, async (c) => {
  const authorization = c.req.header('authorization')
  const caller = await callerOf(settings, authorization)
  if (!caller) return challenge(settings, 401, [READ], authorization !== undefined)
  const body: unknown = c.req.method === 'POST' ? await c.req.json().catch(() => null) : undefined
  const missing = neededFor(body).filter((scope) => !caller.scopes.includes(scope))
  // RFC 6750 §3.1: all that the client then has, not only what is missing.
  if (missing.length > 0) return challenge(settings, 403, [...new Set([READ, ...caller.scopes, ...missing])], false)
  // Each request stands for itself: no sessions to keep.
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true })
  await serverFor(caller).connect(transport)
  return transport.handleRequest(c.req.raw, { parsedBody: body })
})

/** The scopes that a message, or a batch of them, needs. */
function neededFor(body: unknown): string[] {
  const messages = Array.isArray(body) ? body : [body]
  const tools = messages.flatMap((message) => (message?.method === 'tools/call' ? [String(message.params?.name)] : []))
  return [READ, ...tools.flatMap((tool) => SCOPES[tool] ?? [])]
}

function serverFor({ subject, clientId }: Caller): McpServer {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  const mine = notes.get(subject) ?? []
  const say = (text: string) => ({ content: [{ type: 'text' as const, text }] })
  server.registerTool('list_notes', { description: "The user's notes" }, () => say(mine.join('\n') || 'No notes yet'))
  server.registerTool('add_note', { description: 'Adds a note', inputSchema: { text: z.string().max(1_000) } }, ({ text }) => {
    notes.set(subject, [...mine, text])
    console.log(`${clientId} added a note for ${subject}`)
    return say('Added')
  })
  return server
}

function required(name: string): string {
  const value = process.env[name]
  if (value === undefined || value === '') throw new Error(`Set ${name}`)
  return value
}

serve({ fetch: app.fetch, port: Number(port || 443), hostname: '127.0.0.1' }, () => console.log(`MCP server at ${settings.resource}`))
