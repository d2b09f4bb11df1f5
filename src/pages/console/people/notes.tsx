/** Notes for colleagues, on a person's page. */
import type { AdminNoteRow } from '../../../core/admin/notes.ts'
import { toHex, type UserId } from '../../../ids.ts'
import { Form, type FormState, Submit, TextArea } from '../../forms.tsx'
import { Isolated } from '../../isolated.tsx'
import { useTexts } from '../../texts.tsx'
import { Time } from '../../time.tsx'
import { pathOf } from './paths.ts'

export const NOTE_PURPOSES = { add: 'note-add', remove: 'note-remove' } as const
interface NotesProps {
  readonly user: { readonly id: UserId }
  readonly notes: readonly AdminNoteRow[]
  readonly viewer: UserId
  /** Null: the viewer may only read. */
  readonly tokens: { readonly add: string; readonly remove: string } | null
  readonly state: FormState
}

export function Notes({ user, notes, viewer, tokens, state }: NotesProps) {
  const words = useTexts().console.person.notes
  const labels = { note: words.label, id: words.title }
  return (
    <section class="panel" id="notes">
      <h2>{words.title}</h2>
      <p>{words.lead}</p>
      {notes.length > 0 && (
        <ul class="notes">
          {notes.map((note) => (
            <li>
              <p dir="auto">{note.text}</p>
              <p class="hint">
                <Isolated>{note.authorName === null ? words.gone : `@${note.authorName}`}</Isolated> · <Time at={note.createdAt} />
              </p>
              {tokens && note.authorId === viewer && (
                <Form action={pathOf(user.id, '/notes/remove')} token={tokens.remove}>
                  <input type="hidden" name="id" value={toHex(note.id)} />
                  <Submit kind="secondary">{words.remove}</Submit>
                </Form>
              )}
            </li>
          ))}
        </ul>
      )}
      {tokens && (
        <Form action={pathOf(user.id, '/notes')} token={tokens.add} state={state} labels={labels}>
          <TextArea name="note" labels={labels} state={state} value="" rows={3} />
          <Submit kind="secondary">{words.add}</Submit>
        </Form>
      )}
    </section>
  )
}
