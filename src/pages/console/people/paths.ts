/** Where the pages about people are. */
import type { Context } from 'hono'
import { AppError } from '../../../core/errors.ts'
import { fromHex, toHex, type UserId } from '../../../ids.ts'

export const PEOPLE = '/admin/people'
/** The address of a person's page, as routes declare it. */
export const PERSON = '/admin/people/:id{[0-9a-f]{24}}'

export const pathOf = (id: number, rest = '') => `${PEOPLE}/${toHex(id)}${rest}`

export function personIn(c: Context): UserId {
  const id = fromHex<UserId>(c.req.param('id') ?? '')
  if (id === null) throw new AppError('not_found')
  return id
}

/** The cursor in the address: what follows the entry with this id. Anything else is the beginning. */
export function positionIn(c: Context): number | null {
  return fromHex(c.req.query('after') ?? '')
}
