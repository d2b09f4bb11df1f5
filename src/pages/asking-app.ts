/** The app that has sent the person here: the pages before sign-in name it. */
import type { Context } from 'hono'
import { type ClientFace, findAskingApp } from '../core/oauth/client-face.ts'
import { clientId } from '../core/oauth/client-fields.ts'
import { askedReturn } from './return-to.ts'

/** Null if it was no app. Costs a round trip only if it was one. `to`: where the person goes on to. */
export async function askingApp(c: Context, to = askedReturn(c)): Promise<ClientFace | null> {
  const [path, query = ''] = (to ?? '').split('?')
  if (path !== '/oauth/authorize') return null
  const id = clientId.safeParse(new URLSearchParams(query).get('client_id'))
  return id.success ? findAskingApp(c.var.ctx, id.data) : null
}
