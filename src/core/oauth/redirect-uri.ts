/**
 * Redirect URIs: which are acceptable at all, whether one is registered, and how a response is put on it.
 * RFC 9700 §2.1 and §4.1.3: exact string comparison. The one exception is RFC 8252 §7.3: the port of a loopback URI.
 * Nothing is normalized: what was compared is what the browser is sent to.
 */

/** Printable ASCII without space, quotes, `<`, `>`, `\`, `^`, backtick and braces: what RFC 3986 lets a URI consist of. */
const URI_CHARACTERS = /^[!#$%&'()*+,\-./0-9:;=?@A-Z[\]_a-z~]+$/
/** RFC 8252 §7.3. After the port only a path or a query may follow: neither userinfo nor a longer host name fits. */
const LOOPBACK = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost))(?::\d{1,5})?(?=[/?]|$)(.*)$/
/**
 * RFC 8252 §7.1: a scheme of an app is a reversed domain name, so it has a dot; `javascript:` and `data:` have none. One slash
 * or two: toolkits make both. Bundle ids may have capitals.
 */
const APP_SCHEME = /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:\//i
/** What a native app uses while it is being developed: `myapp://callback`, `exp://192.168.1.5:8081/--/callback`. */
const DEVELOPMENT_SCHEME = /^([a-z][a-z0-9+-]+):\/\//i
/** Schemes that a browser or the system acts on by itself. They are never an app's. */
const NOT_OF_APPS =
  /^(?:https?|wss?|ftps?|s?ftp|file|filesystem|javascript|vbscript|data|blob|about|view-source|content|intent|jar|resource|chrome.*|edge|moz.*|ms-.*|mailto|tel|sms|urn|ldap|ssh|git|dict|gopher|telnet)$/i

interface Allowance {
  /** Whether the client is registered as a native app in development. */
  readonly nativeDevelopment: boolean
}

/**
 * Whether a browser may ever be sent there: https, loopback http, or the scheme of an app; no fragment, no userinfo. A scheme
 * without a domain, which any app may claim, only by allowance.
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

/** RFC 6749 §4.1.2: the response's parameters behind whatever query the URI has. `%20` is read alike by all parsers. */
export function appendToRedirectUri(uri: string, params: Readonly<Record<string, string | undefined>>): string {
  const query = Object.entries(params)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]))
    .join('&')
  if (!uri.includes('?')) return `${uri}?${query}`
  return /[?&]$/.test(uri) ? `${uri}${query}` : `${uri}&${query}`
}
