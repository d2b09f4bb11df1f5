/** Parts of the pages of files: where one is, how much space is used, folders and files in a list, the alert of an upload. */

import type { MediaFile, Usage } from '../../core/media/files.ts'
import type { Folder } from '../../core/media/folders.ts'
import type { UserPrincipal } from '../../core/principal.ts'
import { coveredBy } from '../../core/scopes.ts'
import { bytes, fill, number, plural } from '../../texts/texts.ts'
import { Isolated } from '../isolated.tsx'
import { Filled, useTexts } from '../texts.tsx'
import { Time } from '../time.tsx'
import { PATH, pathOfFile, pathOfFolder } from './fields.ts'

/** Whether to offer what changes something. The routes decide. */
export const mayChange = ({ restricted, scopes }: UserPrincipal) => !restricted && coveredBy(scopes, 'delegated:media:write')

/** The way back from a folder or a file. */
export function Trail({ folder }: { folder?: Folder | null | undefined }) {
  const t = useTexts()
  return (
    <p class="trail">
      <a href={PATH}>{t.files.title}</a>
      {folder && (
        <a href={pathOfFolder(folder.id)}>
          <Isolated>{folder.name}</Isolated>
        </a>
      )}
    </p>
  )
}

export function UsageMeter({ usage }: { usage: Usage }) {
  const t = useTexts()
  const { label, bytes: ofBytes, files: ofFiles } = t.files.usage
  const { limits } = usage
  const text = fill(ofBytes, { used: bytes(t, usage.bytes), limit: bytes(t, limits.bytes) })
  return (
    <div class="usage">
      <meter min={0} max={Math.max(limits.bytes, 1)} high={limits.bytes * 0.9} value={usage.bytes} aria-label={label}>
        {text}
      </meter>
      <p>
        <span>{text}</span>
        <span>{fill(ofFiles, { count: number(t, usage.files), limit: number(t, limits.files) })}</span>
      </p>
    </div>
  )
}

export function FolderItem({ folder }: { folder: Folder }) {
  const t = useTexts()
  return (
    <li class="go">
      <a href={pathOfFolder(folder.id)}>
        <span class="kind folder" aria-hidden="true" />
        <span class="named">
          <strong>
            <Isolated>{folder.name}</Isolated>
          </strong>
          <small>
            <span class="unseen">{t.files.folder}, </span>
            {plural(t, t.files.fileCount, folder.fileCount)}
          </small>
        </span>
      </a>
    </li>
  )
}

export function FileItem({ file }: { file: MediaFile }) {
  const t = useTexts()
  return (
    <li class="go">
      <a href={pathOfFile(file.id)}>
        <KindBadge file={file} />
        <span class="named">
          <strong>
            <Isolated>{file.name}</Isolated>
          </strong>
          <small>
            {bytes(t, file.size)} · <Time at={file.createdAt} />
          </small>
        </span>
      </a>
    </li>
  )
}

export type Kind = 'image' | 'audio' | 'video' | 'other'

/** What browsers show and play. Others are downloaded, whatever they contain. */
const SHOWN = /^(image)\/(?:png|jpeg|gif|webp|avif|bmp|heic)$|^(audio|video)\/[\w.+-]+$/

/** As declared: browsers find no script in what they decode as a picture or play, and a wrong type shows nothing. */
export function kindOf({ contentType }: Pick<MediaFile, 'contentType'>): Kind {
  const [, image, played] = SHOWN.exec(contentType) ?? []
  return (image ?? played ?? 'other') as Kind
}

/** The extension, as people know a file's type. */
function KindBadge({ file }: { file: MediaFile }) {
  const extension = /\.([\p{L}\p{N}]{1,4})$/u.exec(file.name)?.[1] ?? ''
  return (
    <span class={`kind ${kindOf(file)}`} aria-hidden="true">
      {extension.toUpperCase()}
    </span>
  )
}

export interface Failure {
  readonly name: string
  readonly reason: string
}

/** Files that were not stored, each with the reason. */
export function Failures({ title, failures }: { title: string; failures: readonly Failure[] }) {
  const t = useTexts()
  return (
    <div class="alert" role="alert" tabindex={-1} autofocus>
      <p>{title}</p>
      {failures.length > 0 && (
        <ul>
          {failures.map(({ name, reason }) => (
            <li>
              <Filled
                text={t.files.upload.failure}
                with={{
                  name: (
                    <strong>
                      <Isolated>{name}</Isolated>
                    </strong>
                  ),
                  reason,
                }}
              />
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
