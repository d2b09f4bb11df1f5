/** The forms of the notes on a person's page: adding one, and removing one's own. */
import { Hono } from 'hono'
import * as z from 'zod'
import { noteText } from '../../../core/admin/fields.ts'
import { addNote, removeNote } from '../../../core/admin/notes.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { type AdminNoteId, fromHex } from '../../../ids.ts'
import { form } from '../../form-token.ts'
import { take } from '../../forms.tsx'
import { redirectWith } from '../../notices.ts'
import { NOTE_PURPOSES } from './notes.tsx'
import { PERSON, pathOf, personIn } from './paths.ts'
import { showPerson } from './person.tsx'

const AddForm = z.object({ note: noteText })
const RemoveForm = z.object({
  id: z
    .string()
    .regex(/^[0-9a-f]{24}$/, 'is wrong')
    .transform((v) => fromHex<AdminNoteId>(v) as AdminNoteId),
})

export const notePages = new Hono<AppEnv>()
  .post(`${PERSON}/notes`, requires('admin:profile:write'), form(NOTE_PURPOSES.add, AddForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ note }) => {
        const userId = personIn(c)
        await addNote(c.var.ctx, c.var.gate, { userId, text: note })
        return redirectWith(c, pathOf(userId, '#notes'), 'note_added')
      },
      again: (state) => showPerson(c, state),
    }),
  )
  .post(`${PERSON}/notes/remove`, requires('admin:profile:write'), form(NOTE_PURPOSES.remove, RemoveForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ id }) => {
        const userId = personIn(c)
        await removeNote(c.var.ctx, c.var.gate, { userId, noteId: id })
        return redirectWith(c, pathOf(userId, '#notes'), 'note_removed')
      },
      again: (state) => showPerson(c, state),
    }),
  )
