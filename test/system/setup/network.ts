/**
 * Loaded before `npm run setup`: the internet, which has nothing but the Worker that was deployed into the stand-in's account.
 * It judges its settings by Kith's own rules, as the deployed one would. `STAND_IN_SITE` is a foreign site at every address; `silent`, one
 * that does not answer.
 */
import dns from 'node:dns/promises'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AccountState } from './wrangler.ts'

const BINDINGS = ['DB', 'KV', 'AVATARS', 'MEDIA', 'IMAGES', 'EMAIL', 'LIMIT_CREATE', 'LIMIT_LOGIN', 'LIMIT_CODE', 'LIMIT_OTHER']

const isSilent = process.env.STAND_IN_SITE === 'silent'

dns.lookup = (async () => {
  if (!isSilent) throw new Error('getaddrinfo ENOTFOUND')
  return { address: '192.0.2.1', family: 4 }
}) as unknown as typeof dns.lookup

globalThis.fetch = async (target) => {
  const { origin } = new URL(String(target))
  if (process.env.STAND_IN_SITE && !isSilent) return new Response('<h1>A shop</h1>', { status: 404 })
  const file = join(process.env.STAND_IN ?? '', 'account.json')
  const workers = existsSync(file) ? Object.values((JSON.parse(readFileSync(file, 'utf8')) as AccountState).workers) : []
  const worker = workers.find(({ vars, routes }) => {
    const { hostname } = new URL(origin)
    return vars !== null && (routes.includes(hostname) || hostname.endsWith('.workers.dev'))
  })
  if (!worker) throw new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND') })
  const { ConfigError, getConfig } = await import('../../../src/config.ts')
  try {
    getConfig({ ...Object.fromEntries(BINDINGS.map((name) => [name, {}])), ...worker.vars, ...worker.secrets } as never)
    return Response.json({ status: 'UP' })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return Response.json({ error: 'not_configured', problems: error.problems }, { status: 503 })
  }
}
