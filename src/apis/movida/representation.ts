/** XML or JSON, as the caller likes best (RFC 9110 §12.5.1): clients of this API say nothing useful, and that means XML. */
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { type Element, toXml } from './xml.ts'

/** The same, said twice. */
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

/** Among equals what is named stands before what a wildcard lets pass. Who accepts neither gets XML: no client reads a 406. */
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

/** A weight that is none counts as 1, like one that is missing. */
function toRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim())
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
  return { type, quality: weight !== undefined && /^[01](\.\d{0,3})?$/.test(weight) ? Math.min(1, Number(weight)) : 1 }
}

/** By the most specific of the ranges that match (§12.5.1); `types` are in that order. */
function preferenceFor(ranges: readonly Range[], types: readonly string[]): { quality: number; isNamed: boolean } {
  const match = types.map((type) => ranges.find((range) => range.type === type)).find((range) => range !== undefined)
  return { quality: match?.quality ?? 0, isNamed: match !== undefined && !match.type.endsWith('*') }
}
