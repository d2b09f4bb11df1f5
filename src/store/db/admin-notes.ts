/** What administrators tell each other about a user, in D1. */
import { sql } from 'drizzle-orm'
import type { AdminNoteId, UserId } from '../../ids.ts'
import { all, type Fragment, first, run, type Statement } from './database.ts'

export interface AdminNoteRow {
  readonly id: AdminNoteId
  readonly authorId: UserId
  /** Null once the author's account is gone. */
  readonly authorName: string | null
  readonly text: string
  readonly createdAt: number
}

/** Newest first, from before the position `before`. */
export function listAdminNotes(input: { userId: UserId; before: number; limit: number }): Statement<AdminNoteRow[]> {
  return all(sql`
    SELECT n.id, n.author_id, a.username AS author_name, n.text, n.created_at
    FROM admin_notes n LEFT JOIN users a ON a.id = n.author_id
    WHERE n.user_id = ${input.userId} AND n.id < ${input.before} ORDER BY n.id DESC LIMIT ${input.limit}`)
}

interface NewAdminNote {
  readonly id: AdminNoteId
  readonly userId: UserId
  readonly authorId: UserId
  readonly text: string
  readonly createdAt: number
}

export function insertAdminNote(note: NewAdminNote, condition: Fragment): Statement<void> {
  return run(sql`
    INSERT INTO admin_notes (id, user_id, author_id, text, created_at)
    SELECT ${note.id}, ${note.userId}, ${note.authorId}, ${note.text}, ${note.createdAt} WHERE ${condition}
    ON CONFLICT (id) DO NOTHING`)
}

/** Holds unless the newest note about the user is the same, by the same author: a form that is sent twice adds one. */
export function isNewNote({ userId, authorId, text }: Pick<NewAdminNote, 'userId' | 'authorId' | 'text'>): Fragment {
  return sql`NOT EXISTS (
    SELECT 1 FROM (SELECT author_id, text FROM admin_notes WHERE user_id = ${userId} ORDER BY id DESC LIMIT 1) n
    WHERE n.author_id = ${authorId} AND n.text = ${text})`
}

/** The newest note about the user, if it says this. */
export function findNewestNote({
  userId,
  authorId,
  text,
}: Pick<NewAdminNote, 'userId' | 'authorId' | 'text'>): Statement<AdminNoteRow | null> {
  return first(sql`
    SELECT n.id, n.author_id, a.username AS author_name, n.text, n.created_at
    FROM (SELECT * FROM admin_notes WHERE user_id = ${userId} ORDER BY id DESC LIMIT 1) n LEFT JOIN users a ON a.id = n.author_id
    WHERE n.author_id = ${authorId} AND n.text = ${text}`)
}

interface OwnNote {
  readonly id: AdminNoteId
  readonly userId: UserId
  readonly authorId: UserId
}

/** Holds while the author has this note about the user. */
export function isOwnNote({ id, userId, authorId }: OwnNote): Fragment {
  return sql`EXISTS (SELECT 1 FROM admin_notes WHERE id = ${id} AND user_id = ${userId} AND author_id = ${authorId})`
}

export function deleteAdminNote({ id, userId, authorId }: OwnNote): Statement<void> {
  return run(sql`DELETE FROM admin_notes WHERE id = ${id} AND user_id = ${userId} AND author_id = ${authorId}`)
}
