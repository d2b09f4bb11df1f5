/**
 * Redirect URIs: which are acceptable at all, whether one is registered, and how a response is put on it.
 * RFC 9700 §2.1 and §4.1.3: exact string comparison. The one exception is RFC 8252 §7.3: the port of a loopback URI.
 * Nothing is normalized: what was compared is what the browser is sent to.
 */

/** Printable ASCII without space, quotes, `<`, `>`, `\`, `^`, backtick and braces: what RFC 3986 lets a URI consist of. */
const URI_CHARACTERS = /^[!#$%&'()*+,\-./0-9:;=?@A-Z[\]_a-z~]+$/
/** RFC 8252 §7.3. After the port only a path or a query may follow: neither userinfo nor a longer host name fits. */
const LOOPBACK = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost))(?::\d{1,5})?(?=[/?]|$)(.*)$/
/** RFC 8252 §7.1: a scheme of an app is a reversed domain name, so it has a dot. `javascript:` and `data:` have none. */
const APP_SCHEME = /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:\/[^/]/

/** Whether a browser may ever be sent there: https, loopback http, or the scheme of an app; no fragment, no userinfo. */
export function isAcceptableRedirectUri(uri: string): boolean {
  if (!URI_CHARACTERS.test(uri) || uri.includes('#') || !URL.canParse(uri)) return false
  if (APP_SCHEME.test(uri) || isLoopbackRedirectUri(uri)) return true
  // Two slashes and a host: URL parsers read `https:evil.example` and `https:///evil.example` as if they had both.
  return /^https:\/\/[A-Za-z0-9[][^/?]*(?:[/?]|$)/.test(uri) && !/^https:\/\/[^/?]*@/.test(uri)
}

export function isLoopbackRedirectUri(uri: string): boolean {
  return LOOPBACK.test(uri) && URL.canParse(uri)
}

export function isRegisteredRedirectUri(registered: readonly string[], uri: string): boolean {
  if (!isAcceptableRedirectUri(uri)) return false
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
