/** Uploads: a form with a few files, and one file after the other from the script of the page, streamed. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import type { AppError, ErrorCode } from '../../core/errors.ts'
import * as fields from '../../core/fields.ts'
import { nearestFileName } from '../../core/file-names.ts'
import { type Upload, uploadFile } from '../../core/media/uploads.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import type { FormFile } from '../../http/bodies/multipart.ts'
import { declaredType, rawBody } from '../../http/bodies/upload.ts'
import { logFailure, toAppError } from '../../http/errors.ts'
import { validate } from '../../http/validate.ts'
import { type FolderId, toHex } from '../../ids.ts'
import { bytes, fill } from '../../texts/texts.ts'
import { setErrorHeaders } from '../errors.tsx'
import { filesForm, ownUpload } from '../form-token.ts'
import { redirectWith } from '../notices.ts'
import { textsOf } from '../texts.tsx'
import { idIn, PATH, pathOfFile, pathOfFolder } from './fields.ts'
import { showLibrary } from './library.tsx'
import type { Failure } from './parts.tsx'
import { refusalText } from './refusals.ts'
import { FORM_FILES_MAX, UPLOAD_PATH } from './upload-form.tsx'

const PURPOSE = 'files-upload'

/** Browsers say this of any type that they do not know. */
const typeTold = (type: string | null) => {
  const told = fields.contentType.safeParse(type)
  return told.success && told.data !== 'application/octet-stream' ? told.data : null
}

const byForm = new Hono<AppEnv>().post(
  PATH,
  requires('delegated:media:write'),
  filesForm(PURPOSE, {
    file: ['files'],
    fields: ['folder'],
    filesMax: FORM_FILES_MAX,
    mayBeEmpty: true,
    types: [],
    bytesMax: ({ media }) => media.formBytesMax,
  }),
  async (c) => {
    const { values, error, typed } = c.var.submitted
    const folder = idIn<FolderId>(error ? typed.folder : values.fields.folder)
    if (error) return showRefused(c, error, folder)
    const failures: (Failure & { error: AppError })[] = []
    for (const file of values.files) {
      const error = await storeOne(c, file, folder)
      if (error) failures.push({ name: file.name, reason: refusalText(await textsOf(c), c.var.ctx.config, error), error })
    }
    const [first] = failures
    if (!first) return redirectWith(c, pathOfFolder(folder), 'files_uploaded')
    const t = await textsOf(c)
    const title = failures.length === values.files.length ? t.files.upload.none : t.files.upload.some
    const isGone = first.error.code === 'not_found'
    return showLibrary(c, { folder: isGone ? null : folder, failed: { title, failures, status: first.error.status } })
  },
)

/** The others, such as the gate's, are about all files. */
const OF_ONE_FILE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'quota_exceeded',
  'not_found',
  'payload_too_large',
  'temporarily_unavailable',
])

/** Null once it is stored. */
async function storeOne(c: Context, { name, type, bytes }: FormFile, folder: FolderId | null): Promise<AppError | null> {
  const upload: Upload = {
    name: nearestFileName(name),
    folder,
    contentType: typeTold(type),
    preventShare: false,
    size: bytes.byteLength,
    body: new Blob([bytes]).stream(),
    digest: null,
  }
  try {
    await uploadFile(c.var.ctx, c.var.gate, async () => upload)
    return null
  } catch (thrown) {
    const error = toAppError(thrown)
    if (!OF_ONE_FILE.has(error.code)) throw thrown
    logFailure(c, error)
    return error
  }
}

async function showRefused(c: Context, error: AppError, folder: FolderId | null): Promise<Response> {
  await c.var.gate()
  logFailure(c, error)
  const t = await textsOf(c)
  const { media } = c.var.ctx.config
  const title =
    error.code === 'payload_too_large'
      ? fill(t.files.refused.formTooLarge, { size: bytes(t, media.formBytesMax) })
      : error.fields.length > 0
        ? t.files.upload.none
        : refusalText(t, c.var.ctx.config, error)
  return showLibrary(c, { folder, failed: { title, failures: [], status: error.status } })
}

const UploadQuery = z.strictObject({ folder: z.string(), name: z.string() })

/** The reply is for the script: where the file is, or why not, in words. */
const byScript = new Hono<AppEnv>()
  .onError(async (thrown, c) => {
    const error = toAppError(thrown)
    logFailure(c, error)
    setErrorHeaders(c, error)
    return c.json({ message: refusalText(await textsOf(c), c.get('ctx').config, error) }, error.status)
  })
  .post(UPLOAD_PATH, requires('delegated:media:write'), ownUpload(PURPOSE), validate('query', UploadQuery), async (c) => {
    const { folder, name } = c.req.valid('query')
    const { id } = await uploadFile(c.var.ctx, c.var.gate, async () => {
      const { size, stream, digest } = rawBody(c.req)
      const contentType = typeTold(declaredType(c.req))
      return { name: nearestFileName(name), folder: idIn<FolderId>(folder), contentType, preventShare: false, size, body: stream, digest }
    })
    return c.json({ path: pathOfFile(id), id: toHex(id) }, 201)
  })

export const uploadRoutes = new Hono<AppEnv>().route('/', byForm).route('/', byScript)
