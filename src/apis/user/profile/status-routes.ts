/** Users' statuses (wire §1.1's lists, as words): read, replace, remove. */
import { Hono } from 'hono'
import { getOwnStatus, setOwnStatus, type UserStatus } from '../../../core/profiles/status.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { StatusReply, toStatus } from './status-presenters.ts'
import { StatusBody } from './wire.ts'

const REPLY = {
  status: 200,
  schema: StatusReply,
  example: {
    ok: 1,
    data: {
      status: {
        statusMessage: 'Out for lunch',
        availability: 'busy',
        mood: 'happy',
        expiresAt: null,
        updatedAt: '2026-09-12T15:50:58.690Z',
      },
    },
  },
} as const

const present = (status: UserStatus) => ({ ok: 1, data: { status: toStatus(status) } })

export const status = new Hono<AppEnv>()
  .get(
    '/user/status',
    requires('delegated:profile:read'),
    describe('getStatus', { summary: "The caller's status", response: REPLY }),
    async (c) => c.json(present(await getOwnStatus(c.var.ctx, c.var.gate))),
  )
  .put(
    '/user/status',
    requires('delegated:profile:status:write'),
    describe('setStatus', { summary: "Replace the caller's status", description: 'Omitted fields are cleared.', response: REPLY }),
    validate('json', StatusBody),
    async (c) => {
      const { statusMessage = null, availability = null, mood = null, expiresAt = null } = c.req.valid('json')
      return c.json(present(await setOwnStatus(c.var.ctx, c.var.gate, { statusMessage, availability, mood, expiresAt })))
    },
  )
  .delete(
    '/user/status',
    requires('delegated:profile:status:write'),
    describe('clearStatus', { summary: "Remove the caller's status", response: REPLY }),
    async (c) => c.json(present(await setOwnStatus(c.var.ctx, c.var.gate, null))),
  )
