/** Chooses XML or JSON (RFC 9110 §12.5.1). Clients of this API rarely send a useful `Accept`, so XML is the default. */
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { type Element, toXml } from './xml.ts'

/** One reply in both formats. */
export interface Representations {
  readonly json: unknown
  readonly xml: Element
}

export function represent(
  c: Context,
  { json, xml }: Representations,
  status: ContentfulStatusCode = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const [type, body] = prefersJson(c.req.header('accept') ?? '')
    ? ['application/json', JSON.stringify(json)]
    : ['application/xml; charset=utf-8', toXml(xml)]
  return c.body(body, status, { ...headers, 'content-type': type, vary: 'Accept' })
}

/** At equal quality, a named type beats a wildcard. Clients that accept neither get XML instead of a 406, which none of them reads. */
export function prefersJson(accept: string): boolean {
  const ranges = accept.toLowerCase().split(',').map(toRange)
  const json = preferenceFor(ranges, ['application/json', 'application/*', '*/*'])
  const xml = preferenceFor(ranges, ['application/xml', 'text/xml', 'application/*', '*/*'])
  return json.quality > xml.quality || (json.quality === xml.quality && json.quality > 0 && json.isNamed && !xml.isNamed)
}

interface Range {
  readonly type: string
  readonly quality: number
}

/** An invalid quality counts as 1, like a missing one. */
function toRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim())
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
  return { type, quality: weight !== undefined && /^[01](\.\d{0,3})?$/.test(weight) ? Math.min(1, Number(weight)) : 1 }
}

/** The most specific matching range decides (§12.5.1); `types` is in that order. */
function preferenceFor(ranges: readonly Range[], types: readonly string[]): { quality: number; isNamed: boolean } {
  const match = types.map((type) => ranges.find((range) => range.type === type)).find((range) => range !== undefined)
  return { quality: match?.quality ?? 0, isNamed: match !== undefined && !match.type.endsWith('*') }
}
