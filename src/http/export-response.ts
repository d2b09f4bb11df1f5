/** An export as a download, written while the client reads it. */
import { create as contentDisposition } from 'content-disposition'
import type { PageBudget } from '../core/accounts/export.ts'
import { writeDocument } from '../core/archives/write-document.ts'
import type { Ctx } from '../core/ctx.ts'
import type { Gate } from '../core/gate.ts'
import type { SeenUser } from '../core/social/visibility.ts'
import { toStream } from './text-stream.ts'

/** `profile`: the result of `startExport`. */
export function exportResponse(ctx: Ctx, gate: Gate, profile: SeenUser, budget?: PageBudget): Response {
  const madeAt = ctx.now()
  const name = `${profile.username}-${new Date(madeAt).toISOString().slice(0, 10)}.json`
  return new Response(toStream(ctx, writeDocument(ctx, gate, { profile, madeAt, ...(budget && { budget }) })), {
    headers: { 'content-type': 'application/json', 'content-disposition': contentDisposition(name), 'cache-control': 'no-store' },
  })
}
