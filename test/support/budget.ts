/**
 * A request's own work, without what it defers until after the reply (design §7): the same app, with `defer` held back until the
 * reply is counted.
 */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { createApp } from '../../src/app.ts'
import type { Bindings } from '../../src/config.ts'
import { buildRequestContext } from '../../src/context.ts'
import type { Counts, ExecutedStatement } from '../platform/counters.ts'
import { type Body, type Client, platform, toEnv } from './kith.ts'

let held: (() => Promise<unknown>)[] = []

const app = createApp((c) => ({
  ...buildRequestContext(c.env as Bindings, c.executionCtx, c.req.raw),
  defer: (work) => {
    held.push(work)
  },
}))

export interface Spent {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: a reply's shape is what tests find out
  readonly json: any
  readonly text: string
  readonly headers: Headers
  /** Before the reply. */
  readonly counts: Counts
  /** After it. */
  readonly later: Counts
  readonly statements: readonly ExecutedStatement[]
}

/** The requests that succeeded, until somebody takes them. */
export const succeeded: { method: string; path: string }[] = []

/** Sends a request as `client` would, under the limits per network, and counts what it costs. Cookies are sent but not kept. */
export async function spend(
  client: Client,
  method: string,
  path: string,
  body?: Body,
  more: Record<string, string> = {},
  env?: Partial<Bindings>,
): Promise<Spent> {
  const request = client.request(path, { method, headers: more, ...(body === undefined ? {} : { body }) })
  const executionCtx = createExecutionContext()
  platform.beginInvocation()
  held = []
  const { counts, statements, result } = await platform.counts.measure(async () => {
    const response = await app.fetch(request, toEnv({ NETWORK_LIMITS: 'on', ...env }), executionCtx)
    return { response, text: await response.text() }
  })
  const { counts: later } = await platform.counts.measure(() => Promise.all(held.map((work) => work())))
  await waitOnExecutionContext(executionCtx)
  const { response, text } = result
  if (response.status < 400) succeeded.push({ method, path })
  const isJson = response.headers.get('content-type')?.startsWith('application/json') && text !== ''
  return {
    status: response.status,
    json: isJson ? JSON.parse(text) : undefined,
    text,
    headers: response.headers,
    counts,
    later,
    statements,
  }
}

/** The same for opening a page. */
export async function spendPage(client: Client, path: string): Promise<Omit<Spent, 'json'>> {
  const { json: _, ...spent } = await spend(client, 'GET', path)
  return spent
}

/**
 * What a limit of the account adds (core/account-limits.ts): a read of the session, the account's epoch and the counter, and one
 * row written, which D1 counts twice, with its index entry. No round trip.
 */
export const COUNT_READS = 4
export const COUNT_WRITES = 2

export const kvOperations = (counts: Counts) => counts.kvReads + counts.kvWrites + counts.kvLists + counts.kvDeletes
