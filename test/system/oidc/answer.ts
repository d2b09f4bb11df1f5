/**
 * A reply as a client can distinguish it: channel, status, error and fields. What each server may choose, such as its pages, the
 * wording of a description or 302 instead of 303 after a GET, is ignored.
 */
import { CALLBACK } from './clients.ts'

export interface Answer {
  /** What is compared. */
  readonly text: string
  readonly params: Readonly<Record<string, string>>
  readonly json: Readonly<Record<string, unknown>>
  /** For the next DPoP proof. */
  readonly nonce?: string | undefined
}

/** Optional fields of a reply (RFC 6749 §5.1 and §5.2, RFC 7662 §2.2) are compared too, except these. */
const WORDS = new Set(['error_description', 'error_uri'])
/** Where a person is asked for something. */
const PAGES = [
  [/^\/(?:interaction\/login\/|sign-in$)/, 'sign-in'],
  [/^\/(?:interaction\/consent\/|consent$)/, 'consent'],
  [/^\/sign-out$/, 'sign-out'],
] as const

export async function readAnswer(issuer: string, reply: Response): Promise<Answer> {
  const body = await reply.text()
  const location = reply.headers.get('location')
  if (location !== null) return readRedirect(issuer, reply.status, new URL(location, issuer))
  const type = reply.headers.get('content-type') ?? ''
  if (type.includes('html')) return readPage(issuer, reply.status, body)
  const json = type.includes('json') && body !== '' ? (JSON.parse(body) as Record<string, unknown>) : {}
  const challenge = reply.headers.get('www-authenticate')
  const nonce = reply.headers.get('dpop-nonce') ?? undefined
  const kept = reply.headers.get('cache-control')?.includes('no-store') === false && 'access_token' in json ? ['may be kept'] : []
  const shown = Object.keys(json).filter((name) => name !== 'error' && !WORDS.has(name))
  const parts = [
    reply.status,
    json.error ?? (json.active === undefined ? shown.sort().join(',') : activity(json)),
    readChallenge(challenge),
    ...(json.token_type === 'DPoP' && json.active === undefined ? ['bound'] : []),
    ...(/use_dpop_nonce/.test(`${challenge} ${json.error}`) && nonce !== undefined ? ['with a nonce'] : []),
    ...kept,
  ]
  return { text: parts.filter((part) => part !== '').join(' '), params: {}, json, nonce }
}

function activity(json: Readonly<Record<string, unknown>>): string {
  return json.active === true ? `active ${json.token_type ?? 'of no type'}` : `inactive ${Object.keys(json).length}`
}

/** The first scheme, and the error that RFC 6750 has in it: `Bearer`, `Bearer invalid_token`, `DPoP`, `Basic`. */
function readChallenge(challenge: string | null): string {
  if (challenge === null) return ''
  const error = /^(?:Bearer|DPoP).*?error="([^"]*)"/.exec(challenge)?.[1]
  return `[${challenge.split(' ')[0]}${error === undefined ? '' : ` ${error}`}]`
}

function readRedirect(issuer: string, status: number, url: URL): Answer {
  const how = status === 302 || status === 303 ? '' : `${status} `
  const base = url.href.split(/[?#]/)[0]
  const to = `${how}to ${base === CALLBACK ? 'the client' : base}`
  const params = Object.fromEntries(url.hash === '' ? url.searchParams : new URLSearchParams(url.hash.slice(1)))
  if (url.origin !== new URL(issuer).origin) {
    return { text: `${to}${url.hash === '' ? '' : '#'} ${toText(issuer, params)}`.trimEnd(), params, json: {} }
  }
  const page = PAGES.find(([path]) => path.test(url.pathname))?.[1] ?? url.pathname
  return { text: `${how}on to ${page}`, params, json: {} }
}

function readPage(issuer: string, status: number, body: string): Answer {
  const action = /<form[^>]*action="(https:[^"]*|[a-z.]+:\/[^"]*)"/.exec(body)?.[1]
  const inputs = [...body.matchAll(/name="([^"]*)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [name, fromHtml(value)])
  const params = Object.fromEntries(inputs) as Record<string, string>
  if (action?.startsWith('https:')) return { text: `form to ${action} ${toText(issuer, params)}`, params, json: {} }
  return { text: `page ${status}`, params: {}, json: {} }
}

function fromHtml(text: string): string {
  return text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}

/** Parameters in the order of their names; for those that are new each time, only the name. */
function toText(issuer: string, params: Readonly<Record<string, string>>): string {
  return (
    Object.entries(params)
      // The oracle says in `scope` which one was wrong.
      .filter(([name]) => !WORDS.has(name) && !(name === 'scope' && 'error' in params))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) =>
        name === 'code' ? 'code' : name === 'iss' ? (value === issuer ? 'iss' : `iss=${value}`) : `${name}=${value}`,
      )
      .join(' ')
  )
}
