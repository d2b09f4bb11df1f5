/**
 * Redirect URIs: which are acceptable, whether one is registered, and how a response is added to one. RFC 9700 §2.1 and
 * §4.1.3: exact string comparison. The one exception is the port of a loopback URI (RFC 8252 §7.3). Nothing is
 * normalized: the browser is sent to exactly what was compared.
 */

/** Printable ASCII without space, quotes, `<`, `>`, `\`, `^`, backtick and braces: the characters that RFC 3986 allows in a URI. */
const URI_CHARACTERS = /^[!#$%&'()*+,\-./0-9:;=?@A-Z[\]_a-z~]+$/
/** RFC 8252 §7.3. After the port only a path or a query may follow: neither userinfo nor a longer host name matches. */
const LOOPBACK = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost))(?::\d{1,5})?(?=[/?]|$)(.*)$/
/**
 * RFC 8252 §7.1: the scheme of an app is a reversed domain name, so it has a dot; `javascript:` and `data:` have none.
 * One slash or two: toolkits produce both. Bundle ids may have capitals.
 */
const APP_SCHEME = /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:\//i
/** What a native app uses during development: `myapp://callback`, `exp://192.168.1.5:8081/--/callback`. */
const DEVELOPMENT_SCHEME = /^([a-z][a-z0-9+-]+):\/\//i
/** Schemes that a browser or the system handles itself. They are never an app's. */
const NOT_OF_APPS =
  /^(?:https?|wss?|ftps?|s?ftp|file|filesystem|javascript|vbscript|data|blob|about|view-source|content|intent|jar|resource|chrome.*|edge|moz.*|ms-.*|mailto|tel|sms|urn|ldap|ssh|git|dict|gopher|telnet)$/i

interface Allowance {
  /** Whether the client is registered as a native app in development. */
  readonly nativeDevelopment: boolean
}

/**
 * Whether a browser may ever be redirected there: https, loopback http, or the scheme of an app; no fragment, no
 * userinfo. A scheme without a domain, which any app may claim, only if allowed for the client.
 */
export function isAcceptableRedirectUri(uri: string, { nativeDevelopment }: Allowance = { nativeDevelopment: false }): boolean {
  if (!URI_CHARACTERS.test(uri) || uri.includes('#') || !URL.canParse(uri)) return false
  if (APP_SCHEME.test(uri) || isLoopbackRedirectUri(uri)) return true
  const scheme = DEVELOPMENT_SCHEME.exec(uri)?.[1]
  if (nativeDevelopment && scheme !== undefined && !NOT_OF_APPS.test(scheme)) return true
  // Two slashes and a host: URL parsers read `https:evil.example` and `https:///evil.example` as if they had both.
  return /^https:\/\/[A-Za-z0-9[][^/?]*(?:[/?]|$)/.test(uri) && !/^https:\/\/[^/?]*@/.test(uri)
}

export function isLoopbackRedirectUri(uri: string): boolean {
  return LOOPBACK.test(uri) && URL.canParse(uri)
}

export function isRegisteredRedirectUri(registered: readonly string[], uri: string, allowance?: Allowance): boolean {
  if (!isAcceptableRedirectUri(uri, allowance)) return false
  return registered.some((candidate) => candidate === uri || isSameLoopback(candidate, uri))
}

function isSameLoopback(candidate: string, uri: string): boolean {
  const [, registeredHost, registeredRest] = LOOPBACK.exec(candidate) ?? []
  const [, host, rest] = LOOPBACK.exec(uri) ?? []
  return host !== undefined && host === registeredHost && rest === registeredRest
}

/** RFC 6749 §4.1.2: the response's parameters after any query of the URI. All parsers agree on `%20`. */
export function appendToRedirectUri(uri: string, params: Readonly<Record<string, string | undefined>>): string {
  const query = Object.entries(params)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]))
    .join('&')
  if (!uri.includes('?')) return `${uri}?${query}`
  return /[?&]$/.test(uri) ? `${uri}${query}` : `${uri}&${query}`
}

/** For a developer who wonders what differs. */
export function compareUris(asked: string, registered: readonly string[]): string {
  return `The app sent ${asked}; registered: ${registered.join(', ') || 'none'}`
}
