/** Moving in: people and their edges from another system, a batch at a time. Not in Liquid, but in its style. */
import { Hono } from 'hono'
import { importEdges } from '../../../core/imports/edges.ts'
import { importPeople } from '../../../core/imports/people.ts'
import { IMPORT_BODY_BYTES_MAX } from '../../../core/limits.ts'
import { requiresOfClient } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { EdgesReply, EXAMPLE_EDGES, EXAMPLE_PEOPLE, PeopleReply, toEdgesReply, toPeopleReply } from './presenters.ts'
import { ImportEdgesBody, ImportPeopleBody } from './wire.ts'

const BODY = { bytesMax: IMPORT_BODY_BYTES_MAX }

export const imports = new Hono<AppEnv>()
  .post(
    '/user/admin-api/import/people',
    requiresOfClient('client:import:write', 'admin:import:write'),
    describe('importPeople', {
      summary: 'Import up to 500 people, with their password hashes',
      description:
        'A batch can be repeated: whoever is there already, by externalId or verified address, stays as they are, except that an account which an import made without a password, and which nobody has used, gets the password of a later record with the same externalId and address. Nobody gets a role with rights that you lack. No mails are sent, and no webhooks.',
      response: { status: 200, schema: PeopleReply, example: EXAMPLE_PEOPLE },
    }),
    validate('json', ImportPeopleBody, BODY),
    async (c) => {
      const { records, dryRun: isDryRun } = c.req.valid('json')
      return c.json(toPeopleReply(await importPeople(c.var.ctx, c.var.gate, { records, isDryRun })))
    },
  )
  .post(
    '/user/admin-api/import/edges',
    requiresOfClient('client:import:write', 'admin:import:write'),
    describe('importEdges', {
      summary: 'Import up to 5,000 follows and blocks',
      description:
        'A batch can be repeated. A follow of a private account is a request, unless it says approved. A block removes the follows between the two.',
      response: { status: 200, schema: EdgesReply, example: EXAMPLE_EDGES },
    }),
    validate('json', ImportEdgesBody, BODY),
    async (c) => {
      const { records, dryRun: isDryRun } = c.req.valid('json')
      return c.json(toEdgesReply(await importEdges(c.var.ctx, c.var.gate, { records, isDryRun })))
    },
  )
