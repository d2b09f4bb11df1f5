/** Notes that administrators keep for each other about a user, who never sees them. */
import { Hono } from 'hono'
import * as z from 'zod'
import { noteText } from '../../../core/admin/fields.ts'
import { type AdminNoteRow, addNote, listNotes, removeNote } from '../../../core/admin/notes.ts'
import * as fields from '../../../core/fields.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { type AdminNoteId, toHex } from '../../../ids.ts'
import { LAST, listOf, OK, ok, text, toList } from '../replies.ts'
import { hexId, toPage } from '../wire.ts'
import { TargetPageQuery } from './wire.ts'

const Note = z
  .strictObject({ _id: z.string(), author: z.string(), authorName: text, text: z.string(), createdAt: z.iso.datetime() })
  .meta({ id: 'AdminNote' })
const EXAMPLE = {
  _id: '0000000000000000000abcde',
  author: '507f1f77bcf86cd799439011',
  authorName: 'support_sue',
  text: 'Called twice; asked for a copy of an invoice.',
  createdAt: '2026-01-01T00:00:00.000Z',
}

const toNote = ({ id, authorId, authorName, text, createdAt }: AdminNoteRow): z.output<typeof Note> => ({
  _id: toHex(id),
  author: toHex(authorId),
  authorName,
  text,
  createdAt: new Date(createdAt).toISOString(),
})

const AddBody = z.strictObject({ target: fields.userIdHex, text: noteText })
const RemoveBody = z.strictObject({ target: fields.userIdHex, note: hexId<AdminNoteId>() })

export const adminNotes = new Hono<AppEnv>()
  .get(
    '/user/admin-api/notes',
    requires('admin:profile:read'),
    describe('adminListNotes', {
      summary: 'Notes about a user, newest first',
      description: 'Only for whoever outranks the user.',
      response: { status: 200, schema: listOf(Note), example: { ok: 1, data: { records: [EXAMPLE], ...LAST } } },
      refusals: [404],
    }),
    validate('query', TargetPageQuery),
    async (c) => {
      const query = c.req.valid('query')
      return c.json(toList(await listNotes(c.var.ctx, c.var.gate, query.target, toPage(query)), toNote))
    },
  )
  .post(
    '/user/admin-api/notes',
    requires('admin:profile:write'),
    describe('adminAddNote', {
      summary: 'Add a note about a user',
      description: 'The user never sees it. The same text again, right after it, adds nothing.',
      response: { status: 201, schema: ok(z.strictObject({ note: Note })), example: { ok: 1, data: { note: EXAMPLE } } },
      refusals: [404],
    }),
    validate('json', AddBody),
    async (c) => {
      const { target, text } = c.req.valid('json')
      return c.json({ ok: 1, data: { note: toNote(await addNote(c.var.ctx, c.var.gate, { userId: target, text })) } }, 201)
    },
  )
  .delete(
    '/user/admin-api/notes',
    requires('admin:profile:write'),
    describe('adminRemoveNote', { summary: 'Remove a note of your own', response: OK, refusals: [404] }),
    validate('json', RemoveBody),
    async (c) => {
      const { target, note } = c.req.valid('json')
      await removeNote(c.var.ctx, c.var.gate, { userId: target, noteId: note })
      return c.json({ ok: 1 })
    },
  )
