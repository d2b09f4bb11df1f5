/** Contacts: one list of the people connected with the caller, and how. `visibility.ts` decides what is shown of each. */
import { type ContactList, type ContactState, listContacts } from '../../store/db/contacts.ts'
import type { Ctx } from '../ctx.ts'
import { type Gate, insufficientScope } from '../gate.ts'
import type { Slice } from '../paging.ts'
import { coveredBy } from '../scopes.ts'
import { type MetUser, show } from './visibility.ts'

export type { ContactList, ContactState } from '../../store/db/contacts.ts'

export interface Contact {
  readonly state: ContactState
  readonly user: MetUser
}

const OF_BLOCKS = 'delegated:social:block:read'

/**
 * A page of a list, newest first; `all` is the lists one after another. `null`: a list that is always empty. The list
 * of blocked users needs the scope of blocks besides the route's.
 */
export async function listOwnContacts(ctx: Ctx, gate: Gate, list: ContactList | null, page: Slice): Promise<Contact[]> {
  const { principal, reads } = await gate(({ userId }) => (list === null ? [] : [listContacts({ list, userId, now: ctx.now(), ...page })]))
  if ((list === 'all' || list === 'blocked') && !coveredBy(principal.scopes, OF_BLOCKS)) throw insufficientScope(OF_BLOCKS)
  return (reads[0] ?? []).map((row) => ({ state: row.contactState, user: show(principal, row) }))
}
