/** Replies of this room (wire §0.2, §1.1): every success is a 200, with an empty body if there is nothing to return. */
import type { Context } from 'hono'
import type { Picture } from '../../core/media/avatars.ts'
import { formOf, toWcfJson } from './presenters.ts'

/** For objects and lists. Send text with `c.json`: some clients only strip the quotes. */
export function answer(c: Context, value: object): Response {
  return c.body(toWcfJson(value), 200, { 'content-type': 'application/json' })
}

export function done(c: Context): Response {
  return c.body(null, 200)
}

export function answerPicture(c: Context, picture: Picture | Uint8Array<ArrayBuffer>): Response {
  const [body, size] = 'body' in picture ? [picture.body, picture.size] : [picture, picture.byteLength]
  c.header('cross-origin-resource-policy', 'cross-origin')
  return c.body(body, 200, { 'content-type': 'image/png', 'content-length': String(size) })
}

export const DONE = { status: 200, headers: { 'content-length': '0: there is no body' } } as const
export const PNG = { status: 200, contentType: 'image/png' } as const
export const jsonOf = (example: unknown) => ({ status: 200, schema: formOf(example), example }) as const
