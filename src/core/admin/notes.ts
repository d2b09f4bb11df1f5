/**
 * Notes that administrators keep for each other about a user. Whoever outranks the user reads and writes them, so nobody reads
 * those about themselves; they are in no export and in no trail of the user. That there was one is in the author's own trail.
 */
import { type AdminNoteId, type AuditEventId, toHex, type UserId } from '../../ids.ts'
import {
  type AdminNoteRow,
  deleteAdminNote,
  findNewestNote,
  insertAdminNote,
  isNewNote,
  isOwnNote,
  listAdminNotes,
} from '../../store/db/admin-notes.ts'
import { findTarget, isBelow } from '../../store/db/admin-users.ts'
import { findEvent, wasRecorded } from '../../store/db/audit-events.ts'
import { both } from '../../store/db/database.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { type Listed, listed, type Page, positionOf } from '../paging.ts'
import type { UserPrincipal } from '../principal.ts'
import { judgeTarget } from './moderation.ts'
import { rankError } from './rank.ts'

export type { AdminNoteRow } from '../../store/db/admin-notes.ts'

/** Newest first. */
export async function listNotes(ctx: Ctx, gate: Gate, userId: UserId, page: Page): Promise<Listed<AdminNoteRow>> {
  const { principal, reads } = await gate(() => [
    findTarget(userId),
    listAdminNotes({ userId, before: positionOf(ctx, page), limit: page.limit + 1 }),
  ])
  judgeTarget(principal, reads[0])
  return listed(reads[1], page.limit)
}

/** Adds a note. The same text again, right after it, adds nothing. */
export async function addNote(ctx: Ctx, gate: Gate, input: { userId: UserId; text: string }): Promise<AdminNoteRow> {
  const { principal, reads } = await gate(() => [findTarget(input.userId)])
  judgeTarget(principal, reads[0])
  const note = { ...input, id: ctx.newId<AdminNoteId>(), authorId: principal.userId, createdAt: ctx.now() }
  const eventId = ctx.newId<AuditEventId>()
  const condition = both(isBelow(input.userId, principal.ranking), isNewNote(note))
  const stored = await ctx.db.commit(
    [
      audit(ctx, { ...eventOf(principal, 'note_added', input.userId), id: eventId, condition }),
      insertAdminNote(note, wasRecorded(eventId)),
    ],
    findNewestNote(note),
  )
  // Promoted meanwhile.
  if (!stored) throw rankError()
  return stored
}

/** Removes a note of one's own. */
export async function removeNote(ctx: Ctx, gate: Gate, input: { userId: UserId; noteId: AdminNoteId }): Promise<void> {
  const { principal } = await gate()
  const note = { id: input.noteId, userId: input.userId, authorId: principal.userId }
  const eventId = ctx.newId<AuditEventId>()
  const event = audit(ctx, { ...eventOf(principal, 'note_removed', input.userId), id: eventId, condition: isOwnNote(note) })
  if (!(await ctx.db.commit([event, deleteAdminNote(note)], findEvent(eventId)))) throw new AppError('not_found')
}

/** In the author's own trail: the user may read theirs. */
function eventOf({ userId, sessionId, clientId }: UserPrincipal, type: 'note_added' | 'note_removed', about: UserId) {
  return { type, userId, actorId: userId, sessionId, clientId, detail: toHex(about) } as const
}
