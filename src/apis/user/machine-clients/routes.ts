/** Administration of machine clients (design §4): robots, API keys, license keys. Not in Liquid, but in its style. */
import { Hono } from 'hono'
import { createMachine, listMachineCredentials, revokeMachineCredential } from '../../../core/machines/machines.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { LAST, OK, toList } from '../replies.ts'
import { StrictPageQuery, toPage } from '../wire.ts'
import { EXAMPLE_MACHINE, MachinesReply, MadeMachineReply, toMachine, toMade } from './presenters.ts'
import * as wire from './wire.ts'

export const machines = new Hono<AppEnv>()
  .post(
    '/machine/admin-api/create',
    requires('admin:client:write'),
    describe('createMachine', {
      summary: 'Create a robot, an API key or a license key',
      description:
        'You must hold its scopes yourself, and admin:all to create a key. Requires a browser that signed in within the last 10 minutes. Secrets are shown only once.',
      response: {
        status: 201,
        schema: MadeMachineReply,
        example: { ok: 1, data: { machine: EXAMPLE_MACHINE, secret: 'kith_ak_...' } },
      },
      refusals: [409],
    }),
    validate('json', wire.CreateMachineBody),
    async (c) => {
      const { scope: scopes, ...rest } = c.req.valid('json')
      return c.json({ ok: 1, data: toMade(await createMachine(c.var.ctx, c.var.gate, { ...rest, scopes })) }, 201)
    },
  )
  .get(
    '/machine/admin-api/list',
    requires('admin:client:read'),
    describe('listMachines', {
      summary: 'All machine clients, newest first, including revoked ones',
      response: { status: 200, schema: MachinesReply, example: { ok: 1, data: { records: [EXAMPLE_MACHINE], ...LAST } } },
    }),
    validate('query', StrictPageQuery),
    async (c) => {
      const page = await listMachineCredentials(c.var.ctx, c.var.gate, toPage(c.req.valid('query')))
      return c.json(toList(page, toMachine))
    },
  )
  .post(
    '/machine/admin-api/revoke',
    requires('admin:client:write'),
    describe('revokeMachine', {
      summary: 'Revoke a machine client permanently',
      description: 'It stops working with the next request, and so do the tokens issued under it.',
      response: OK,
      refusals: [404],
    }),
    validate('json', wire.RevokeMachineBody),
    async (c) => {
      await revokeMachineCredential(c.var.ctx, c.var.gate, c.req.valid('json').id)
      return c.json({ ok: 1 })
    },
  )
