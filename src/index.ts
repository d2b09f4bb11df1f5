/** The Worker's entry: requests and the cron trigger. A misconfigured deployment serves nothing (design §1.17). */
import { createApp } from './app.ts'
import { type Bindings, type Config, ConfigError, getConfig } from './config.ts'
import { buildCronContext, buildRequestContext } from './context.ts'
import { sweep } from './core/sweep.ts'
import { newRequestId } from './crypto.ts'
import { HEADERS, NO_CONTENT_POLICY } from './http/request-scope.ts'

const app = createApp((c) => buildRequestContext(c.env, c.executionCtx, c.req.raw))

export default {
  async fetch(request, env, executionCtx) {
    if (!URL.canParse(request.url)) return refuseHost()
    try {
      warnOnce(getConfig(env))
    } catch (error) {
      return refuseToServe(error, request)
    }
    const reply = app.fetch(request, env, executionCtx)
    // Runs to the end even if the client disconnects, because a request itself returns what it holds (a place, a
    // reservation, a counted attempt).
    executionCtx.waitUntil(Promise.resolve(reply))
    return reply
  },
  async scheduled(_controller, env, executionCtx) {
    await sweep(buildCronContext(env, executionCtx))
  },
} satisfies ExportedHandler<Bindings>

/** Hosts of `wrangler dev`; deployments never have them. */
const LOCAL: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])
const START = 'On your own machine, run `npm start`: it creates local settings and secrets, applies the migrations and starts Kith.'

const warned = new WeakSet<Config>()

/** Logs configuration warnings once per isolate. */
function warnOnce(config: Config): void {
  if (warned.has(config)) return
  warned.add(config)
  for (const problem of config.warnings) {
    console.warn(JSON.stringify({ at: new Date().toISOString(), level: 'warn', event: 'configuration_warning', problem }))
  }
}

/** Tells the operator which var or secret is wrong, by name and without its value. */
function refuseToServe(error: unknown, request: Request): Response {
  const problems = error instanceof ConfigError ? error.problems : ['the configuration cannot be read']
  const requestId = newRequestId()
  console.error(JSON.stringify({ at: new Date().toISOString(), level: 'error', event: 'not_configured', requestId, problems }))
  const hint = LOCAL.has(new URL(request.url).hostname) ? { hint: START } : {}
  return answer(503, { error: 'not_configured', problems, ...hint }, requestId)
}

/** RFC 9112 §3.2: without a host, the requested room is unknown. */
function refuseHost(): Response {
  return answer(400, { error: 'invalid_request', error_description: 'The Host header is malformed' })
}

function answer(status: number, body: object, requestId = newRequestId()): Response {
  const headers = { ...HEADERS, 'content-security-policy': NO_CONTENT_POLICY, 'cache-control': 'no-store', 'x-request-id': requestId }
  return Response.json(body, { status, headers })
}
