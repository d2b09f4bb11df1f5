/**
 * What is in an archive: the document of an export, the picture, the files in their folders, and a list of contents with the
 * digests of the files and the names of those that are not in it.
 */

import { toHex } from '../../ids.ts'
import { getAvatarObject } from '../../store/r2/avatars.ts'
import { newPageBudget, type PageBudget, readAll } from '../accounts/export.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { listOwnFiles, type MediaFile, openFile } from '../media/files.ts'
import { DEFAULT_FOLDER, listOwnFolders } from '../media/folders.ts'
import { showTo } from '../social/visibility.ts'
import { ARCHIVE_AHEAD, ARCHIVE_AHEAD_BYTES_MAX, ARCHIVE_BYTES_MAX, ARCHIVE_FILES_MAX } from './limits.ts'
import { newPaths } from './names.ts'
import { writeDocument } from './write-document.ts'

/** A file of the ZIP, as `client-zip` takes it. */
export interface Entry {
  readonly name: string
  readonly input: AsyncIterable<string> | ReadableStream<Uint8Array> | Uint8Array | string
  readonly lastModified: Date
}

/** What has been put in so far. */
export interface Progress {
  files: number
  bytes: number
}

interface Contents {
  readonly files: { path: string; id: string; size: number; sha256: string }[]
  readonly leftOut: { id: string; name: string; size: number; reason: 'too_many' | 'too_large' | 'gone'; url: string }[]
}

/** Reads each part when the ZIP comes to it. */
export async function* entriesOf(ctx: Ctx, gate: Gate, budget: PageBudget, progress: Progress): AsyncGenerator<Entry, void, undefined> {
  const { user } = await gate()
  const madeAt = ctx.now()
  const lastModified = new Date(madeAt)
  yield { name: 'account.json', input: writeDocument(ctx, gate, { profile: showTo('owner', user), madeAt, budget }), lastModified }
  const picture = user.avatarKey === null ? null : await getAvatarObject(ctx.avatars, user.avatarKey, '512.webp')
  if (picture) yield { name: 'picture.webp', input: picture.body, lastModified: picture.uploaded }
  const contents: Contents = { files: [], leftOut: [] }
  yield* fileEntries(ctx, gate, contents, progress)
  yield { name: 'contents.json', input: JSON.stringify({ madeAt: lastModified.toISOString(), ...contents }, null, 1), lastModified }
}

async function* fileEntries(ctx: Ctx, gate: Gate, contents: Contents, progress: Progress): AsyncGenerator<Entry, void, undefined> {
  const folders = new Map((await listOwnFolders(gate)).map(({ id, name }) => [id, name]))
  const pathOf = newPaths()
  const pages = readAll(newPageBudget(), (page) => listOwnFiles(ctx, gate, undefined, page))
  for await (const page of pages) {
    const opened: ReturnType<typeof open>[] = []
    for (const [index, file] of page.entries()) {
      // A file is opened while those before it are written.
      for (let next = opened.length; next < page.length && next <= index + ARCHIVE_AHEAD; next++)
        opened.push(open(ctx, page[next] as MediaFile))
      const sizes = { files: progress.files + 1, bytes: progress.bytes + file.size }
      const reason = sizes.files > ARCHIVE_FILES_MAX ? 'too_many' : sizes.bytes > ARCHIVE_BYTES_MAX ? 'too_large' : null
      const input = reason ? null : await inputOf(ctx, file, await (opened[index] as ReturnType<typeof open>))
      if (input === null) {
        contents.leftOut.push({ ...about(file), name: file.name, reason: reason ?? 'gone', url: urlOf(ctx, file) })
        continue
      }
      const path = pathOf(folders.get(file.folderId) ?? DEFAULT_FOLDER, file.name)
      Object.assign(progress, sizes)
      contents.files.push({ path, ...about(file), sha256: Buffer.from(file.digest ?? '', 'base64url').toString('hex') })
      yield { name: path, input, lastModified: new Date(file.updatedAt) }
    }
  }
}

const about = ({ id, size }: MediaFile) => ({ id: toHex(id), size })
const urlOf = (ctx: Ctx, { id }: MediaFile) => `${ctx.config.origin}/user/media/files/${toHex(id)}/content`

type Opened = { readonly bytes: Uint8Array } | { readonly error: unknown } | 'later'

/** The bytes of a small file; a large one is opened when its turn has come. It never rejects: an error waits for its turn, too. */
async function open(ctx: Ctx, file: MediaFile): Promise<Opened> {
  if (file.size > ARCHIVE_AHEAD_BYTES_MAX) return 'later'
  try {
    return { bytes: await new Response(await openFile(ctx, file, null)).bytes() }
  } catch (error) {
    return { error }
  }
}

/** Null: it was deleted since it was listed. */
async function inputOf(ctx: Ctx, file: MediaFile, opened: Opened): Promise<Uint8Array | ReadableStream<Uint8Array> | null> {
  try {
    if (opened === 'later') return await openFile(ctx, file, null)
    if ('error' in opened) throw opened.error
    return opened.bytes
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return null
    throw error
  }
}
