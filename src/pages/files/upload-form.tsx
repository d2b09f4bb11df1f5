/** The form of an upload. Without a script it sends some files at once; with it, each file is sent on its own (`src/browser/upload.ts`). */
import type { Config } from '../../config.ts'
import type { Folder } from '../../core/media/folders.ts'
import { toHex } from '../../ids.ts'
import { bytes, fill, number } from '../../texts/texts.ts'
import { Form } from '../forms.tsx'
import { useTexts } from '../texts.tsx'
import { PATH, pathOfFolder } from './fields.ts'

/** In one form, which is held in memory. */
export const FORM_FILES_MAX = 10
export const UPLOAD_PATH = `${PATH}/upload`

export function UploadForm({ folder, token, limits }: { folder: Folder | null; token: string; limits: Config['media'] }) {
  const t = useTexts()
  const { upload, refused } = t.files
  const size = bytes(t, limits.uploadBytesMax)
  const id = folder?.id ? toHex(folder.id) : ''
  const { waiting, progress, done, cancel, cancelName, cancelled, retry, retryName, summary, show, signedOut, folderDropped } = upload
  const words = {
    ...{ waiting, progress, done, cancel, cancelName, cancelled, retry, retryName, summary, show, signedOut, folderDropped },
    broken: refused.broken,
    other: refused.unknown,
    tooLarge: fill(refused.tooLarge, { size }),
  }
  return (
    <section
      class="panel upload"
      data-upload={`${UPLOAD_PATH}?${new URLSearchParams({ folder: id })}`}
      data-page={pathOfFolder(folder?.id ?? null)}
      data-token={token}
      data-bytes-max={String(limits.uploadBytesMax)}
      data-words={JSON.stringify(words)}
    >
      <h2 id="upload-title">{upload.title}</h2>
      <Form action={PATH} token={token} hasFile>
        <input type="hidden" name="folder" value={id} />
        <div class="field">
          <label for="files" class="unseen">
            {upload.files}
          </label>
          <input id="files" type="file" name="files" multiple required autocomplete="off" aria-describedby="files-hint" />
          <p class="hint" id="files-hint" data-with-script={fill(upload.hintWithScript, { size })}>
            {fill(upload.hint, { count: number(t, FORM_FILES_MAX), size: bytes(t, limits.formBytesMax) })}
          </p>
        </div>
        <button type="submit" class="primary" data-without-script="">
          {upload.submit}
        </button>
      </Form>
      <p class="queue-summary" role="status" />
      <ul class="queue" aria-label={upload.queue} hidden />
    </section>
  )
}
