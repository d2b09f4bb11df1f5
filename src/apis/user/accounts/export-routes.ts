/** Everything about the caller, as one JSON document. */
import { Hono } from 'hono'
import { startExport } from '../../../core/accounts/export.ts'
import { AccountExport } from '../../../core/archives/document.ts'
import { EXPORTS_PER_DAY } from '../../../core/limits.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { exportResponse } from '../../../http/export-response.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { EXAMPLE_EXPORT } from './export-example.ts'
import { ExportBody } from './wire.ts'

export const accountExport = new Hono<AppEnv>().post(
  '/user/export',
  requires('delegated:all'),
  describe('exportAccount', {
    summary: 'Download everything about the caller',
    description:
      'Requires `password`, or a sign-in within the last 10 minutes in this browser. The document describes each of its fields and has the URLs of files. ' +
      `An account can be exported ${EXPORTS_PER_DAY} times a day, and its owner gets a mail each time. The document is written while it is read, ` +
      'so a download that breaks off is no valid JSON. Lists of very many entries may end early: `incomplete` then says how to read the rest.',
    response: {
      status: 200,
      schema: AccountExport,
      example: EXAMPLE_EXPORT,
      headers: { 'content-disposition': 'attachment, with the file name' },
    },
    refusals: [429],
  }),
  validate('json', ExportBody),
  async (c) => {
    const { ctx, gate } = c.var
    return exportResponse(ctx, gate, await startExport(ctx, gate, { password: c.req.valid('json').password ?? null }))
  },
)
