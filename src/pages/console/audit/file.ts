/** The audit log as a CSV file (RFC 4180), streamed page by page. */
import { type AuditFilter, type AuditLogRow, readAuditFile } from '../../../core/admin/audit-log.ts'
import type { Ctx } from '../../../core/ctx.ts'
import type { Gate } from '../../../core/gate.ts'
import { toStream } from '../../../http/text-stream.ts'
import { toHex } from '../../../ids.ts'

const hexOf = (id: number | null) => (id === null ? '' : toHex(id))

/** Names of the API, whatever the reader's language: programs read this. */
const COLUMNS: Readonly<Record<string, (row: AuditLogRow) => string | null>> = {
  time: ({ createdAt }) => new Date(createdAt).toISOString(),
  type: ({ type }) => type,
  person: ({ userId }) => hexOf(userId),
  username: ({ username }) => username,
  actor: ({ actorId }) => hexOf(actorId),
  actorUsername: ({ actorName }) => actorName,
  clientId: ({ clientId }) => clientId,
  clientName: ({ clientName }) => clientName,
  userAgent: ({ userAgent }) => userAgent,
  place: ({ place }) => place,
  detail: ({ detail }) => detail,
  id: ({ id }) => toHex(id),
}

/** Where a spreadsheet may begin a cell: in some countries `;` separates them, whatever the quotes say. Full-width signs count too. */
const FORMULA = /(^|[;\t\r\n])(?=\s*[=+\-@\t\r\n|%\uff1d\uff0b\uff0d\uff20])/g

/** Spreadsheets run cells that begin like a formula, and the text may be anybody's: an apostrophe makes them text. */
export function toCell(text: string | null): string {
  const safe = (text ?? '').replace(FORMULA, "$1'")
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

const toLine = (cells: readonly (string | null)[]) => `${cells.map(toCell).join(',')}\r\n`

async function* writeFile(ctx: Ctx, gate: Gate, filter: AuditFilter): AsyncGenerator<string, void, undefined> {
  const pages = readAuditFile(ctx, gate, filter)
  // A refusal comes before the first byte.
  for await (const rows of pages) yield rows.map((row) => toLine(Object.values(COLUMNS).map((read) => read(row)))).join('')
}

export async function auditFileResponse(ctx: Ctx, gate: Gate, filter: AuditFilter): Promise<Response> {
  const lines = writeFile(ctx, gate, filter)
  const first = await lines.next()
  const head = toLine(Object.keys(COLUMNS)) + (first.done ? '' : first.value)
  async function* all() {
    yield head
    yield* lines
  }
  return new Response(toStream(ctx, all()), {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="audit-log-${new Date(ctx.now()).toISOString().slice(0, 10)}.csv"`,
      'cache-control': 'no-store',
    },
  })
}
