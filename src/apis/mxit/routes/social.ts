/** Mxit's social graph (wire §1.4, §6.22): contacts are follows, follow requests and blocks. */
import { Hono } from 'hono'
import { listOwnContacts } from '../../../core/social/contacts.ts'
import { followUser } from '../../../core/social/follows.ts'
import { listSuggestedUsers } from '../../../core/social/lists.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { answer, DONE, done, jsonOf } from '../answers.ts'
import { EXAMPLES, toContact } from '../presenters.ts'
import { ContactsQuery, PersonParams } from '../wire.ts'

export const socialRoutes = new Hono<AppEnv>()
  .get(
    '/user/socialgraph/contactlist',
    requires('delegated:social:follow:read'),
    describe('listContacts', { summary: "The caller's contacts", response: jsonOf({ Contacts: [EXAMPLES.contact] }) }),
    validate('query', ContactsQuery),
    async (c) => {
      const { ctx, gate } = c.var
      const { filter, skip, count } = c.req.valid('query')
      const contacts = await listOwnContacts(ctx, gate, filter, { skip, limit: count })
      return answer(c, { Contacts: contacts.map(({ user, state }) => toContact(user, state, ctx.now())) })
    },
  )
  .put(
    '/user/socialgraph/contact/:person',
    requires('delegated:social:follow:request', { limit: 'follow' }),
    describe('addContact', { summary: 'Add a contact, or send a request', response: DONE, refusals: [404] }),
    validate('param', PersonParams),
    async (c) => {
      await followUser(c.var.ctx, c.var.gate, c.req.valid('param').person)
      return done(c)
    },
  )
  .get(
    '/user/socialgraph/suggestions',
    requires('delegated:social:follow:read', { limit: 'people' }),
    describe('listSuggestions', {
      summary: 'People the caller may know',
      response: jsonOf([{ ...EXAMPLES.contact, SubscriptionType: 78 }]),
    }),
    async (c) => {
      const users = await listSuggestedUsers(c.var.ctx, c.var.gate)
      return answer(
        c,
        users.map((user) => toContact(user, 'none', c.var.ctx.now())),
      )
    },
  )
