/** Uploads to the media library, and of profile pictures, with progress and a way to stop (`signal`). */
import type { Authorized } from './authorized.ts'
import type { UploadProgress } from './environment.ts'
import { toKithError } from './errors.ts'
import type { components } from './generated/user.ts'
import { contentOf } from './operations.ts'
import type { Settings } from './options.ts'
import { KITH } from './sessions.ts'

export type MediaFile = components['schemas']['MediaFile']

interface UploadOptions {
  readonly onProgress?: (progress: UploadProgress) => void
  readonly signal?: AbortSignal
}

export interface FileOptions extends UploadOptions {
  /** By default the file's own name. */
  readonly name?: string
  /** The id of the folder to put it in. */
  readonly folder?: string
  readonly preventShare?: boolean
}

export interface Uploads {
  /** Adds a file to the person's media library. */
  upload(file: Blob, options?: FileOptions): Promise<MediaFile>
  /** Changes the person's profile picture. */
  uploadAvatar(picture: Blob, options?: UploadOptions): Promise<{ profilePictureUrl: string }>
}

export function uploads({ origin, environment }: Settings, send: Authorized): Uploads {
  async function put(method: string, url: string, file: Blob, { onProgress, signal }: UploadOptions): Promise<unknown> {
    const request = new Request(url, {
      method,
      headers: { 'content-type': file.type || 'application/octet-stream' },
      ...(signal && { signal }),
    })
    const response = await send(request, KITH, {
      timeoutMs: null,
      // The file is sent anew with each attempt: after a refused token, the second.
      async send(bound) {
        const progress = (loaded: number) => onProgress?.({ loaded, total: file.size })
        progress(0)
        const { headers, signal } = bound
        if (environment.upload)
          return environment.upload({ method, url, headers, signal, body: file, onProgress: ({ loaded }) => progress(loaded) })
        const response = await environment.fetch(new Request(bound, { body: file }))
        if (response.ok) progress(file.size)
        return response
      },
    })
    const body = await response.json().catch(() => null)
    if (!response.ok) throw toKithError(response, body)
    return contentOf(body)
  }

  return {
    async upload(file, { name = (file as File).name || 'file', folder, preventShare, ...options } = {}) {
      const query = new URLSearchParams({ name, ...(folder && { folder }), ...(preventShare && { preventShare: 'true' }) })
      const content = await put('POST', `${origin}/user/media/files?${query}`, file, options)
      return (content as { file: MediaFile }).file
    },
    async uploadAvatar(picture, options = {}) {
      const content = await put('PUT', `${origin}/user/profile-picture`, picture, options)
      return content as { profilePictureUrl: string }
    },
  }
}
