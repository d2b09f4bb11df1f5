/** Paths of the console's pages about webhooks. */
import type { Context } from 'hono'
import { fromHex, NO_ID, toHex, type WebhookEndpointId } from '../../../ids.ts'
import { queryOf } from '../wanted.ts'

export const WEBHOOKS = '/admin/webhooks'
export const WEBHOOK = `${WEBHOOKS}/webhook`
export const NEW = `${WEBHOOKS}/new`
export const EDIT = `${WEBHOOKS}/edit`

export const about = (id: WebhookEndpointId, path = WEBHOOK) => path + queryOf('id', toHex(id))

/** A text that is no id finds nothing, like the id of nothing. */
export const wantedEndpoint = (c: Context) => fromHex<WebhookEndpointId>(c.req.query('id') ?? '') ?? (NO_ID as WebhookEndpointId)
